"""Houses, church towers and round trees that several places share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generation.demo.painter.canvas import Canvas
from generation.demo.painter.figure import shaded
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import hexes, mixed, rgb
from generation.demo.painter.sheet import Sheet

WALLS = hexes("e9dcc3 e3b98a d98f6a c9d2c8 e6cf9a b9c7cf d7a59a f0e6d6 c77d5c a9b89a")
HARBOR_WALLS = hexes("d9534a e8a33d f1e3c6 4f8aa8 7fae8b e07b54 c9b6d8 f0c66a 3f6f8c b8453d")
ROOFS = hexes("a8482f 8f3f2c b55a3a 6f4a3e 7a5148 9a5236")
SNOW = rgb("eef3fa")
LAMP = rgb("ffd890")


@dataclass(frozen=True)
class Manner:
    """How the houses of a place look: palettes (n, 3), snow on the roofs, share of lit windows."""

    walls: Array
    roofs: Array
    snow: bool
    lit: float


def manner(canvas: Canvas, *, walls: Array = WALLS, snow: bool = False) -> Manner:
    """Return the manner of houses in the light and season of the canvas."""
    lit = {"night": 0.62, "dusk": 0.55, "sunset": 0.3, "dawn": 0.15}.get(canvas.light.name, 0.0)
    return Manner(walls, ROOFS, snow or canvas.scene.season == "winter", lit)


def faded(canvas: Canvas, color: Array, distance: float) -> Array:
    """Return a color veiled by `distance` 0..1 of air."""
    return mixed(color, mixed(canvas.light.haze, canvas.light.far, 0.35), distance)


def house(
    sheet: Sheet,
    rng: np.random.Generator,
    how: Manner,
    *,
    x: float,
    foot: float,
    width: float,
    height: float,
    distance: float = 0.0,
    gable: bool | None = None,
) -> None:
    """Draw a house whose front stands on `foot` from x to x + width; `height` to the eaves."""
    canvas = sheet.canvas
    wall = how.walls[int(rng.integers(len(how.walls)))]
    roof = how.roofs[int(rng.integers(len(how.roofs)))]
    dark, bright = (faded(canvas, tone, distance) for tone in shaded(canvas.light, wall))
    front = mixed(dark, bright, float(rng.uniform(0.55, 0.8)))
    shade = mixed(dark, bright, 0.22)
    if how.snow:
        roof = SNOW
    roof_dark, roof_bright = (faded(canvas, tone, distance) for tone in shaded(canvas.light, roof))
    right, top = x + width, foot - height
    over = width * 0.06
    pitch = width * float(rng.uniform(0.34, 0.55))
    gable = bool(rng.random() < 0.55) if gable is None else gable
    sheet.box(x, top, right, foot, front)
    sheet.box(right - width * 0.12, top, right, foot, mixed(front, shade, 0.45))
    if rng.random() < 0.6:
        _chimney(sheet, rng, how, x + width * float(rng.uniform(0.2, 0.75)), top - pitch, width)
    if gable:
        middle = x + width / 2
        sheet.polygon([(x, top), (middle, top - pitch), (right, top)], front)
        eaves = [(x - over, top + over * 0.9), (middle, top - pitch - over * 0.4)]
        other = [(right + over, top + over * 0.9), (middle, top - pitch - over * 0.4)]
        sheet.line(eaves, width * 0.075, mixed(roof_dark, roof_bright, 0.8))
        sheet.line(other, width * 0.075, mixed(roof_dark, roof_bright, 0.45))
        _window(sheet, rng, how, middle, top - pitch * 0.35, width * 0.10, front)
    else:
        slope = [
            (x - over, top + over * 0.3),
            (x + width * 0.10, top - pitch * 0.85),
            (right - width * 0.10, top - pitch * 0.85),
            (right + over, top + over * 0.3),
        ]
        sheet.polygon(slope, mixed(roof_dark, roof_bright, 0.62))
        under = [slope[0], slope[3], (slope[3][0], slope[3][1] + over * 0.3)]
        sheet.polygon(under, mixed(roof_dark, canvas.light.near, 0.4))
        for k in (0.33, 0.66):
            if rng.random() < 0.6:
                _dormer(sheet, rng, how, x + width * k, top - pitch * 0.22, width * 0.16, front)
    columns = max(1, round(width / 0.036)) if width < 0.09 else max(2, round(width / 0.045))
    floors = max(1, round(height / (width * 0.42)))
    side = min(width / columns * 0.42, height / floors * 0.42)
    for floor in range(floors):
        for place in range(columns):
            cx = x + width * (place + 0.5) / columns
            cy = top + height * (floor + 0.48) / floors
            if floor == floors - 1 and place == columns // 2 and floors > 1:
                wood = mixed(shaded(canvas.light, rgb("5a3b2c"))[0], front, distance)
                sheet.box(cx - side * 0.55, foot - side * 1.9, cx + side * 0.55, foot, wood)
                continue
            _window(sheet, rng, how, cx, cy, side, front)


def _window(
    sheet: Sheet,
    rng: np.random.Generator,
    how: Manner,
    x: float,
    y: float,
    side: float,
    wall: Array,
) -> None:
    light = sheet.canvas.light
    half, high = side * 0.5, side * 0.68
    frame = mixed(wall, np.ones(3, np.float32), 0.35 if not light.night else 0.1)
    sheet.box(x - half * 1.3, y - high * 1.2, x + half * 1.3, y + high * 1.25, frame)
    glass = mixed(mixed(light.near, light.sky[1], 0.45), wall, 0.15)
    pane = [(x - half, y - high), (x + half, y - high), (x + half, y + high), (x - half, y + high)]
    sheet.polygon(pane, glass)
    if rng.random() < how.lit:
        sheet.light(pane, float(rng.uniform(0.7, 1.0)))
    if side * sheet.canvas.height > 7:
        bar = side * 0.08
        sheet.line([(x, y - high), (x, y + high)], bar, frame)
        sheet.line([(x - half, y - high * 0.1), (x + half, y - high * 0.1)], bar, frame)


def _dormer(
    sheet: Sheet,
    rng: np.random.Generator,
    how: Manner,
    x: float,
    y: float,
    side: float,
    wall: Array,
) -> None:
    sheet.box(x - side * 0.5, y - side * 0.6, x + side * 0.5, y + side * 0.3, wall)
    roof = SNOW if how.snow else how.roofs[0]
    dark, bright = shaded(sheet.canvas.light, roof)
    tip = [(x - side * 0.7, y - side * 0.5), (x, y - side * 1.1), (x + side * 0.7, y - side * 0.5)]
    sheet.polygon(tip, mixed(dark, bright, 0.7))
    _window(sheet, rng, how, x, y - side * 0.12, side * 0.5, wall)


def _chimney(
    sheet: Sheet, rng: np.random.Generator, how: Manner, x: float, y: float, width: float
) -> None:
    dark, bright = shaded(sheet.canvas.light, rgb("8a5a48"))
    half, high = width * 0.05, width * float(rng.uniform(0.02, 0.10))
    sheet.box(x - half, y - high, x + half, y + width * 0.4, mixed(dark, bright, 0.5))
    if how.snow:
        snow = shaded(sheet.canvas.light, SNOW)[1]
        sheet.box(x - half * 1.2, y - high - half * 0.6, x + half * 1.2, y - high, snow)


def church(
    sheet: Sheet,
    rng: np.random.Generator,
    how: Manner,
    *,
    x: float,
    foot: float,
    size: float,
    distance: float = 0.0,
) -> None:
    """Draw a church with a pointed tower of height `size` in the middle of x."""
    canvas = sheet.canvas
    dark, bright = (faded(canvas, t, distance) for t in shaded(canvas.light, rgb("efe4d2")))
    spire = SNOW if how.snow else how.roofs[1]
    roof = [faded(canvas, t, distance) for t in shaded(canvas.light, spire)]
    front, shade = mixed(dark, bright, 0.72), mixed(dark, bright, 0.3)
    half = size * 0.085
    top = foot - size * 0.58
    nave = size * 0.42
    sheet.box(x + half * 0.8, foot - size * 0.26, x + nave, foot, mixed(front, shade, 0.5))
    slope = [
        (x + half * 0.6, foot - size * 0.26),
        (x + half * 1.2, foot - size * 0.42),
        (x + nave - half * 0.4, foot - size * 0.42),
        (x + nave + half * 0.3, foot - size * 0.26),
    ]
    sheet.polygon(slope, mixed(roof[0], roof[1], 0.5))
    for k in range(3):
        wx = x + half + (nave - half) * (k + 0.55) / 3
        pane = [
            (wx - half * 0.22, foot - size * 0.06),
            (wx - half * 0.22, foot - size * 0.16),
            (wx, foot - size * 0.20),
            (wx + half * 0.22, foot - size * 0.16),
            (wx + half * 0.22, foot - size * 0.06),
        ]
        sheet.polygon(pane, mixed(canvas.light.near, shade, 0.3))
        if how.lit > 0.2:
            sheet.light(pane)
    sheet.box(x - half, top, x + half, foot, front)
    sheet.box(x + half * 0.35, top, x + half, foot, shade)
    sheet.polygon(
        [(x - half * 1.2, top), (x, top - size * 0.36), (x + half * 1.2, top)],
        mixed(roof[0], roof[1], 0.75),
    )
    sheet.polygon(
        [(x + half * 0.3, top), (x, top - size * 0.36), (x + half * 1.2, top)],
        mixed(roof[0], roof[1], 0.3),
    )
    sheet.line([(x, top - size * 0.34), (x, top - size * 0.42)], size * 0.008, shade)
    sheet.line(
        [(x - half * 0.3, top - size * 0.395), (x + half * 0.3, top - size * 0.395)],
        size * 0.008,
        shade,
    )
    dial = mixed(front, np.ones(3, np.float32), 0.4)
    sheet.ellipse(x - half * 0.15, top + size * 0.10, half * 0.45, half * 0.45, dial)
    bell = [
        (x - half * 0.5, top + size * 0.30),
        (x - half * 0.5, top + size * 0.22),
        (x - half * 0.15, top + size * 0.19),
        (x + half * 0.2, top + size * 0.22),
        (x + half * 0.2, top + size * 0.30),
    ]
    sheet.polygon(bell, mixed(canvas.light.near, shade, 0.2))
    if how.lit > 0.2:
        sheet.light(bell, 0.8)


def bush(
    sheet: Sheet, rng: np.random.Generator, x: float, foot: float, size: float, color: Array
) -> None:
    """Draw a round tree or bush of leaves in three tones."""
    dark, bright = shaded(sheet.canvas.light, color)
    trunk = shaded(sheet.canvas.light, rgb("5a4332"))[0]
    sheet.line([(x, foot), (x, foot - size * 0.5)], size * 0.09, trunk)
    crown = (
        (0.05, 26, 0.0, 0.36),
        (0.3, 24, 0.03, 0.34),
        (0.6, 24, 0.07, 0.29),
        (0.95, 18, 0.12, 0.22),
    )
    for tone, count, lift, spread in crown:
        color = mixed(dark, bright, tone)
        turns, away, radii = rng.random((3, count))
        for turn, off, radius in zip(turns * 6.2832, away**0.5, radii, strict=True):
            reach = size * (0.045 + 0.07 * radius) * (1.15 - 0.5 * tone)
            sheet.ellipse(
                x + off * spread * size * np.cos(turn) - size * lift * 0.5,
                foot - size * (0.62 + lift) + off * spread * size * 0.85 * np.sin(turn),
                reach,
                reach * 0.85,
                color,
            )


def leaves_color(canvas: Canvas) -> Array:
    """Return the color of leaves in the season of the scene."""
    season = canvas.scene.season
    if season == "autumn":
        return rgb("b8662c")
    if season == "winter":
        return rgb("c8d4e0")
    return rgb("7fa04a") if season == "spring" else rgb("55803f")
