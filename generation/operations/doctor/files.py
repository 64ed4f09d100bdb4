"""Where pictures go: can they be written, read and removed, by us alone, and is there room?"""

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
from generation.operations.doctor.check import Check, words_of

PROBE_SECONDS = 10
GIGABYTE = 1_000_000_000
FREE_LEAST = 1  # GB
FREE_BETTER = 5
DISK_HINT = "Let ArtGen write below DATA_DIR."
CHANGED = "gives back something else than it was given"
PRESIGNED_HINT = "Browsers load images this way: look at S3_REGION, and at policies of the bucket."


def bucket() -> Check:
    """Put, get, list and delete a file; from a bucket also by presigned address, and not without a key.

    What is only not configured is a warning: images are stored all the same.
    """
    if isinstance(default_storage, FileSystemStorage):
        return _folder()
    where = f"{settings.S3_BUCKET} at {settings.S3_ENDPOINT_URL}"
    if missing := missing_setting():
        return Check("bucket", False, f"{where}: {missing} is not set", f"Set {missing}.")
    try:
        problem = _round(f"doctor/{uuid4()}.txt", uuid4().bytes)
    except FAILURES as error:
        return Check("bucket", False, f"{where}: {words_of(error)}", hint_for(error))
    if problem:
        return Check("bucket", False, f"{where}: {problem[0]}", problem[1])
    lifecycle, hint = _lifecycle()
    return Check(
        "bucket",
        True,
        f"{where}: put, get, list and delete work, strangers are refused{lifecycle}",
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
        return Check("bucket", False, f"{settings.MEDIA_ROOT}: {words_of(error)}", DISK_HINT)
    if not same:
        return Check("bucket", False, f"{settings.MEDIA_ROOT}: {CHANGED}", DISK_HINT)
    return Check("bucket", True, f"{settings.MEDIA_ROOT}: put, get and delete work")


def _round(key: str, data: bytes) -> tuple[str, str] | None:
    """Return what is wrong and what to do about it, None when all works; raises what botocore raises."""
    storage.save(key, data, content_type="text/plain")
    try:
        if storage.read(key) != data:
            return CHANGED, NOT_S3
        if (key, len(data)) not in storage.listing(key):
            return "a file that was put is not in the list", NOT_S3
        if requests.get(as_we_see(storage.url(key)), timeout=PROBE_SECONDS).content != data:
            return "a presigned address does not serve the file", PRESIGNED_HINT
        public, unknown = readable_without_key(settings.S3_BUCKET, key, data)
    finally:
        storage.delete(key)
    if public:
        return (
            f"everybody can {' and '.join(public)} without a key",
            "Make it private: ArtGen signs every address.",
        )
    return (f"whether it is private is not known ({unknown})", ACCESS_BY_HAND) if unknown else None


def _lifecycle() -> tuple[str, str]:
    """Return what is known of the lifecycle rules, and what to do; a key that may not read them is no fault."""
    try:
        if has_lifecycle_rules(client(), settings.S3_BUCKET):
            return "", ""
    except FAILURES as error:
        return f"; lifecycle rules cannot be read ({said(error)})", ""
    return "; lifecycle rules are missing", f"Run `manage.py setup_bucket`. {LIFECYCLE_BY_HAND}"


def disk() -> Check:
    """Measure the free space where files or the database lie on this machine's disk."""
    files_here = isinstance(default_storage, FileSystemStorage)
    if not files_here and connection.vendor != "sqlite":
        return Check(
            "disk", True, "nothing is kept here: pictures are in the bucket, rows in PostgreSQL"
        )
    folder = Path(settings.MEDIA_ROOT if files_here else settings.DATA_DIR)
    while not folder.exists():
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    free = usage.free / GIGABYTE
    detail = f"{free:.1f} GB free of {usage.total / GIGABYTE:.0f} at {folder}"
    hint = "Make room: `python manage.py purge_images`, another DATA_DIR, or a bucket (S3_BUCKET)."
    return Check("disk", free >= FREE_LEAST, detail, "" if free >= FREE_BETTER else hint)
