"""Last passes over an image: moods, the manner of a medium, the hand of a model, grain."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from .colors import NAMED_COLORS, saturated, tinted, warmed
from .scene import Scene
from .weather import clouded

PAPER, INK = (247, 242, 228), (24, 25, 32)
GRAIN_SIDE = 256


def finish(image: Image.Image, scene: Scene, *, rng: Random, model: str) -> Image.Image:
    """Return the image graded by moods, in the named media, or else in the hand of the model."""
    image = _graded(image, scene)
    for name in scene.finishes:
        image = FINISHES[name](image, rng)
    if not scene.finishes:
        image = _by_hand(image, model)
        image = _grained(_vignetted(image), rng, 6)
    return image


def _graded(image: Image.Image, scene: Scene) -> Image.Image:
    if "pastel" in scene.moods:
        image = Image.blend(saturated(image, 0.75), Image.new("RGB", image.size, "white"), 0.22)
    if "vivid" in scene.moods:
        image = ImageEnhance.Contrast(saturated(image, 1.35)).enhance(1.08)
    if "dark" in scene.moods:
        image = ImageEnhance.Brightness(saturated(image, 0.9)).enhance(0.78)
    if "bright" in scene.moods:
        image = image.point(lambda value: round(255 * (value / 255) ** 0.84))
    if "warm" in scene.moods or scene.season == "autumn":
        image = warmed(image, 0.06)
    if "cold" in scene.moods or scene.season == "winter":
        image = warmed(saturated(image, 0.88), -0.05)
    if "mono" in scene.moods:
        image = ImageEnhance.Contrast(image.convert("L").convert("RGB")).enhance(1.12)
    return image


def _by_hand(image: Image.Image, model: str) -> Image.Image:
    """Return the image as this model draws: its color, contrast and brush, in every image."""
    hand = Random(f"hand {model}")
    color = hand.choice(list(NAMED_COLORS.values())[:14])
    image = Image.blend(image, tinted(image, color, 0.5), hand.uniform(0.0, 0.2))
    image = warmed(image, hand.uniform(-0.07, 0.07))
    image = ImageEnhance.Contrast(saturated(image, hand.uniform(0.82, 1.18))).enhance(
        hand.uniform(0.9, 1.16)
    )
    image = ImageEnhance.Brightness(image).enhance(hand.uniform(0.94, 1.12))
    brush = hand.choice(("crisp", "glow", "broad"))
    if brush == "crisp":
        return image.filter(ImageFilter.UnsharpMask(1.4, 80, 2))
    if brush == "broad":
        return image.filter(ImageFilter.MedianFilter(5)).filter(ImageFilter.EDGE_ENHANCE)
    blurred = image.filter(ImageFilter.GaussianBlur(image.height * 0.008))
    return Image.blend(image, ImageChops.screen(image, blurred), 0.22)


def _vignetted(image: Image.Image) -> Image.Image:
    edge = Image.radial_gradient("L").resize(image.size)
    dark = ImageEnhance.Brightness(image).enhance(0.86)
    return Image.composite(dark, image, edge.point(lambda value: max(0, value - 90)))


def _noise(size: tuple[int, int], rng: Random, amount: int) -> Image.Image:
    """Return gray noise ("L") around 128, at most `amount` away."""
    tile = Image.frombytes("L", (GRAIN_SIDE, GRAIN_SIDE), rng.randbytes(GRAIN_SIDE**2))
    tile = tile.point(lambda value: 128 + round((value - 128) * amount / 128))
    noise = Image.new("L", size)
    for top in range(0, size[1], GRAIN_SIDE):
        for left in range(0, size[0], GRAIN_SIDE):
            noise.paste(tile, (left, top))
    return noise


def _grained(image: Image.Image, rng: Random, amount: int) -> Image.Image:
    noise = _noise(image.size, rng, amount)
    return ImageChops.add(image, Image.merge("RGB", [noise] * 3), 1, -128)


def _watercolor(image: Image.Image, rng: Random) -> Image.Image:
    """Soft patches, pale pigment, white paper at the edge."""
    unit = image.height / 1024
    soft = image.filter(ImageFilter.MedianFilter(7)).filter(ImageFilter.SMOOTH_MORE)
    pale = saturated(soft, 1.05).point(lambda value: round(34 + value * 0.87))
    pigment = clouded(image.size, rng, across=26, down=22).point(lambda v: 214 + v * 41 // 255)
    pale = ImageChops.multiply(pale, Image.merge("RGB", [pigment] * 3))
    edge = round(26 * unit)
    mask = Image.new("L", image.size)
    ImageDraw.Draw(mask).rectangle((edge, edge, image.width - edge, image.height - edge), fill=255)
    ragged = clouded(image.size, rng, across=70, down=60)
    mask = ImageChops.add(mask.filter(ImageFilter.GaussianBlur(8 * unit)), ragged, 2)
    mask = mask.point(lambda value: 255 * (value > 118)).filter(ImageFilter.GaussianBlur(1))
    paper = Image.new("RGB", image.size, PAPER)
    return _grained(Image.composite(pale, paper, mask), rng, 7)


def _gouache(image: Image.Image, rng: Random) -> Image.Image:
    """Patches of one color, and the relief of a brush."""
    size = max(3, round(image.height / 1024 * 4) * 2 + 1)
    flat = saturated(image.filter(ImageFilter.ModeFilter(size)), 1.16)
    relief = flat.convert("L").filter(ImageFilter.EMBOSS)
    bristle = _noise(image.size, rng, 26).resize((image.width, image.height // 6 + 1))
    bristle = bristle.resize(image.size, Image.Resampling.BICUBIC)
    relief = ImageChops.add(relief, bristle, 1, -128)
    return Image.blend(flat, ImageChops.overlay(flat, Image.merge("RGB", [relief] * 3)), 0.4)


def _ink(image: Image.Image, rng: Random) -> Image.Image:
    """Brushed ink on rice paper: a few washes, and lines where the image breaks."""
    gray = ImageOps.autocontrast(image.convert("L").filter(ImageFilter.MedianFilter(5)), cutoff=3)
    wash = gray.point(lambda tone: round(255 * (tone / 255) ** 0.8) // 28 * 28 + 14)
    lines = ImageOps.invert(gray.filter(ImageFilter.FIND_EDGES)).point(lambda v: min(255, v + 20))
    drawn = ImageOps.colorize(ImageChops.multiply(wash, lines), INK, PAPER)
    return _grained(Image.blend(drawn, image, 0.12), rng, 9)


def _film(image: Image.Image, rng: Random) -> Image.Image:
    """Halation, lifted shadows and coarse grain."""
    bright = image.point(lambda value: max(0, value - 150))
    halo = bright.filter(ImageFilter.GaussianBlur(image.height * 0.02))
    halo = ImageChops.multiply(halo, Image.new("RGB", image.size, (255, 130, 70)))
    image = ImageChops.screen(image, halo).point(lambda value: round(14 + value * 0.92))
    return _grained(_vignetted(image), rng, 24)


def _paper_cut(image: Image.Image, rng: Random) -> Image.Image:
    """Flat sheets, each with a shadow on the next."""
    soft = image.filter(ImageFilter.GaussianBlur(image.height * 0.004))
    flat = ImageOps.posterize(soft.filter(ImageFilter.ModeFilter(9)), 3)
    drop = max(1, round(image.height * 0.006))
    gray = flat.convert("L")
    shade = ImageChops.subtract(ImageChops.offset(gray, drop, drop), gray, 1, 0)
    shade = ImageOps.invert(shade.filter(ImageFilter.GaussianBlur(drop / 2)))
    shaded = ImageChops.multiply(flat, Image.merge("RGB", [shade] * 3))
    return _grained(ImageEnhance.Brightness(shaded).enhance(1.12), rng, 8)


def _pixel(image: Image.Image, rng: Random) -> Image.Image:
    """Large pixels of few colors."""
    cells = 128 if min(image.size) >= 512 else 64
    factor = min(image.size) / cells
    small = (max(1, round(image.width / factor)), max(1, round(image.height / factor)))
    few = saturated(image.resize(small, Image.Resampling.BOX), 1.2).quantize(28).convert("RGB")
    return few.resize(image.size, Image.Resampling.NEAREST)


def _sketch(image: Image.Image, rng: Random) -> Image.Image:
    """Pencil on paper: contours over pale, hatched tone."""
    gray = ImageOps.autocontrast(image.convert("L"), cutoff=2)
    edges = gray.filter(ImageFilter.SMOOTH).filter(ImageFilter.FIND_EDGES)
    lines = ImageOps.invert(edges.point(lambda value: min(255, round(value * 2.6))))
    hatch = _noise((image.width // 3, image.height), rng, 110).resize(image.size)
    tone = gray.point(lambda value: 92 + value * 163 // 255)
    tone = ImageChops.multiply(tone, hatch.point(lambda value: 190 + value * 65 // 255))
    drawn = ImageChops.multiply(lines, tone)
    return _grained(ImageOps.colorize(drawn, (46, 46, 52), PAPER), rng, 14)


def _halftone(image: Image.Image, rng: Random) -> Image.Image:
    """Screens of dots in three inks."""
    pitch = max(5, round(image.height / 130))
    cell = Image.radial_gradient("L").resize((pitch, pitch), Image.Resampling.BOX)
    side = 2 * max(image.size)
    screen = Image.new("L", (side, side))
    for top in range(0, side, pitch):
        for left in range(0, side, pitch):
            screen.paste(cell, (left, top))
    planes = []
    for plane, angle in zip(image.split(), (15, 75, 0), strict=True):
        turned = screen.rotate(angle, resample=Image.Resampling.BILINEAR)
        left, top = (side - image.width) // 2, (side - image.height) // 2
        turned = turned.crop((left, top, left + image.width, top + image.height))
        ink = ImageChops.subtract(ImageOps.invert(plane), turned.point(lambda v: v * 200 // 255))
        planes.append(ImageOps.invert(ink.point(lambda value: min(255, value * 7))))
    printed = Image.merge("RGB", planes)
    return ImageChops.multiply(printed, Image.new("RGB", image.size, PAPER))


FINISHES: dict[str, Callable[[Image.Image, Random], Image.Image]] = {
    "watercolor": _watercolor,
    "gouache": _gouache,
    "ink": _ink,
    "film": _film,
    "paper_cut": _paper_cut,
    "pixel": _pixel,
    "sketch": _sketch,
    "halftone": _halftone,
}
