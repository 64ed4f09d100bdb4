"""Pictures as one ZIP that is never whole anywhere: made piece by piece while it is being sent.

Python's own zipfile writes to what cannot be wound back, with sizes behind each file (data descriptors) and ZIP64
where an archive needs it. Pictures are packed as they are: compressing them again saves nothing.
https://docs.python.org/3/library/zipfile.html#zipfile.ZipFile
"""

import json
from collections.abc import Generator, Iterable, Iterator
from datetime import datetime, tzinfo
from itertools import chain
from tempfile import SpooledTemporaryFile
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from django.utils import timezone, translation
from django.utils.translation import ngettext

from generation.files import processing, storage
from generation.files.filenames import UniqueNames, filename
from generation.models import Image

PARAMETERS = "parameters.json"
MISSING = "missing.txt"
IN_MEMORY = 256 * 1024  # bytes of parameters that are not yet on disk
READABLE = 0o644 << 16  # permissions of the files, where zip keeps them


def pack(images: Iterable[Image], *, as_webp: bool = False) -> Generator[bytes]:
    """Return the archive in pieces, each made when it is asked for; memory holds one picture, or a piece of one.

    `images` were fetched with their jobs and models. Beside them lies parameters.json, which says how each was made.
    With `as_webp` whatever can be decoded is turned into WebP. A picture whose file is gone is named in missing.txt.
    Times and words are those of the language and time zone that are active now. Anything else that fails ends the
    stream with its error, so that nobody takes half an archive for a whole one.
    """
    return _packed(
        images,
        as_webp=as_webp,
        zone=timezone.get_current_timezone(),
        language=translation.get_language(),
    )


def _packed(
    images: Iterable[Image], *, as_webp: bool, zone: tzinfo, language: str
) -> Generator[bytes]:
    outlet, names, missing = _Outlet(), UniqueNames(), list[str]()
    with (
        SpooledTemporaryFile(max_size=IN_MEMORY) as parameters,
        ZipFile(outlet, "w", ZIP_STORED) as archive,
    ):
        for image in images:
            try:
                content, extension = _content(image, as_webp=as_webp)
            except FileNotFoundError:
                missing.append(names.give(filename(image)))
                continue
            name = names.give(filename(image, extension=extension))
            with archive.open(
                picture_entry(name, created_at=image.created_at, zone=zone), "w"
            ) as file:
                for piece in content:
                    file.write(piece)
                    yield from outlet.take()
            parameters.write(b",\n" if parameters.tell() else b"[\n")
            parameters.write(
                json.dumps({"file": name, **_described(image)}, ensure_ascii=False).encode()
            )
            yield from outlet.take()
        if parameters.tell():
            parameters.write(b"\n]\n")
            parameters.seek(0)
            with archive.open(text_entry(PARAMETERS, zone=zone), "w") as file:
                for piece in iter(lambda: parameters.read(storage.PIECE), b""):
                    file.write(piece)
        if missing:
            with translation.override(language):
                archive.writestr(text_entry(MISSING, zone=zone), _told(missing))
    yield from outlet.take()


class _Outlet:
    """A file that cannot be wound back and holds what is written until it is taken."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self._pieces.append(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: taking is all there is."""

    def close(self) -> None:
        """Do nothing, as for flush."""

    def take(self) -> Iterator[bytes]:
        pieces, self._pieces = self._pieces, []
        return iter(pieces)


def _content(image: Image, *, as_webp: bool) -> tuple[Iterable[bytes], str]:
    """Return the file's bytes and its extension; the first piece has been read, so that what is gone shows here."""
    pieces = storage.pieces(image.key)
    first = next(pieces, b"")
    if not as_webp or image.content_type == "image/webp":
        return chain([first], pieces), ""
    data = b"".join([first, *pieces])
    try:
        return [processing.as_webp(data)], "webp"
    except OSError:
        return [data], ""


def picture_entry(name: str, *, created_at: datetime, zone: tzinfo | None = None) -> ZipInfo:
    """Return the head of a picture in an archive, packed as it is; zone None: the one that is active."""
    entry = ZipInfo(name, timezone.localtime(created_at, zone).timetuple()[:6])
    entry.external_attr = READABLE
    return entry


def text_entry(name: str, *, zone: tzinfo | None = None) -> ZipInfo:
    """Return the head of a text written now, to be compressed; zone None: the one that is active."""
    entry = ZipInfo(name, timezone.localtime(timezone=zone).timetuple()[:6])
    entry.external_attr, entry.compress_type = READABLE, ZIP_DEFLATED
    return entry


def _described(image: Image) -> dict[str, Any]:
    """Return what the API takes to make the picture again, and when it was made."""
    asked = {
        name: value for name, value in image.job.parameters.items() if value not in (None, "", [])
    }
    return {
        "model": image.job.model.slug,
        **asked,
        "seed": image.seed,
        "created_at": image.created_at.isoformat(),
    }


def _told(missing: list[str]) -> str:
    told = ngettext(
        "The file of %(count)s picture is being restored and is not in this archive:",
        "The files of %(count)s pictures are being restored and are not in this archive:",
        len(missing),
    ) % {"count": len(missing)}
    return "\n".join([told, *missing, ""])
