"""Images as one ZIP that is created while it is sent.

zipfile writes to an unseekable file, with sizes after each entry (data descriptors) and ZIP64 where
needed. Images are stored uncompressed: compressing them again saves nothing.
"""

import json
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from itertools import chain
from tempfile import SpooledTemporaryFile
from typing import Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import ngettext

from generation.files import storage
from generation.files.download_names import UniqueNames, filename
from generation.imaging import image_copies
from generation.imaging.image_decoding import InvalidImage
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
    packing = _Packing(as_webp=as_webp, stems=names or {})
    return packing.pieces(images, texts=texts or {})


@dataclass
class _Packing:
    """An archive that is being created, with the language and time zone of its request."""

    as_webp: bool
    stems: Mapping[UUID, str]
    zone: tzinfo = field(default_factory=timezone.get_current_timezone)
    language: str = field(default_factory=translation.get_language)
    names: UniqueNames = field(default_factory=UniqueNames)
    missing: list[str] = field(default_factory=list)

    def pieces(self, images: Iterable[Image], *, texts: Mapping[str, str]) -> Generator[bytes]:
        outlet = _Outlet()
        with (
            SpooledTemporaryFile(max_size=IN_MEMORY) as parameters,
            ZipFile(outlet, "w", ZIP_STORED) as archive,
        ):
            for image in images:
                name, content = self._content(image)
                if not name:
                    continue
                entry = image_entry(name, created_at=image.created_at, zone=self.zone)
                with archive.open(entry, "w") as file:
                    for piece in content:
                        file.write(piece)
                        yield from outlet.take()
                described = {"file": name, **_described(image)}
                parameters.write(b",\n" if parameters.tell() else b"[\n")
                parameters.write(json.dumps(described, ensure_ascii=False).encode())
                yield from outlet.take()
            if parameters.tell():
                parameters.write(b"\n]\n")
                parameters.seek(0)
                with archive.open(text_entry(PARAMETERS, zone=self.zone), "w") as file:
                    for piece in iter(lambda: parameters.read(storage.PIECE), b""):
                        file.write(piece)
            self._write_texts(archive, texts)
        yield from outlet.take()

    def _content(self, image: Image) -> tuple[str, Iterable[bytes]]:
        """Return the name of the file and its content; "" if it is missing, which is noted."""
        stem = self.stems.get(image.id, "")
        try:
            content, extension = _content(image, as_webp=self.as_webp)
        except FileNotFoundError:
            self.missing.append(self.names.give(filename(image, stem=stem)))
            return "", ()
        return self.names.give(filename(image, extension=extension, stem=stem)), content

    def _write_texts(self, archive: ZipFile, texts: Mapping[str, str]) -> None:
        for name, text in texts.items():
            archive.writestr(text_entry(name, zone=self.zone), text)
        if self.missing:
            with translation.override(self.language):
                missing = _missing_text(self.missing)
                archive.writestr(text_entry(MISSING, zone=self.zone), missing)


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
    is_converted = as_webp and image.content_type != "image/webp"
    if not is_converted and not settings.DRAWN_LABEL:
        return chain([first], pieces), ""
    data = b"".join([first, *pieces])
    extension, content_type = ("webp", "image/webp") if is_converted else ("", image.content_type)
    form = content_type.removeprefix("image/")
    try:
        copy = image_copies.as_format(
            data, format=form, keeps_parameters=True, text=settings.DRAWN_LABEL
        )
    except InvalidImage:
        return [data], ""
    return [copy], extension


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
    described: dict[str, Any] = {}
    if image.has_parameters:
        job = image.origin
        parameters = {
            name: value
            for name, value in job.parameters.items()
            if value not in (None, "", [], False)
        }
        described = {"model": job.model.slug, **parameters, "seed": image.seed}
    if image.is_saved:
        described["saved_from"] = image.saved.author_name
    return {**described, "created_at": image.created_at.isoformat()}


def _missing_text(missing: list[str]) -> str:
    head = ngettext(
        "The file of %(count)s image is being restored and isn’t in this archive:",
        "The files of %(count)s images are being restored and aren’t in this archive:",
        len(missing),
    ) % {"count": len(missing)}
    return "\n".join([head, *missing, ""])
