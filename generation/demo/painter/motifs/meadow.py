"""Hills and meadows: where an animal or a machine stands if the prompt names no place."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas
from generation.demo.painter.palette import mixed, rgb
from generation.demo.painter.scene import Scene

from .ground import ground_color, paint_heaven, paint_hill
from .mountains import paint_ridges
from .trees import forest_edge


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint rolling hills with rows of trees before distant mountains."""
    rng = canvas.rng("meadow")
    light = canvas.light
    sun = paint_heaven(canvas, horizon=0.62)
    winter = scene.season == "winter"
    paint_ridges(
        canvas,
        first=0.44,
        last=0.58,
        count=3,
        mist=1.0,
        sun=canvas.aspect * (0.5 + 0.4 * sun),
        height=0.22,
        snow=0.9 if winter else float(rng.choice([0.0, 0.5])),
    )
    canvas.report(0.4)
    green = rgb("2f5538") if scene.season != "autumn" else rgb("9a5a2c")
    for row in range(3):
        t = row / 2
        color = mixed(ground_color(canvas, "grass"), rgb("4a6a38"), 0.0 if winter else 0.25 * t)
        line = paint_hill(
            canvas,
            f"meadow hill {row}",
            top=0.57 + 0.12 * t,
            relief=0.03 + 0.012 * row,
            color=color,
            distance=0.5 - 0.36 * t,
        )
        trees = forest_edge(
            canvas,
            f"meadow trees {row}",
            foot=line,
            height=0.05 + 0.07 * t,
            density=55 - 9 * row,
            thin=0.55,
        )
        tone = mixed(mixed(light.near, green, 0.35), light.haze, 0.45 - 0.35 * t)
        canvas.lay(tone, trees)
        if winter:
            drop = max(1, round(canvas.height * 0.004))
            upper = np.clip(trees - np.roll(trees, drop, axis=0), 0, 1)
            canvas.lay(mixed(tone, rgb("e8eef6"), 0.65), upper * 0.8)
    canvas.report(0.6)
