"""Languages and time."""

from django.utils.translation import gettext_lazy as _

from artgen.environment.env import BASE_DIR, env

LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="ru")
LANGUAGES = [("ru", _("Russian")), ("en", _("English"))]
FORMAT_MODULE_PATH = "artgen.web.formats"
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365
TIME_ZONE = env.str("TIME_ZONE", default="Europe/Moscow")
USE_TZ = True
LOCALE_PATHS = [BASE_DIR / "artgen" / "locale"]
