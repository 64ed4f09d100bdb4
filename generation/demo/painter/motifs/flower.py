"""One flower, close: dahlia, daisy, rose or lotus, petal by petal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generation.demo.painter.canvas import Canvas, Pen, smoothstep
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import NAMED_COLORS, hexes, lightened, mixed, rgb
from generation.demo.painter.scene import Scene

GOLDEN_ANGLE = 2.39996323


@dataclass(frozen=True)
class Bloom:
    """The structure of a flower: inner and outer radius, length and width of petals."""

    petals: int
    inner: float
    outer: float
    length: tuple[float, float]
    width: tuple[float, float]
    point: float
    """How much a petal tapers to its tip; negative values make it heart-shaped."""
    heart: float = 0.0
    """Radius of the seed disk."""
    ruffle: float = 0.06


BLOOMS = {
    "dahlia": Bloom(170, 0.015, 0.255, (0.035, 0.145), (0.020, 0.066), 0.30),
    "chrysanthemum": Bloom(230, 0.02, 0.20, (0.04, 0.20), (0.012, 0.030), 0.15),
    "daisy": Bloom(44, 0.16, 0.215, (0.12, 0.165), (0.030, 0.044), 0.05, heart=0.125),
    "sunflower": Bloom(52, 0.19, 0.235, (0.10, 0.16), (0.034, 0.048), 0.42, heart=0.185),
    "peony": Bloom(64, 0.02, 0.21, (0.07, 0.19), (0.05, 0.165), -0.22, ruffle=0.16),
    "lotus": Bloom(44, 0.05, 0.20, (0.09, 0.22), (0.04, 0.098), 0.42, heart=0.06),
}

# Heart of the flower, body of a petal, tip.
COLORS = {
    "coral": hexes("6e1420 e8705a ffc3a6"),
    "pink": hexes("7a1f48 e886a8 fde0e4"),
    "cream": hexes("a8803a f0dcae fffaec"),
    "violet": hexes("2a1050 8a5ac0 dcc4f0"),
    "red": hexes("3a0410 b81f2c f0685a"),
    "gold": hexes("8a3c08 efa52c ffe49a"),
    "blue": hexes("121a58 4f74c8 c4d8f4"),
    "white": hexes("a8a878 eeeade ffffff"),
}
NAMED = {
    **dict.fromkeys(("orange", "yellow", "gold"), "gold"),
    **dict.fromkeys(("blue", "sky", "turquoise"), "blue"),
    **dict.fromkeys(("violet", "lilac"), "violet"),
    **{name: name for name in ("red", "pink", "coral", "white")},
    "beige": "cream",
}
GROUNDS = hexes("11171a 1a1420 0e1d1c 20140f e9e2d6 dfe3df ead9d2 cfd8d6")


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint a single bloom before a quiet ground, its petals drawn from the outermost inward."""
    rng = canvas.rng("flower")
    named_kind = next(
        (name for name in BLOOMS if scene.has(name)), "peony" if scene.has("rose") else None
    )
    kind = named_kind or str(rng.choice(list(BLOOMS)))
    bloom = BLOOMS[kind]
    named = [NAMED[name] for name in scene.colors if name in NAMED]
    if named:
        color = named[0]
    elif kind == "sunflower":
        color = "gold"
    else:
        color = str(rng.choice(list(COLORS)))
    dark = scene.time == "night" or "dark" in scene.moods or ("black" in scene.colors)
    bright = bool(scene.moods & {"bright", "pastel"})
    grounds = GROUNDS[:4] if dark or (not bright and rng.random() < 0.6) else GROUNDS[4:]
    ground = grounds[int(rng.integers(len(grounds)))]
    x = canvas.aspect / 2 + canvas.unit * float(rng.uniform(-0.05, 0.05))
    y = 0.5 + canvas.unit * float(rng.uniform(-0.05, 0.05))
    size = canvas.unit * float(rng.uniform(1.02, 1.22))
    paint_ground(canvas, ground, x, y)
    palette = COLORS[color]
    _paint_leaves(canvas, rng, x, y, size, ground)
    canvas.darken(
        np.exp(
            -(
                (np.hypot(canvas.x - x - 0.02 * size, canvas.y - y - 0.045 * size) / (0.40 * size))
                ** 4
            )
        )
        * 0.45
    )
    canvas.report(0.2)
    start = float(rng.uniform(0, 6.28))
    for index in range(bloom.petals):
        age = 1 - index / (bloom.petals - 1)
        _paint_petal(canvas, rng, bloom, palette, x, y, size, start + index * GOLDEN_ANGLE, age)
        if index % 20 == 0:
            canvas.report(0.2 + 0.7 * index / bloom.petals)
    if bloom.heart:
        _paint_heart(canvas, rng, x, y, bloom.heart * size, kind)


def paint_ground(canvas: Canvas, color: Array, x: float, y: float) -> None:
    """Fill the image with a softly lit, mottled wall of one color."""
    mottle = canvas.fbm("ground", across=2.5, octaves=5) - 0.5
    cloth = canvas.fbm("cloth", across=90, octaves=3) - 0.5
    lit = np.exp(
        -((np.hypot(canvas.x - np.float32(x - 0.2), canvas.y - np.float32(y - 0.25)) / 0.9) ** 2)
    )
    level = 0.74 + lit * 0.42 + mottle * 0.22 + cloth * 0.05
    canvas.fill(color[:, None, None] * level)


def _paint_leaves(
    canvas: Canvas, rng: np.random.Generator, x: float, y: float, size: float, ground: Array
) -> None:
    green = mixed(rgb("2c5a3c"), ground, 0.35)
    for _ in range(int(rng.integers(4, 8))):
        angle = rng.uniform(0, 6.28)
        leaf = Bloom(1, 0, 0.30, (0.22, 0.22), (0.085, 0.085), 0.45, ruffle=0.02)
        colors = np.stack([lightened(green, -0.2), green, lightened(green, 0.1)])
        _paint_petal(canvas, rng, leaf, colors, x, y, size, angle, 1.0)


def _paint_petal(
    canvas: Canvas,
    rng: np.random.Generator,
    bloom: Bloom,
    palette: Array,
    x: float,
    y: float,
    size: float,
    angle: float,
    age: float,
) -> None:
    """Paint one petal; `age` runs from 1 at the rim to 0 in the middle."""
    vary = rng.uniform(-1, 1, 5)
    angle += 0.07 * vary[0]
    grown = age**0.72
    length = (
        size
        * (bloom.length[0] + (bloom.length[1] - bloom.length[0]) * grown)
        * (1 + 0.08 * vary[1])
    )
    width = (
        size * (bloom.width[0] + (bloom.width[1] - bloom.width[0]) * grown) * (1 + 0.08 * vary[2])
    )
    away = size * (bloom.inner + (bloom.outer - bloom.inner) * age**0.62)
    cos, sin = float(np.cos(angle)), float(np.sin(angle))
    px, py = x + cos * away, y + sin * away
    reach = max(length, width * 1.35) * 1.25
    left, right = (
        max(0, int((px - reach) * canvas.height)),
        min(canvas.width, int((px + reach) * canvas.height) + 1),
    )
    top, bottom = canvas.row(py - reach), min(canvas.height, canvas.row(py + reach) + 1)
    if left >= right or top >= bottom:
        return
    dx, dy = canvas.x[:, left:right] - np.float32(px), canvas.y[top:bottom] - np.float32(py)
    along = (dx * np.float32(cos) + dy * np.float32(sin)) / np.float32(length)
    across = (dy * np.float32(cos) - dx * np.float32(sin)) / np.float32(width)
    taper = np.clip(1 - np.float32(bloom.point) * along, 0.15, 2) * (
        1 + np.float32(bloom.ruffle) * np.sin(along * 7 + np.float32(vary[3] * 3))
    )
    lateral = across / taper
    tip = np.float32(0.05 + bloom.ruffle * 0.5) * np.cos(lateral * 5 + np.float32(vary[4] * 2))
    shape = along * along * (1 + tip * np.sign(along)) + lateral * lateral
    radius = np.sqrt(np.maximum(shape, 0))
    soft = np.float32(1.3 * canvas.px / max(1e-6, min(length, width)))
    cover = np.clip((1 - radius) / soft + 0.5, 0, 1)
    part = canvas.rgb[:, top:bottom, left:right]
    # Each petal throws a soft shadow on those below it.
    part *= 1 - np.exp(-np.maximum(radius - 1, 0) * 7) * 0.34
    t = np.clip(along * 0.5 + 0.5, 0, 1)
    tone = np.clip(t * 0.95 + np.float32(0.30 * grown - 0.12), 0, 1)
    middle = 0.5
    low = np.clip(tone / middle, 0, 1)
    high = np.clip((tone - middle) / middle, 0, 1)
    vein = 1 - 0.055 * smoothstep(0.3, 1.0, np.cos(lateral * 22)) * smoothstep(-0.9, 0.4, along)
    cup = 0.80 + 0.24 * np.cos(lateral * 1.5) - 0.10 * lateral * np.float32(sin + 0.4)
    rim = np.exp(np.minimum(radius - 1, 0) * 16) * 0.13
    depth = (
        (0.42 + 0.62 * smoothstep(-1.0, 0.75, along)) * vein * cup * np.float32(1 + 0.05 * vary[3])
    )
    # The light comes from the upper left.
    depth *= np.float32(1 - 0.13 * (cos * 0.6 + sin * 0.8))
    for channel in range(3):
        first, second, third = palette[:, channel]
        # Shaded petals take on the color of the flower's heart instead of going gray.
        body = first + (second - first) * low + (third - second) * high
        color = body * depth + (1 - np.minimum(depth, 1)) * second * 0.30 + rim
        part[channel] += (np.minimum(color, 1) - part[channel]) * cover


def _paint_heart(
    canvas: Canvas, rng: np.random.Generator, x: float, y: float, radius: float, kind: str
) -> None:
    """Paint the disk of florets, spiralling by the golden angle."""
    dark, bright = (
        (rgb("2a1608"), rgb("8a5a24")) if kind == "sunflower" else (rgb("8a5a10"), rgb("f4c648"))
    )
    off = np.hypot(canvas.x - np.float32(x), canvas.y - np.float32(y)) / np.float32(radius)
    canvas.darken(np.exp(-np.maximum(off - 1, 0) * 6) * 0.4)
    canvas.lay(dark, np.clip((1 - off) * np.float32(radius / canvas.px), 0, 1))
    count = 420
    spots_x, spots_y = [], []
    for index in range(count):
        away = radius * 0.98 * (index / count) ** 0.5
        spots_x.append(x + away * np.cos(index * GOLDEN_ANGLE))
        spots_y.append(y + away * np.sin(index * GOLDEN_ANGLE))

    def florets(shift: float, size: float) -> Array:
        def draw(pen: Pen) -> None:
            for px, py in zip(spots_x, spots_y, strict=True):
                pen.ellipse(px + shift * radius, py + shift * radius, size * radius)

        return canvas.drawn(draw)

    ring = smoothstep(0.25, 0.95, off)
    tone = dark[:, None, None] + (bright - dark)[:, None, None] * (0.55 + 0.5 * ring)
    canvas.lay(tone, florets(0.0, 0.036))
    canvas.lighten(NAMED_COLORS["gold"], florets(-0.008, 0.017) * 0.5)
