"""Check the storage of files: put, get, list, delete, privacy, free space."""

import shutil
from pathlib import Path
from uuid import uuid4

import requests
from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection

from generation.files import storage
from generation.files.bucket import as_we_see, client
from generation.files.bucket_errors import FAILURES, NOT_S3, hint_for, missing_setting, said
from generation.files.bucket_setup import (
    ACCESS_BY_HAND,
    LIFECYCLE_BY_HAND,
    has_lifecycle_rules,
    readable_without_key,
)
from generation.operations.doctor.check import Check, error_text

PROBE_SECONDS = 10
GIGABYTE = 1_000_000_000
MIN_FREE_GB = 1  # GB
RECOMMENDED_FREE_GB = 5
DISK_HINT = "Let ArtGen write below DATA_DIR."
CHANGED = "returns a file with different content"
PRESIGNED_HINT = (
    "Browsers load images from such URLs: check S3_REGION and the policies of the bucket."
)


def bucket() -> Check:
    """Put, get, list and delete a file; in a bucket also check a presigned URL and privacy.

    Missing configuration is a warning, because images are stored anyway.
    """
    if isinstance(default_storage, FileSystemStorage):
        return _folder()
    where = f"{settings.S3_BUCKET} at {settings.S3_ENDPOINT_URL}"
    if missing := missing_setting():
        return Check("bucket", False, f"{where}: {missing} is not set", f"Set {missing}.")
    try:
        problem = _round(f"doctor/{uuid4()}.txt", uuid4().bytes)
    except FAILURES as error:
        return Check("bucket", False, f"{where}: {error_text(error)}", hint_for(error))
    if problem:
        return Check("bucket", False, f"{where}: {problem[0]}", problem[1])
    lifecycle, hint = _lifecycle()
    return Check(
        "bucket",
        True,
        f"{where}: put, get, list and delete work, anonymous access is rejected{lifecycle}",
        hint,
    )


def _folder() -> Check:
    key, data = f"doctor/{uuid4()}.txt", uuid4().bytes
    try:
        storage.save(key, data, content_type="text/plain")
        try:
            same = storage.read(key) == data
        finally:
            storage.delete(key)
    except (OSError, RuntimeError) as error:
        return Check("bucket", False, f"{settings.MEDIA_ROOT}: {error_text(error)}", DISK_HINT)
    if not same:
        return Check("bucket", False, f"{settings.MEDIA_ROOT}: {CHANGED}", DISK_HINT)
    return Check("bucket", True, f"{settings.MEDIA_ROOT}: put, get and delete work")


def _round(key: str, data: bytes) -> tuple[str, str] | None:
    """Return the problem and its fix, None when all works; raise botocore's errors."""
    storage.save(key, data, content_type="text/plain")
    try:
        if storage.read(key) != data:
            return CHANGED, NOT_S3
        if (key, len(data)) not in storage.listing(key):
            return "a stored file is missing in the list", NOT_S3
        if requests.get(as_we_see(storage.url(key)), timeout=PROBE_SECONDS).content != data:
            return "a presigned URL does not serve the file", PRESIGNED_HINT
        public, unknown = readable_without_key(settings.S3_BUCKET, key, data)
    finally:
        storage.delete(key)
    if public:
        return (
            f"anyone can {' and '.join(public)} without a key",
            "Make it private: ArtGen signs every URL.",
        )
    return (f"cannot check privacy ({unknown})", ACCESS_BY_HAND) if unknown else None


def _lifecycle() -> tuple[str, str]:
    """Return detail and hint for lifecycle rules; a key that may not read them is no failure."""
    try:
        if has_lifecycle_rules(client(), settings.S3_BUCKET):
            return "", ""
    except FAILURES as error:
        return f"; lifecycle rules cannot be read ({said(error)})", ""
    return "; lifecycle rules are missing", f"Run `manage.py setup_bucket`. {LIFECYCLE_BY_HAND}"


def disk() -> Check:
    """Check the free space of the disk with files or database."""
    files_here = isinstance(default_storage, FileSystemStorage)
    if not files_here and connection.vendor != "sqlite":
        return Check("disk", True, "not used: images are in the bucket, rows in PostgreSQL")
    folder = Path(settings.MEDIA_ROOT if files_here else settings.DATA_DIR)
    while not folder.exists():
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    free = usage.free / GIGABYTE
    detail = f"{free:.1f} GB free of {usage.total / GIGABYTE:.0f} at {folder}"
    hint = (
        "Free disk space (`python manage.py purge_images`), or use another DATA_DIR or a bucket "
        "(S3_BUCKET)."
    )
    return Check("disk", free >= MIN_FREE_GB, detail, "" if free >= RECOMMENDED_FREE_GB else hint)
