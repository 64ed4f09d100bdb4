"""ArtGen's settings. deploy/env.example describes each environment variable."""

import warnings
from datetime import timedelta
from pathlib import Path

from botocore.config import Config as BotocoreConfig
from celery.schedules import crontab, schedule
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _
from kombu.entity import Exchange, Queue

from artgen import social_apps
from artgen.connection_budget import worker_children
from artgen.env import BASE_DIR, env, secret_of_machine

VERSION = "0.1.0"

# --- the process ---------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".data"))).resolve()
# That of `make run` and `make stack` without any setting but PORT.
_here = f"http://127.0.0.1:{env.str('PORT', default='8000')}"
PUBLIC_URL = env.str("PUBLIC_URL", default=_here).rstrip("/")
HTTPS = PUBLIC_URL.startswith("https://")
# The public hosts, and those of internal health checks and Prometheus.
ALLOWED_HOSTS = [
    *env.list("ALLOWED_HOSTS", default=[PUBLIC_URL.split("://")[-1].split(":")[0]]),
    *("127.0.0.1", "localhost", "[::1]", "backend"),
]
SECRET_KEY = env.str("SECRET_KEY", default="") or secret_of_machine(DATA_DIR)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

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
    "allauth.usersessions",
    "channels",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "storages",
]
MIDDLEWARE = [
    "artgen.observability.request_ids.middleware",
    "artgen.observability.request_stats.middleware",
    "artgen.response_headers.policies",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "artgen.session_cookies.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "artgen.response_headers.signed_in",
    "artgen.theme.user_language",
    "accounts.middleware.BanMiddleware",
    "accounts.middleware.time_zone",
    "accounts.middleware.page_user",
    "accounts.middleware.SecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "artgen.refusal_pages.RefusalMiddleware",
]
ROOT_URLCONF = "artgen.urls"
WSGI_APPLICATION = "artgen.wsgi.application"
ASGI_APPLICATION = "artgen.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [
                (
                    "artgen.frontend.folding.Loader",
                    ["django.template.loaders.app_directories.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "artgen.theme.page",
                "generation.status.announcements.page",
            ],
        },
    },
    {  # cards and tiles, rendered by template tags
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "NAME": "jinja2",
        "APP_DIRS": True,
        "OPTIONS": {"environment": "artgen.frontend.jinja.environment"},
    },
]
UNFOLD = {"DASHBOARD_CALLBACK": "generation.admin.start_page.context"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- PostgreSQL (SQLite in the demo) -------------------------------------------------------------
DATABASE_URL = env.str("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'artgen.sqlite3'}")
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
DB_POOL_MAX = env.int("DB_POOL_MAX", default=4)
DB_STATEMENT_TIMEOUT_OPTION = ""
if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    # Options of DATABASE_URL, such as sslmode, are kept.
    _options = DATABASES["default"].setdefault("OPTIONS", {})
    _options.setdefault("connect_timeout", env.int("DB_CONNECT_TIMEOUT", default=5))
    # With prepared statements PostgreSQL plans a statement once per connection.
    if env.bool("DB_PREPARED_STATEMENTS", default=True):
        _options |= {"server_side_binding": True, "prepare_threshold": 3}
    # Otherwise each connection cut by a restart of PostgreSQL fails one request.
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    if env.bool("DB_POOL", default=False):
        DATABASES["default"]["ENGINE"] = "artgen.postgresql"
        DATABASES["default"]["CONN_MAX_AGE"] = 0
        _options["pool"] = {"max_size": DB_POOL_MAX, "timeout": 10, "max_lifetime": 1800}
        # Only for requests and jobs: migrations and the clean-up may take longer.
        if _seconds := env.int("DB_STATEMENT_TIMEOUT", default=30):
            DB_STATEMENT_TIMEOUT_OPTION = f" -c statement_timeout={_seconds}s"
            _options["options"] = f"{_options.get('options', '')}{DB_STATEMENT_TIMEOUT_OPTION}"
    else:
        DATABASES["default"]["CONN_MAX_AGE"] = 600
else:
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }

# --- Redis: cache, rate limits, channel layer, broker (all in this process in the demo) ----------
REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "artgen.cache.ForgivingRedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 5},
        }
    }
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "artgen.channel_layers.RedisLayer",
            "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_connect_timeout": 2}]},
        },
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    CHANNEL_LAYERS = {
        "default": {"BACKEND": "artgen.channel_layers.ThreadsafeInMemoryChannelLayer"}
    }

# --- Celery: messages are hints, the database is the source of truth -----------------------------
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL or "memory://localhost")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"polling_interval": 0.03}
    if CELERY_BROKER_URL.startswith("memory://")
    # Without max_retries a request waits 6 s for each message while the broker is down.
    else {"socket_timeout": 5, "socket_connect_timeout": 2, "max_retries": 0}
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
# Seconds, longer than every lease: a task that hangs is killed, and the tick finds its job again.
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 4
CELERY_WORKER_CONCURRENCY = env.int("CELERY_CONCURRENCY", default=worker_children())
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_DB_REUSE_MAX = 10**9
WORKER_QUEUES = ("drive", "store", "slow")  # one lane of artgen.worker each
# No acknowledgments: the tick finds what is due if a message is lost.
CELERY_TASK_QUEUES = [
    Queue(name, Exchange(name), routing_key=name, no_ack=True)  # type: ignore[no-untyped-call]
    for name in WORKER_QUEUES
]
CELERY_TASK_DEFAULT_QUEUE = "drive"  # short tasks: submit, check, stop, probe, tick
CELERY_TASK_ROUTES = {
    "generation.store": {"queue": "store"},  # downloads, encoding
    "generation.export": {"queue": "slow"},  # takes minutes
    "generation.clean_up": {"queue": "slow"},
    "generation.release_prompt_calls": {"queue": "slow"},
    "accounts.send_emails": {"queue": "slow"},  # a mail server may take seconds for each email
}
STORE_CONCURRENCY = env.int("STORE_CONCURRENCY", default=16)  # parallel downloads
CELERY_BEAT_SCHEDULE = {
    "tick": {
        "task": "generation.tick",
        "schedule": schedule(timedelta(seconds=2)),
        "options": {"expires": 10},
    },
    # Crontab, not an interval: intervals restart whenever beat does.
    "sweep": {
        "task": "generation.clean_up",
        "schedule": crontab(minute="17"),
        "options": {"expires": 600},
    },
    # Credits of calls whose process was killed.
    "prompt_calls": {
        "task": "generation.release_prompt_calls",
        "schedule": crontab(),
        "options": {"expires": 60},
    },
    # New emails have their own message. This one is for retries and lost messages.
    "emails": {
        "task": "accounts.send_emails",
        "schedule": crontab(),
        "options": {"expires": 60},
    },
}

# --- accounts ------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "create"
LOGOUT_REDIRECT_URL = "start"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email"]},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# django-allauth signs in, changes and resets passwords. Texts, emails and limits are ours: see
# accounts.adapter.
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# An account exists only after its address is confirmed (accounts.views.sign_in).
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105 a class
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_RATE_LIMITS = False  # accounts.rate_limits and accounts.login_throttle count
# Who must use two-factor authentication: nobody, staff or everybody. Others may.
MFA_REQUIRED = env.str("MFA_REQUIRED", default="nobody")
MFA_ADAPTER = "accounts.second_factor.MFAAdapter"
MFA_FORMS = {
    "activate_totp": "accounts.forms.second_factor.AddAppForm",
    "add_webauthn": "accounts.forms.second_factor.AddPasskeyForm",
    "authenticate_webauthn": "accounts.forms.second_factor.PasskeyForm",
    "reauthenticate_webauthn": "accounts.forms.second_factor.ConfirmByPasskeyForm",
    "authenticate": "accounts.forms.second_factor.SecondFactorForm",
    "reauthenticate": "accounts.forms.second_factor.ConfirmByCodeForm",
}
# Browsers offer passkeys only to https pages and to localhost.
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
MFA_TOTP_TOLERANCE = 1  # of 30 s: clocks of phones differ
MFA_ALLOW_UNVERIFIED_EMAIL = True  # every address is confirmed, see ACCOUNT_EMAIL_VERIFICATION
MFA_RATE_LIMITS = False
# Other services that sign users in, if the environment names them.
SOCIALACCOUNT_ADAPTER = "accounts.social.SocialAccountAdapter"
SOCIALACCOUNT_PROVIDERS = social_apps.read(env)
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_EMAIL_REQUIRED = False  # accounts.social accepts nobody without a verified one
SOCIALACCOUNT_QUERY_EMAIL = True
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
LEDGER_DESCRIPTIONS = "generation.user_data.ledger_descriptions.of_jobs"
LEDGER_REASONS = "generation.user_data.ledger_descriptions.reason_of"
LEDGER_SERVICES = "generation.user_data.ledger_descriptions.service_of"
USAGE = "generation.user_data.usage.of_user"
QUOTA_MODELS = "generation.user_data.usage.all_models"
# Who may create an account: open, invitation, domain or closed (accounts.sign_up_modes).
SIGN_UP = env.str("SIGN_UP", default="open").strip().lower()
SIGN_UP_DOMAINS = [
    domain.strip().lower().removeprefix("@") for domain in env.list("SIGN_UP_DOMAINS", default=[])
]
# Starting credits: of everyone, of who was invited, of an address at SIGN_UP_DOMAINS.
DEFAULT_CREDITS = env.int("DEFAULT_CREDITS", default=50)
INVITATION_CREDITS = env.int("INVITATION_CREDITS", default=DEFAULT_CREDITS)
DOMAIN_CREDITS = env.int("DOMAIN_CREDITS", default=DEFAULT_CREDITS)
# How to reach the people who run this site: an email, a link or any text; shown where it helps.
CONTACT = env.str("CONTACT", default="").strip()
RATELIMIT_USE_CACHE = "default"
# SQLite ignores the included columns of an index.
SILENCED_SYSTEM_CHECKS = ["models.W040"]
if not REDIS_URL:
    SILENCED_SYSTEM_CHECKS += ["django_ratelimit.E003", "django_ratelimit.W001"]

# --- browser security ----------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_ENGINE = "accounts.session_store"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if HTTPS else 0
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- images: a bucket, or files on disk ----------------------------------------------------------
S3_BUCKET = env.str("S3_BUCKET", default="")
S3_ENDPOINT_URL = env.str("S3_ENDPOINT_URL", default="https://storage.yandexcloud.net")
# Where browsers reach the bucket, if not at S3_ENDPOINT_URL.
S3_PUBLIC_URL = env.str("S3_PUBLIC_URL", default="")
S3_REGION = env.str("S3_REGION", default="ru-central1")
URL_EXPIRY_SECONDS = env.int("URL_EXPIRY_SECONDS", default=3600)
MEDIA_ROOT = DATA_DIR / "media"
MEDIA_URL = "/media/"
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
S3_OPTIONS = {
    "bucket_name": S3_BUCKET,
    "endpoint_url": S3_ENDPOINT_URL,
    "region_name": S3_REGION,
    "access_key": env.str("S3_ACCESS_KEY_ID", default=""),
    "secret_key": env.str("S3_SECRET_ACCESS_KEY", default=""),
    "querystring_expire": URL_EXPIRY_SECONDS,
    "default_acl": None,
    "file_overwrite": True,
    "object_parameters": {"CacheControl": "private, max-age=31536000, immutable"},
    # The default checksums of newer boto3 break uploads to Yandex Object Storage and others.
    "client_config": BotocoreConfig(
        signature_version="s3v4",
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=5,
        read_timeout=env.int("S3_READ_SECONDS", default=10),
        max_pool_connections=env.int("HTTP_POOL_KEPT", default=50),
        retries={"total_max_attempts": 2, "mode": "standard"},
    ),
}
STORAGES = {
    "default": {"BACKEND": "generation.files.bucket.BucketStorage", "OPTIONS": S3_OPTIONS}
    if S3_BUCKET
    else {
        "BACKEND": "generation.files.storage.SignedFileSystemStorage",
        "OPTIONS": {"allow_overwrite": True},
    },
    "staticfiles": {
        "BACKEND": "artgen.frontend.assets.HashedStorage"
        if STATIC_ROOT.exists()
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not STATIC_ROOT.exists()
if WHITENOISE_USE_FINDERS:
    # In the demo only fonts have versions in their names. Requested again each minute, they would
    # load after the text.
    WHITENOISE_IMMUTABLE_FILE_TEST = r"-\d+\.\d+\.\d+-\w+\.woff2$"
# Without STATIC_ROOT the finders serve static files.
warnings.filterwarnings("ignore", message="No directory at", module="django")
# Images and fonts are already compressed; source maps are rarely loaded.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["gif", "ico", "jpg", "map", "png", "webp", "woff", "woff2"]
_bucket_url = f"{S3_PUBLIC_URL.rstrip('/')}/" if S3_PUBLIC_URL else S3_ENDPOINT_URL
_image_sources = (
    [_bucket_url, _bucket_url.replace("://", f"://{S3_BUCKET}.")] if S3_BUCKET else [PUBLIC_URL]
)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:", "blob:", *_image_sources],
        "connect-src": [SELF, PUBLIC_URL.replace("http", "ws", 1)],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        # A form's redirect counts, too: the buttons of other services lead there.
        "form-action": [SELF, *social_apps.form_targets(SOCIALACCOUNT_PROVIDERS)],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- RunPod --------------------------------------------------------------------------------------
RUNPOD_API_KEY = env.str("RUNPOD_API_KEY", default="")
HTTP_LIMITS = {  # connections of one process
    "pool_kept": env.int("HTTP_POOL_KEPT", default=50),
    "pool_max": env.int("HTTP_POOL_MAX", default=100),
    "pool_wait_seconds": env.float("HTTP_POOL_WAIT_SECONDS", default=5),
    "connect_seconds": env.float("HTTP_CONNECT_SECONDS", default=3.05),
    "read_seconds": env.float("HTTP_READ_SECONDS", default=15),
    "run_seconds": env.float("HTTP_RUN_SECONDS", default=10),
    "sweep_connections": env.int("HTTP_SWEEP_CONNECTIONS", default=4),
    "sweep_seconds": env.float("HTTP_SWEEP_SECONDS", default=8),
}
RUNPOD_BASE_URL = env.str("RUNPOD_BASE_URL", default="https://api.runpod.ai/v2").rstrip("/")
# RunPod's billing API has another host; the emulator has all in one.
RUNPOD_BILLING_URL = env.str("RUNPOD_BILLING_URL", default="").rstrip("/") or (
    "https://api.runpod.io/v2/billing"
    if RUNPOD_BASE_URL == "https://api.runpod.ai/v2"
    else f"{RUNPOD_BASE_URL}/billing"
)
RUNPOD_REACHES_US = env.bool("RUNPOD_REACHES_US", default=None)  # None: decided by PUBLIC_URL
RUNPOD_IMAGE_HOSTS = env.list("RUNPOD_IMAGE_HOSTS", default=["image.runpod.ai"])
# Translates and enhances prompts: an OpenAI-compatible address, of RunPod or of another server.
PROMPT_HELPER_URL = env.str("PROMPT_HELPER_URL", default="").rstrip("/")
PROMPT_HELPER_MODEL = env.str("PROMPT_HELPER_MODEL", default="")
# Empty: RUNPOD_API_KEY, if the address is at RUNPOD_BASE_URL.
PROMPT_HELPER_API_KEY = env.str("PROMPT_HELPER_API_KEY", default="")
PROMPT_HELPER_OPTIONS = env.json("PROMPT_HELPER_OPTIONS", default={})
PROMPT_HELPER_SECONDS = env.float("PROMPT_HELPER_SECONDS", default=20)
PROMPT_HELPER_TRANSLATE_CREDITS = env.int("PROMPT_HELPER_TRANSLATE_CREDITS", default=1)
PROMPT_HELPER_ENHANCE_CREDITS = env.int("PROMPT_HELPER_ENHANCE_CREDITS", default=1)
PROMPT_HELPER_PER_MINUTE = env.int("PROMPT_HELPER_PER_MINUTE", default=10)
PROMPT_HELPER_PER_DAY = env.int("PROMPT_HELPER_PER_DAY", default=200)
RUNPOD_TTL_SECONDS = env.int("RUNPOD_TTL_SECONDS", default=1200)
RUNPOD_MISSING_SECONDS = env.int("RUNPOD_MISSING_SECONDS", default=30)
RUNPOD_EXECUTION_TIMEOUT_SECONDS = env.int("RUNPOD_EXECUTION_TIMEOUT_SECONDS", default=600)
JOB_DEADLINE_SECONDS = env.int("JOB_DEADLINE_SECONDS", default=1800)
CLOCK_MARGIN_SECONDS = env.int("CLOCK_MARGIN_SECONDS", default=60)
STORE_LEASE_SECONDS = env.int("STORE_LEASE_SECONDS", default=180)
JOB_MAX_ATTEMPTS = env.int("JOB_MAX_ATTEMPTS", default=3)
MAX_WAITING_PER_USER = env.int("MAX_WAITING_PER_USER", default=200)
# Of one user. Staff can set other limits for a user or group in the admin. None: no limit.
MAX_JOBS_AT_ONCE_PER_USER = env.int("MAX_JOBS_AT_ONCE_PER_USER", default=0) or None
MAX_JOBS_PER_DAY = env.int("MAX_JOBS_PER_DAY", default=2000) or None
MAX_CANCELS_PER_DAY = env.int("MAX_CANCELS_PER_DAY", default=500) or None
MAX_CREDITS_PER_DAY = env.int("MAX_CREDITS_PER_DAY", default=0) or None
MAX_JOBS_PER_MONTH = env.int("MAX_JOBS_PER_MONTH", default=0) or None
MAX_CREDITS_PER_MONTH = env.int("MAX_CREDITS_PER_MONTH", default=0) or None
MAX_UPLOAD_BYTES_PER_USER = env.int("MAX_UPLOAD_BYTES_PER_USER", default=1_000_000_000) or None
MAX_IMAGE_BYTES_PER_USER = env.int("MAX_IMAGE_BYTES_PER_USER", default=0) or None
# For models without a price rule: credits = dollars × PRICE_MARGIN / CREDIT_USD, rounded up.
CREDIT_USD = env.decimal("CREDIT_USD", default="0.01")
PRICE_MARGIN = env.decimal("PRICE_MARGIN", default="1.2")
TRASH_DAYS = 30
BACKUP_DIR = Path(env.str("BACKUP_DIR", default=str(DATA_DIR / "backups")))
BACKUP_FILES = env.bool("BACKUP_FILES", default=True)
BACKUP_KEEP_DAYS = env.int("BACKUP_KEEP_DAYS", default=14)
BACKUP_RECIPIENTS = env.str("BACKUP_RECIPIENTS", default="")
BACKUP_IDENTITY = env.str("BACKUP_IDENTITY", default="")
UNUSED_UPLOAD_HOURS = 24  # how long an upload is kept that no job uses
# How long jobs that ended without images are kept, and the history of all finished jobs.
JOB_RETENTION_DAYS = env.int("JOB_RETENTION_DAYS", default=90)
EXPORT_DAYS = 7  # how long the files of an export are kept
EXPORT_PART_BYTES = 512 * 1024 * 1024
ERASE_DAYS = 7  # how long a closed account can be restored before it is erased
SELECTION_MAX = 1000  # images in one gallery action or archive
# A ZIP download occupies a gunicorn thread until it ends: half of the threads remain for pages.
ARCHIVES_PER_PROCESS = env.int("ARCHIVES_PER_PROCESS", default=2)
# At most half of the threads may wait for a bucket that does not respond, and one thread remains
# that neither waits nor sends a ZIP.
_web_threads = env.int("GUNICORN_THREADS", default=4)
BUCKET_THREADS = env.int("BUCKET_THREADS", default=None) or max(1, _web_threads // 2)
PROMPT_HELPER_THREADS = max(1, _web_threads // 2)  # that wait for the text endpoint
HELD_THREADS = max(1, _web_threads - 1, BUCKET_THREADS)

# --- REST API ------------------------------------------------------------------------------------
API_DESCRIPTION = """Create images from prompts. Send `Authorization: Bearer TOKEN`; create a token
on the account page. A token has scopes: `read` (GET, quotes, the WebSocket), `create` (uploads;
create, retry and cancel jobs) and `manage` (change, share and delete images and collections). It
may expire and have a spending limit.

Times are ISO 8601 in UTC, ids are UUIDs, money is whole credits. Lists are newest first, 20 results
per page, with the links `next` and `previous`. Errors are `application/problem+json` (RFC 9457):
`code` is stable, texts follow Accept-Language. Every 429 and 503 has `Retry-After`. The owner of a
banned account gets 403 `account_banned` with `reason` and `until` (null: without an end).

The WebSocket `/ws/jobs/` sends `{"type": "snapshot", "jobs": […]}` and then
`{"type": "job", "job": {…}}` for every change of your jobs. It is closed with 4401 if you are not
signed in, with 4429 if you have 20 sockets open or send more than 10 messages a second. Send
`{"type": "snapshot"}` for a new snapshot, at most one a second.
"""
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.BearerAuthentication",
        "accounts.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "accounts.permissions.TokenScope",
    ],
    "DEFAULT_RENDERER_CLASSES": ["artgen.api.renderers.FastJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["artgen.api.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "artgen.api.problems.handle",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "ArtGen",
    "DESCRIPTION": API_DESCRIPTION,
    "VERSION": "1",
    "LICENSE": {"name": "MIT", "identifier": "MIT"},
    "TAGS": [
        {"name": "jobs", "description": "Create and follow jobs."},
        {"name": "sheets", "description": "Compare models, alternatives and parameters."},
        {"name": "images", "description": "Generated and uploaded images."},
        {"name": "reviews", "description": "Requests that a rule stopped, and appeals."},
        {"name": "collections", "description": "Collections of images."},
        {"name": "models", "description": "Models and styles."},
        {"name": "prompts", "description": "Translations and enhancements of prompts."},
        {"name": "account", "description": "Balance, limits and ledger."},
        {"name": "status", "description": "Whether image creation works. Needs no token."},
    ],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "JobStatus": "generation.models.Status",
        "Visibility": "generation.models.Visibility",
        "PublicationState": "generation.models.PublicationState",
        "ReviewState": "generation.api.shapes_reviews.STATES",
        "Category": "generation.models.Category",
        "EntryKind": "accounts.models.CreditEntry.Kind",
        "ProblemCode": "artgen.api.openapi.CODES",
    },
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "artgen.api.openapi.close_requests",
    ],
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# Of a source image. RunPod's own limit, 10 MB for a whole request, is not the user's concern:
# images are sent by address, or reduced to fit (`generation.runpod.fitting`).
UPLOAD_MAX_BYTES = 20_000_000
UPLOAD_MAX_PIXELS = 24_000_000
# Seconds that an upload waits while its process decodes another image.
UPLOAD_WAIT_SECONDS = 5
PLACING_RATE = "1200/m"  # requests of one user that create jobs
UPLOADING_RATE = "120/m"

# --- languages and time --------------------------------------------------------------------------
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="ru")
LANGUAGES = [("ru", _("Russian")), ("en", _("English"))]
FORMAT_MODULE_PATH = "artgen.formats"
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365
TIME_ZONE = env.str("TIME_ZONE", default="Europe/Moscow")
USE_TZ = True
LOCALE_PATHS = [BASE_DIR / "artgen" / "locale"]
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="ArtGen <artgen@localhost>")
EMAIL_URL = env.str("EMAIL_URL", default="consolemail://")
EMAIL_TIMEOUT = 10
vars().update(env.email_url_config(EMAIL_URL))

# --- logging -------------------------------------------------------------------------------------
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOG_FORMAT = env.str("LOG_FORMAT", default="text")
# What a worker runs beside its lanes: it notifies operators of problems.
WATCH = "generation.operations.alerts.watching.run"
ALERTS = env.bool("ALERTS", default=True)
ALERT_EMAILS = env.list("ALERT_EMAILS", default=[])
ALERT_WEBHOOK_URL = env.str("ALERT_WEBHOOK_URL", default="")
# Empty: neither is imported (artgen.observability.telemetry).
SENTRY_DSN = env.str("SENTRY_DSN", default="")
SENTRY_ENVIRONMENT = env.str("SENTRY_ENVIRONMENT", default="production")
OTEL_EXPORTER_OTLP_ENDPOINT = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default="")
OTEL_EXPORTER_OTLP_HEADERS = env.list("OTEL_EXPORTER_OTLP_HEADERS", default=[])
OTEL_SERVICE_NAME = env.str("OTEL_SERVICE_NAME", default="artgen")
OTEL_TRACES_SAMPLER_ARG = env.float("OTEL_TRACES_SAMPLER_ARG", default=0.1)
REFUSED_REQUESTS = ("DisallowedHost", "RequestDataTooBig", "TooManyFieldsSent", "TooManyFilesSent")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "artgen.observability.logging.TextFormatter"},
        "json": {"()": "artgen.observability.logging.JsonFormatter"},
    },
    "filters": {"lower_unavailable": {"()": "artgen.observability.logging.LowerUnavailable"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            # The process's own: `artgen.observability.console` replaces sys.stderr.
            "stream": "ext://sys.__stderr__",
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django.request": {"filters": ["lower_unavailable"]},
        # Refused requests of strangers, with a traceback each; the log of requests has their 400.
        **{f"django.security.{refused}": {"level": "CRITICAL"} for refused in REFUSED_REQUESTS},
        "django.server": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "daphne": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},  # one line per tick
    },
}
