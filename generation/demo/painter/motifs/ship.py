"""A tall ship under full sail."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from generation.demo.painter.canvas import Canvas, smoothstep
from generation.demo.painter.figure import Figure, FigurePen, spline
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import NAMED_COLORS, mixed, rgb
from generation.demo.painter.scene import Scene

from . import sea
from .stage import PLACES, place_of

_WET = ("harbor", "lake", "lighthouse", "aurora", "space")


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint a three-master at sea, in a harbor or before a lighthouse."""
    rng = canvas.rng("ship")
    empty = replace(scene, things=scene.things - {"boat"}, without=scene.without | {"boat"})
    canvas.scene = empty
    place = place_of(scene, otherwise="sea")
    (PLACES[place].paint if place in _WET else sea.paint)(canvas, empty)
    canvas.scene = scene
    canvas.report(0.9)
    size = canvas.unit * float(rng.uniform(0.48, 0.56))
    flip = bool(rng.random() < 0.5)
    x = canvas.aspect * float(rng.uniform(0.46, 0.54))
    foot = float(rng.uniform(0.70, 0.75)) if place != "space" else 0.72
    sails = mixed(rgb("f4ead6"), canvas.light.sky[-2], 0.12)
    for name in scene.colors[:1]:
        sails = mixed(NAMED_COLORS[name], rgb("f4ead6"), 0.25)
    figure = Figure(
        canvas,
        x=x,
        foot=foot,
        size=size,
        flip=flip,
        reach=(-0.85, -0.75, 0.95, 1.15),
        sun=-1.0 if flip else 1.0,
    )
    if figure.hidden:
        return
    if place != "space":
        _reflect(figure, rng)
    _draw_ship(figure, sails)
    if place != "space":
        _paint_wake(figure)


def _reflect(figure: Figure, rng: np.random.Generator) -> None:
    """Darken the water below the hull, broken into strips by the waves."""
    ripple = figure.noise("ship ripple", across=3, up=34, octaves=3)
    sway = (ripple - 0.5) * 0.22
    off = (figure.px + sway) / 0.56
    depth = np.clip(-figure.py, 0, 2)
    ghost = smoothstep(1.0, 0.75, np.abs(off)) * np.exp(depth * -2.2) * (depth > 0)
    light = figure.canvas.light
    figure.lay(
        mixed(light.near, light.sky[1], 0.22), ghost * smoothstep(0.30, 0.52, ripple + 0.12) * 0.7
    )


def _draw_ship(figure: Figure, sails: Array) -> None:
    wood, dark, gold = rgb("6a4028"), rgb("2a1b16"), rgb("c89a4a")
    cloth = figure.noise("sails", across=5, up=9, octaves=4)
    planks = figure.noise("planks", across=4, up=60, octaves=3)

    def rigging(pen: FigurePen) -> None:
        for x, high in ((-0.30, 0.88), (0.02, 1.04), (0.32, 0.92)):
            pen.limb([(x, 0.1), (x, high)], [0.022, 0.010])
        pen.limb([(0.50, 0.20), (0.80, 0.36)], [0.020, 0.008])
        for a, b in (
            ((0.32, 0.90), (0.80, 0.36)),
            ((0.32, 0.70), (0.70, 0.31)),
            ((0.02, 1.02), (0.30, 0.20)),
            ((-0.30, 0.86), (-0.02, 0.18)),
            ((-0.30, 0.86), (-0.56, 0.24)),
            ((0.02, 1.02), (-0.28, 0.5)),
        ):
            pen.limb([a, b], [0.005, 0.005])

    figure.solid(rigging, dark, depth=0.008)

    def sail(x: float, low: float, high: float, half: float, bulge: float) -> None:
        def shape(pen: FigurePen) -> None:
            top, foot = half * 0.82, half
            right = spline(
                [(x + top, high), (x + (top + foot) / 2 + bulge, (low + high) / 2), (x + foot, low)]
            )
            bottom = spline([(x + foot, low), (x + bulge * 0.7, low + 0.035), (x - foot, low)])
            left = spline(
                [
                    (x - foot, low),
                    (x - (top + foot) / 2 + bulge * 0.8, (low + high) / 2),
                    (x - top, high),
                ]
            )
            pen.polygon([*right, *bottom, *left])

        figure.solid(
            shape, (mixed(sails, rgb("a89a86"), 0.3), sails), depth=0.05, texture=cloth, rim=0.2
        )
        figure.solid(
            lambda pen: pen.limb(
                [(x - half * 0.9, high + 0.004), (x + half * 0.9, high + 0.004)], [0.013, 0.013]
            ),
            dark,
            depth=0.006,
        )

    for x, half, tiers in (
        (-0.30, 0.115, ((0.24, 0.46), (0.475, 0.66), (0.675, 0.80))),
        (0.32, 0.12, ((0.26, 0.48), (0.495, 0.69), (0.705, 0.84))),
        (0.02, 0.15, ((0.22, 0.50), (0.515, 0.76), (0.775, 0.95))),
    ):
        for k, (low, high) in enumerate(tiers):
            sail(x, low, high, half * (1 - 0.2 * k), 0.05)

    def jibs(pen: FigurePen) -> None:
        pen.polygon(
            [(0.355, 0.86), *spline([(0.355, 0.86), (0.60, 0.55), (0.77, 0.36)]), (0.50, 0.28)]
        )
        pen.polygon(
            [
                (-0.32, 0.50),
                *spline([(-0.32, 0.50), (-0.45, 0.42), (-0.62, 0.44)]),
                (-0.60, 0.24),
                (-0.32, 0.22),
            ]
        )

    figure.solid(jibs, mixed(sails, rgb("b8aa94"), 0.25), depth=0.05, texture=cloth)

    def hull(pen: FigurePen) -> None:
        pen.polygon(
            [
                *spline([(-0.60, 0.26), (-0.585, 0.12), (-0.53, 0.0), (-0.44, -0.045)]),
                (0.36, -0.045),
                *spline([(0.36, -0.045), (0.48, 0.04), (0.54, 0.14), (0.60, 0.225)]),
                *spline(
                    [(0.60, 0.225), (0.40, 0.165), (0.10, 0.125), (-0.20, 0.135), (-0.36, 0.165)]
                ),
                (-0.37, 0.20),
                (-0.46, 0.215),
                (-0.47, 0.26),
            ]
        )

    body = figure.solid(hull, (dark, wood), depth=0.05, texture=planks)
    band = [(-0.58, 0.145), (-0.3, 0.105), (0.1, 0.088), (0.4, 0.125), (0.57, 0.185)]
    figure.lay(gold, figure.cover(lambda pen: pen.limb(band, [0.014] * 5)) * body * 0.9)
    stripe = [(x, y - 0.045) for x, y in band]
    figure.lay(
        mixed(sails, gold, 0.2),
        figure.cover(lambda pen: pen.limb(stripe, [0.038] * 5)) * body * 0.55,
    )

    def ports(pen: FigurePen) -> None:
        for k in range(9):
            x = -0.46 + 0.108 * k
            y = 0.052 + 0.09 * (x - 0.05) ** 2 / 0.3
            pen.polygon(
                [
                    (x - 0.015, y - 0.015),
                    (x + 0.015, y - 0.015),
                    (x + 0.015, y + 0.015),
                    (x - 0.015, y + 0.015),
                ]
            )

    ports_at = figure.cover(ports) * body
    figure.lay(dark, ports_at)

    def panes(pen: FigurePen) -> None:
        for k in range(3):
            pen.polygon(
                [
                    (-0.565 + 0.035 * k, 0.175),
                    (-0.54 + 0.035 * k, 0.175),
                    (-0.54 + 0.035 * k, 0.215),
                    (-0.565 + 0.035 * k, 0.215),
                ]
            )

    lit = figure.canvas.light.name != "day"
    glass = figure.cover(panes)
    figure.lay(rgb("ffd27a") if lit else rgb("9fb4c0"), glass)
    if lit:
        figure.lighten(rgb("ffae50"), figure.blurred(glass, 0.03) * 0.9)
    red = rgb("b8342b")

    def flags(pen: FigurePen) -> None:
        for x, y in ((-0.30, 0.88), (0.02, 1.04), (0.32, 0.92)):
            pen.polygon(
                [
                    (x, y),
                    *spline([(x, y), (x + 0.06, y - 0.012), (x + 0.13, y - 0.002)]),
                    *spline([(x + 0.13, y - 0.018), (x + 0.06, y - 0.03), (x, y - 0.035)]),
                ]
            )

    figure.solid(flags, red, depth=0.015)


def _paint_wake(figure: Figure) -> None:
    foam = figure.noise("wake", across=14, up=50, octaves=4)
    line = np.exp(-np.abs(figure.py + 0.045) * 55) * smoothstep(0.72, 0.4, np.abs(figure.px))
    bow = np.exp(-(((figure.px - 0.44) / 0.10) ** 2 + ((figure.py + 0.035) / 0.035) ** 2))
    light = figure.canvas.light
    white = mixed(light.sky[-1], np.ones(3, np.float32), 0.4)
    strength = 0.45 if light.night else 0.8
    figure.lay(
        white,
        np.clip(smoothstep(0.42, 0.7, foam * 0.55 + line * 0.4 + bow * 0.45) * (line + bow), 0, 1)
        * np.float32(strength),
    )
