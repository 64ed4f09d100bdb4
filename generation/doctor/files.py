"""Where pictures go: can they be written, read and removed, by us alone, and is there room?"""

import shutil
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import requests
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection

from generation import storage
from generation.bucket import as_we_see
from generation.doctor.check import Check, words_of

PROBE_SECONDS = 10
GIGABYTE = 1_000_000_000
FREE_LEAST = 1  # GB
FREE_BETTER = 5
HINTS = {
    "NoSuchBucket": "Create the bucket, or correct S3_BUCKET.",
    "InvalidAccessKeyId": "Correct S3_ACCESS_KEY_ID.",
    "SignatureDoesNotMatch": "Correct S3_SECRET_ACCESS_KEY and S3_REGION.",
    "AccessDenied": "Give the key the right to put, get and delete in this bucket.",
    "RequestTimeTooSkewed": "Set this machine's clock.",
}
S3_HINT = "Look at S3_ENDPOINT_URL, S3_REGION, S3_BUCKET and the keys."
DISK_HINT = "Let ArtGen write below DATA_DIR."


def bucket() -> Check:
    """Put, get and delete a file; from a bucket also by presigned address, and not without a signature."""
    on_disk = isinstance(default_storage, FileSystemStorage)
    where = str(settings.MEDIA_ROOT) if on_disk else f"{settings.S3_BUCKET} at {settings.S3_ENDPOINT_URL}"
    key, data = f"doctor/{uuid4()}.txt", uuid4().bytes
    try:
        storage.save(key, data, content_type="text/plain")
        try:
            if storage.read(key) != data:
                return Check("bucket", False, f"{where}: gives back something else than it was given", S3_HINT)
            problem = None if on_disk else _presigned(key, data)
        finally:
            storage.delete(key)
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        return Check("bucket", False, f"{where}: {words_of(error)}", HINTS.get(code, S3_HINT))
    except (BotoCoreError, OSError, RuntimeError, requests.RequestException) as error:
        return Check("bucket", False, f"{where}: {words_of(error)}", DISK_HINT if on_disk else S3_HINT)
    return problem or Check("bucket", True, f"{where}: put, get and delete work")


def _presigned(key: str, data: bytes) -> Check | None:
    url = as_we_see(storage.url(key))
    if requests.get(url, timeout=PROBE_SECONDS).content != data:
        hint = "Browsers load pictures this way: look at S3_REGION, and at policies of the bucket."
        return Check("bucket", False, "a presigned address does not serve the file", hint)
    if requests.get(urlsplit(url)._replace(query="").geturl(), timeout=PROBE_SECONDS).status_code == 200:
        return Check("bucket", False, "anybody can read the bucket", "Make it private: ArtGen signs every address.")
    return None


def disk() -> Check:
    """Measure the free space where files or the database lie on this machine's disk."""
    files_here = isinstance(default_storage, FileSystemStorage)
    if not files_here and connection.vendor != "sqlite":
        return Check("disk", True, "nothing is kept here: pictures are in the bucket, rows in PostgreSQL")
    folder = Path(settings.MEDIA_ROOT if files_here else settings.DATA_DIR)
    while not folder.exists():
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    free = usage.free / GIGABYTE
    detail = f"{free:.1f} GB free of {usage.total / GIGABYTE:.0f} at {folder}"
    hint = "Make room: `python manage.py purge_images`, another DATA_DIR, or a bucket (S3_BUCKET)."
    return Check("disk", free >= FREE_LEAST, detail, "" if free >= FREE_BETTER else hint)
