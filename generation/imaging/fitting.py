"""Make source images that are embedded in a request small enough for it.

RunPod accepts at most 10 MB:
https://docs.runpod.io/serverless/endpoints/send-requests#payload-limits
"""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from generation.imaging import decoding_turn
from generation.imaging.image_copies import upright
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
            image = upright(decode(data)[1])
            is_opaque = image.mode == "RGB" or image.getchannel("A").getextrema()[0] == 255
            small = image.convert("RGB") if is_opaque else image
            encoded = first_within(small, share // 4 * 3 - URI_FRAME, steps=_STEPS)
            return Fitted(encoded, small.size)
    except (OSError, ValueError, SyntaxError):  # also InvalidImage, and broken EXIF
        return Fitted(data)


def first_within(image: Image.Image, limit: int, *, steps: Sequence[tuple[int, int]]) -> bytes:
    """Scale the RGB or RGBA image down to the first side and quality of `limit` bytes or less.

    Return the file, a WebP if the image has transparency, else a JPEG; of the last step if none is
    small enough.
    """
    for side, quality in steps:
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
        file = io.BytesIO()
        if image.mode == "RGBA":
            image.save(file, "WEBP", quality=quality, method=2)
        else:
            image.save(file, "JPEG", quality=quality)
        if file.tell() <= limit:
            break
    return file.getvalue()
