"""Images as one ZIP that is created while it is sent.

zipfile writes to an unseekable file, with sizes after each entry (data descriptors) and ZIP64 where
needed. Images are stored uncompressed: compressing them again saves nothing.
"""

import json
from collections.abc import Generator, Iterable, Iterator, Mapping
from datetime import datetime, tzinfo
from itertools import chain
from tempfile import SpooledTemporaryFile
from typing import Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from django.utils import timezone, translation
from django.utils.translation import ngettext

from generation.files import storage
from generation.files.filenames import UniqueNames, filename
from generation.imaging import processing
from generation.imaging.image import InvalidImage
from generation.models import Image

PARAMETERS = "parameters.json"
MISSING = "missing.txt"
IN_MEMORY = 256 * 1024  # bytes of parameters kept in memory before they go to disk
READABLE = 0o644 << 16  # file permissions in the archive


def pack(
    images: Iterable[Image],
    *,
    as_webp: bool = False,
    names: Mapping[UUID, str] | None = None,
    texts: Mapping[str, str] | None = None,
) -> Generator[bytes]:
    """Return the archive in pieces, each created on demand; memory holds one image or less.

    `images` were fetched with their origins. parameters.json describes how each was made.
    `names` are those of the files by image, without extension; `texts` are further files.
    With `as_webp` every image that can be decoded is converted. Missing files are listed in
    missing.txt. Times and texts use the language and time zone active now. Any other failure ends
    the stream with its error, so that a partial archive is not mistaken for a complete one.
    """
    return _packed(
        images,
        as_webp=as_webp,
        stems=names or {},
        texts=texts or {},
        zone=timezone.get_current_timezone(),
        language=translation.get_language(),
    )


def _packed(
    images: Iterable[Image],
    *,
    as_webp: bool,
    stems: Mapping[UUID, str],
    texts: Mapping[str, str],
    zone: tzinfo,
    language: str,
) -> Generator[bytes]:
    outlet, names, missing = _Outlet(), UniqueNames(), list[str]()
    with (
        SpooledTemporaryFile(max_size=IN_MEMORY) as parameters,
        ZipFile(outlet, "w", ZIP_STORED) as archive,
    ):
        for image in images:
            stem = stems.get(image.id, "")
            try:
                content, extension = _content(image, as_webp=as_webp)
            except FileNotFoundError:
                missing.append(names.give(filename(image, stem=stem)))
                continue
            name = names.give(filename(image, extension=extension, stem=stem))
            with archive.open(
                image_entry(name, created_at=image.created_at, zone=zone), "w"
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
        for name, text in texts.items():
            archive.writestr(text_entry(name, zone=zone), text)
        if missing:
            with translation.override(language):
                archive.writestr(text_entry(MISSING, zone=zone), _missing_text(missing))
    yield from outlet.take()


class _Outlet:
    """An unseekable file that keeps what is written until `take`."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self._pieces.append(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: `take` empties the buffer."""

    def close(self) -> None:
        """Do nothing, as for flush."""

    def take(self) -> Iterator[bytes]:
        pieces, self._pieces = self._pieces, []
        return iter(pieces)


def _content(image: Image, *, as_webp: bool) -> tuple[Iterable[bytes], str]:
    """Return the file's bytes and extension; read the first piece to detect a missing file."""
    pieces = storage.pieces(image.key)
    first = next(pieces, b"")
    if not as_webp or image.content_type == "image/webp":
        return chain([first], pieces), ""
    data = b"".join([first, *pieces])
    try:
        return [processing.as_webp(data)], "webp"
    except InvalidImage:
        return [data], ""


def image_entry(name: str, *, created_at: datetime, zone: tzinfo | None = None) -> ZipInfo:
    """Return the entry of an image, stored uncompressed; zone None: the active one."""
    entry = ZipInfo(name, timezone.localtime(created_at, zone).timetuple()[:6])
    entry.external_attr = READABLE
    return entry


def text_entry(name: str, *, zone: tzinfo | None = None) -> ZipInfo:
    """Return the entry of a compressed text; zone None: the active one."""
    entry = ZipInfo(name, timezone.localtime(timezone=zone).timetuple()[:6])
    entry.external_attr, entry.compress_type = READABLE, ZIP_DEFLATED
    return entry


def _described(image: Image) -> dict[str, Any]:
    """Return the API parameters that recreate the image, as far as they are known, and its time."""
    found: dict[str, Any] = {}
    if image.has_parameters:
        job = image.origin
        asked = {
            name: value
            for name, value in job.parameters.items()
            if value not in (None, "", [], False)
        }
        found = {"model": job.model.slug, **asked, "seed": image.seed}
    if image.is_saved:
        found["saved_from"] = image.saved.author_name
    return {**found, "created_at": image.created_at.isoformat()}


def _missing_text(missing: list[str]) -> str:
    head = ngettext(
        "The file of %(count)s image is being restored and isn’t in this archive:",
        "The files of %(count)s images are being restored and aren’t in this archive:",
        len(missing),
    ) % {"count": len(missing)}
    return "\n".join([head, *missing, ""])
