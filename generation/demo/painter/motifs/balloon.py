"""Hot-air balloons in the sky above a place: striped envelopes with a basket below."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generation.demo.painter.canvas import Canvas, column
from generation.demo.painter.figure import shaded
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import NAMED_COLORS, hexes, mixed, rgb
from generation.demo.painter.scene import Scene
from generation.demo.painter.sheet import Sheet

from .stage import PLACES, place_of

_CLOTHS = hexes("c8352b e09a2b 2f6f9a e8dcc4 4f7f4a 8a4f8f")
_LOW = 1.30
"""How far below its center an envelope ends, in radii."""
_MOUTH = 0.17  # half of the opening at the lower end, in radii
_GORES = 16


@dataclass(frozen=True)
class _Balloon:
    x: float
    y: float
    radius: float
    cloth: Array
    stripe: Array
    turn: float
    distance: float
    """0 near … 1 as pale as the haze."""


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint a large balloon and smaller ones far away over the place that the prompt names."""
    PLACES[place_of(scene)].paint(canvas, scene)
    canvas.report(0.85)
    rng = canvas.rng("balloon")
    side = float(rng.choice([-1.0, 1.0]))
    aside = float(scene.place in PLACES)  # leaves the view of a named place open
    radius = canvas.unit * (float(rng.uniform(0.19, 0.22)) - 0.05 * aside)
    near = _Balloon(
        x=canvas.aspect * (0.5 - side * (float(rng.uniform(0.04, 0.12)) + 0.14 * aside)),
        y=float(rng.uniform(0.31, 0.35)) - 0.06 * aside,
        radius=radius,
        turn=float(rng.random()),
        distance=0.0,
        **_cloths(canvas, rng, named=True),
    )
    far = [
        _Balloon(
            x=canvas.aspect * (0.5 + side * across),
            y=height + float(rng.uniform(-0.03, 0.03)),
            radius=radius * size,
            turn=float(rng.random()),
            distance=0.65 - 1.2 * size,
            **_cloths(canvas, rng, named=False),
        )
        for across, height, size in ((0.34, 0.24, 0.30), (0.22, 0.45, 0.16), (-0.40, 0.42, 0.2))
    ]
    left = canvas.rgb[:, : canvas.height // 2, : canvas.width // 2].mean()
    right = canvas.rgb[:, : canvas.height // 2, canvas.width // 2 :].mean()
    for balloon in (*far, near):
        _paint_balloon(canvas, balloon, sun=0.8 if right >= left else -0.8)


def _cloths(canvas: Canvas, rng: np.random.Generator, *, named: bool) -> dict[str, Array]:
    first, second = rng.permutation(len(_CLOTHS))[:2]
    cloth, stripe = _CLOTHS[int(first)], _CLOTHS[int(second)]
    if named and canvas.scene.colors:
        names = canvas.scene.colors
        cloth = NAMED_COLORS[names[0]]
        stripe = NAMED_COLORS[names[1]] if len(names) > 1 else mixed(cloth, rgb("1c1416"), 0.2)
    return {"cloth": cloth, "stripe": stripe}


def _paint_balloon(canvas: Canvas, balloon: _Balloon, *, sun: float) -> None:
    _paint_basket(canvas, balloon)
    radius = balloon.radius
    first = max(0, canvas.row(balloon.y - radius * 1.03) - 1)
    last = min(canvas.height, canvas.row(balloon.y + radius * (_LOW + 0.03)) + 2)
    if first >= last:
        return
    down = (canvas.y[first:last] - np.float32(balloon.y)) / np.float32(radius)
    half = _half_width(down)
    across = (canvas.x - np.float32(balloon.x)) / np.float32(radius)
    cover = canvas.edge((np.abs(across) - half) * np.float32(radius), 1.3)
    cover = cover * canvas.edge((np.abs(down - 0.15) - 1.15) * np.float32(radius), 1.3)
    turned = np.arcsin(np.clip(across / np.maximum(half, 0.02), -1, 1))
    gore = (turned / np.float32(2 * np.pi) * _GORES + np.float32(balloon.turn)) % 2
    bulge = np.abs(np.sin(gore * np.float32(np.pi))) ** 0.6  # 0 at the seams
    ball = np.cos(turned - np.float32(sun)) * 0.5 + 0.5 - 0.22 * np.clip(down, -1, 1.3)
    tone = np.clip(ball * (0.82 + 0.18 * bulge) + 0.06, 0, 1)
    striped = (gore < 1)[None]
    band = (np.abs(down + 0.02) < 0.11)[None]
    dark, bright = (
        np.where(
            striped ^ band,
            column(_far(canvas, stripe, balloon)),
            column(_far(canvas, cloth, balloon)),
        )
        for cloth, stripe in zip(
            shaded(canvas.light, balloon.cloth), shaded(canvas.light, balloon.stripe), strict=True
        )
    )
    colors = dark * np.float32(0.85) + (bright - dark * np.float32(0.85)) * tone
    canvas.lay(colors, cover, top=first)
    if canvas.light.night or canvas.light.dim:  # the burner lights the cloth from inside
        lamp = np.exp(-((down - 0.9) ** 2) * 1.6 - across**2 * 2.2) * cover
        canvas.lighten(rgb("ffb45a"), lamp * np.float32(0.75), top=first)


def _half_width(down: Array) -> Array:
    """Return half the width of an envelope at a height, in radii: a ball over a cone."""
    ball = np.sqrt(np.maximum(0, 1 - down**2))
    bend = 0.5  # where the ball goes over into the cone
    start = (1 - bend**2) ** 0.5
    fall = np.clip((down - bend) / (_LOW - bend), 0, 1)
    cone = start + (_MOUTH - start) * (fall * 0.82 + 0.18 * fall**2)
    result: Array = np.where(down < bend, ball, cone).astype(np.float32)
    return result


def _paint_basket(canvas: Canvas, balloon: _Balloon) -> None:
    sheet, radius = Sheet(canvas), balloon.radius
    dark, bright = (_far(canvas, color, balloon) for color in shaded(canvas.light, rgb("8a5a34")))
    top, bottom = balloon.y + radius * (_LOW + 0.26), balloon.y + radius * (_LOW + 0.46)
    wide = radius * 0.16
    mouth = balloon.y + radius * (_LOW - 0.03)
    for share in (-1.0, -0.35, 0.35, 1.0):
        rope = [
            (balloon.x + share * radius * _MOUTH, mouth),
            (balloon.x + share * wide * 0.94, top),
        ]
        sheet.line(rope, radius * 0.014, dark)
    corners = [
        (balloon.x - wide, top),
        (balloon.x + wide, top),
        (balloon.x + wide * 0.84, bottom),
        (balloon.x - wide * 0.84, bottom),
    ]
    sheet.polygon(corners, mixed(dark, bright, 0.55))
    for share in (0.36, 0.68):
        y = top + (bottom - top) * share
        sheet.line(
            [(balloon.x - wide * 0.95, y), (balloon.x + wide * 0.95, y)], radius * 0.012, dark
        )
    rim = [(balloon.x - wide * 1.04, top), (balloon.x + wide * 1.04, top)]
    sheet.line(rim, radius * 0.035, mixed(dark, bright, 0.9))
    sheet.lay()


def _far(canvas: Canvas, color: Array, balloon: _Balloon) -> Array:
    return mixed(color, canvas.light.haze, max(0.0, balloon.distance))
