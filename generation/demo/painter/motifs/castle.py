"""A castle on a crag: towers with pointed roofs, walls with battlements, flags, lit windows."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas, column
from generation.demo.painter.figure import shaded
from generation.demo.painter.palette import mixed, rgb
from generation.demo.painter.scene import Scene
from generation.demo.painter.sheet import Sheet
from generation.demo.painter.water import paint_water

from .boats import paint_boats
from .castles import paint_castle
from .ground import ground_color, paint_foreground, paint_heaven
from .houses import LAMP, house, manner
from .mountains import paint_birds, paint_ridges
from .trees import forest_edge


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint a castle on a rock above a valley of spruces or above water, with what it names."""
    rng = canvas.rng("castle")
    light = canvas.light
    sun = paint_heaven(canvas, horizon=0.62, clouds=0.6)
    paint_ridges(
        canvas,
        first=0.40,
        last=0.62,
        count=4,
        mist=1.0,
        sun=canvas.aspect * (0.5 + 0.4 * sun),
        height=0.26,
        snow=0.9 if scene.season == "winter" else 0.2,
    )
    canvas.report(0.4)
    wet = scene.has("harbor", "sea", "lake", "ship", "boat") or rng.random() < 0.3
    at = canvas.aspect * (0.5 - sun * float(rng.uniform(0.03, 0.12)))
    shore = 0.76 if wet else 0.86
    top = 0.58
    _paint_crag(canvas, at, top, shore, sun)
    paint_castle(
        canvas,
        rng,
        x=at,
        foot=top + 0.02,
        size=canvas.unit * float(rng.uniform(0.40, 0.46)),
        sun=sun,
    )
    canvas.report(0.7)
    if scene.has("harbor", "town"):
        _paint_quay(canvas, rng, shore)
    if wet:
        paint_water(
            canvas,
            horizon=shore,
            choppy=0.2,
            depth=0.4,
            deep=mixed(rgb("1d4a5c"), light.sky[1], 0.4),
            glint=None if light.name == "day" else canvas.aspect * (0.5 + 0.3 * sun),
        )
        if scene.has("harbor", "ship", "boat"):
            paint_boats(canvas, rng, shore)
    else:
        foot = np.float32(shore) + (canvas.line("castle wood", across=1.5, octaves=3) - 0.5) * 0.06
        trees = forest_edge(canvas, "castle trees", foot=foot, height=0.13, density=130, thin=0.1)
        color = mixed(mixed(light.near, rgb("23452f"), 0.25), light.haze, 0.12)
        canvas.lay(color, np.maximum(trees, canvas.edge(foot[None] - canvas.y)))
        paint_foreground(canvas, kind="grass", top=0.93, at=canvas.aspect * 0.5)
    if scene.has("birds") or not light.night:
        paint_birds(canvas, at + sun * canvas.unit * 0.3, 0.2, count=5)


def _paint_quay(canvas: Canvas, rng: np.random.Generator, shore: float) -> None:
    sheet, how = Sheet(canvas), manner(canvas)
    wide = canvas.unit * 0.085
    x = -wide * float(rng.random())
    while x < canvas.aspect:
        width = wide * float(rng.uniform(0.75, 1.15))
        house(
            sheet,
            rng,
            how,
            x=x,
            foot=shore + 0.01,
            width=width,
            height=wide * float(rng.uniform(0.7, 1.2)),
        )
        x += width
    dark, bright = shaded(canvas.light, rgb("8f857a"))
    sheet.box(-0.1, shore - 0.008, canvas.aspect + 0.1, shore + 0.02, mixed(dark, bright, 0.5))
    sheet.lay(lamp=LAMP if how.lit else None)


def _paint_crag(canvas: Canvas, at: float, top: float, foot: float, sun: float) -> None:
    """Paint a rock with a flat top around x = `at` that spreads toward its foot."""
    reach = canvas.unit * 0.62
    rough = canvas.line("crag", across=7, octaves=6, gain=0.55) - 0.5
    lean = canvas.line("crag sides", across=1.6, octaves=2) - 0.5
    off = np.abs(canvas.x[0] - np.float32(at)) / np.float32(reach)
    steps = np.clip((off - 0.47) / (0.55 * (1 + lean * 1.6)), 0, None)
    fall = 1 - np.exp(-steps * 2.4) + 0.10 * steps + 0.07 * np.sin(steps * 9)
    line = (
        np.float32(top)
        + fall * np.float32(foot - top + 0.02)
        + rough * 0.05 * np.clip(fall * 4, 0.15, 1)
    )
    first = max(0, canvas.row(float(line.min())) - 1)
    last = canvas.row(foot + 0.10)
    y = canvas.y[first:last]
    tile = canvas.tile("crag stone", cells=8, octaves=6, gain=0.6, ridges=True)
    px, py = canvas.x * 0.7, y * 0.55
    stone = tile.at(px, py)
    relief = np.clip(0.45 + (stone - tile.at(px + np.float32(0.008 * sun), py - 0.006)) * 5, 0, 1)
    dark, bright = shaded(canvas.light, rgb("857868"))
    colors = column(dark) + column(bright - dark) * (relief * (0.5 + 0.6 * stone))
    moss = np.clip(1.1 - (y - line[None]) * 14 + (stone - 0.5) * 1.8, 0, 1) * 0.75
    green = shaded(canvas.light, ground_color(canvas, "grass"))
    colors = colors + (column(mixed(*green, 0.6)) * (0.7 + 0.5 * relief) - colors) * moss
    veil = np.clip((y - np.float32(top)) / np.float32(foot - top), 0, 1) ** 2 * 0.35
    colors = colors + (column(canvas.light.haze) - colors) * veil
    canvas.lay(colors, canvas.edge(line[None] - y), top=first)
