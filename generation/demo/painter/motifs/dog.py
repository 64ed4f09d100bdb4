"""A dog that sits and waits, with a collar."""

from __future__ import annotations

from generation.demo.painter.canvas import Canvas
from generation.demo.painter.figure import Figure, FigurePen
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import NAMED_COLORS, mixed, rgb
from generation.demo.painter.scene import Scene

from .stage import set_stage

_COATS = ("c99a5c", "8a5a3a", "e6dccb", "4a3c36", "b5763f")
_NAMED = {
    "white": "efece6",
    "gray": "8f9094",
    "black": "2e2c30",
    "brown": "7a4f34",
    "orange": "b5682f",
    "yellow": "d2a560",
    "gold": "cc9a52",
    "beige": "dcc6a0",
}


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint a sitting dog in the place that the prompt names."""
    stage = set_stage(canvas, scene, "dog")
    size = canvas.unit * float(stage.rng.uniform(0.48, 0.56))
    flip = bool(stage.rng.random() < 0.5)
    coat = rgb(str(stage.rng.choice(_COATS)))
    collar = NAMED_COLORS[str(stage.rng.choice(["red", "blue", "turquoise", "coral"]))]
    for name in scene.colors:
        if name in _NAMED:
            coat = rgb(_NAMED[name])
        else:
            collar = NAMED_COLORS[name]
    figure = Figure(
        canvas,
        x=stage.x,
        foot=stage.foot + 0.02,
        size=size,
        flip=flip,
        reach=(-0.75, -0.12, 0.6, 1.1),
        sun=stage.sun * (-1 if flip else 1),
    )
    if not figure.hidden:
        _draw_dog(figure, coat, collar)


def _draw_dog(figure: Figure, coat: Array, collar: Array) -> None:
    dark, black = mixed(coat, rgb("3a2418"), 0.42), rgb("1f1a1a")
    pale = mixed(coat, rgb("fbf3e4"), 0.5)
    fur = figure.noise("coat", across=30, up=13)
    figure.shadow(width=0.45, x=-0.08)
    figure.solid(
        lambda pen: pen.limb(
            [(-0.28, 0.07), (-0.42, 0.05), (-0.55, 0.12), (-0.62, 0.26)], [0.09, 0.085, 0.07, 0.03]
        ),
        dark,
        depth=0.05,
        texture=fur,
    )
    figure.solid(
        lambda pen: pen.limb([(0.07, 0.46), (0.065, 0.2), (0.08, 0.03)], [0.17, 0.10, 0.085]),
        dark,
        texture=fur,
    )

    def body(pen: FigurePen) -> None:
        pen.blob(
            [
                (0.15, 0.74),
                (0.225, 0.58),
                (0.22, 0.42),
                (0.14, 0.22),
                (0.02, 0.10),
                (-0.20, 0.0),
                (-0.32, 0.05),
                (-0.355, 0.20),
                (-0.28, 0.38),
                (-0.17, 0.55),
                (-0.07, 0.74),
            ]
        )

    trunk = figure.solid(body, (mixed(coat, pale, 0.4), coat), depth=0.11, texture=fur)
    bib = figure.cover(
        lambda pen: pen.blob(
            [(0.20, 0.64), (0.26, 0.52), (0.22, 0.36), (0.15, 0.28), (0.12, 0.44), (0.13, 0.58)]
        )
    )
    figure.solid(figure.blurred(bib, 0.014) * trunk, pale, depth=0.06, texture=fur)
    figure.solid(
        lambda pen: pen.blob(
            [
                (-0.11, 0.32),
                (0.01, 0.22),
                (0.02, 0.08),
                (-0.09, 0.0),
                (-0.26, 0.01),
                (-0.315, 0.12),
                (-0.25, 0.27),
            ]
        ),
        coat,
        depth=0.08,
        texture=fur,
    )
    figure.solid(
        lambda pen: pen.ellipse(0.0, 0.032, 0.125, 0.042), mixed(coat, pale, 0.6), depth=0.03
    )
    figure.solid(
        lambda pen: pen.limb([(0.12, 0.48), (0.15, 0.24), (0.155, 0.04)], [0.17, 0.11, 0.09]),
        (mixed(coat, pale, 0.5), coat),
        depth=0.04,
        texture=fur,
    )
    figure.solid(
        lambda pen: pen.ellipse(0.185, 0.034, 0.075, 0.040), mixed(coat, pale, 0.6), depth=0.03
    )
    figure.solid(
        lambda pen: pen.limb([(-0.075, 0.70), (0.04, 0.625), (0.18, 0.66)], [0.055, 0.06, 0.055]),
        collar,
        depth=0.02,
        gloss=0.3,
    )
    figure.solid(
        lambda pen: pen.ellipse(0.15, 0.605, 0.028, 0.032), rgb("d8a63c"), depth=0.015, gloss=0.8
    )
    _draw_head(figure, coat, dark, pale, black, fur)


def _draw_head(
    figure: Figure, coat: Array, dark: Array, pale: Array, black: Array, fur: Array
) -> None:
    def skull(pen: FigurePen) -> None:
        pen.blob(
            [
                (-0.07, 0.83),
                (-0.03, 0.95),
                (0.08, 1.0),
                (0.19, 0.965),
                (0.25, 0.885),
                (0.34, 0.865),
                (0.405, 0.845),
                (0.42, 0.80),
                (0.39, 0.755),
                (0.28, 0.715),
                (0.14, 0.69),
                (0.0, 0.70),
            ]
        )

    head = figure.solid(skull, coat, depth=0.08, texture=fur)
    muzzle = figure.cover(
        lambda pen: pen.blob(
            [(0.27, 0.87), (0.41, 0.85), (0.43, 0.79), (0.38, 0.74), (0.26, 0.70), (0.21, 0.78)]
        )
    )
    figure.solid(figure.blurred(muzzle, 0.008) * head, pale, depth=0.06, texture=fur)
    figure.solid(
        lambda pen: pen.blob(
            [(0.35, 0.725), (0.375, 0.67), (0.355, 0.62), (0.32, 0.63), (0.315, 0.70)]
        ),
        rgb("d8707a"),
        depth=0.02,
        gloss=0.3,
    )
    figure.lay(
        black,
        figure.cover(
            lambda pen: pen.limb(
                [(0.40, 0.775), (0.34, 0.735), (0.25, 0.755)], [0.008, 0.012, 0.004]
            )
        )
        * 0.75,
    )
    figure.solid(lambda pen: pen.ellipse(0.405, 0.842, 0.036, 0.028), black, depth=0.02, gloss=0.7)
    figure.lay(black, figure.cover(lambda pen: pen.ellipse(0.215, 0.885, 0.024, 0.027)))
    figure.lay(pale, figure.cover(lambda pen: pen.ellipse(0.222, 0.893, 0.008, 0.008)) * 0.95)
    figure.solid(
        lambda pen: pen.blob(
            [
                (0.035, 0.965),
                (-0.04, 0.93),
                (-0.115, 0.82),
                (-0.115, 0.70),
                (-0.06, 0.655),
                (0.01, 0.70),
                (0.065, 0.80),
                (0.085, 0.90),
            ]
        ),
        dark,
        depth=0.05,
        texture=fur,
    )
