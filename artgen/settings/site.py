"""Where this installation is reached, its data folder and its secret."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from artgen.environment.env import BASE_DIR, env, secret_of_machine

VERSION = "0.1.0"
SECRET_MIN_LENGTH = 32

DEBUG = env.bool("DEBUG", default=False)
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".data"))).resolve()
# That of `make run` and `make stack` without any setting but PORT.
_here = f"http://127.0.0.1:{env.str('PORT', default='8000')}"
PUBLIC_URL = env.str("PUBLIC_URL", default=_here).rstrip("/")
try:
    _host = urlsplit(PUBLIC_URL).hostname or ""
except ValueError:  # a bracket that is not closed
    _host = ""
if not _host or not re.fullmatch("https?://[^/?#]+", PUBLIC_URL):
    raise ImproperlyConfigured(
        f"PUBLIC_URL is {PUBLIC_URL!r}: it must begin with https:// or http://, without a path, "
        "such as https://art.example.org."
    )
HTTPS = PUBLIC_URL.startswith("https://")
# The public hosts, and those of internal health checks and Prometheus.
ALLOWED_HOSTS = [
    *env.list("ALLOWED_HOSTS", default=[f"[{_host}]" if ":" in _host else _host]),
    *("127.0.0.1", "localhost", "[::1]", "backend"),
]
SECRET_KEY = env.str("SECRET_KEY", default="") or secret_of_machine(DATA_DIR)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
if HTTPS and DEBUG:
    raise ImproperlyConfigured(
        "DEBUG must be false where PUBLIC_URL is https: it shows settings to visitors."
    )
if HTTPS and len(SECRET_KEY) < SECRET_MIN_LENGTH:
    raise ImproperlyConfigured(
        f"SECRET_KEY has {len(SECRET_KEY)} characters, and needs {SECRET_MIN_LENGTH} where "
        "PUBLIC_URL is https. Create one: "
        "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )
