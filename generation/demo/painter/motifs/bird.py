"""A songbird on a branch, the place behind it out of focus."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas
from generation.demo.painter.figure import Figure, FigurePen, all_of, stroke
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import NAMED_COLORS, mixed, rgb
from generation.demo.painter.scene import Scene

from .stage import PLACES, place_of

_PLUMAGE = (
    ("6a7a5a", "d8642c", "f2e8d8"),
    ("3f6a9a", "e8a04a", "f4ecdc"),
    ("7a5a44", "c8442f", "f2e4d4"),
    ("8a8f3a", "f0c84a", "f8f0d4"),
    ("4a4f5a", "e86a5a", "f4ece4"),
)


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint a bird close up on a branch with leaves, blossom or snow by season."""
    rng = canvas.rng("bird")
    PLACES[place_of(scene)].paint(canvas, scene)
    canvas.rgb = canvas.blurred(canvas.rgb, 0.016)
    _paint_bokeh(canvas, rng)
    canvas.report(0.9)
    size = canvas.unit * float(rng.uniform(0.40, 0.47))
    flip = bool(rng.random() < 0.5)
    back, breast, belly = (rgb(c) for c in _PLUMAGE[int(rng.integers(len(_PLUMAGE)))])
    for name in scene.colors[:1]:
        back, breast = (
            mixed(NAMED_COLORS[name], rgb("2a2a30"), 0.2),
            mixed(NAMED_COLORS[name], belly, 0.25),
        )
    x = canvas.aspect * float(rng.uniform(0.46, 0.54))
    foot = float(rng.uniform(0.70, 0.75))
    wide = 1.2 * max(1.0, canvas.aspect / size)
    figure = Figure(
        canvas,
        x=x,
        foot=foot,
        size=size,
        flip=flip,
        reach=(-wide, -0.5, wide, 1.15),
        sun=-1.0 if flip else 1.0,
    )
    if figure.hidden:
        return
    _draw_branch(figure, rng, canvas.aspect / size)
    _draw_bird(figure, back, breast, belly)


def _paint_bokeh(canvas: Canvas, rng: np.random.Generator) -> None:
    light = canvas.light
    warm = mixed(light.sun, light.sky[-2], 0.5) if not light.night else rgb("ffd890")
    for _ in range(int(26 * max(0.7, canvas.aspect))):
        x, y = float(rng.random()) * canvas.aspect, 0.25 + 0.75 * float(rng.random())
        radius = canvas.unit * float(rng.uniform(0.012, 0.05))
        strength = np.float32(float(rng.uniform(0.05, 0.20)))
        figure = Figure(canvas, x=x, foot=y, size=radius, reach=(-1.2, -1.2, 1.2, 1.2))
        if not figure.hidden:
            off = np.hypot(figure.px, figure.py)
            disk = np.clip((1 - off) * np.float32(figure.unit / 2), 0, 1) * (
                0.7 + 0.4 * np.clip(off, 0, 1) ** 4
            )
            figure.lighten(warm, disk * strength)


def _draw_branch(figure: Figure, rng: np.random.Generator, wide: float) -> None:
    bark = figure.noise("bark", across=10, up=34)
    wood = rgb("6a4f3c")
    start, end = -wide * 1.1, wide * 0.85
    twigs = [
        (float(at), float(way))
        for at, way in zip(np.linspace(-0.85, 0.85, 7), rng.uniform(-1, 1, 7), strict=True)
    ]

    def branch(pen: FigurePen) -> None:
        pen.limb(
            [(start, -0.22), (-0.6, -0.08), (0.0, -0.045), (0.55, -0.01), (end, 0.10)],
            [0.15, 0.11, 0.095, 0.07, 0.03],
        )
        for at, way in twigs:
            up = 0.24 if way > 0 else -0.2
            pen.limb(
                [(at, -0.05 + 0.05 * at), (at + 0.12, -0.05 + up * 0.5), (at + 0.20, -0.04 + up)],
                [0.035, 0.022, 0.008],
            )

    cover = figure.solid(branch, wood, depth=0.04, texture=bark)
    season = figure.canvas.scene.season
    if season == "winter" or "snow" in figure.canvas.scene.weather:
        drop = max(1, round(0.03 * figure.unit))
        upper = np.clip(cover - np.roll(cover, drop, axis=0), 0, 1)
        figure.lay(rgb("f0f4fa"), figure.blurred(upper, 0.006))
        return
    tone = {"autumn": rgb("d0782c"), "spring": rgb("f0b4c4")}.get(season or "", rgb("7a9a4a"))
    for at, way in twigs:
        up = 0.24 if way > 0 else -0.2
        spots = [
            (at + 0.20 + float(dx), -0.04 + up + float(dy), float(turn))
            for dx, dy, turn in zip(
                rng.normal(0, 0.05, 5),
                rng.normal(0, 0.05, 5),
                rng.uniform(-1.5, 1.5, 5),
                strict=True,
            )
        ]

        def leaves(pen: FigurePen, spots: list[tuple[float, float, float]] = spots) -> None:
            for x, y, turn in spots:
                pen.ellipse(x, y, 0.065, 0.028 if season != "spring" else 0.055, turn)

        figure.solid(leaves, mixed(tone, rgb("3a5a2a"), 0.15 * abs(way)), depth=0.02)


def _draw_bird(figure: Figure, back: Array, breast: Array, belly: Array) -> None:
    dark = mixed(back, rgb("17161a"), 0.55)
    down = figure.noise("down", across=48, up=22)
    barbs = figure.noise("barbs", across=16, up=70)
    legs = [
        stroke([(x, 0.26), (x + 0.02, 0.10), (x + 0.015, -0.005)], [0.03, 0.018, 0.018])
        for x in (0.04, 0.13)
    ]
    figure.solid(
        all_of(legs),
        rgb("7a5a48"),
        depth=0.01,
    )

    def toes(pen: FigurePen) -> None:
        for x in (0.055, 0.145):
            for dx in (-0.05, 0.03, 0.06):
                pen.limb([(x, 0.0), (x + dx * 0.7, 0.012), (x + dx, -0.03)], [0.018, 0.018, 0.009])

    figure.solid(toes, rgb("6a4a3c"), depth=0.008)
    figure.solid(
        lambda pen: pen.polygon(
            [
                (-0.14, 0.36),
                (-0.40, 0.12),
                (-0.66, -0.10),
                (-0.58, -0.16),
                (-0.30, 0.08),
                (-0.06, 0.24),
            ]
        ),
        dark,
        depth=0.03,
        texture=barbs,
    )

    def body(pen: FigurePen) -> None:
        pen.blob(
            [
                (0.12, 0.955),
                (0.24, 0.945),
                (0.33, 0.87),
                (0.355, 0.79),
                (0.375, 0.66),
                (0.38, 0.50),
                (0.31, 0.32),
                (0.17, 0.20),
                (0.0, 0.17),
                (-0.16, 0.24),
                (-0.20, 0.36),
                (-0.13, 0.54),
                (-0.06, 0.70),
                (0.0, 0.86),
            ]
        )

    trunk = figure.solid(body, (mixed(back, belly, 0.3), back), depth=0.12, texture=down)

    def front(pen: FigurePen) -> None:
        pen.blob(
            [
                (0.35, 0.80),
                (0.24, 0.76),
                (0.16, 0.64),
                (0.17, 0.50),
                (0.27, 0.40),
                (0.42, 0.46),
                (0.42, 0.66),
            ]
        )

    def under(pen: FigurePen) -> None:
        pen.blob(
            [
                (0.38, 0.48),
                (0.26, 0.44),
                (0.12, 0.40),
                (0.0, 0.26),
                (-0.10, 0.14),
                (0.14, 0.14),
                (0.36, 0.30),
            ]
        )

    figure.solid(figure.blurred(figure.cover(under), 0.02) * trunk, belly, depth=0.1, texture=down)
    figure.solid(
        figure.blurred(figure.cover(front), 0.018) * trunk, breast, depth=0.1, texture=down
    )

    def wing(pen: FigurePen) -> None:
        pen.blob(
            [
                (0.06, 0.64),
                (0.14, 0.55),
                (0.13, 0.40),
                (0.02, 0.29),
                (-0.16, 0.20),
                (-0.40, 0.04),
                (-0.34, 0.20),
                (-0.22, 0.40),
                (-0.08, 0.60),
            ]
        )

    plane = figure.solid(wing, (dark, back), depth=0.06, texture=barbs)

    def quills(pen: FigurePen) -> None:
        for k in range(6):
            t = k / 5
            pen.limb(
                [
                    (0.10 - 0.06 * t, 0.44 - 0.08 * t + 0.10 * (1 - t)),
                    (-0.10 - 0.05 * t, 0.31 - 0.03 * t + 0.06 * (1 - t)),
                    (-0.33 - 0.02 * t, 0.10 + 0.05 * (1 - t)),
                ],
                [0.010, 0.012, 0.004],
            )

    figure.lay(mixed(belly, back, 0.45), figure.cover(quills) * plane * 0.75)
    bar = figure.cover(
        lambda pen: pen.limb([(0.135, 0.45), (0.06, 0.44), (-0.03, 0.48)], [0.03, 0.026, 0.008])
    )
    figure.lay(belly, bar * plane * 0.85)

    def beak(pen: FigurePen) -> None:
        pen.polygon([(0.325, 0.865), (0.475, 0.805), (0.34, 0.785)])

    figure.solid(beak, rgb("3c3436"), depth=0.02, gloss=0.3)
    figure.lay(
        rgb("141214"),
        figure.cover(lambda pen: pen.limb([(0.34, 0.822), (0.46, 0.806)], [0.006, 0.003])),
    )
    figure.lay(
        mixed(belly, back, 0.4),
        figure.cover(lambda pen: pen.ellipse(0.238, 0.853, 0.037, 0.037)) * 0.6,
    )
    figure.lay(rgb("0f0d10"), figure.cover(lambda pen: pen.ellipse(0.24, 0.853, 0.028, 0.028)))
    figure.lay(rgb("ffffff"), figure.cover(lambda pen: pen.ellipse(0.25, 0.864, 0.008, 0.008)))
