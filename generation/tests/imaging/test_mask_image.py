"""Masks as workers get them: gray, white is repainted; a canvas with room for new sides."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from generation.imaging import extended_canvas, mask_image
from generation.imaging.image_decoding import InvalidImage
from generation.testing.rows.image_files import png_of

SIDES = {"left": 50, "top": 0, "right": 0, "bottom": 100}


def opened(data):
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1"])
def test_it_makes_any_mask_gray(mode):
    drawn = Image.new("RGB", (20, 10), "black")
    ImageDraw.Draw(drawn).rectangle((0, 0, 4, 9), fill="white")
    mask = opened(mask_image.gray(png_of(drawn.convert(mode))))
    assert (mask.mode, mask.size) == ("L", (20, 10))
    assert (mask.getpixel((2, 5)), mask.getpixel((12, 5))) == (255, 0)


def test_it_takes_what_is_transparent_for_black():
    drawn = Image.new("RGBA", (20, 10), (255, 255, 255, 0))
    drawn.paste((255, 255, 255, 255), (0, 0, 5, 10))
    mask = opened(mask_image.gray(png_of(drawn)))
    assert (mask.getpixel((2, 5)), mask.getpixel((12, 5))) == (255, 0)


def test_it_refuses_what_is_no_image():
    with pytest.raises(InvalidImage):
        mask_image.gray(b"mask")
    with pytest.raises(InvalidImage):
        extended_canvas.extended(b"image", sides=SIDES, size=(60, 40))


def test_it_extends_an_image_and_masks_what_is_new():
    source = Image.new("RGB", (400, 200), "red")
    canvas, mask = extended_canvas.extended(png_of(source), sides=SIDES, size=(600, 400))
    canvas, mask = opened(canvas), opened(mask)
    assert canvas.size == mask.size == (600, 400)
    assert canvas.getpixel((400, 100)) == (255, 0, 0)
    new, kept = [(50, 100), (150, 390), (590, 300)], [(400, 60), (590, 10), (250, 4)]
    assert [mask.getpixel(at) for at in new] == [255] * 3
    assert [mask.getpixel(at) for at in kept] == [0] * 3
    seam = [mask.getpixel((x, 100)) for x in range(198, 214)]
    assert seam == sorted(seam, reverse=True)
    assert len(set(seam)) > 3


def drawn_in_16_bits(tone):
    """Return a gray PNG of 16 bits, left half white, right half of a tone 0..255."""
    tones = np.full((10, 20), tone * 257, np.uint16)
    tones[:, :10] = 65535
    return png_of(Image.fromarray(tones))


def test_it_keeps_the_tones_of_16_bits():
    mask = opened(mask_image.gray(drawn_in_16_bits(128)))
    assert (mask.mode, mask.getpixel((2, 5)), mask.getpixel((15, 5))) == ("L", 255, 128)


@pytest.mark.parametrize(("tone", "empty"), [(0, True), (3, True), (40, False), (255, False)])
def test_it_tells_an_empty_mask_from_one_that_marks_a_pixel(tone, empty):
    drawn = Image.new("L", (300, 200), 0)
    drawn.putpixel((299, 199), tone)
    assert mask_image.is_empty(mask_image.gray(png_of(drawn))) is empty
