"""The fields of a request for images, JSON or a form, and the files of a form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from accounts.credits.ledger import MAX_CREDITS
from artgen.api.problems import Problem, invalid, too_large
from artgen.refusals import FieldError
from generation.catalog import shapes
from generation.catalog.job_parameters import LABEL_MAX_LENGTH
from generation.catalog.offers import BATCH_MAX
from generation.imaging import mask_image
from generation.protocols.ended_jobs import ImageFormat
from generation.protocols.source_files import MASK, SourceFiles

FORMATS = ("png", "jpeg", "webp")
MAX_SIDE = 10_000
IMAGES = ("image", "image[]")
MAX_IMAGES = 16
OPEN_WEBUI_USER = "X-OpenWebUI-User-Id"


@dataclass(frozen=True)
class ReplyForm:
    """How the images are sent."""

    kind: str
    """With which the names of its events begin."""
    as_url: bool
    format: ImageFormat
    is_stream: bool
    partial_images: int
    """At most so many previews are streamed before the images."""


@dataclass(frozen=True)
class ImageForm:
    """A request for `count` images. What it does not name has no meaning here."""

    prompt: str
    model: str
    count: int
    size: tuple[int, int] | None
    """None: the model's own."""
    label: str
    max_credits: int | None
    reply: ReplyForm


def read(fields: Mapping[str, Any], *, headers: Mapping[str, str], kind: str) -> ImageForm:
    """Return the form; raise Problem with the first field that is wrong. Others are ignored."""
    if fields.get("background") == "transparent":
        detail = _("No model makes images with a transparent background.")
        raise invalid("background", "not_supported", detail)
    return ImageForm(
        prompt=_text(fields, "prompt") or "",
        model=_text(fields, "model") or "",
        count=_number(fields, "n", least=1, most=BATCH_MAX) or 1,
        size=_size(fields),
        label=_label(fields, headers),
        max_credits=_number(fields, "max_credits", least=0, most=MAX_CREDITS),
        reply=ReplyForm(
            kind=kind,
            as_url=_choice(fields, "response_format", ("b64_json", "url")) == "url",
            format=ImageFormat(_choice(fields, "output_format", FORMATS), _quality(fields)),
            is_stream=_flag(fields, "stream"),
            partial_images=_number(fields, "partial_images", least=0, most=3) or 0,
        ),
    )


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid(name, "invalid", _("Must be a string."))
    return value


def _number(fields: Mapping[str, Any], name: str, *, least: int, most: int) -> int | None:
    value = fields.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:9])
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        detail = _("Must be %(min)d–%(max)d.") % {"min": least, "max": most}
        raise invalid(name, "invalid", detail)
    return value


def _quality(fields: Mapping[str, Any]) -> int | None:
    compression = _number(fields, "output_compression", least=0, most=100)
    return None if compression is None else max(1, compression)


def _flag(fields: Mapping[str, Any], name: str) -> bool:
    value = fields.get(name)
    if value in (None, "", False, "false"):
        return False
    if value in (True, "true"):
        return True
    raise invalid(name, "invalid", _("Must be true or false."))


def _choice(fields: Mapping[str, Any], name: str, choices: tuple[str, ...]) -> str:
    value = _text(fields, name)
    if value and value not in choices:
        detail = _("One of: %(choices)s.") % {"choices": ", ".join(choices)}
        raise invalid(name, "choices", detail)
    return value or ""


def _size(fields: Mapping[str, Any]) -> tuple[int, int] | None:
    value = _text(fields, "size")
    if not value or value == "auto":
        return None
    size = shapes.size_of(value)
    if size is None or not all(0 < side <= MAX_SIDE for side in size):
        detail = _("Must be like 1024x1024, or “auto”.")
        raise Problem("invalid", errors=[FieldError("size", "invalid", detail)])
    return size


def _label(fields: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    """Return for whom the images are, as the program says it."""
    candidates = (headers.get(OPEN_WEBUI_USER), fields.get("user"), fields.get("safety_identifier"))
    label = next((value for value in candidates if isinstance(value, str) and value), "")
    return "".join(letter for letter in label if letter.isprintable()).strip()[:LABEL_MAX_LENGTH]


def read_files(files: "MultiValueDict[str, UploadedFile]") -> SourceFiles:  # type: ignore[type-arg]
    """Return the files; raise Problem: none, too many or too large."""
    images = [file for name in IMAGES for file in files.getlist(name)]
    if not images:
        raise invalid("image", "required", _("Choose an image."))
    if len(images) > MAX_IMAGES:
        raise invalid("image", "max_length", _("At most %(max)d images.") % {"max": MAX_IMAGES})
    mask = files.get(MASK)
    return SourceFiles(
        [_file(file, "image") for file in images],
        _file(mask, MASK) if mask else None,
        area_of=mask_image.of_transparency,
    )


def _file(file: "UploadedFile", field: str) -> bytes:  # type: ignore[type-arg]
    if (file.size or 0) > settings.UPLOAD_MAX_BYTES:
        raise too_large(settings.UPLOAD_MAX_BYTES, field=field)
    return bytes(file.read())
