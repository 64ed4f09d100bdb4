"""A rounded old car on a country road or in a street."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas, column
from generation.demo.painter.figure import Figure, FigurePen, shaded, stroke
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import NAMED_COLORS, mixed, rgb
from generation.demo.painter.scene import Scene

from .stage import set_stage

_PAINTS = ("c8402f", "2f7f8a", "e0b04a", "e8dcc4", "4f7f4a", "d8785a")
_WHEELS = ((-0.56, 0.155), (0.56, 0.155))


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint a car from the side in the place that the prompt names."""
    stage = set_stage(canvas, scene, "car", top=0.80)
    road = 0.875
    _paint_road(canvas, road)
    size = canvas.unit * float(stage.rng.uniform(0.31, 0.35))
    flip = bool(stage.rng.random() < 0.5)
    coat = rgb(str(stage.rng.choice(_PAINTS)))
    for name in scene.colors[:1]:
        coat = NAMED_COLORS[name]
    figure = Figure(
        canvas,
        x=stage.x,
        foot=road + 0.02,
        size=size,
        flip=flip,
        reach=(-1.3, -0.3, 2.3, 1.15),
        sun=stage.sun * (-1 if flip else 1),
    )
    if not figure.hidden:
        _draw_car(figure, coat)


def _paint_road(canvas: Canvas, road: float) -> None:
    top, bottom = road - 0.045, road + 0.075
    first, last = canvas.row(top) - 1, min(canvas.height, canvas.row(bottom) + 2)
    y = canvas.y[first:last]
    snow = canvas.scene.season == "winter"
    dark, bright = shaded(canvas.light, rgb("c8d0dc") if snow else rgb("77736f"))
    rough = canvas.fbm("road", across=50, down=120, octaves=3)[first:last] - 0.5
    long = canvas.fbm("tracks", across=1.2, down=40, octaves=3)[first:last] - 0.5
    tone = np.clip(0.52 + rough * 0.3 + long * 0.5, 0, 1)
    cover = canvas.edge(np.float32(top) - y, 3) * canvas.edge(y - np.float32(bottom), 3)
    canvas.lay(column(dark) + column(bright - dark) * tone, cover * np.ones_like(tone), top=first)
    pale = mixed(bright, np.ones(3, np.float32), 0.45)
    for line, wide in ((top + 0.006, 0.003), (bottom - 0.009, 0.005)):
        stripe = canvas.edge(np.abs(y - np.float32(line)) - np.float32(wide / 2))
        canvas.lay(pale, stripe * np.ones_like(tone) * 0.55, top=first)


def _draw_car(figure: Figure, coat: Array) -> None:
    dark, chrome = rgb("17161a"), rgb("d8dce0")
    light = figure.canvas.light
    lit = light.name != "day"
    low = mixed(coat, dark, 0.3)
    spot = np.exp(-((figure.px / 0.95) ** 4 + ((figure.py + 0.01) / 0.06) ** 2))
    figure.lay(mixed(light.near, dark, 0.5), spot * 0.7)

    def glass(pen: FigurePen) -> None:
        pen.blob(
            [(-0.50, 0.50), (-0.40, 0.70), (-0.22, 0.80), (0.06, 0.80), (0.24, 0.70), (0.36, 0.50)]
        )

    def body(pen: FigurePen) -> None:
        pen.blob(
            [
                (-0.98, 0.28),
                (-0.97, 0.42),
                (-0.84, 0.52),
                (-0.62, 0.57),
                (-0.50, 0.72),
                (-0.28, 0.86),
                (0.02, 0.875),
                (0.24, 0.80),
                (0.40, 0.60),
                (0.60, 0.545),
                (0.84, 0.49),
                (0.97, 0.38),
                (0.98, 0.24),
                (0.90, 0.155),
                (0.0, 0.13),
                (-0.90, 0.155),
            ]
        )

    figure.solid(body, (low, coat), depth=0.12, gloss=0.35)

    def windows(pen: FigurePen) -> None:
        pen.blob([(-0.45, 0.555), (-0.41, 0.68), (-0.26, 0.79), (-0.10, 0.81), (-0.095, 0.55)])
        pen.blob([(-0.055, 0.55), (-0.055, 0.812), (0.06, 0.805), (0.19, 0.745), (0.315, 0.56)])

    panes = figure.cover(windows)
    sky = mixed(light.sky[2], light.sky[-2], 0.4)
    inside = mixed(dark, sky, 0.25)
    shine = np.clip((figure.py - 0.52) * 2.4, 0, 1)
    streak = (
        np.clip(1 - np.abs((figure.px * 1.6 - figure.py + 0.75) % 0.62 - 0.12) * 16, 0, 1) * 0.35
    )
    colors = column(inside) + column(sky - inside) * (shine * 0.75)
    if lit:
        colors = colors + (column(rgb("ffcf80")) - colors) * 0.4
    figure.lay(colors, panes)
    figure.lighten(rgb("ffffff"), streak * panes * 0.6)

    def trim(pen: FigurePen) -> None:
        pen.limb(
            [(-0.95, 0.40), (-0.5, 0.475), (0.0, 0.485), (0.5, 0.465), (0.94, 0.38)], [0.010] * 5
        )

    figure.lay(chrome, figure.cover(trim) * figure.cover(body) * 0.8)

    def seams(pen: FigurePen) -> None:
        pen.limb([(-0.075, 0.53), (-0.08, 0.36), (-0.06, 0.17)], [0.008] * 3)
        pen.limb([(0.36, 0.53), (0.38, 0.40), (0.33, 0.24)], [0.008] * 3)

    figure.lay(mixed(coat, dark, 0.6), figure.cover(seams) * 0.7)
    figure.solid(
        lambda pen: pen.limb([(-0.02, 0.44), (0.06, 0.44)], [0.022, 0.022]),
        chrome,
        depth=0.01,
        gloss=0.6,
    )

    def fenders(pen: FigurePen) -> None:
        for x, y in _WHEELS:
            pen.blob(
                [
                    (x - 0.33, y + 0.03),
                    (x - 0.25, y + 0.20),
                    (x - 0.06, y + 0.285),
                    (x + 0.14, y + 0.265),
                    (x + 0.28, y + 0.15),
                    (x + 0.33, y + 0.02),
                    (x + 0.22, y - 0.02),
                    (x - 0.22, y - 0.02),
                ]
            )

    figure.solid(fenders, (low, coat), depth=0.07, gloss=0.35)
    figure.solid(
        lambda pen: pen.limb([(-0.26, 0.13), (0.26, 0.13)], [0.05, 0.05]),
        mixed(dark, coat, 0.25),
        depth=0.02,
    )
    for x, y in _WHEELS:
        _draw_wheel(figure, x, y, dark, chrome, coat)
    for x in (-1.0, 1.0):
        bumper = [(x - 0.10 * np.sign(x), 0.175), (x, 0.185), (x + 0.015 * np.sign(x), 0.25)]
        figure.solid(
            stroke(bumper, [0.045, 0.05, 0.04]),
            chrome,
            depth=0.02,
            gloss=0.7,
        )
    lamp = figure.solid(
        lambda pen: pen.ellipse(0.925, 0.375, 0.045, 0.060, -0.3),
        rgb("fff0c8"),
        depth=0.025,
        gloss=0.6,
    )
    figure.solid(
        lambda pen: pen.ellipse(-0.955, 0.37, 0.025, 0.045, 0.2),
        rgb("c8302a"),
        depth=0.02,
        gloss=0.4,
    )
    if lit:
        figure.lay(rgb("fff0c8"), lamp)
        run, drop = figure.px - 0.94, figure.py - 0.37
        beam = (
            np.exp(-(((drop + run * 0.14) / (0.03 + np.clip(run, 0, 2) * 0.20)) ** 2))
            * np.exp(-np.clip(run, 0, 3) * 1.1)
            * (run > 0)
        )
        figure.lighten(
            rgb("ffe2a0"), beam * (0.55 if light.night else 0.35) + figure.blurred(lamp, 0.06) * 0.9
        )


def _draw_wheel(
    figure: Figure, x: float, y: float, dark: Array, chrome: Array, coat: Array
) -> None:
    figure.solid(lambda pen: pen.ellipse(x, y, 0.185, 0.185), dark, depth=0.03, rim=0.15)
    figure.solid(lambda pen: pen.ellipse(x, y, 0.118, 0.118), rgb("ece4d4"), depth=0.02)
    figure.solid(
        lambda pen: pen.ellipse(x, y, 0.100, 0.100), mixed(coat, dark, 0.1), depth=0.03, gloss=0.3
    )
    figure.solid(lambda pen: pen.ellipse(x, y, 0.055, 0.055), chrome, depth=0.04, gloss=0.8)
