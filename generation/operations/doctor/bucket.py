"""Check the storage of files: put, get, list, delete, privacy."""

from uuid import uuid4

import requests
from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage

from artgen.environment import installation
from generation.files import storage
from generation.files.bucket import as_we_see
from generation.files.bucket_hints import FAILURES, NOT_S3, hint_for, missing_setting
from generation.files.bucket_setup import ACCESS_BY_HAND, readable_without_key
from generation.operations.doctor.check import Check, error_text

PROBE_SECONDS = 10
DISK_HINT = "Let ArtGen write below DATA_DIR."
CHANGED = "returns a file with different content"
PRESIGNED_HINT = (
    "Browsers load images from such URLs: check S3_REGION and the policies of the bucket."
)


def bucket() -> Check:
    """Put, get, list and delete a file; in a bucket also check a presigned URL and privacy."""
    if isinstance(default_storage, FileSystemStorage):
        return _folder()
    where = f"{settings.S3_BUCKET} at {settings.S3_ENDPOINT_URL}"
    here = installation.current()
    if missing := missing_setting():
        hint = f"Set {missing}. {here.settings}"
        return Check("bucket", False, f"{where}: {missing} is not set", hint)
    try:
        problem = _round(f"doctor/{uuid4()}.txt", uuid4().bytes)
    except FAILURES as error:
        hint = f"{hint_for(error)} {here.settings}"
        return Check("bucket", False, f"{where}: {error_text(error)}", hint)
    if problem:
        return Check("bucket", False, f"{where}: {problem[0]}", problem[1])
    return Check(
        "bucket",
        True,
        f"{where}: put, get, list and delete work, anonymous access is rejected",
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
