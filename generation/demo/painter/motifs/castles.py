"""Castles, for the places in which one may stand."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas
from generation.demo.painter.figure import shaded
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import NAMED_COLORS, mixed, rgb
from generation.demo.painter.sheet import Sheet

from .houses import LAMP, SNOW


def paint_castle(
    canvas: Canvas,
    rng: np.random.Generator,
    *,
    x: float,
    foot: float,
    size: float,
    sun: float,
    distance: float = 0.08,
) -> None:
    """Paint a castle in the middle of x; `size` is the height of its keep."""
    sheet = Sheet(canvas)
    lit = canvas.light.name in ("night", "dusk", "sunset")
    stone = rgb(str(rng.choice(["cfc2ac", "b9b2a8", "d8cdb8", "a8a39c"])))
    roof = rgb(str(rng.choice(["4a5f7a", "8a3f34", "3f5a5a", "6a4a6a"])))
    for name in canvas.scene.colors[:1]:
        if name not in ("white", "black", "gray"):
            roof = mixed(NAMED_COLORS[name], rgb("3a3a40"), 0.2)
    if canvas.scene.season == "winter":
        roof = SNOW
    walls = [mixed(t, canvas.light.haze, distance) for t in shaded(canvas.light, stone)]
    roofs = [mixed(t, canvas.light.haze, distance) for t in shaded(canvas.light, roof)]
    tall = [
        (-0.52, 0.46, 0.075),
        (0.50, 0.42, 0.08),
        (-0.27, 0.62, 0.07),
        (0.27, 0.70, 0.065),
        (0.10, 0.88, 0.06),
        (-0.08, 1.0, 0.085),
    ]
    _wall(sheet, walls, x, foot, size, -0.27, 0.27, 0.46, sun)
    for at, height, half in tall[2:]:
        wide = half * float(rng.uniform(0.9, 1.1))
        high = height * float(rng.uniform(0.92, 1.05))
        _tower(sheet, rng, walls, roofs, x + at * size, foot, high * size, wide * size, sun, lit)
    _wall(sheet, walls, x, foot, size, -0.52, 0.50, 0.25, sun)
    for at, height, half in tall[:2]:
        _tower(sheet, rng, walls, roofs, x + at * size, foot, height * size, half * size, sun, lit)
    gate = [
        (px * size + x, foot - py * size)
        for px, py in [
            (-0.055, 0.0),
            (-0.055, 0.10),
            (-0.035, 0.14),
            (0.0, 0.155),
            (0.035, 0.14),
            (0.055, 0.10),
            (0.055, 0.0),
        ]
    ]
    sheet.polygon(gate, mixed(walls[0], canvas.light.near, 0.7))
    for k in range(6):
        wx = x + (-0.42 + 0.165 * k) * size
        if abs(wx - x) > 0.08 * size:
            _slit(sheet, wx, foot - 0.13 * size, size * 0.022, walls, lit and rng.random() < 0.7)
    sheet.lay(lamp=LAMP if lit else None, grain=0.2)


def _wall(
    sheet: Sheet,
    walls: list[Array],
    x: float,
    foot: float,
    size: float,
    left: float,
    right: float,
    height: float,
    sun: float,
) -> None:
    tone = mixed(walls[0], walls[1], 0.62)
    top = foot - height * size
    sheet.box(x + left * size, top, x + right * size, foot + 0.03 * size, tone)
    count = max(3, round((right - left) / 0.05))
    step = (right - left) / count
    for k in range(count):
        a = x + (left + step * (k + 0.2)) * size
        sheet.box(a, top - 0.028 * size, a + step * 0.6 * size, top, tone)
    sheet.box(
        x + left * size,
        top + 0.012 * size,
        x + right * size,
        top + 0.022 * size,
        mixed(tone, walls[0], 0.5),
    )


def _tower(
    sheet: Sheet,
    rng: np.random.Generator,
    walls: list[Array],
    roofs: list[Array],
    x: float,
    foot: float,
    height: float,
    half: float,
    sun: float,
    lit: bool,
) -> None:
    top = foot - height
    strips = 9
    for k in range(strips):
        a, b = -1 + 2 * k / strips, -1 + 2 * (k + 1) / strips + 0.02
        middle = (a + b) / 2
        tone = mixed(
            walls[0], walls[1], float(np.clip(0.55 + 0.55 * middle * sun - 0.25 * middle**2, 0, 1))
        )
        sheet.box(x + a * half, top, x + b * half, foot + half * 0.3, tone)
        tint = mixed(roofs[0], roofs[1], float(np.clip(0.5 + 0.55 * middle * sun, 0, 1)))
        cone = half * 1.28
        tip = top - half * 0.5 - half * 2.3
        sheet.box(
            x + a * half * 1.16,
            top - half * 0.5,
            x + b * half * 1.16,
            top + half * 0.1,
            mixed(tone, walls[0], 0.2),
        )
        sheet.polygon(
            [(x + a * cone, top - half * 0.5), (x, tip), (x + b * cone, top - half * 0.5)], tint
        )
    tip = top - half * 2.8
    sheet.line([(x, tip + half * 0.1), (x, tip - half * 0.9)], half * 0.07, walls[0])
    red = shaded(sheet.canvas.light, rgb("b8342b"))
    sheet.polygon(
        [(x, tip - half * 0.9), (x - sun * half * 0.9, tip - half * 0.66), (x, tip - half * 0.4)],
        mixed(red[0], red[1], 0.7),
    )
    rows = max(1, int(height / (half * 2.6)))
    for row in range(rows):
        wx = x + half * float(rng.uniform(-0.35, 0.35))
        _slit(
            sheet,
            wx,
            top + half * (0.9 + 2.2 * row),
            half * 0.22,
            walls,
            lit and rng.random() < 0.75,
        )


def _slit(sheet: Sheet, x: float, y: float, half: float, walls: list[Array], lit: bool) -> None:
    pane = [
        (x - half, y + half * 1.6),
        (x - half, y - half),
        (x, y - half * 2),
        (x + half, y - half),
        (x + half, y + half * 1.6),
    ]
    sheet.polygon(pane, mixed(walls[0], sheet.canvas.light.near, 0.6))
    if lit:
        sheet.light(pane)
