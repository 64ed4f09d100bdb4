"""The fields of txt2img and img2img as parameters of a job.

Programs send all settings with every model: those that a model does not have are left out, and
numbers are brought within its limits.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.credits.ledger import MAX_CREDITS
from artgen.api.problems import invalid, too_large
from generation.catalog import shapes
from generation.catalog.job_parameters import SEED_MAX
from generation.catalog.offers import BATCH_MAX, Offer, Parameter
from generation.imaging import mask_image

NUMBERS = {"steps": "steps", "cfg_scale": "guidance", "denoising_strength": "strength"}
"""Numbers of this API, and ours."""
MAX_SIDE = 10_000
MAX_NUMBER = 2**64  # of a seed
MAX_IMAGES = 16
JSON_ESCAPES = ((b"\\/", b"/"), (b"\\n", b""), (b"\\r", b""))
"""That encoders write into base64."""
WHITESPACE = b" \t\r\n"


@dataclass(frozen=True)
class ImageFields:
    """A request for `count` images."""

    raw: Mapping[str, Any]
    count: int
    model: str
    """The checkpoint that the request names, "" for none."""
    images: list[bytes] = field(default_factory=list)
    mask: bytes | None = None
    max_credits: int | None = None

    def area_of(self, mask: bytes) -> bytes:
        """Return our mask, white where it repaints."""
        area = mask_image.gray(mask)
        return mask_image.inverted(area) if self.raw.get("inpainting_mask_invert") else area

    def parameters_of(self, offer: Offer) -> dict[str, Any]:
        """Return the parameters of a job of this model; raise Problem."""
        known = offer.parameters
        values: dict[str, Any] = {"prompt": _text(self.raw, "prompt")}
        negative = _text(self.raw, "negative_prompt")
        if "negative_prompt" in known and negative:
            values["negative_prompt"] = negative
        for name, ours in NUMBERS.items():
            number = _number(self.raw, name)
            if ours in known and number is not None and (ours != "strength" or self.images):
                values[ours] = _within(number, known[ours])
        seed = _number(self.raw, "seed")
        if seed is not None and seed >= 0:
            values["seed"] = int(seed) % (SEED_MAX + 1)
        width, height = (_number(self.raw, name) for name in ("width", "height"))
        if width and height and 1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE:
            size = shapes.nearest_size(known, width=round(width), height=round(height))
            values |= {"width": size[0], "height": size[1]} if size else {}
        return values


def read(body: Mapping[str, Any], *, with_images: bool) -> ImageFields:
    """Return the fields; raise Problem with the first one that is wrong. Others are ignored."""
    count = 1
    for name in ("batch_size", "n_iter"):
        number = _number(body, name)
        each = 1 if number is None else round(number)
        count *= each
        if each < 1 or count > BATCH_MAX:
            detail = _("Must be %(min)d–%(max)d.") % {"min": 1, "max": BATCH_MAX}
            raise invalid(name, "max_value", detail)
    limit = _number(body, "max_credits")
    override = body.get("override_settings")
    model = override.get("sd_model_checkpoint") if isinstance(override, dict) else ""
    return ImageFields(
        body,
        count,
        model if isinstance(model, str) else "",
        images=_images(body) if with_images else [],
        mask=_decoded(body["mask"], "mask") if with_images and body.get("mask") else None,
        max_credits=None if limit is None else int(max(0, min(limit, MAX_CREDITS))),
    )


def _images(body: Mapping[str, Any]) -> list[bytes]:
    images = body.get("init_images")
    if not isinstance(images, list) or not images:
        raise invalid("init_images", "required", _("Choose an image."))
    if len(images) > MAX_IMAGES:
        detail = _("At most %(max)d images.") % {"max": MAX_IMAGES}
        raise invalid("init_images", "max_length", detail)
    return [_decoded(image, "init_images") for image in images]


def _decoded(text: object, name: str) -> bytes:
    """Return the bytes of base64, with or without `data:image/png;base64,` before it.

    `text` is a string or, of a long one, the bytes of the body.
    """
    if not isinstance(text, str | memoryview):
        raise invalid(name, "invalid", _("Must be a string."))
    encoded = text.encode("utf-8", "replace") if isinstance(text, str) else bytes(text)
    for escaped, letter in JSON_ESCAPES:
        encoded = encoded.replace(escaped, letter)
    if encoded.startswith(b"data:"):
        encoded = encoded.partition(b",")[2]
    try:
        data = base64.b64decode(encoded.translate(None, WHITESPACE), validate=True)
    except ValueError as error:
        raise invalid(name, "invalid", _("The image isn’t valid base64.")) from error
    if len(data) > settings.UPLOAD_MAX_BYTES:
        raise too_large(settings.UPLOAD_MAX_BYTES, field=name)
    return data


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid(name, "invalid", _("Must be a string."))
    return value or ""


def _number(body: Mapping[str, Any], name: str) -> float | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > MAX_NUMBER:
        raise invalid(name, "invalid", _("Must be a number."))
    return value


def _within(number: float, limits: Parameter) -> float:
    """Return the number within the limits, on their steps."""
    least, step = limits.min or 0, limits.step or 1
    number = max(least, min(number, limits.max if limits.max is not None else number))
    rounded = least + round((number - least) / step) * step
    is_whole = float(least).is_integer() and float(step).is_integer()
    return round(rounded) if is_whole else round(rounded, 6)
