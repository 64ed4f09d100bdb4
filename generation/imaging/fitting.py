"""Make source images that are embedded in a request small enough for it.

RunPod accepts at most 10 MB:
https://docs.runpod.io/serverless/endpoints/send-requests#payload-limits
"""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageOps

from generation.imaging import decoding_turn
from generation.imaging.image_decoding import decode

URI_FRAME = 40  # bytes around the base64: "data:image/jpeg;base64,", quotes, a comma
# Of the body. Any image fits: 256 × 256 px of noise with transparency take 150,000 bytes.
MIN_BYTES_PER_IMAGE = 200_000
# Long side in px and quality, from an invisible loss to the smallest useful image.
_STEPS = (
    (4096, 92),
    (3072, 90),
    (2048, 88),
    (1536, 86),
    (1280, 84),
    (1024, 82),
    (768, 80),
    (512, 75),
    (256, 60),
)
_TOLERANCE = 1.5  # skip a step if its estimated size exceeds the limit by more than this factor


@dataclass(frozen=True, slots=True)
class Fitted:
    """An image as it is sent; `size` is its width and height in px if it was encoded again."""

    data: bytes
    size: tuple[int, int] | None = None


def encoded_length(length: int) -> int:
    return 4 * math.ceil(length / 3) + URI_FRAME


def fits(lengths: Sequence[int], *, room: int) -> bool:
    """Return whether images of these lengths fit into `room` bytes of a body unchanged."""
    return sum(encoded_length(length) for length in lengths) <= room


def fit(images: Sequence[bytes], *, room: int) -> list[Fitted]:
    """Return the images in order, encoded again where needed so that all fit into `room` bytes.

    Each image gets the same share; what small ones leave goes to the large ones. An image that
    cannot be decoded is returned as it is, and one that never fits at its smallest; the client then
    refuses the request.
    """
    fitted = [Fitted(data) for data in images]
    if fits([len(data) for data in images], room=room):
        return fitted
    by_length = sorted(range(len(images)), key=lambda index: len(images[index]))
    for done, index in enumerate(by_length):
        share = room // (len(images) - done)
        if encoded_length(len(images[index])) > share:
            fitted[index] = _reduced(images[index], share=share)
        room -= encoded_length(len(fitted[index].data))
    return fitted


def _reduced(data: bytes, *, share: int) -> Fitted:
    try:
        with decoding_turn.alone():
            return _encoded_within(decode(data)[1], share=share)
    except (OSError, ValueError, SyntaxError):  # also InvalidImage, and broken EXIF
        return Fitted(data)


def _encoded_within(image: Image.Image, *, share: int) -> Fitted:
    image = _with_few_bands(ImageOps.exif_transpose(image))
    pixels, length = 0, 0
    for side, quality in _STEPS:
        scale = min(1.0, side / max(image.size))
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        hopeless = pixels and length * (size[0] * size[1]) / pixels > share * _TOLERANCE
        if hopeless and side != _STEPS[-1][0]:
            continue
        small = (
            image if scale == 1 else image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
        )
        encoded = _encoded(small, quality=quality)
        pixels, length = size[0] * size[1], encoded_length(len(encoded))
        if length <= share:
            break
    return Fitted(encoded, size)


def _with_few_bands(image: Image.Image) -> Image.Image:
    """Return the image as RGB, or as RGBA if any pixel is transparent."""
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        least, _most = image.getchannel("A").getextrema()
        if isinstance(least, int | float) and least < 255:
            return image
    return image.convert("RGB")


def _encoded(image: Image.Image, *, quality: int) -> bytes:
    file = io.BytesIO()
    if image.mode == "RGBA":
        image.save(file, "WEBP", quality=quality, method=2)
    else:
        image.save(file, "JPEG", quality=quality, optimize=False)
    return file.getvalue()
