"""Files in the private bucket, or on disk, with deterministic keys and expiring URLs."""

import mimetypes
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage, storages
from django.utils.http import content_disposition_header

from generation.files import object_keys
from generation.files.disk import DiskStorage
from generation.files.new_file import NewFile

if TYPE_CHECKING:
    from generation.files.bucket import BucketStorage


MD5 = re.compile("[0-9a-f]{32}")
DELETIONS_AT_ONCE = 8
PIECE = 4 * 1024 * 1024  # bytes; nearly every image is one piece


def _storage() -> "BucketStorage":
    """Return the storage; DiskStorage has the same methods. `default_storage` is slower."""
    return cast("BucketStorage", storages["default"])


@contextmanager
def writing(key: str) -> Iterator[Callable[[bytes], int]]:
    """Yield a function that appends bytes to the file under the key; buffers 5 MB.

    A failure leaves a partial file or none; the caller rewrites or removes it.
    """
    if isinstance(default_storage, FileSystemStorage):
        (Path(default_storage.location) / key).parent.mkdir(parents=True, exist_ok=True)
    with default_storage.open(key, "wb") as file:
        yield file.write


def save(key: str, data: bytes, *, content_type: str) -> None:
    """Write the bytes under exactly this key, replacing a file; raise the bucket's errors."""
    _storage().write(key, data, content_type=content_type)


def save_all(files: Sequence[NewFile]) -> None:
    """Write the files as `save` does, to a bucket at the same time; raise the first error."""
    _storage().write_all(files)


def read(key: str) -> bytes:
    """Return the bytes under the key; raise FileNotFoundError."""
    return b"".join(pieces(key))


def pieces(key: str, *, length: int = PIECE) -> Iterator[bytes]:
    """Yield the bytes under the key in pieces of at most `length`; raise FileNotFoundError first.

    Each piece is a request of its own, so a slow consumer keeps no connection to the bucket open.
    """
    storage = _storage()
    start = 0
    while piece := storage.read_piece(key, start=start, length=length):
        yield piece
        start += len(piece)
        if len(piece) < length:
            return


def listing(prefix: str) -> Iterator[tuple[str, int]]:
    """Yield key and size in bytes of all files with this prefix."""
    if isinstance(default_storage, FileSystemStorage):
        root = Path(default_storage.location)
        folder, _, start = prefix.rpartition("/")
        for path in (root / folder).glob(f"{start}*" if start else "**/*"):
            if path.is_file():
                yield path.relative_to(root).as_posix(), path.stat().st_size
    else:
        for file in _storage().bucket.objects.filter(Prefix=prefix):
            yield file.key, file.size


def checksums(prefix: str) -> Iterator[tuple[str, str]]:
    """Yield key and MD5 (hex) of all files with this prefix, which ends in a slash.

    The MD5 is "" if reading the file is the only way to it. With server-side encryption it may be
    another value: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html, ETag.
    """
    if isinstance(default_storage, FileSystemStorage):
        for key, _size in listing(prefix):
            yield key, ""
    else:
        for file in _storage().bucket.objects.filter(Prefix=prefix):
            md5 = file.e_tag.strip('"')
            yield file.key, md5 if MD5.fullmatch(md5) else ""


def delete(key: str) -> None:
    """Remove the file; do nothing if it does not exist."""
    default_storage.delete(key)


def delete_all(prefix: str) -> None:
    if isinstance(default_storage, FileSystemStorage) and prefix.endswith("/"):
        folder = Path(default_storage.location) / prefix
        if folder.exists():
            shutil.rmtree(folder)
        return
    delete_these([key for key, _size in listing(prefix)])


def delete_these(keys: Sequence[str]) -> None:
    """Remove these files; ignore those that do not exist."""
    # One call each: not every store supports the checksums of DeleteObjects. In threads, because
    # each call is a round trip.
    with ThreadPoolExecutor(DELETIONS_AT_ONCE) as pool:
        for _gone in pool.map(delete, keys):
            pass


def delete_of_job(job_id: UUID) -> None:
    for folder in ("images", "thumbnails"):
        delete_all(f"{folder}/{object_keys.shard(job_id)}/{job_id}-")


def copy(key: str, to: str) -> None:
    """Copy a file within the storage, replacing a file; raise FileNotFoundError."""
    _storage().copy(key, to)


def url(key: str, *, seconds: int | None = None) -> str:
    """Return a URL that is valid for `seconds`, by default URL_EXPIRY_SECONDS."""
    if seconds is None:
        return _storage().url(key)
    if isinstance(default_storage, DiskStorage):
        return default_storage.signed(key, seconds=seconds)
    return _storage().url(key, expire=seconds)


def download_url(key: str, *, filename: str) -> str:
    """Return a URL that the browser saves as `filename` instead of showing it."""
    if isinstance(default_storage, DiskStorage):
        return f"{url(key)}&{urlencode({'download': filename})}"
    disposition = content_disposition_header(as_attachment=True, filename=filename)
    parameters = {"ResponseContentDisposition": disposition}
    return _storage().url(key, parameters=parameters)


def absolute_url(key: str) -> str:
    """Return the URL with scheme and host, for the provider and API clients."""
    address = url(key)
    return address if "://" in address else f"{settings.PUBLIC_URL}{address}"


def content_type_of(key: str) -> str:
    # Python 3.12 does not know WebP unless the system does.
    if content_type := object_keys.CONTENT_TYPES.get(key.rpartition(".")[2]):
        return content_type
    return mimetypes.guess_type(key)[0] or "application/octet-stream"
