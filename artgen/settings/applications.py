"""Django's applications, middleware and templates."""

INSTALLED_APPS = [
    "artgen",
    "accounts",
    "generation",
    "unfold.apps.BasicAppConfig",  # templates and widgets; the site is ours
    "artgen.admin.config.ArtGenAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.vk",
    "allauth.socialaccount.providers.yandex",
    "accounts.sessions.devices_app.DevicesConfig",
    "channels",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "storages",
]
MIDDLEWARE = [
    "artgen.logs.request_ids.middleware",
    "artgen.observability.request_stats.middleware",
    "artgen.web.response_headers.policies",
    "artgen.web.upload_files.middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "artgen.web.userless_requests.middleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "artgen.web.response_headers.signed_in",
    "artgen.web.theme.user_language",
    "accounts.access.middleware.BanMiddleware",
    "accounts.access.middleware.time_zone",
    "accounts.access.middleware.page_user",
    "accounts.access.second_factor_middleware.SecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "artgen.web.refusal_pages.RefusalMiddleware",
]
ROOT_URLCONF = "artgen.urls"
WSGI_APPLICATION = "artgen.processes.wsgi.application"
ASGI_APPLICATION = "artgen.processes.asgi.application"
CONTEXT_PROCESSORS = [
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
    "artgen.web.theme.page",
    "generation.operations.status.announcements.page",
]
TEMPLATES = [
    {  # our pages
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "APP_DIRS": True,
        "OPTIONS": {
            "environment": "generation.views.jinja.environment",
            "context_processors": CONTEXT_PROCESSORS,
        },
    },
    {  # the admin and emails
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                *CONTEXT_PROCESSORS,
            ]
        },
    },
]
UNFOLD = {"DASHBOARD_CALLBACK": "generation.admin.start.start_page.context"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
