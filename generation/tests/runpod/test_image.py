"""Bytes are a picture only when all of them can be decoded."""

import io

import pytest
from PIL import Image

from generation.demo.emulator.painting import tiny_png
from generation.runpod.image import ImageInfo, InvalidImage, check_image


def encoded(form, size=(40, 30), **options):
    file = io.BytesIO()
    Image.effect_noise(size, 50).convert("RGB").save(file, form, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("form", "content_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")]
)
def test_it_tells_the_facts_of_a_picture(form, content_type):
    assert check_image(encoded(form)) == ImageInfo(40, 30, form, content_type)


def test_it_takes_a_tiny_painters_picture():
    assert check_image(tiny_png(1344, 768, 7)) == ImageInfo(1344, 768, "PNG", "image/png")


def test_it_takes_a_cameras_jpeg_with_a_second_view():
    file = io.BytesIO()
    first, second = Image.new("RGB", (40, 30), "red"), Image.new("RGB", (20, 15), "blue")
    first.save(file, "MPO", save_all=True, append_images=[second])
    assert check_image(file.getvalue()) == ImageInfo(40, 30, "JPEG", "image/jpeg")


@pytest.mark.parametrize("form", ["GIF", "BMP", "TIFF", "ICO", "PPM"])
def test_it_refuses_other_formats(form):
    with pytest.raises(InvalidImage):
        check_image(encoded(form))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("part", [0.5, 0.9])
def test_it_refuses_a_picture_that_is_cut_short(form, part):
    data = encoded(form, (400, 300))
    with pytest.raises(InvalidImage):
        check_image(data[: int(len(data) * part)])


@pytest.mark.parametrize(
    "data",
    [b"", b"\x89PNG", b"<!doctype html><h1>502</h1>", b"<svg onload='alert(1)'/>", bytes(5000)],
)
def test_it_refuses_what_is_no_picture(data):
    with pytest.raises(InvalidImage):
        check_image(data)


def test_it_refuses_a_broken_checksum():
    data = bytearray(encoded("PNG"))
    data[len(data) // 2] ^= 0xFF
    with pytest.raises(InvalidImage):
        check_image(bytes(data))


def test_it_refuses_an_animation():
    frames = [Image.new("RGB", (40, 30), color) for color in ("red", "blue")]
    for form in ("PNG", "WEBP"):
        file = io.BytesIO()
        frames[0].save(file, form, save_all=True, append_images=frames[1:])
        with pytest.raises(InvalidImage, match="animation"):
            check_image(file.getvalue())


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [8_000, 11_000, 30_000])
def test_it_refuses_a_decompression_bomb_before_unpacking_it(side):
    bomb = tiny_png(side, side, 0)
    assert len(bomb) < 1_000_000
    with pytest.raises(InvalidImage, match="pixels"):
        check_image(bomb)


def test_it_takes_another_limit():
    with pytest.raises(InvalidImage):
        check_image(encoded("PNG"), max_pixels=1199)
    check_image(encoded("PNG"), max_pixels=1200)
