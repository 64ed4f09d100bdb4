"""A horse that walks over a meadow, mane and tail in the wind."""

from __future__ import annotations

from generation.demo.painter.canvas import Canvas, Point, smoothstep
from generation.demo.painter.figure import Figure, FigurePen
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import NAMED_COLORS, mixed, rgb
from generation.demo.painter.scene import Scene

from .stage import set_stage

_COATS = (
    ("9c4a22", "2a1a14"),
    ("7a4526", "1f1614"),
    ("e0d6c8", "f6f0e6"),
    ("c47a38", "f0dcb4"),
    ("a8562a", "e8c088"),
)
_NAMED = {
    "white": ("eeeae4", "faf6ee"),
    "black": ("2c292e", "151317"),
    "gray": ("9a9aa0", "d6d6d8"),
    "brown": ("74452a", "2a1a14"),
    "orange": ("a85a2c", "e0a468"),
    "gold": ("c8934a", "f0dcb4"),
    "beige": ("d8c09a", "f4e8d0"),
}


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint a walking horse in the place that the prompt names."""
    stage = set_stage(canvas, scene, "horse", top=0.87)
    size = canvas.unit * float(stage.rng.uniform(0.56, 0.64))
    flip = bool(stage.rng.random() < 0.5)
    coat, hair = (rgb(c) for c in _COATS[int(stage.rng.integers(len(_COATS)))])
    for name in scene.colors[:1]:
        if name in _NAMED:
            coat, hair = (rgb(c) for c in _NAMED[name])
        else:
            coat = mixed(coat, NAMED_COLORS[name], 0.5)
    figure = Figure(
        canvas,
        x=stage.x,
        foot=stage.foot + 0.015,
        size=size,
        flip=flip,
        reach=(-0.75, -0.12, 0.75, 1.12),
        sun=stage.sun * (-1 if flip else 1),
    )
    if not figure.hidden:
        _draw_horse(figure, coat, hair)


def _draw_horse(figure: Figure, coat: Array, hair: Array) -> None:
    dark, black = mixed(coat, rgb("140f10"), 0.4), rgb("1a1516")
    sheen = figure.noise("coat", across=9, up=7, octaves=3)
    strands = figure.noise("mane", across=60, up=8)
    figure.shadow(width=0.55, x=-0.05, strength=0.45)
    figure.solid(
        lambda pen: pen.limb(
            [(-0.39, 0.655), (-0.49, 0.63), (-0.57, 0.50), (-0.585, 0.34), (-0.54, 0.20)],
            [0.045, 0.09, 0.12, 0.11, 0.02],
        ),
        hair,
        depth=0.05,
        texture=strands,
    )
    _draw_leg(
        figure,
        [(-0.25, 0.50), (-0.20, 0.38), (-0.245, 0.26), (-0.17, 0.10), (-0.155, 0.045)],
        [0.17, 0.10, 0.056, 0.040, 0.045],
        dark,
        black,
    )
    _draw_leg(
        figure,
        [(0.20, 0.50), (0.285, 0.36), (0.30, 0.325), (0.245, 0.20), (0.25, 0.165)],
        [0.13, 0.075, 0.066, 0.042, 0.045],
        dark,
        black,
    )

    def body(pen: FigurePen) -> None:
        pen.blob(
            [
                (0.10, 0.715),
                (-0.06, 0.672),
                (-0.18, 0.68),
                (-0.29, 0.700),
                (-0.385, 0.645),
                (-0.415, 0.55),
                (-0.37, 0.46),
                (-0.26, 0.425),
                (-0.08, 0.385),
                (0.08, 0.39),
                (0.20, 0.43),
                (0.285, 0.50),
                (0.305, 0.58),
                (0.25, 0.69),
            ]
        )
        pen.blob(
            [
                (0.06, 0.70),
                (0.15, 0.80),
                (0.25, 0.915),
                (0.35, 0.965),
                (0.40, 0.93),
                (0.41, 0.84),
                (0.375, 0.72),
                (0.32, 0.60),
                (0.26, 0.50),
                (0.14, 0.55),
            ]
        )

    figure.solid(body, (mixed(coat, dark, 0.2), coat), depth=0.12, texture=sheen, gloss=0.12)
    _draw_leg(
        figure,
        [(-0.31, 0.54), (-0.285, 0.41), (-0.365, 0.285), (-0.335, 0.11), (-0.325, 0.04)],
        [0.22, 0.135, 0.066, 0.044, 0.050],
        coat,
        black,
    )
    _draw_leg(
        figure,
        [(0.175, 0.52), (0.195, 0.36), (0.185, 0.27), (0.19, 0.10), (0.20, 0.04)],
        [0.17, 0.085, 0.068, 0.044, 0.050],
        coat,
        black,
    )

    def head(pen: FigurePen) -> None:
        pen.blob(
            [
                (0.335, 0.95),
                (0.385, 0.975),
                (0.435, 0.945),
                (0.505, 0.86),
                (0.575, 0.775),
                (0.605, 0.735),
                (0.60, 0.695),
                (0.565, 0.675),
                (0.52, 0.69),
                (0.475, 0.745),
                (0.415, 0.79),
                (0.355, 0.83),
            ]
        )

    figure.solid(
        lambda pen: pen.polygon([(0.385, 0.955), (0.415, 1.045), (0.435, 0.945)]), dark, depth=0.02
    )
    figure.solid(head, coat, depth=0.05, texture=sheen, gloss=0.1)
    muzzle = figure.cover(lambda pen: pen.ellipse(0.578, 0.708, 0.045, 0.038, -0.5))
    figure.lay(dark, figure.blurred(muzzle, 0.012) * figure.cover(head) * 0.6)
    figure.lay(black, figure.cover(lambda pen: pen.ellipse(0.582, 0.722, 0.011, 0.014, -0.6)))
    figure.lay(black, figure.cover(lambda pen: pen.ellipse(0.438, 0.882, 0.016, 0.016)))
    figure.lay(
        rgb("f4eee6"), figure.cover(lambda pen: pen.ellipse(0.442, 0.887, 0.005, 0.005)) * 0.8
    )
    figure.solid(
        lambda pen: pen.polygon([(0.345, 0.945), (0.355, 1.055), (0.395, 0.965)]), coat, depth=0.02
    )

    def mane(pen: FigurePen) -> None:
        for k in range(9):
            t = k / 8
            x, y = 0.355 - 0.255 * t, 0.975 - 0.255 * t - 0.02 * t * (1 - t)
            pen.limb(
                [(x + 0.02, y), (x - 0.055, y - 0.03), (x - 0.085 - 0.02 * (k % 2), y - 0.13)],
                [0.05, 0.055, 0.012],
            )
        pen.limb([(0.37, 0.975), (0.43, 0.955), (0.455, 0.905)], [0.035, 0.035, 0.008])

    figure.solid(mane, hair, depth=0.035, texture=strands)


def _draw_leg(
    figure: Figure, points: list[Point], widths: list[float], color: Array, black: Array
) -> None:
    leg = figure.cover(lambda pen: pen.limb(points, widths))
    # The leg grows out of the body: its upper end does not show.
    leg = leg * smoothstep(points[0][1] + widths[0] * 0.3, points[0][1] - 0.13, figure.py)
    figure.solid(leg, (mixed(color, black, 0.45), color), depth=0.035)
    x, y = points[-1]

    def hoof(pen: FigurePen) -> None:
        pen.polygon(
            [(x - 0.026, y), (x + 0.024, y), (x + 0.046, y - 0.044), (x - 0.034, y - 0.044)]
        )

    figure.solid(hoof, black, depth=0.02)
