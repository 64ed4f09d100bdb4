"""What lies over a finished scene: fog, rain, snow, the moon, stars, birds, a season."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from . import assets
from .colors import mixed, rgb, saturated, toned
from .scene import Scene

LEAVES = [rgb(text) for text in ("4a1a10", "a8481f", "d8862e", "f0c468", "fbeec0")]
FROST = [rgb(text) for text in ("1c2834", "6f8296", "b4c2d0", "e4ebf2", "fbfdff")]


def clouded(size: tuple[int, int], rng: Random, *, across: int, down: int) -> Image.Image:
    """Return soft patches of light and dark ("L"), this many across and down."""
    cells = Image.frombytes("L", (across, down), rng.randbytes(across * down))
    return cells.resize(size, Image.Resampling.BICUBIC)


def add_things(
    image: Image.Image, scene: Scene, rng: Random, sky: Image.Image | None = None
) -> Image.Image:
    """Return the image with stars, a moon and birds where the scene names them.

    `sky` ("L") is where stars and moon show; without it they fade toward the middle.
    """
    width, height = image.size
    if scene.has("stars", "moon", "aurora"):
        heaven = sky or _upper(image.size)
        lights = Image.new("RGB", image.size)
        if scene.has("stars"):
            _dot(lights, rng, count=width * height // 2600)
        if scene.has("moon"):
            moon = assets.choose("cutouts", "moon", replace(scene, time="night"), rng).open()
            side = round(min(image.size) * rng.uniform(0.32, 0.46))
            moon = moon.resize((side, side), Image.Resampling.LANCZOS)
            at = (round(width * rng.uniform(0.2, 0.8) - side / 2), round(height * 0.2 - side / 2))
            lights.paste(moon, at, moon)
        if scene.has("aurora"):
            curtain = assets.choose("plates", "aurora", replace(scene, time="night"), rng).open()
            lights = ImageChops.lighter(lights, ImageOps.fit(curtain, image.size))
        lights = ImageChops.multiply(lights, Image.merge("RGB", [heaven] * 3))
        image = ImageChops.screen(image, lights)
    if scene.has("birds"):
        birds = assets.choose("cutouts", "birds", replace(scene, time="day"), rng).open()
        factor = min(image.size) / assets.HEIGHT * rng.uniform(0.9, 1.4)
        birds = birds.resize((round(birds.width * factor), round(birds.height * factor)))
        left, top = rng.uniform(0.1, 0.9) * (width - birds.width), height * rng.uniform(0.1, 0.3)
        image.paste(birds, (round(left), round(top)), birds)
    return image


def _upper(size: tuple[int, int]) -> Image.Image:
    fade = ImageOps.flip(Image.linear_gradient("L")).resize(size)
    return fade.point(lambda value: max(0, min(255, (value - 110) * 3)))


def _dot(image: Image.Image, rng: Random, *, count: int) -> None:
    draw = ImageDraw.Draw(image)
    for _ in range(count):
        x, y = rng.random() * image.width, rng.random() * image.height
        value = round(60 + 195 * rng.random() ** 3)
        radius = 0.4 + 1.1 * rng.random() ** 4 * image.height / 1024
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(value, value, value))


def add_weather(image: Image.Image, scene: Scene, rng: Random, amount: float = 1.0) -> Image.Image:
    """Return the image under the weather of the scene; `amount` 0..1 is how much of it."""
    before = image
    if "fog" in scene.weather:
        image = _fogged(image, rng)
    if "storm" in scene.weather:
        image = ImageEnhance.Brightness(saturated(image, 0.65)).enhance(0.68)
    if scene.weather & {"rain", "storm"}:
        image = ImageEnhance.Brightness(saturated(image, 0.75)).enhance(0.88)
        image = _screened(image, _streaks(image.size, rng), (205, 216, 232))
    if "snow" in scene.weather:
        image = _screened(saturated(image, 0.85), _flakes(image.size, rng), (248, 251, 255))
    return Image.blend(before, image, amount)


def _screened(image: Image.Image, mask: Image.Image, color: tuple[int, int, int]) -> Image.Image:
    return ImageChops.screen(image, ImageOps.colorize(mask, (0, 0, 0), color))


def _fogged(image: Image.Image, rng: Random) -> Image.Image:
    pixel = image.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    haze = mixed(pixel, (232, 234, 232), 0.62)  # type: ignore[arg-type]
    drift = clouded(image.size, rng, across=3, down=9)
    middle = Image.linear_gradient("L").resize(image.size)
    middle = middle.point(lambda value: 235 - abs(value - 140))
    veil = Image.blend(middle, drift, 0.35)
    soft = image.filter(ImageFilter.GaussianBlur(image.height * 0.004))
    return Image.composite(Image.new("RGB", image.size, haze), soft, veil)


def _streaks(size: tuple[int, int], rng: Random) -> Image.Image:
    mask = Image.new("L", size)
    draw = ImageDraw.Draw(mask)
    for _ in range(round(900 * max(0.6, size[0] / size[1]))):
        x, y = rng.uniform(0, 1.1) * size[0], rng.uniform(-0.05, 1) * size[1]
        length = rng.uniform(0.015, 0.05) * size[1]
        draw.line(
            (x, y, x - length * 0.12, y + length),
            fill=round(rng.uniform(25, 115)),
            width=max(1, size[1] // 900),
        )
    return mask.filter(ImageFilter.GaussianBlur(0.5))


def _flakes(size: tuple[int, int], rng: Random) -> Image.Image:
    mask = Image.new("L", size)
    unit = size[1] / 1024
    for count, radius, value in ((900, 1.3, 210), (220, 2.6, 160), (40, 7.0, 90)):
        layer = Image.new("L", size)
        draw = ImageDraw.Draw(layer)
        for _ in range(round(count * max(0.6, size[0] / size[1]))):
            x, y = rng.random() * size[0], rng.random() * size[1]
            r = max(0.6, radius * unit * rng.uniform(0.6, 1.2))
            draw.ellipse((x - r, y - r, x + r, y + r), fill=round(value * rng.uniform(0.5, 1)))
        mask = ImageChops.lighter(mask, layer.filter(ImageFilter.GaussianBlur(radius * unit / 3)))
    return mask


def in_season(image: Image.Image, season: str, rng: Random, amount: float = 1.0) -> Image.Image:
    """Return the image in another season: leaves turn, snow lies, trees are in blossom."""
    red, green, blue = image.split()
    leaf = ImageChops.subtract(green, ImageChops.lighter(blue, red.point(lambda v: v * 0.9)))
    leaf = leaf.point(lambda v: min(255, v * 9)).filter(ImageFilter.GaussianBlur(1.5))
    if season == "autumn":
        changed = Image.composite(toned(image, LEAVES), image, leaf)
    elif season == "winter":
        drift = clouded(image.size, rng, across=14, down=11)
        low = Image.linear_gradient("L").resize(image.size)
        ground = ImageChops.multiply(low.point(lambda v: max(0, min(255, (v - 120) * 3))), drift)
        cover = ImageChops.lighter(leaf.point(lambda v: v * 0.75), ground.point(lambda v: v * 0.8))
        changed = Image.composite(toned(image, FROST), saturated(image, 0.45), cover)
    elif season == "spring":
        petals = clouded(image.size, rng, across=60, down=48).point(lambda v: 200 * (v > 160))
        pink = toned(image, [rgb("5a2a3c"), rgb("e08aa8"), rgb("fbe4ea")])
        changed = Image.composite(pink, image, ImageChops.multiply(petals, leaf))
    else:
        changed = saturated(image, 1.3)
    return Image.blend(image, changed, amount)
