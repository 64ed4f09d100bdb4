"""Files on disk, where no bucket is configured, with signed URLs like those of a bucket."""

import shutil
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.urls import reverse
from django.utils import timezone

from generation.files import presigning
from generation.files.new_file import NewFile

SALT = "generation.storage"


class DiskStorage(FileSystemStorage):
    """Files on disk with signed, expiring URLs, like those of a bucket."""

    def read_piece(self, name: str, *, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`, b"" past the end; raise FileNotFoundError."""
        with Path(self.path(name)).open("rb") as file:
            file.seek(start)
            return file.read(length)

    def copy(self, name: str, to: str) -> None:
        """Copy the file to exactly this name; raise FileNotFoundError."""
        goal = Path(self.path(to))
        goal.parent.mkdir(parents=True, exist_ok=True)
        half = goal.with_name(f".{uuid4().hex}.half")  # others may copy to the same name
        shutil.copyfile(self.path(name), half)
        half.replace(goal)

    def write(self, name: str, data: bytes, *, content_type: str) -> None:
        """Write the bytes under exactly this name; the type follows from the name."""
        saved = self.save(name, ContentFile(data))
        if saved != name:
            raise RuntimeError(
                f"saved as {saved!r} instead of {name!r}: the storage must overwrite"
            )

    def write_all(self, files: Sequence[NewFile]) -> None:
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
    signature = signing.Signer(key=secret, salt=SALT).signature(f"{_signed(name)}:{expires}")
    return f"{reverse('media', args=[name])}?expires={expires}&signature={signature}"


def _signed(key: str) -> str:
    """Return what a signature is of: both copies of an image share one, which lists send once."""
    return key.removesuffix(".webp").removesuffix("-large")


def is_signed(key: str, *, expires: str, signature: str) -> bool:
    try:
        signing.Signer(salt=SALT).unsign(f"{_signed(key)}:{expires}:{signature}")
        return int(expires) > timezone.now().timestamp()
    except (signing.BadSignature, ValueError):
        return False
