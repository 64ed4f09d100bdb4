"""Bytes are a picture only when all of them can be decoded."""

import io

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from generation.demo.emulator.painters import tiny_png
from generation.imaging.image_decoding import (
    MAX_SCANS,
    ImageInfo,
    InvalidImage,
    TooManyPixels,
    decode,
    read_header,
)


def encoded(form, size=(40, 30), **options):
    file = io.BytesIO()
    Image.effect_noise(size, 50).convert("RGB").save(file, form, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("form", "content_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")]
)
def test_it_tells_the_facts_of_a_picture(form, content_type):
    assert decode(encoded(form))[0] == ImageInfo(40, 30, form, content_type)


def test_it_takes_a_cameras_jpeg_with_a_second_view():
    file = io.BytesIO()
    first, second = Image.new("RGB", (40, 30), "red"), Image.new("RGB", (20, 15), "blue")
    first.save(file, "MPO", save_all=True, append_images=[second])
    assert decode(file.getvalue())[0] == ImageInfo(40, 30, "JPEG", "image/jpeg")


@pytest.mark.parametrize("form", ["GIF", "BMP", "TIFF", "ICO", "PPM"])
def test_it_refuses_other_formats(form):
    with pytest.raises(InvalidImage):
        decode(encoded(form))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("part", [0.5, 0.9])
def test_it_refuses_a_picture_that_is_cut_short(form, part):
    data = encoded(form, (400, 300))
    with pytest.raises(InvalidImage):
        decode(data[: int(len(data) * part)])


@pytest.mark.parametrize(
    "data",
    [b"", b"\x89PNG", b"<!doctype html><h1>502</h1>", b"<svg onload='alert(1)'/>", bytes(5000)],
)
def test_it_refuses_what_is_no_picture(data):
    with pytest.raises(InvalidImage):
        decode(data)


def test_it_refuses_a_broken_checksum():
    data = bytearray(encoded("PNG"))
    data[len(data) // 2] ^= 0xFF
    with pytest.raises(InvalidImage):
        decode(bytes(data))


def test_it_refuses_an_animation():
    frames = [Image.new("RGB", (40, 30), color) for color in ("red", "blue")]
    for form in ("PNG", "WEBP"):
        file = io.BytesIO()
        frames[0].save(file, form, save_all=True, append_images=frames[1:])
        with pytest.raises(InvalidImage, match="animation"):
            decode(file.getvalue())


@pytest.mark.parametrize("side", [8_000, 11_000, 30_000])
def test_it_refuses_a_decompression_bomb_before_unpacking_it(side):
    bomb = tiny_png(side, side, 0)
    assert len(bomb) < 1_000_000
    with pytest.raises(TooManyPixels, match="pixels") as refused:
        decode(bomb)
    assert (refused.value.width, refused.value.height) == (side, side)
    with pytest.raises(TooManyPixels):
        read_header(bomb)


def webp_of(width, height):
    """Return the first bytes of a WebP with such a canvas, and nothing to show on it."""
    canvas = b"VP8X" + (10).to_bytes(4, "little") + bytes(4)
    canvas += (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + (4 + len(canvas)).to_bytes(4, "little") + b"WEBP" + canvas


def jpeg_of(width, height):
    """Return a JPEG whose header names another size than it was encoded with."""
    data = bytearray(encoded("JPEG"))
    frame = data.index(b"\xff\xc0") + 5
    data[frame : frame + 4] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return bytes(data)


@pytest.mark.parametrize("bomb", [webp_of(16_000, 16_000), jpeg_of(60_000, 60_000)])
def test_it_refuses_other_bombs_by_their_header(bomb):
    with pytest.raises(TooManyPixels):
        read_header(bomb)


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"xmp": b"extended"}])
def test_it_reads_the_size_of_a_webp_before_pillow_does(options):
    data = encoded("WEBP", (333, 97), **options)
    with pytest.raises(TooManyPixels, match="333×97"):
        read_header(data[:40], max_pixels=333 * 97 - 1)
    read_header(data, max_pixels=333 * 97)


def test_it_refuses_a_jpeg_that_would_be_decoded_hundreds_of_times():
    data = encoded("JPEG", progressive=True)
    scans = data.count(b"\xff\xda")
    assert scans < MAX_SCANS
    last = data.rindex(b"\xff\xda")
    many = data[:last] + data[last:-2] * (MAX_SCANS + 1) + data[-2:]
    with pytest.raises(InvalidImage, match="scans"):
        decode(many)


def test_it_refuses_a_png_whose_texts_inflate_to_many_megabytes():
    texts = PngInfo()
    for number in range(40):
        texts.add_text(f"text {number}", "x" * 1_000_000, zip=True)
    data = encoded("PNG", pnginfo=texts)
    assert len(data) < 100_000
    with pytest.raises(InvalidImage, match="text"):
        read_header(data)
