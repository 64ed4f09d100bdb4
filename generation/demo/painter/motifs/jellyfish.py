"""Jellyfish glowing in deep water."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from generation.demo.painter.canvas import Canvas, smoothstep
from generation.demo.painter.noise import Array, blurred
from generation.demo.painter.palette import NAMED_COLORS, hexes, tinted
from generation.demo.painter.scene import Scene
from generation.demo.painter.sky import splat

# Water above, water below, bell, core.
WATERS = (
    hexes("0a4a74 02081c 9cc8ff ff7aa8"),
    hexes("0c5560 01100f 9cf0dc ffb070"),
    hexes("2c1f6e 05041a c8a8ff ff8a70"),
    hexes("083a66 020614 8ce0f0 b07aff"),
    hexes("4a1f52 0a0416 ffb0d0 ffd08a"),
)


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint one large jellyfish and a few far ones, with shafts of light and drifting plankton."""
    rng = canvas.rng("jellyfish")
    colors = WATERS[int(rng.integers(len(WATERS)))]
    for name in scene.colors[:1]:
        if name not in ("black", "white", "gray"):
            colors = tinted(colors, NAMED_COLORS[name], 0.7)
    surface, deep, bell, core = colors
    fall = (1 - canvas.y) ** 1.8
    cloud = canvas.fbm("water", across=1.6, down=1.1, octaves=4)
    canvas.fill(deep[:, None, None] + (surface - deep)[:, None, None] * fall * (0.55 + 0.8 * cloud))
    _paint_shafts(canvas, surface)
    canvas.report(0.15)
    glow = np.zeros_like(canvas.rgb)
    side = float(rng.choice([-1.0, 1.0]))
    size = canvas.unit * float(rng.uniform(0.20, 0.25))
    spots = [
        (
            canvas.aspect * (0.5 + side * float(rng.uniform(0.0, 0.10))),
            0.30,
            size,
            side * float(rng.uniform(0.05, 0.3)),
            0.8,
        )
    ]
    for index in range(int(rng.integers(2, 5)) + (1 if canvas.aspect > 1.4 else 0)):
        where = (0.5 + (1 if index % 2 else -1) * side * rng.uniform(0.22, 0.40)) * canvas.aspect
        spots.append(
            (
                where,
                float(rng.uniform(0.3, 0.82)),
                size * float(rng.uniform(0.18, 0.48)),
                float(rng.uniform(-0.5, 0.5)),
                0.35,
            )
        )
    for index, (x, y, radius, tilt, bright) in enumerate(spots):
        _add_jellyfish(canvas, glow, f"jelly {index}", x, y, radius, tilt, bell, core, bright)
        canvas.report(0.15 + 0.6 * (index + 1) / len(spots))
    halo = canvas.blurred(glow, 0.014) * 0.55 + canvas.blurred(glow, 0.055) * 0.7
    canvas.rgb += glow + halo
    _paint_plankton(canvas, bell)
    canvas.rgb = 1 - np.exp(canvas.rgb * -1.75)


def _paint_shafts(canvas: Canvas, color: Array) -> None:
    rng = canvas.rng("shafts")
    lean = float(rng.uniform(-0.35, 0.35))
    spread = canvas.x - np.float32(canvas.aspect / 2) - canvas.y * np.float32(lean)
    fan = spread / (0.8 + canvas.y)
    tile = canvas.tile("shafts", cells=16, octaves=3)
    rays = tile.at(fan * 0.42, canvas.y * 0.03)
    shine = smoothstep(0.46, 0.8, rays) * np.exp(canvas.y * -2.6)
    canvas.rgb += color[:, None, None] * shine * 0.8


def _add_jellyfish(
    canvas: Canvas,
    glow: Array,
    name: str,
    x: float,
    y: float,
    radius: float,
    tilt: float,
    bell: Array,
    core: Array,
    bright: float,
) -> None:
    rng = canvas.rng(name)
    reach = radius * 1.3
    top, bottom = canvas.row(y - reach), canvas.row(y + reach)
    left, right = (
        max(0, int((x - reach) * canvas.height)),
        min(canvas.width, int((x + reach) * canvas.height)),
    )
    cos, sin = float(np.cos(tilt)), float(np.sin(tilt))
    if left < right and top < bottom:
        dx, dy = canvas.x[:, left:right] - np.float32(x), canvas.y[top:bottom] - np.float32(y)
        px = (dx * np.float32(cos) + dy * np.float32(sin)) / np.float32(radius)
        py = (dy * np.float32(cos) - dx * np.float32(sin)) / np.float32(radius)
        d = np.hypot(px, py / 0.8)
        lobes = 0.16 + 0.035 * np.cos(px * 13) + 0.07 * (1 - px * px)
        under = smoothstep(0.04, -0.04, py - lobes)
        inside = smoothstep(1.03, 0.97, d)
        shell = np.exp(-(((d - 0.95) / 0.05) ** 2)) * under * 0.75
        veil = np.clip(1 - d, 0, 1) ** 0.6 * under * 0.24
        angle = np.arctan2(px, 0.62 - py)
        ribs = (
            (np.cos(angle * 30) * 0.5 + 0.5) ** 4 * smoothstep(0.15, 0.9, d) * inside * under * 0.22
        )
        rim = np.exp(-(((py - lobes) / 0.035) ** 2)) * inside * 0.55
        lens = np.exp(-(((px + 0.35) / 0.28) ** 2 + ((py + 0.5) / 0.12) ** 2)) * inside * 0.3
        clover = np.zeros_like(d)
        for lobe in range(4):
            turn = lobe * 1.5708 + 0.6
            ring = np.hypot(px - 0.21 * np.cos(turn), (py + 0.26) / 0.62 - 0.21 * np.sin(turn))
            clover += np.exp(-(((ring - 0.15) / 0.05) ** 2)) * 0.55
        middle = np.exp(-((px / 0.46) ** 2 + ((py + 0.2) / 0.3) ** 2)) * 0.5 * inside
        part = glow[:, top:bottom, left:right]
        part += bell[:, None, None] * ((shell + veil + ribs + rim + lens) * np.float32(bright))
        part += core[:, None, None] * ((middle + clover * inside * under) * np.float32(bright))
    _add_tentacles(canvas, glow, rng, x, y, radius, cos, sin, bell, core, bright)


def _add_tentacles(
    canvas: Canvas,
    glow: Array,
    rng: np.random.Generator,
    x: float,
    y: float,
    radius: float,
    cos: float,
    sin: float,
    bell: Array,
    core: Array,
    bright: float,
) -> None:
    """Add hair-thin tentacles along the rim and frilled arms from the middle."""
    pixels = radius * canvas.height
    xs, ys, ws = [], [], []
    count = int(np.clip(pixels / 7, 9, 30))
    steps = int(np.clip(pixels * 5, 60, 1600))
    t = np.linspace(0, 1, steps)
    sway = rng.uniform(0, 6.28)
    for place in np.linspace(-0.88, 0.88, count):
        length, phase = rng.uniform(1.9, 4.2), rng.uniform(0, 6.28)
        px = (
            place * (1 - 0.42 * t)
            + 0.22 * np.sin(t * 5 + sway) * t
            + 0.06 * np.sin(t * 17 + phase) * t
        )
        xs.append(px)
        ys.append(0.16 + 0.05 * np.cos(place * 13) + length * t)
        ws.append((1 - t) ** 1.3 * 0.42 * length * (0.6 + 0.4 * np.sin(t * 60 + phase) ** 2))
    thin = _splat(canvas, xs, ys, ws, x, y, radius, cos, sin, pixels / steps)
    xs, ys, ws = [], [], []
    for arm in range(5):
        phase, length = rng.uniform(0, 6.28), rng.uniform(1.5, 2.7)
        many = steps * 5
        s = rng.random(many)
        frill = 0.15 * (1 - s) ** 0.8 * (0.7 + 0.6 * np.sin(s * 38 + phase))
        edge = np.sign(rng.uniform(-1, 1, many)) * rng.random(many) ** 0.25
        xs.append((arm - 2) * 0.13 + 0.2 * np.sin(s * 5 + sway + phase * 0.1) * s + frill * edge)
        ys.append(0.0 + length * s + 0.03 * np.sin(s * 120 + edge * 3))
        ws.append((1 - s) * 0.17 * length)
    frilly = _splat(canvas, xs, ys, ws, x, y, radius, cos, sin, pixels / steps)
    scale = max(0.6, canvas.height / 1024)
    lines = blurred(thin, 0.75 * scale)
    arms = blurred(frilly, 0.8 * scale) * 0.7
    glow += bell[:, None, None] * ((lines + arms * 0.5) * np.float32(bright))
    glow += core[:, None, None] * (
        (arms * 0.9 + blurred(frilly + thin, 4 * scale)) * np.float32(bright * 0.8)
    )


def _splat(
    canvas: Canvas,
    xs: Sequence[Array],
    ys: Sequence[Array],
    ws: Sequence[Array],
    x: float,
    y: float,
    radius: float,
    cos: float,
    sin: float,
    density: float,
) -> Array:
    """Return (H, W) of points given in radii around a jellyfish that is turned by (cos, sin)."""
    px, py, weight = (
        np.concatenate(xs) * radius,
        np.concatenate(ys) * radius,
        np.concatenate(ws) * density,
    )
    return splat(canvas, x + px * cos - py * sin, y + px * sin + py * cos, weight * 1.4)


def _paint_plankton(canvas: Canvas, color: Array) -> None:
    rng = canvas.rng("plankton")
    scale = max(0.6, canvas.height / 1024)
    for count, sigma, bright in ((260, 0.8, 4.0), (70, 2.2, 14.0), (16, 7.0, 60.0)):
        count = int(count * max(0.6, canvas.aspect))
        points = splat(
            canvas,
            rng.random(count) * canvas.aspect,
            rng.random(count),
            rng.random(count) ** 2 * bright * scale**2,
        )
        canvas.rgb += color[:, None, None] * blurred(points, sigma * scale) * 0.5
