"""A village in deep snow: white roofs among spruces, smoke, warm windows."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas, column
from generation.demo.painter.figure import shaded
from generation.demo.painter.noise import Array, blurred
from generation.demo.painter.palette import mixed, rgb
from generation.demo.painter.scene import Scene
from generation.demo.painter.sheet import Sheet
from generation.demo.painter.sky import splat

from .ground import paint_heaven
from .houses import LAMP, Manner, church, house, manner
from .mountains import paint_ridges
from .trees import forest_edge

_LOGS = np.stack([rgb(c) for c in ("8a5f42", "9c6b48", "a87858", "b8654a", "7d6a5a", "c49a62")])


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint snow-covered houses in a valley, snowy mountains and spruces around them."""
    rng = canvas.rng("snow village")
    sun = paint_heaven(canvas, horizon=0.58, clouds=0.4)
    paint_ridges(
        canvas,
        first=0.36,
        last=0.54,
        count=3,
        mist=0.8,
        sun=canvas.aspect * (0.5 + 0.4 * sun),
        height=0.28,
        snow=1.0,
    )
    canvas.report(0.35)
    plain = manner(canvas, walls=_LOGS, snow=True)
    how = Manner(plain.walls, plain.roofs, True, min(0.9, plain.lit * 1.5))
    rows = 4
    for row in range(rows):
        t = row / (rows - 1)
        line = _drift(canvas, row, 0.56 + 0.27 * t**1.1, t)
        trees = forest_edge(
            canvas,
            f"village trees {row}",
            foot=line,
            height=0.10 + 0.12 * t,
            density=70 - 8 * row,
            thin=0.45,
        )
        _snowy(canvas, trees, mixed(canvas.light.far, canvas.light.near, 0.35 + 0.5 * t))
        sheet = Sheet(canvas)
        wide = canvas.unit * (0.075 + 0.085 * t)
        if row == 1:
            at = canvas.aspect * float(rng.uniform(0.35, 0.65))
            church(
                sheet,
                rng,
                how,
                x=at,
                foot=_at(canvas, line, at) + 0.012,
                size=canvas.unit * 0.3,
                distance=0.2,
            )
        x = float(rng.uniform(-0.05, 0.1))
        while x < canvas.aspect:
            width = wide * float(rng.uniform(0.85, 1.2))
            foot = _at(canvas, line, x + width / 2) + 0.012
            house(
                sheet,
                rng,
                how,
                x=x,
                foot=foot,
                width=width,
                height=wide * float(rng.uniform(0.42, 0.62)),
                distance=0.3 * (1 - t),
                gable=True,
            )
            x += width * float(rng.uniform(1.2, 2.3))
        sheet.lay(lamp=LAMP if how.lit else None, glow=0.018)
        canvas.report(0.4 + 0.1 * row)
    line = _drift(canvas, rows, 0.93, 1.0)
    _paint_flakes(canvas, rng)


def _at(canvas: Canvas, line: Array, x: float) -> float:
    return float(line[min(canvas.width - 1, max(0, int(x * canvas.height)))])


def _drift(canvas: Canvas, row: int, top: float, t: float) -> Array:
    """Paint a bank of snow that fills everything below its line; return the line (W,)."""
    wave = canvas.line(f"snow bank {row}", across=1.2, octaves=3) - 0.5
    line: Array = np.float32(top) + wave * np.float32(0.07)
    first = max(0, canvas.row(float(line.min())) - 1)
    y = canvas.y[first:]
    dark, bright = shaded(canvas.light, rgb("eef3fb"))
    veil = 0.35 * (1 - t)
    dark = mixed(mixed(dark, rgb("7f98c8"), 0.25), canvas.light.haze, veil)
    bright = mixed(bright, canvas.light.haze, veil)
    soft = canvas.fbm(f"snow tone {row}", across=2.2, down=7, octaves=4)[first:] - 0.5
    tone = np.clip(0.95 - np.maximum(y - line[None], 0) * 3.2 + soft * 0.55, 0, 1)
    canvas.lay(column(dark) + column(bright - dark) * tone, canvas.edge(line[None] - y), top=first)
    return line


def _snowy(canvas: Canvas, trees: Array, color: Array) -> None:
    canvas.lay(color, trees)
    drop = max(1, round(canvas.height * 0.004))
    upper = np.clip(trees - np.roll(trees, drop, axis=0), 0, 1)
    canvas.lay(mixed(color, shaded(canvas.light, rgb("eef3fb"))[1], 0.75), upper * 0.85)


def _paint_flakes(canvas: Canvas, rng: np.random.Generator) -> None:
    if "clear" in canvas.scene.weather or "snow" in canvas.scene.without:
        return
    scale = max(0.6, canvas.height / 1024)
    for count, sigma, bright in ((500, 0.8, 2.4), (120, 1.7, 9.0), (22, 3.6, 30.0)):
        count = int(count * max(0.6, canvas.aspect))
        weight = rng.uniform(0.3, 1.0, count) * bright * scale**2
        points = splat(canvas, rng.random(count) * canvas.aspect, rng.random(count), weight)
        canvas.lighten(rgb("f8fbff"), np.clip(blurred(points, sigma * scale), 0, 0.8))
