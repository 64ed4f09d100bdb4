"""A friendly robot that holds a flower."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas
from generation.demo.painter.figure import Draw, Figure, FigurePen, all_of, oval, stroke
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import NAMED_COLORS, mixed, rgb
from generation.demo.painter.scene import Scene

from .stage import set_stage

_SHELLS = ("e8e2d6", "d8a24a", "6f9fae", "c8604a", "8fa884")
_EYES = ("7fe8ff", "ffd27a", "9affb0")


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint a robot in the place that the prompt names."""
    stage = set_stage(canvas, scene, "robot")
    size = canvas.unit * float(stage.rng.uniform(0.56, 0.64))
    flip = bool(stage.rng.random() < 0.5)
    shell = rgb(str(stage.rng.choice(_SHELLS)))
    eyes = rgb(str(stage.rng.choice(_EYES)))
    petals = rgb(str(stage.rng.choice(["e8607a", "f0c04a", "f2f0ea"])))
    for name in scene.colors[:1]:
        shell = NAMED_COLORS[name]
    figure = Figure(
        canvas,
        x=stage.x,
        foot=stage.foot + 0.015,
        size=size,
        flip=flip,
        reach=(-0.62, -0.12, 0.62, 1.2),
        sun=stage.sun * (-1 if flip else 1),
    )
    if figure.hidden:
        return
    _draw_robot(figure, shell, eyes)
    _draw_flower(figure, petals)


def rounded(left: float, low: float, right: float, high: float, corner: float) -> Draw:
    """Return the drawing of a rectangle with round corners."""

    def draw(pen: FigurePen) -> None:
        points = []
        for cx, cy, start in (
            (right - corner, high - corner, 0.0),
            (left + corner, high - corner, 0.5),
            (left + corner, low + corner, 1.0),
            (right - corner, low + corner, 1.5),
        ):
            for k in range(9):
                angle = np.pi * (start + k / 16)
                points.append(
                    (cx + corner * float(np.cos(angle)), cy + corner * float(np.sin(angle)))
                )
        pen.polygon(points)

    return draw


def _draw_robot(figure: Figure, shell: Array, eyes: Array) -> None:
    steel, dark = rgb("8c949c"), rgb("2b2f36")
    worn = figure.noise("worn", across=14, up=14, octaves=5)
    figure.shadow(width=0.36)
    low = mixed(shell, dark, 0.22)
    for x in (-0.115, 0.115):
        figure.solid(
            stroke([(x * 0.8, 0.36), (x, 0.22), (x, 0.06)], [0.075, 0.065, 0.065]),
            steel,
            depth=0.03,
            gloss=0.4,
        )
        _rings(figure, [(x, 0.12 + 0.04 * k) for k in range(5)], 0.036, dark)
        figure.solid(
            rounded(x - 0.10, -0.005, x + 0.11, 0.085, 0.04),
            (low, shell),
            depth=0.035,
            texture=worn,
            gloss=0.3,
        )
    figure.solid(
        lambda pen: pen.limb([(-0.21, 0.60), (-0.31, 0.50), (-0.30, 0.36)], [0.06, 0.055, 0.055]),
        steel,
        depth=0.03,
        gloss=0.4,
    )
    _rings(
        figure,
        [(-0.25, 0.565), (-0.285, 0.53), (-0.305, 0.49), (-0.307, 0.45), (-0.305, 0.41)],
        0.032,
        dark,
    )
    figure.solid(lambda pen: pen.ellipse(-0.30, 0.335, 0.052, 0.055), shell, depth=0.03, gloss=0.3)
    figure.solid(
        rounded(-0.215, 0.30, 0.215, 0.665, 0.10),
        (low, shell),
        depth=0.075,
        texture=worn,
        gloss=0.35,
    )
    figure.solid(
        rounded(-0.13, 0.42, 0.13, 0.585, 0.03), mixed(dark, shell, 0.25), depth=0.015, rim=0.1
    )
    lamp = figure.cover(all_of([oval(-0.07 + 0.07 * k, 0.54, 0.018, 0.018) for k in range(3)]))
    tones = (rgb("ff6a5a"), rgb("ffd05a"), rgb("7ae08a"))
    for k, tone in enumerate(tones):
        figure.lay(tone, lamp * (np.abs(figure.px - np.float32(-0.07 + 0.07 * k)) < 0.03))
    for k in range(3):
        y = 0.49 - 0.022 * k
        figure.lay(steel, figure.cover(stroke([(-0.09, y), (0.09, y)], [0.008, 0.008])))
    for x in (-0.18, 0.18):
        for y in (0.35, 0.615):
            figure.solid(oval(x, y, 0.013, 0.013), steel, depth=0.008, gloss=0.5)
    figure.solid(
        lambda pen: pen.limb([(0.0, 0.65), (0.0, 0.73)], [0.12, 0.12]), steel, depth=0.03, gloss=0.4
    )
    _rings(figure, [(0.0, 0.675), (0.0, 0.695)], 0.062, dark)
    _draw_head(figure, shell, low, steel, dark, eyes, worn)
    figure.solid(
        lambda pen: pen.limb([(0.21, 0.60), (0.32, 0.53), (0.385, 0.64)], [0.06, 0.055, 0.055]),
        steel,
        depth=0.03,
        gloss=0.4,
    )
    _rings(figure, [(0.25, 0.572), (0.29, 0.552), (0.33, 0.556), (0.36, 0.59)], 0.032, dark)


def _rings(figure: Figure, points: list[tuple[float, float]], half: float, color: Array) -> None:
    def draw(pen: FigurePen) -> None:
        for x, y in points:
            pen.ellipse(x, y, half, 0.006)

    figure.lay(color, figure.cover(draw) * 0.5)


def _draw_head(
    figure: Figure, shell: Array, low: Array, steel: Array, dark: Array, eyes: Array, worn: Array
) -> None:
    figure.solid(
        lambda pen: pen.limb([(0.0, 1.02), (0.0, 1.11)], [0.016, 0.012]), steel, depth=0.008
    )
    for x in (-0.245, 0.245):
        figure.solid(oval(x, 0.875, 0.035, 0.062), steel, depth=0.03, gloss=0.4)
    figure.solid(
        rounded(-0.235, 0.725, 0.235, 1.035, 0.115),
        (low, shell),
        depth=0.08,
        texture=worn,
        gloss=0.4,
    )
    screen = figure.solid(
        rounded(-0.185, 0.775, 0.185, 0.985, 0.075),
        mixed(dark, rgb("10141c"), 0.5),
        depth=0.02,
        rim=0.1,
    )
    sheen = np.clip(1 - np.abs((figure.px + 0.06) * 2.4 - (figure.py - 0.88)) * 9, 0, 1)
    figure.lighten(rgb("ffffff"), sheen * screen * 0.12)

    def gaze(pen: FigurePen) -> None:
        for x in (-0.08, 0.095):
            pen.ellipse(x, 0.895, 0.034, 0.042)

    def smile(pen: FigurePen) -> None:
        pen.limb([(-0.05, 0.833), (-0.01, 0.812), (0.03, 0.812), (0.07, 0.833)], [0.014] * 4)

    lights = np.maximum(figure.cover(gaze), figure.cover(smile) * 0.9)
    figure.lay(eyes, lights)
    figure.lighten(eyes, figure.blurred(lights, 0.03) * (0.9 if figure.canvas.light.dim else 0.5))
    bulb = figure.cover(lambda pen: pen.ellipse(0.0, 1.13, 0.032, 0.032))
    figure.solid(bulb, rgb("ff6a5a"), depth=0.02, gloss=0.6)
    if figure.canvas.light.name != "day":
        figure.lighten(rgb("ff6a5a"), figure.blurred(bulb, 0.04) * 0.9)


def _draw_flower(figure: Figure, petals: Array) -> None:
    stem = rgb("4f7f3c")
    figure.solid(
        lambda pen: pen.limb([(0.385, 0.60), (0.395, 0.76), (0.375, 0.90)], [0.014, 0.012, 0.012]),
        stem,
        depth=0.008,
    )
    figure.solid(lambda pen: pen.ellipse(0.435, 0.79, 0.05, 0.02, 0.6), stem, depth=0.012)

    def blossom(pen: FigurePen) -> None:
        for k in range(8):
            angle = k * np.pi / 4
            pen.ellipse(
                0.375 + 0.048 * float(np.cos(angle)),
                0.915 + 0.048 * float(np.sin(angle)),
                0.034,
                0.021,
                angle,
            )

    figure.solid(blossom, petals, depth=0.02)
    figure.solid(lambda pen: pen.ellipse(0.375, 0.915, 0.026, 0.026), rgb("d8962c"), depth=0.015)
    figure.solid(
        lambda pen: pen.ellipse(0.385, 0.655, 0.050, 0.052), rgb("c8ccd0"), depth=0.03, gloss=0.4
    )
