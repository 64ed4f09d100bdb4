"""A fox that sits and looks over its shoulder of red fur."""

from __future__ import annotations

from generation.demo.painter.canvas import Canvas
from generation.demo.painter.figure import Figure, FigurePen
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import NAMED_COLORS, mixed, rgb
from generation.demo.painter.scene import Scene

from .stage import set_stage

_COATS = {"white": "eef0f4", "gray": "8f9298", "black": "2c2b30", "brown": "7d5236"}


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint a sitting fox in the place that the prompt names."""
    stage = set_stage(canvas, scene, "fox")
    size = canvas.unit * float(stage.rng.uniform(0.46, 0.54))
    flip = bool(stage.rng.random() < 0.5)
    coat = rgb("cf6a2a")
    for name in scene.colors[:1]:
        coat = rgb(_COATS[name]) if name in _COATS else mixed(coat, NAMED_COLORS[name], 0.35)
    figure = Figure(
        canvas,
        x=stage.x,
        foot=stage.foot + 0.02,
        size=size,
        flip=flip,
        reach=(-0.95, -0.12, 0.6, 1.15),
        sun=stage.sun * (-1 if flip else 1),
    )
    if not figure.hidden:
        _draw_fox(figure, coat)


def _draw_fox(figure: Figure, coat: Array) -> None:
    """Draw the fox, facing the figure's right."""
    white, black = rgb("f6efe4"), rgb("2a201d")
    fur = figure.noise("fur", across=42, up=16)
    belly = mixed(coat, white, 0.25)
    back = mixed(coat, rgb("6a2c14"), 0.15)
    figure.shadow(width=0.5, x=-0.1)

    def tail(pen: FigurePen) -> None:
        pen.limb(
            [(-0.26, 0.06), (-0.46, 0.03), (-0.66, 0.10), (-0.78, 0.26), (-0.74, 0.40)],
            [0.10, 0.19, 0.24, 0.19, 0.03],
        )

    brush = figure.solid(tail, (mixed(coat, black, 0.12), coat), depth=0.08, texture=fur)
    tip = figure.cover(
        lambda pen: pen.limb([(-0.80, 0.24), (-0.79, 0.33), (-0.74, 0.41)], [0.14, 0.17, 0.03])
    )
    figure.solid(tip * brush, white, depth=0.07, texture=fur)
    figure.solid(
        lambda pen: pen.limb([(0.07, 0.42), (0.06, 0.2), (0.075, 0.03)], [0.14, 0.085, 0.065]),
        (black, mixed(coat, black, 0.35)),
        texture=fur,
    )

    def body(pen: FigurePen) -> None:
        pen.blob(
            [
                (0.15, 0.70),
                (0.215, 0.56),
                (0.205, 0.40),
                (0.14, 0.22),
                (0.02, 0.10),
                (-0.20, 0.0),
                (-0.33, 0.05),
                (-0.37, 0.20),
                (-0.30, 0.38),
                (-0.17, 0.55),
                (-0.06, 0.72),
            ]
        )

    trunk = figure.solid(body, (belly, back), depth=0.11, texture=fur)

    def bib(pen: FigurePen) -> None:
        pen.blob(
            [
                (0.20, 0.68),
                (0.25, 0.55),
                (0.23, 0.42),
                (0.16, 0.29),
                (0.115, 0.38),
                (0.10, 0.52),
                (0.12, 0.64),
            ]
        )

    chest = figure.blurred(figure.cover(bib), 0.012) * trunk
    figure.solid(chest, white, depth=0.06, texture=fur)
    figure.solid(
        lambda pen: pen.blob(
            [
                (-0.12, 0.31),
                (0.0, 0.22),
                (0.01, 0.08),
                (-0.10, 0.0),
                (-0.27, 0.01),
                (-0.33, 0.12),
                (-0.26, 0.27),
            ]
        ),
        coat,
        depth=0.08,
        texture=fur,
    )
    figure.solid(lambda pen: pen.ellipse(-0.02, 0.028, 0.12, 0.036), black, depth=0.03)
    figure.solid(
        lambda pen: pen.limb([(0.12, 0.45), (0.145, 0.24), (0.15, 0.035)], [0.15, 0.09, 0.068]),
        (black, mixed(coat, black, 0.2)),
        depth=0.04,
        texture=fur,
    )
    figure.solid(lambda pen: pen.ellipse(0.18, 0.026, 0.062, 0.030), black, depth=0.03)
    _draw_head(figure, coat, fur, white, black)


def _draw_head(figure: Figure, coat: Array, fur: Array, white: Array, black: Array) -> None:
    figure.solid(
        lambda pen: pen.polygon([(-0.01, 0.84), (-0.03, 1.04), (0.10, 0.90)]),
        mixed(coat, black, 0.5),
        depth=0.03,
    )

    def skull(pen: FigurePen) -> None:
        pen.blob(
            [
                (-0.05, 0.80),
                (0.02, 0.90),
                (0.14, 0.92),
                (0.24, 0.86),
                (0.33, 0.785),
                (0.42, 0.735),
                (0.43, 0.705),
                (0.36, 0.69),
                (0.24, 0.665),
                (0.10, 0.645),
                (-0.02, 0.685),
            ]
        )

    head = figure.solid(skull, coat, depth=0.07, texture=fur)

    def cheek(pen: FigurePen) -> None:
        pen.blob(
            [
                (0.42, 0.715),
                (0.33, 0.735),
                (0.24, 0.735),
                (0.13, 0.75),
                (0.05, 0.72),
                (-0.03, 0.68),
                (0.10, 0.63),
                (0.26, 0.655),
                (0.38, 0.685),
            ]
        )

    figure.solid(figure.blurred(figure.cover(cheek), 0.006) * head, white, depth=0.05, texture=fur)

    def ear(pen: FigurePen) -> None:
        pen.polygon([(0.055, 0.87), (0.085, 1.08), (0.205, 0.875)])

    figure.solid(ear, mixed(coat, black, 0.1), depth=0.03, texture=fur)
    figure.lay(
        black,
        figure.cover(lambda pen: pen.polygon([(0.077, 1.02), (0.085, 1.08), (0.122, 1.02)])) * 0.85,
    )
    figure.lay(
        mixed(white, coat, 0.35),
        figure.cover(lambda pen: pen.polygon([(0.09, 0.89), (0.10, 1.0), (0.165, 0.885)])) * 0.8,
    )
    figure.lay(black, figure.cover(lambda pen: pen.ellipse(0.245, 0.80, 0.026, 0.018, -0.5)))
    figure.lay(white, figure.cover(lambda pen: pen.ellipse(0.252, 0.806, 0.007, 0.007)) * 0.9)
    figure.solid(lambda pen: pen.ellipse(0.425, 0.727, 0.026, 0.022), black, depth=0.02, gloss=0.6)
    mouth = figure.cover(
        lambda pen: pen.limb([(0.40, 0.70), (0.33, 0.695), (0.27, 0.71)], [0.006, 0.008, 0.004])
    )
    figure.lay(black, mouth * 0.7)
