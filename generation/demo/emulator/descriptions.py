"""A stand-in for a text model that sees: names an image's shape, brightness and main colors."""

import base64
import io
from collections.abc import Sequence

from PIL import Image, ImageStat

from generation.demo.painter.colors import NAMED_COLORS

COLORS = 3
SIDE = 64  # px; enough for the main colors
FEW = 0.04  # of the pixels: a color of fewer is not named
DARK, BRIGHT = 85, 170  # mean of the pixels, of 255
RUSSIAN = {
    "red": "красный",
    "orange": "оранжевый",
    "yellow": "жёлтый",
    "gold": "золотой",
    "green": "зелёный",
    "emerald": "изумрудный",
    "turquoise": "бирюзовый",
    "blue": "синий",
    "sky": "голубой",
    "violet": "фиолетовый",
    "lilac": "сиреневый",
    "pink": "розовый",
    "coral": "коралловый",
    "brown": "коричневый",
    "beige": "бежевый",
    "white": "белый",
    "gray": "серый",
    "black": "чёрный",
    "wide": "широкая сцена",
    "tall": "высокая сцена",
    "square": "квадратная сцена",
    "dark": "тёмные тона",
    "bright": "светлые тона",
    "soft": "мягкие тона",
}


def described(data_url: str, *, is_russian: bool) -> str:
    """Return such as "A wide scene in soft tones, main colors: blue, orange"."""
    image = Image.open(io.BytesIO(base64.b64decode(data_url.partition(",")[2]))).convert("RGB")
    shape = "wide" if image.width > image.height else "tall"
    shape = "square" if image.width == image.height else shape
    image.thumbnail((SIDE, SIDE))
    mean = ImageStat.Stat(image.convert("L")).mean[0]
    tones = "dark" if mean < DARK else "bright" if mean > BRIGHT else "soft"
    colors = _main_colors(image)
    if is_russian:
        named = ", ".join(RUSSIAN[color] for color in colors)
        return f"{RUSSIAN[shape].capitalize()}, {RUSSIAN[tones]}, главные цвета: {named}"
    return f"A {shape} scene in {tones} tones, main colors: {', '.join(colors)}"


def _main_colors(image: Image.Image) -> list[str]:
    reduced = image.quantize(2 * COLORS, method=Image.Quantize.FASTOCTREE)
    palette, counts = reduced.getpalette() or [], reduced.histogram()
    few = FEW * image.width * image.height
    often = sorted(
        (index for index, count in enumerate(counts) if count > few), key=counts.__getitem__
    )
    names = [_name_of(palette[3 * index : 3 * index + 3]) for index in reversed(often)]
    return list(dict.fromkeys(names))[:COLORS]


def _name_of(color: Sequence[int]) -> str:
    def distance(name: str) -> int:
        pairs = zip(color, NAMED_COLORS[name], strict=True)
        return sum((one - other) ** 2 for one, other in pairs)

    return min(NAMED_COLORS, key=distance)
