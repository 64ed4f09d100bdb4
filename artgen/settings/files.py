"""Images, in a bucket or in files on disk; static files."""

import warnings
from pathlib import Path

from botocore.config import Config as BotocoreConfig

from artgen.environment.env import BASE_DIR, env
from artgen.settings.site import DATA_DIR

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
    else {"BACKEND": "generation.files.disk.DiskStorage", "OPTIONS": {"allow_overwrite": True}},
    "staticfiles": {
        "BACKEND": "artgen.frontend.assets.HashedStorage"
        if STATIC_ROOT.exists()
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not STATIC_ROOT.exists()
# Without STATIC_ROOT the finders serve static files.
warnings.filterwarnings("ignore", message="No directory at", module="django")
# Images and fonts are already compressed; source maps are rarely loaded.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["gif", "ico", "jpg", "map", "png", "webp", "woff", "woff2"]

# Key and certificates that sign images (C2PA), as `manage.py origin_key create` prints them.
ORIGIN_KEY = env.str("ORIGIN_KEY", default="")
# What shared pages say instead of "AI-generated.".
ORIGIN_LABEL = env.str("ORIGIN_LABEL", default="").strip()
# What is drawn on images that people download.
DRAWN_LABEL = ORIGIN_LABEL if env.bool("ORIGIN_LABEL_DRAWN", default=False) else ""

# Of a source image. RunPod's own limit, 10 MB for a whole request, is not the user's concern:
# images are sent by address, or reduced to fit (`generation.imaging.fitting`).
UPLOAD_MAX_BYTES = 20_000_000
UPLOAD_MAX_PIXELS = 24_000_000
# Seconds that an upload waits while its process decodes another image.
UPLOAD_WAIT_SECONDS = 5

SELECTION_MAX = 1000  # images in one gallery action or archive
