"""A garden: a path between flower beds to a white pavilion under blossoming trees."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas, column, smoothstep
from generation.demo.painter.figure import shaded
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import NAMED_COLORS, hexes, mixed, rgb
from generation.demo.painter.scene import Scene
from generation.demo.painter.sheet import Sheet

from .ground import ground_color, paint_heaven
from .houses import LAMP, SNOW, bush, leaves_color
from .mountains import paint_ridges

PETALS = (
    hexes("d8485f f2a0b4 f6e3e8 b03a6a f0c05a"),
    hexes("8a5ab8 c79ae0 f0e0f4 4f6ac8 f2c65a"),
    hexes("e8603c f2a03c f6d870 c83a3a f8ecd0"),
)


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint beds of flowers that run to a pavilion, hedges and round trees around it."""
    rng = canvas.rng("garden")
    horizon = float(rng.uniform(0.50, 0.55))
    sun = paint_heaven(canvas, horizon=horizon)
    paint_ridges(
        canvas,
        first=horizon - 0.12,
        last=horizon - 0.01,
        count=2,
        mist=1.1,
        sun=canvas.aspect * (0.5 + 0.4 * sun),
        height=0.16,
        snow=0.0,
    )
    canvas.report(0.3)
    end = canvas.aspect * float(rng.uniform(0.42, 0.58))
    sheet = Sheet(canvas)
    _paint_trees(sheet, rng, end, horizon)
    _paint_pavilion(sheet, rng, end, horizon + 0.012)
    lit = canvas.light.name in ("night", "dusk")
    sheet.lay(lamp=LAMP if lit else None)
    canvas.report(0.5)
    bend = float(rng.uniform(-0.22, 0.22)) * canvas.aspect
    _paint_lawn(canvas, end, horizon, bend)
    _paint_beds(canvas, scene, rng, end, horizon, bend)


def _middle(end: float, horizon: float, bend: float, y: float) -> float:
    t = (y - horizon) / (1 - horizon)
    return end + bend * float(np.sin(t * 2.6)) * t


def _half(y: float, horizon: float) -> float:
    return 0.016 + 0.21 * (y - horizon) / (1 - horizon)


def _paint_trees(sheet: Sheet, rng: np.random.Generator, end: float, horizon: float) -> None:
    canvas = sheet.canvas
    leaves = leaves_color(canvas)
    blossom = canvas.scene.season == "spring" or canvas.scene.season is None
    for row in range(3):
        count = max(3, int(9 * canvas.aspect / (1 + 0.5 * row)))
        for k in range(count):
            x = canvas.aspect * (k + float(rng.uniform(0.1, 0.9))) / count
            off = abs(x - end) / canvas.aspect
            if row and off < 0.10 + 0.05 * row:
                continue
            color = leaves
            if blossom and rng.random() < 0.3:
                color = rgb(str(rng.choice(["eab0c0", "f2d5d8", "d88aa4"])))
            away = 0.35 - 0.17 * row
            size = (
                canvas.unit * (0.12 + 0.07 * row) * float(rng.uniform(0.8, 1.25)) * (1 + 0.7 * off)
            )
            bush(
                sheet,
                rng,
                x,
                horizon + 0.01 + 0.02 * row,
                size,
                mixed(color, canvas.light.haze, away),
            )
    dark, bright = shaded(canvas.light, mixed(leaves, rgb("2f5a35"), 0.5))
    for side in (-1, 1):
        x = end + side * 0.07 * canvas.unit
        while 0 - 0.1 < x < canvas.aspect + 0.1:
            wide = canvas.unit * float(rng.uniform(0.03, 0.05))
            sheet.ellipse(
                x,
                horizon + 0.006,
                wide,
                wide * 0.55,
                mixed(dark, bright, float(rng.uniform(0.15, 0.5))),
            )
            x += side * wide


def _paint_pavilion(sheet: Sheet, rng: np.random.Generator, x: float, foot: float) -> None:
    canvas = sheet.canvas
    size = canvas.unit * float(rng.uniform(0.16, 0.20))
    dark, bright = shaded(canvas.light, rgb("f6f1e6"))
    roof = (
        SNOW
        if canvas.scene.season == "winter"
        else rgb(str(rng.choice(["5f7f8a", "8a5048", "6a7f5a"])))
    )
    tiles = shaded(canvas.light, roof)
    back = mixed(dark, canvas.light.near, 0.25)
    sheet.box(
        x - size * 0.42,
        foot - size * 0.62,
        x + size * 0.42,
        foot,
        mixed(back, canvas.light.haze, 0.2),
    )
    if canvas.light.name in ("night", "dusk"):
        glow = [
            (x - size * 0.40, foot - size * 0.05),
            (x - size * 0.40, foot - size * 0.6),
            (x + size * 0.40, foot - size * 0.6),
            (x + size * 0.40, foot - size * 0.05),
        ]
        sheet.light(glow, 0.75)
    for k, tone in ((-0.48, 0.9), (-0.2, 0.75), (0.2, 0.6), (0.48, 0.45)):
        sheet.box(
            x + (k - 0.035) * size,
            foot - size * 0.64,
            x + (k + 0.035) * size,
            foot,
            mixed(dark, bright, tone),
        )
    sheet.box(
        x - size * 0.55,
        foot - size * 0.02,
        x + size * 0.55,
        foot + size * 0.05,
        mixed(dark, bright, 0.7),
    )
    for a, b in ((-0.48, -0.2), (0.2, 0.48)):
        sheet.box(
            x + a * size,
            foot - size * 0.22,
            x + b * size,
            foot - size * 0.18,
            mixed(dark, bright, 0.8),
        )
    sheet.box(
        x - size * 0.56,
        foot - size * 0.72,
        x + size * 0.56,
        foot - size * 0.62,
        mixed(dark, bright, 0.85),
    )
    parts = 8
    for k in range(parts):
        a, b = -1 + 2 * k / parts, -1 + 2 * (k + 1) / parts
        curve = [
            (x + a * size * 0.62, foot - size * 0.72),
            (x + a * size * 0.40, foot - size * 0.95),
            (x + a * size * 0.08, foot - size * 1.20),
            (x + b * size * 0.08, foot - size * 1.20),
            (x + b * size * 0.40, foot - size * 0.95),
            (x + b * size * 0.62, foot - size * 0.72),
        ]
        sheet.polygon(curve, mixed(tiles[0], tiles[1], 0.9 - 0.6 * k / parts))
    sheet.ellipse(x, foot - size * 1.24, size * 0.05, size * 0.05, mixed(dark, bright, 0.9))


def _paint_lawn(canvas: Canvas, end: float, horizon: float, bend: float) -> None:
    top = canvas.row(horizon + 0.008)
    y = canvas.y[top:]
    t = (y - np.float32(horizon)) / np.float32(1 - horizon)
    dark, bright = shaded(canvas.light, ground_color(canvas, "grass"))
    fine = canvas.fbm("lawn", across=70, down=90, octaves=3)[top:] - 0.5
    broad = canvas.fbm("lawn light", across=3, down=9, octaves=3)[top:] - 0.5
    tone = np.clip(0.72 + broad * 0.7 + fine * 0.35 - t * 0.18, 0, 1)
    canvas.lay(column(dark) + column(bright - dark) * tone, np.ones_like(tone), top=top)
    middle = np.float32(end) + np.float32(bend) * np.sin(t * 2.6) * t
    half = 0.016 + 0.21 * t * np.float32(min(1.0, canvas.unit + 0.1))
    off = np.abs(canvas.x - middle) - half
    path = shaded(canvas.light, SNOW if canvas.scene.season == "winter" else rgb("dcc9a4"))
    sand = np.clip(0.75 + fine * 0.5 + broad * 0.4, 0, 1)
    canvas.lay(
        column(path[0]) + column(path[1] - path[0]) * sand, smoothstep(0.004, -0.004, off), top=top
    )


def _paint_beds(
    canvas: Canvas, scene: Scene, rng: np.random.Generator, end: float, horizon: float, bend: float
) -> None:
    """Paint flowers in drifts of one color beside the path, far to near."""
    sheet = Sheet(canvas)
    petals: Array = PETALS[int(rng.integers(len(PETALS)))]
    named = [name for name in scene.colors if name not in ("black", "gray", "green")]
    if named:
        petals = np.stack([NAMED_COLORS[name] for name in named] * 2 + [rgb("f6ecd8")])
    if scene.season == "winter":
        petals = hexes("eef3fb dfe8f2 c9d8e8")
    shades = [
        [mixed(*shaded(canvas.light, petal), part) for part in (0.35, 0.65, 1.0)]
        for petal in petals
    ]
    leaf = shaded(canvas.light, mixed(leaves_color(canvas), rgb("2f5a35"), 0.4))
    leaves = [mixed(*leaf, part) for part in (0.1, 0.5, 0.9)]
    heart = mixed(shades[0][2], rgb("f6d060"), 0.8)
    clumps = canvas.tile("drifts of flowers", cells=4, octaves=2)
    count = int(1500 * max(0.6, canvas.aspect))
    t = np.sort(rng.random(count) ** 0.62)
    side = rng.choice([-1.0, 1.0], count)
    spread = rng.random(count)
    chances = rng.random((count, 3))
    drifts = clumps.at(side * spread * 0.35 + 0.5, t * 0.55)
    narrow = min(1.0, canvas.unit + 0.1)
    for at, way, off, chance, drift in zip(t, side, spread, chances, drifts, strict=True):
        y = horizon + 0.02 + (1.06 - horizon) * float(at)
        reach = (0.02 + 0.55 * float(at)) * canvas.unit
        away = _half(y, horizon) * narrow + 0.005 + off * reach
        x = _middle(end, horizon, bend, min(1.0, y)) + way * away
        if not -0.05 < x < canvas.aspect + 0.05:
            continue
        size = 0.0040 + 0.0175 * float(at) ** 1.3
        which = int(np.clip((drift - 0.18) * 1.5, 0, 0.999) * len(shades))
        color = shades[which][int(chance[1] * 3)]
        stem = y - size * float(1.5 + 2.2 * chance[0])
        sheet.line([(x, y), (x, stem)], size * 0.35, leaves[int(chance[1] * 3)])
        sheet.ellipse(
            x + size * 0.6, y - size * 0.4, size * 0.9, size * 0.45, leaves[int(chance[2] * 3)]
        )
        if size < 0.009:
            sheet.ellipse(x, stem, size, size * 0.8, color)
            continue
        for k in range(5):
            angle = 1.2566 * k + 6.28 * float(chance[2])
            px, py = x + 0.6 * size * np.cos(angle), stem + 0.5 * size * np.sin(angle)
            sheet.ellipse(px, py, size * 0.55, size * 0.5, color)
        sheet.ellipse(x, stem, size * 0.35, size * 0.3, heart)
    sheet.lay(grain=0.05)
