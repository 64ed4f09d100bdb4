"""Files in the private bucket, with deterministic keys and expiring URLs; on disk in the demo."""

import mimetypes
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header

from generation.files import presigning

SALT = "generation.storage"
FOLDERS = ("images", "thumbnails", "uploads", "exports")
"""The first part of keys; the second part is the owner's id."""

DELETIONS_AT_ONCE = 8
PIECE = 4 * 1024 * 1024  # bytes; nearly every image is one piece
EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


def image_key(*, user_id: UUID, job_id: UUID, position: int, content_type: str) -> str:
    """Return the key of a job's image."""
    return f"images/{user_id}/{job_id}-{position}.{EXTENSIONS[content_type]}"


def thumbnail_key(*, user_id: UUID, job_id: UUID, position: int) -> str:
    """Return the key of an image's thumbnail."""
    return f"thumbnails/{user_id}/{job_id}-{position}.webp"


def large_key(*, user_id: UUID, job_id: UUID, position: int) -> str:
    """Return the key of the copy for large areas and high-resolution screens."""
    return f"thumbnails/{user_id}/{job_id}-{position}-large.webp"


def upload_key(*, user_id: UUID, upload_id: UUID, content_type: str) -> str:
    """Return the key of an uploaded source image."""
    return f"uploads/{user_id}/{upload_id}.{EXTENSIONS[content_type]}"


def export_folder(*, user_id: UUID, export_id: UUID) -> str:
    """Return the prefix of the keys of an export."""
    return f"exports/{user_id}/{export_id}/"


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
    storage: Any = default_storage
    storage.write(key, data, content_type=content_type)


@dataclass(frozen=True)
class NewFile:
    """A file to be written."""

    key: str
    data: bytes
    content_type: str


def save_all(files: Sequence[NewFile]) -> None:
    """Write the files as `save` does, to a bucket at the same time; raise the first error."""
    storage: Any = default_storage
    storage.write_all(files)


def read(key: str) -> bytes:
    """Return the bytes under the key; raise FileNotFoundError."""
    return b"".join(pieces(key))


def pieces(key: str, *, length: int = PIECE) -> Iterator[bytes]:
    """Yield the bytes under the key in pieces of at most `length`; raise FileNotFoundError first.

    Each piece is a request of its own, so a slow consumer keeps no connection to the bucket open.
    """
    storage: Any = default_storage
    start = 0
    while piece := storage.read_piece(key, start=start, length=length):
        yield piece
        start += len(piece)
        if len(piece) < length:
            return


def listing(prefix: str) -> Iterator[tuple[str, int]]:
    """Yield key and size in bytes of all files with this prefix, which ends in a slash."""
    if isinstance(default_storage, FileSystemStorage):
        root = Path(default_storage.location)
        for path in (root / prefix).rglob("*"):
            if path.is_file():
                yield path.relative_to(root).as_posix(), path.stat().st_size
    else:
        for found in default_storage.bucket.objects.filter(Prefix=prefix):  # type: ignore[attr-defined]
            yield found.key, found.size


def delete(key: str) -> None:
    """Remove the file; do nothing if it does not exist."""
    default_storage.delete(key)


def delete_all(prefix: str) -> None:
    """Remove all files with this prefix, which ends in a slash."""
    if isinstance(default_storage, FileSystemStorage):
        folder = Path(default_storage.location) / prefix
        if folder.exists():
            shutil.rmtree(folder)
        return
    # One call each: not every store supports the checksums of DeleteObjects. In threads, because
    # each call is a round trip.
    with ThreadPoolExecutor(DELETIONS_AT_ONCE) as pool:
        for _gone in pool.map(delete, [key for key, _size in listing(prefix)]):
            pass


def url(key: str, *, seconds: int | None = None) -> str:
    """Return a URL that is valid for `seconds`, by default URL_EXPIRY_SECONDS."""
    if seconds is None:
        return default_storage.url(key)
    if isinstance(default_storage, SignedFileSystemStorage):
        return default_storage.signed(key, seconds=seconds)
    return default_storage.url(key, expire=seconds)  # type: ignore[call-arg]


def download_url(key: str, *, filename: str) -> str:
    """Return a URL that the browser saves as `filename` instead of showing it."""
    if isinstance(default_storage, SignedFileSystemStorage):
        return f"{url(key)}&{urlencode({'download': filename})}"
    disposition = content_disposition_header(as_attachment=True, filename=filename)
    parameters = {"ResponseContentDisposition": disposition}
    return default_storage.url(key, parameters=parameters)  # type: ignore[call-arg]


def absolute_url(key: str) -> str:
    """Return the URL with scheme and host, for RunPod and API clients."""
    address = url(key)
    return address if "://" in address else f"{settings.PUBLIC_URL}{address}"


class SignedFileSystemStorage(FileSystemStorage):
    """Files on disk with signed, expiring URLs, like those of a bucket."""

    def read_piece(self, name: str, *, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`, b"" past the end; raise FileNotFoundError."""
        with Path(self.path(name)).open("rb") as file:
            file.seek(start)
            return file.read(length)

    def write(self, name: str, data: bytes, *, content_type: str) -> None:
        """Write the bytes under exactly this name; the type follows from the name."""
        saved = self.save(name, ContentFile(data))
        if saved != name:
            raise RuntimeError(
                f"saved as {saved!r} instead of {name!r}: the storage must overwrite"
            )

    def write_all(self, files: Sequence[NewFile]) -> None:
        """Write the files."""
        for file in files:
            self.write(file.key, file.data, content_type=file.content_type)

    def url(self, name: str | None) -> str:
        """Return the signed URL, valid for URL_EXPIRY_SECONDS."""
        return self.signed(name or "", seconds=settings.URL_EXPIRY_SECONDS)

    def signed(self, name: str, *, seconds: int) -> str:
        """Return the signed URL, stable for half its life so that browsers can cache it."""
        expires = (
            presigning.signed_at(name, seconds=seconds, now=timezone.now().timestamp()) + seconds
        )
        return _media_address(name, expires=expires, secret=settings.SECRET_KEY)


@lru_cache(maxsize=presigning.KEPT_ADDRESSES)
def _media_address(name: str, *, expires: int, secret: str) -> str:
    signature = signing.Signer(key=secret, salt=SALT).signature(f"{name}:{expires}")
    return f"{reverse('media', args=[name])}?expires={expires}&signature={signature}"


def is_signed(key: str, *, expires: str, signature: str) -> bool:
    """Return whether the signature is valid and not expired."""
    try:
        signing.Signer(salt=SALT).unsign(f"{key}:{expires}:{signature}")
        return int(expires) > timezone.now().timestamp()
    except (signing.BadSignature, ValueError):
        return False


def content_type_of(key: str) -> str:
    """Return the content type of the key's extension."""
    return mimetypes.guess_type(key)[0] or "application/octet-stream"
