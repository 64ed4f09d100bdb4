"""Source images made to fit into a request."""

import io
import json

import pytest
from PIL import Image

from generation.imaging.fitting import MIN_BYTES_PER_IMAGE, encoded_length, fit, fits
from generation.providers.payloads.comfyui import data_uri
from generation.testing.rows.image_files import noise

ROOM = 9_900_000


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def body(fitted) -> int:
    return len(json.dumps([data_uri(one.data) for one in fitted]))


def test_it_reckons_the_growth_of_base64():
    for length in (1, 2, 3, 1000, 99_999):
        data = b"\x89PNG" + b"x" * (length - 4) if length > 4 else b"x" * length
        assert (
            len(json.dumps(data_uri(data))) <= encoded_length(len(data)) <= len(data_uri(data)) + 40
        )
    assert fits([7_400_000], room=ROOM)
    assert not fits([7_500_000], room=ROOM)


def test_it_leaves_alone_what_fits():
    images = [noise(300, 200), noise(200, 300, format="JPEG")]
    assert [one.data for one in fit(images, room=ROOM)] == images
    assert [one.size for one in fit(images, room=ROOM)] == [None, None]


@pytest.mark.slow
def test_it_takes_a_png_of_24_megapixels():
    image = noise(6000, 4000)
    assert len(image) > 40_000_000
    (fitted,) = fit([image], room=ROOM)
    assert body([fitted]) <= ROOM
    assert fitted.size
    assert fitted.size[0] >= 3000


@pytest.mark.slow
def test_it_gives_what_small_images_leave_to_the_large_ones():
    small, large = noise(200, 200), noise(3000, 2000)
    alone, beside = fit([large], room=2_000_000)[0], fit([small, large], room=2_000_000)
    assert beside[0].data == small
    assert beside[0].size is None
    assert beside[1].size == alone.size


@pytest.mark.slow
def test_it_keeps_what_is_transparent():
    image = noise(1500, 1500, mode="RGBA")
    (fitted,) = fit([image], room=2_000_000)
    assert opened(fitted.data).mode == "RGBA"
    assert body([fitted]) <= 2_000_000
    opaque = Image.merge(
        "RGBA", [*opened(noise(1500, 1500)).split(), Image.new("L", (1500, 1500), 255)]
    )
    file = io.BytesIO()
    opaque.save(file, "PNG")
    assert opened(fit([file.getvalue()], room=2_000_000)[0].data).format == "JPEG"


def test_it_turns_upright_what_the_camera_only_tagged():
    exif = Image.Exif()
    exif[0x0112] = 6
    image = noise(1200, 600, format="JPEG", quality=95, exif=exif.tobytes())
    (fitted,) = fit([image], room=400_000)
    assert fitted.size
    assert fitted.size[0] < fitted.size[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "size"), [("RGBA", (2000, 2000)), ("RGB", (4000, 16)), ("RGBA", (1, 9000))]
)
def test_it_fits_anything_into_the_least_room(mode, size):
    image = noise(*size, mode=mode)
    assert body(fit([image], room=MIN_BYTES_PER_IMAGE)) <= MIN_BYTES_PER_IMAGE


@pytest.mark.parametrize("make", [bytes, lambda size: noise(1500, 1500)[:size]])
def test_it_returns_what_cannot_be_decoded(make):
    data = make(3_000_000)
    assert fit([data], room=1_000_000)[0].data == data
