"""A dragon in flight, spitting fire."""

from __future__ import annotations

import itertools

import numpy as np

from generation.demo.painter.canvas import Canvas, Point, smoothstep
from generation.demo.painter.figure import Figure, FigurePen, all_of, shape, spline
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import NAMED_COLORS, mixed, ramp, rgb
from generation.demo.painter.scene import Scene

from .stage import PLACES, place_of

_SKINS = ("a8322a", "2f6f4a", "2f5a7a", "5a3f7a", "7a5a2a")
_FLAME = np.stack([rgb(c) for c in ("3a0f0a", "b8321a", "f0802a", "ffd060", "fff6d8")])
_SPINE = [
    (-0.98, 0.02),
    (-0.86, 0.12),
    (-0.66, 0.16),
    (-0.46, 0.27),
    (-0.26, 0.40),
    (-0.06, 0.46),
    (0.14, 0.48),
    (0.29, 0.57),
    (0.36, 0.70),
    (0.45, 0.79),
]
_WIDTHS = [0.012, 0.03, 0.055, 0.10, 0.17, 0.225, 0.20, 0.13, 0.095, 0.085]


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint a flying dragon over mountains or the place that the prompt names."""
    rng = canvas.rng("dragon")
    PLACES[place_of(scene, otherwise="mountains")].paint(canvas, scene)
    canvas.report(0.9)
    size = canvas.unit * float(rng.uniform(0.40, 0.45))
    flip = bool(rng.random() < 0.5)
    skin = rgb(str(rng.choice(_SKINS)))
    for name in scene.colors[:1]:
        skin = NAMED_COLORS[name]
    figure = Figure(
        canvas,
        x=canvas.aspect * 0.5 + size * (0.18 if flip else -0.18),
        foot=float(rng.uniform(0.58, 0.64)),
        size=size,
        flip=flip,
        reach=(-1.15, -0.45, 1.6, 1.35),
        sun=-1.0 if flip else 1.0,
    )
    if figure.hidden:
        return
    _draw_dragon(figure, skin)
    _breathe_fire(figure)


def _draw_dragon(figure: Figure, skin: Array) -> None:
    dark, pale = mixed(skin, rgb("120c14"), 0.5), mixed(skin, rgb("f0d8a0"), 0.55)
    scales = figure.noise("scales", across=34, up=30, octaves=3)
    web = figure.noise("wing", across=7, up=14, octaves=4)
    _draw_wing(
        figure,
        mixed(dark, skin, 0.3),
        web,
        [(0.10, 0.52), (0.40, 0.98), (0.42, 1.28), (0.80, 1.16), (0.86, 0.86), (0.62, 0.62)],
    )
    for hip, knee, heel, toe in (
        ((0.14, 0.42), (0.20, 0.30), (0.10, 0.22), (0.17, 0.15)),
        ((-0.22, 0.36), (-0.14, 0.22), (-0.27, 0.13), (-0.20, 0.05)),
    ):
        _draw_leg(figure, dark, hip, knee, heel, toe)

    def ridge(pen: FigurePen) -> None:
        path = spline(_SPINE, steps=6)
        for k in range(3, len(path) - 5, 2):
            (x0, y0), (x1, y1) = path[k - 1], path[k + 1]
            length = max(1e-6, float(np.hypot(x1 - x0, y1 - y0)))
            nx, ny = -(y1 - y0) / length, (x1 - x0) / length
            wide = float(np.interp(k / (len(path) - 1) * 9, range(10), _WIDTHS)) / 2
            x, y = path[k]
            tip = wide + 0.025 + wide * 0.42
            along = ((x1 - x0) / length * 0.028, (y1 - y0) / length * 0.028)
            pen.polygon(
                [
                    (x + nx * wide * 0.85 - along[0], y + ny * wide * 0.85 - along[1]),
                    (x + nx * tip - along[0] * 1.4, y + ny * tip - along[1] * 1.4),
                    (x + nx * wide * 0.85 + along[0], y + ny * wide * 0.85 + along[1]),
                ]
            )

    figure.solid(ridge, dark, depth=0.015)
    figure.solid(
        lambda pen: pen.polygon([(-0.94, 0.03), (-1.09, 0.10), (-1.06, -0.02), (-1.10, -0.12)]),
        dark,
        depth=0.03,
    )

    body = figure.solid(
        lambda pen: pen.limb(_SPINE, _WIDTHS),
        (mixed(skin, pale, 0.25), skin),
        depth=0.075,
        texture=scales,
    )
    low = [(x + 0.02, y - w * 0.42) for (x, y), w in zip(_SPINE, _WIDTHS, strict=True)][2:]
    bands = 0.75 + 0.25 * np.sin(figure.px * 95 + figure.py * 40)
    under = figure.cover(lambda pen: pen.limb(low, [w * 0.42 for w in _WIDTHS[2:]]))
    figure.solid(under * body * bands, pale, depth=0.05)
    for hip, knee, heel, toe in (
        ((0.07, 0.42), (0.11, 0.27), (0.0, 0.20), (0.07, 0.11)),
        ((-0.28, 0.36), (-0.20, 0.19), (-0.34, 0.10), (-0.26, 0.0)),
    ):
        _draw_leg(figure, skin, hip, knee, heel, toe)
    _draw_head(figure, skin, dark, pale, scales)
    _draw_wing(
        figure,
        skin,
        web,
        [(-0.02, 0.50), (0.06, 0.98), (-0.16, 1.30), (-0.62, 1.16), (-0.80, 0.80), (-0.46, 0.46)],
    )


def _draw_leg(
    figure: Figure, skin: Array, hip: Point, knee: Point, heel: Point, toe: Point
) -> None:
    figure.solid(
        lambda pen: pen.limb([hip, knee, heel, toe], [0.14, 0.085, 0.045, 0.035]), skin, depth=0.04
    )
    claw = rgb("e8dcc0")

    def claws(pen: FigurePen) -> None:
        for dx, dy in ((0.05, 0.0), (0.035, -0.04), (-0.005, -0.05)):
            pen.limb([toe, (toe[0] + dx, toe[1] + dy)], [0.026, 0.004])

    figure.solid(claws, claw, depth=0.012)


def _draw_wing(figure: Figure, skin: Array, web: Array, joints: list[Point]) -> None:
    """Draw a wing: shoulder, wrist, then the tips of its fingers; webs sag between the tips."""
    shoulder, wrist, *tips = joints
    outline = [shoulder, wrist, tips[0]]
    for first, second in itertools.pairwise(tips):
        middle = ((first[0] + second[0]) / 2, (first[1] + second[1]) / 2)
        sag = (middle[0] + (wrist[0] - middle[0]) * 0.26, middle[1] + (wrist[1] - middle[1]) * 0.26)
        outline += spline([first, sag, second], steps=8)
    end = ((tips[-1][0] + shoulder[0]) / 2, (tips[-1][1] + shoulder[1]) / 2 + 0.03)
    outline += [end]
    color = mixed(skin, rgb("e8a060"), 0.28)
    light = figure.canvas.light
    sheet = figure.solid(
        lambda pen: pen.polygon(outline),
        (mixed(color, rgb("120c14"), 0.25), color),
        depth=0.09,
        texture=web,
    )
    # The sky shines through the skin.
    through = np.clip((figure.py - 0.45) * 1.2, 0, 1) * sheet
    figure.lighten(
        mixed(light.sky[-2], skin, 0.4), through * np.float32(0.10 if light.night else 0.25)
    )

    def bones(pen: FigurePen) -> None:
        pen.limb(
            [shoulder, ((shoulder[0] + wrist[0]) / 2 + 0.05, (shoulder[1] + wrist[1]) / 2), wrist],
            [0.075, 0.05, 0.04],
        )
        for tip in tips:
            bow = ((wrist[0] + tip[0]) / 2 + 0.01, (wrist[1] + tip[1]) / 2 + 0.035)
            pen.limb([wrist, bow, tip], [0.032, 0.022, 0.007])

    figure.solid(bones, mixed(skin, rgb("120c14"), 0.28), depth=0.02)
    hook = [(wrist[0] - 0.005, wrist[1]), (wrist[0] + 0.035, wrist[1] + 0.07)]
    figure.solid(lambda pen: pen.limb(hook, [0.03, 0.004]), rgb("e8dcc0"), depth=0.01)


def _draw_head(figure: Figure, skin: Array, dark: Array, pale: Array, scales: Array) -> None:
    figure.solid(
        lambda pen: pen.blob(
            [
                (0.47, 0.745),
                (0.58, 0.715),
                (0.69, 0.665),
                (0.72, 0.675),
                (0.63, 0.735),
                (0.52, 0.785),
            ]
        ),
        mixed(skin, pale, 0.4),
        depth=0.02,
    )
    figure.lay(
        rgb("f4ead0"),
        figure.cover(
            all_of(
                [
                    shape(
                        [
                            (0.58 + 0.045 * k, 0.727 - 0.018 * k),
                            (0.595 + 0.045 * k, 0.765 - 0.018 * k),
                            (0.61 + 0.045 * k, 0.718 - 0.018 * k),
                        ]
                    )
                    for k in range(3)
                ]
            )
        ),
    )

    def skull(pen: FigurePen) -> None:
        pen.blob(
            [
                (0.385, 0.775),
                (0.41, 0.845),
                (0.48, 0.885),
                (0.56, 0.875),
                (0.62, 0.838),
                (0.71, 0.828),
                (0.77, 0.80),
                (0.775, 0.765),
                (0.70, 0.765),
                (0.60, 0.765),
                (0.50, 0.755),
                (0.43, 0.735),
            ]
        )

    figure.solid(skull, skin, depth=0.04, texture=scales)

    def horns(pen: FigurePen) -> None:
        pen.limb([(0.455, 0.86), (0.37, 0.915), (0.27, 0.93)], [0.045, 0.032, 0.006])
        pen.limb([(0.49, 0.875), (0.43, 0.955), (0.345, 1.0)], [0.042, 0.028, 0.006])
        pen.limb([(0.41, 0.775), (0.34, 0.79), (0.29, 0.775)], [0.035, 0.022, 0.005])

    figure.solid(horns, rgb("e0d2b0"), depth=0.015)
    figure.lay(
        rgb("f4ead0"),
        figure.cover(
            all_of(
                [
                    shape(
                        [
                            (0.62 + 0.05 * k, 0.768),
                            (0.632 + 0.05 * k, 0.728),
                            (0.647 + 0.05 * k, 0.768),
                        ]
                    )
                    for k in range(3)
                ]
            )
        ),
    )
    figure.lay(
        rgb("ffd24a"), figure.cover(lambda pen: pen.ellipse(0.545, 0.838, 0.026, 0.015, -0.25))
    )
    figure.lay(rgb("120c0c"), figure.cover(lambda pen: pen.ellipse(0.548, 0.838, 0.006, 0.015)))
    figure.lay(
        dark,
        figure.cover(
            lambda pen: pen.limb(
                [(0.505, 0.862), (0.55, 0.862), (0.59, 0.842)], [0.008, 0.018, 0.006]
            )
        ),
    )
    figure.lay(dark, figure.cover(lambda pen: pen.ellipse(0.745, 0.803, 0.012, 0.007, 0.3)))


def _breathe_fire(figure: Figure) -> None:
    """Paint a cone of flame from the mouth: noise that thins out and cools along its way."""
    if "fire" in figure.canvas.scene.without:
        return
    x, y = figure.px - 0.70, figure.py - np.float32(0.742)
    cos, sin = np.float32(np.cos(-0.22)), np.float32(np.sin(-0.22))
    along, across = x * cos + y * sin, y * cos - x * sin
    curl = figure.noise("flame", across=5, up=9, octaves=5)
    width = 0.012 + np.clip(along, 0, 2) * 0.27
    core = 1 - np.abs(across + (curl - 0.5) * np.clip(along, 0, 1) * 0.35) / np.maximum(
        width, 0.004
    )
    fuel = np.clip(core, 0, 1) ** 0.7 * smoothstep(0.86, 0.15, along + (curl - 0.5) * 0.7)
    fuel = fuel * smoothstep(-0.01, 0.04, along) * (0.55 + 0.8 * curl)
    heat = np.clip(fuel * 1.25, 0, 1)
    figure.lay(ramp(_FLAME, heat), smoothstep(0.04, 0.4, heat))
    glow = figure.blurred(heat, 0.09)
    figure.lighten(rgb("ff8a3a"), glow * 0.75)
