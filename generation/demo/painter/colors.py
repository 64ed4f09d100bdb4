"""Colors by name and by time of day, and images mapped onto them."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageChops, ImageEnhance

Color = tuple[int, int, int]


def rgb(text: str) -> Color:
    """Return the color of six hexadecimal digits."""
    red, green, blue = bytes.fromhex(text)
    return red, green, blue


NAMED_COLORS = {
    name: rgb(text)
    for name, text in {
        "red": "c8342b",
        "orange": "e8792b",
        "yellow": "edb93a",
        "gold": "d29a3a",
        "green": "3f8a55",
        "emerald": "0f7f63",
        "turquoise": "1f9a9a",
        "blue": "2f62b0",
        "sky": "6fb0dc",
        "violet": "7448a8",
        "lilac": "a98acb",
        "pink": "e58aa4",
        "coral": "ee7460",
        "brown": "80543a",
        "beige": "d9c4a0",
        "white": "f2eee6",
        "gray": "8d9296",
        "black": "17181c",
    }.items()
}
"""What a color word means, by the keys of the word table."""

NEAR = {
    "gold": "yellow",
    "emerald": "green",
    "turquoise": "blue",
    "sky": "blue",
    "lilac": "violet",
    "pink": "red",
    "coral": "red",
    "beige": "white",
    "gray": "white",
    "brown": "orange",
    "yellow": "gold",
}
"""The color to take where a cutout does not exist in the named one."""

TONES = {
    time: [rgb(text) for text in stops.split()]
    for time, stops in {
        "dawn": "10202f 4b6280 a9a3a8 f0cdaa fff3dc",
        "day": "14282c 4f7470 9fb9b4 dfe8e0 fffdf4",
        "sunset": "120d20 5a3a62 b8646a f3a06a ffe6b0",
        "dusk": "080c1c 2c3560 66618c b88a9c f0cdb0",
        "night": "03070e 0b1b34 1d3f62 4a7394 d8dcd4",
    }.items()
}
"""From shadow to light, at each time of day."""

AMBIENT = {
    "dawn": rgb("fff0e2"),
    "day": rgb("ffffff"),
    "sunset": rgb("ffd9b4"),
    "dusk": rgb("a9a0c4"),
    "night": rgb("7788b2"),
}
"""The light that falls on a cutout that was painted by day."""


def toned(image: Image.Image, stops: Sequence[Color]) -> Image.Image:
    """Return the image in the colors of a gradient, by brightness."""
    gray = image.convert("L")
    last = len(stops) - 1
    planes = []
    for channel in range(3):
        table = []
        for value in range(256):
            place = value / 255 * last
            index = min(int(place), last - 1)
            low, high = stops[index][channel], stops[index + 1][channel]
            table.append(round(low + (high - low) * (place - index)))
        planes.append(gray.point(table))
    return Image.merge("RGB", planes)


def tinted(image: Image.Image, color: Color, amount: float) -> Image.Image:
    """Return the image with its hues drawn toward a color; lights and shadows stay."""
    dark, light = mixed(color, (0, 0, 0), 0.88), mixed(color, (255, 255, 255), 0.85)
    stops = [dark, mixed(color, dark, 0.45), color, mixed(color, light, 0.6), light]
    return Image.blend(image, toned(image, stops), amount)


def mixed(first: Sequence[int], second: Sequence[int], amount: float) -> Color:
    """Return the color `amount` (0..1) of the way from one to the other."""
    red, green, blue = (round(a + (b - a) * amount) for a, b in zip(first, second, strict=True))
    return red, green, blue


def lit(image: Image.Image, color: Color) -> Image.Image:
    """Return the image under colored light: multiplied by the color."""
    return ImageChops.multiply(image, Image.new("RGB", image.size, color))


def saturated(image: Image.Image, amount: float) -> Image.Image:
    return ImageEnhance.Color(image).enhance(amount)


def warmed(image: Image.Image, amount: float) -> Image.Image:
    """Return the image with red raised and blue lowered by a share, or the reverse below 0."""
    red, green, blue = image.split()
    return Image.merge(
        "RGB",
        [red.point(lambda v: v * (1 + amount)), green, blue.point(lambda v: v * (1 - amount))],
    )
