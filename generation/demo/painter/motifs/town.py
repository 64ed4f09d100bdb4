"""An old town on a hill: rows of roofs, a church, lit windows in the evening."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from generation.demo.painter.canvas import Canvas
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import mixed
from generation.demo.painter.scene import Scene
from generation.demo.painter.sheet import Sheet

from .ground import ground_color, paint_foreground, paint_heaven
from .houses import LAMP, Manner, bush, church, house, leaves_color, manner
from .mountains import paint_birds, paint_ridges


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint a town that climbs a hill under a wide sky, its church on top."""
    rng = canvas.rng("town")
    how = manner(canvas)
    horizon = 0.60
    sun = paint_heaven(canvas, horizon=horizon)
    paint_ridges(
        canvas,
        first=0.42,
        last=0.58,
        count=3,
        mist=0.9,
        sun=canvas.aspect * (0.5 + 0.4 * sun),
        height=0.22,
        snow=0.8 if how.snow else 0.1,
    )
    canvas.report(0.35)
    peak = canvas.aspect * float(rng.uniform(0.38, 0.62))
    paint_rows(canvas, rng, how, peak=peak, top=0.44, bottom=0.93, rows=6, chapel=True)
    canvas.report(0.85)
    paint_foreground(
        canvas, kind="grass", top=0.93, at=canvas.aspect * float(rng.uniform(0.2, 0.8))
    )
    if scene.has("birds") or (not canvas.light.night and rng.random() < 0.6):
        paint_birds(canvas, canvas.aspect * (0.5 - 0.2 * sun), 0.2)


def paint_rows(
    canvas: Canvas,
    rng: np.random.Generator,
    how: Manner,
    *,
    peak: float,
    top: float,
    bottom: float,
    rows: int,
    chapel: bool,
    steep: float = 0.16,
) -> None:
    """Paint rows of houses from `top` (far) to `bottom` (near), highest around x = `peak`."""
    sheet = Sheet(canvas)
    ground = mixed(ground_color(canvas, "grass"), canvas.light.near, 0.35)
    leaves = leaves_color(canvas)
    for row in range(rows):
        t = row / max(1, rows - 1)
        wide = canvas.unit * (0.060 + 0.085 * t**1.2)
        base = top + 0.06 + (bottom - top - 0.06) * t**1.1
        bow = steep * (1 - 0.75 * t)
        away = 0.42 * (1 - t) ** 1.4

        def line(x: float, base: float = base, bow: float = bow) -> float:
            off = (x - peak) / (0.5 * canvas.aspect)
            return base + bow * min(1.6, off * off) - bow * 0.25

        _paint_slope(canvas, sheet, line, mixed(ground, canvas.light.haze, away))
        if chapel and row == 1:
            size = canvas.unit * float(rng.uniform(0.34, 0.42))
            church(sheet, rng, how, x=peak, foot=line(peak) + 0.01, size=size, distance=away)
        x = -wide * float(rng.random())
        while x < canvas.aspect:
            width = wide * float(rng.uniform(0.75, 1.2))
            foot = line(x + width / 2) + float(rng.uniform(-0.008, 0.012))
            if rng.random() < 0.16 + 0.06 * row / rows:
                bush(
                    sheet,
                    rng,
                    x + width / 2,
                    foot,
                    width * 1.1,
                    mixed(leaves, canvas.light.haze, away),
                )
                x += width * 0.7
                continue
            height = wide * float(rng.uniform(0.6, 1.15))
            house(
                sheet,
                rng,
                how,
                x=x,
                foot=foot + wide * 0.25,
                width=width,
                height=height + wide * 0.25,
                distance=away,
            )
            x += width * float(rng.uniform(0.86, 1.02))
    sheet.lay(lamp=LAMP if how.lit else None)


def _paint_slope(
    canvas: Canvas, sheet: Sheet, line: Callable[[float], float], color: Array
) -> None:
    points = [(x, line(x)) for x in np.linspace(-0.02, canvas.aspect + 0.02, 24)]
    sheet.polygon([*points, (canvas.aspect + 0.02, 1.05), (-0.02, 1.05)], color)
