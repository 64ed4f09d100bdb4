"""Posters of circles, arcs and bars."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas, Pen, Point
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import NAMED_COLORS, hexes, mixed
from generation.demo.painter.scene import Scene

# Paper, then inks from dark to bright.
SETS = (
    hexes("efe6d5 17304a d9482b e7a93a 2f7f79 a9301c"),
    hexes("f2ead8 22223b c8553d f2b880 588b8b 8f2d56"),
    hexes("ece5d8 1f2a2e 3f6f5f d8a24a b8482f 8aa8a0"),
    hexes("f4efe4 2b2d42 ef6f6c f7c59f 4f7cac 97c4b8"),
    hexes("e8e2d6 26262a 9a3b2f cfa15a 4a5f6a b8b0a0"),
    hexes("1c2230 f0e6d2 e4572e f2b84b 3f88a5 7a93ac"),
)


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint a grid of quarter circles, arcs and bars, or one large composition, on rough paper."""
    rng = canvas.rng("geometry")
    colors = SETS[int(rng.integers(len(SETS)))].copy()
    for place, name in zip((2, 4, 3), scene.colors, strict=False):
        colors[place] = mixed(colors[place], NAMED_COLORS[name], 0.85)
    paper, inks = colors[0], colors[1:]
    canvas.fill(paper)
    layers: list[tuple[Array, Array]] = []
    (_grid if rng.random() < 0.55 else _free)(canvas, rng, inks, layers)
    worn = canvas.fbm("worn ink", across=120, octaves=3, gain=0.7)
    blotch = canvas.fbm("blotch", across=5, octaves=4) - 0.5
    hold = np.clip(1.25 - 0.62 * np.clip(worn - 0.48, 0, 1) * 2.4, 0, 1)
    for index, (color, cover) in enumerate(layers):
        canvas.lay(color[:, None, None] * (1 + blotch * 0.10), cover * hold)
        canvas.report(0.3 + 0.6 * index / len(layers))
    fiber = canvas.fbm("fiber", across=170, octaves=2) - 0.5
    canvas.rgb *= 1 + fiber * 0.07


def _grid(
    canvas: Canvas, rng: np.random.Generator, inks: Array, layers: list[tuple[Array, Array]]
) -> None:
    margin = 0.07 * canvas.unit
    across = int(np.clip(round(canvas.aspect / canvas.unit * rng.integers(3, 6)), 3, 9))
    cell = (canvas.aspect - 2 * margin) / across
    down = max(2, int((1 - 2 * margin) / cell))
    top = (1 - down * cell) / 2
    jobs: list[list[tuple[str, float, float, int]]] = [[] for _ in range(2 * len(inks))]
    for row in range(down):
        for place in range(across):
            first = int(rng.integers(len(inks)))
            second = int((first + rng.integers(1, len(inks))) % len(inks))
            x, y, turn = margin + place * cell, top + row * cell, int(rng.integers(4))
            form = str(
                rng.choice(
                    ["quarter", "arcs", "disk", "half", "bars", "triangle", "leaf", "petals"]
                )
            )
            if rng.random() < 0.72:
                jobs[first].append(("square", x, y, turn))
            jobs[len(inks) + second].append((form, x, y, turn))
    for index, work in enumerate(jobs):
        if work:

            def draw(pen: Pen, work: list[tuple[str, float, float, int]] = work) -> None:
                for form, x, y, turn in work:
                    _cell(pen, form, x, y, cell, turn)

            layers.append((inks[index % len(inks)], canvas.drawn(draw)))


def _cell(pen: Pen, form: str, x: float, y: float, size: float, turn: int) -> None:
    """Draw one form in the square at (x, y), turned by quarters."""

    def at(px: float, py: float) -> tuple[float, float]:
        for _ in range(turn):
            px, py = 1 - py, px
        return x + px * size, y + py * size

    def arc(radius: float, start: float = 0.0, end: float = np.pi / 2) -> list[tuple[float, float]]:
        return [at(radius * np.cos(a), radius * np.sin(a)) for a in np.linspace(start, end, 48)]

    if form == "square":
        pen.polygon([at(0, 0), at(1, 0), at(1, 1), at(0, 1)])
    elif form == "quarter":
        pen.polygon([at(0, 0), *arc(1.0)])
    elif form == "arcs":
        for outer, inner in ((1.0, 0.80), (0.60, 0.40), (0.20, 0.0)):
            pen.polygon([*arc(outer), *reversed(arc(max(inner, 0.001)))])
    elif form == "disk":
        pen.ellipse(x + size / 2, y + size / 2, size * 0.36)
    elif form == "half":
        pen.polygon([at(0.5 + 0.5 * np.cos(a), 0.5 * np.sin(a)) for a in np.linspace(0, np.pi, 60)])
    elif form == "bars":
        for k in range(4):
            pen.polygon(
                [at(0, k / 4 + 0.06), at(1, k / 4 + 0.06), at(1, k / 4 + 0.19), at(0, k / 4 + 0.19)]
            )
    elif form == "triangle":
        pen.polygon([at(0, 0), at(1, 0), at(0, 1)])
    elif form == "leaf":
        one = [at(np.cos(a), np.sin(a)) for a in np.linspace(0, np.pi / 2, 40)]
        two = [at(1 - np.cos(a), 1 - np.sin(a)) for a in np.linspace(0, np.pi / 2, 40)]
        pen.polygon(one + two)
    else:
        for cx, cy in ((0.27, 0.27), (0.73, 0.27), (0.27, 0.73), (0.73, 0.73)):
            px, py = at(cx, cy)
            pen.ellipse(px, py, size * 0.17)


def _free(
    canvas: Canvas, rng: np.random.Generator, inks: Array, layers: list[tuple[Array, Array]]
) -> None:
    """Compose a large sun with rings, a diagonal plane, bars and a few small accents."""
    a, u = canvas.aspect, canvas.unit
    order = rng.permutation(len(inks))
    side = float(rng.choice([-1.0, 1.0]))

    def px(value: float) -> float:
        return a / 2 + side * (value - 0.5) * a

    slope, base = rng.uniform(0.15, 0.4), rng.uniform(0.60, 0.72)
    sun_x, sun_y, radius = (
        px(rng.uniform(0.55, 0.66)),
        rng.uniform(0.34, 0.44),
        u * rng.uniform(0.27, 0.34),
    )

    def ring(outer: float, inner: float) -> Array:
        def draw(pen: Pen) -> None:
            pen.ellipse(sun_x, sun_y, outer)
            pen.ellipse(sun_x, sun_y, inner, shade=0)

        return canvas.drawn(draw)

    layers.append((inks[order[0]], canvas.drawn(lambda pen: pen.ellipse(sun_x, sun_y, radius))))
    half = [
        (sun_x + radius * np.cos(t), sun_y + radius * np.sin(t))
        for t in np.linspace(np.pi / 2, np.pi * 1.5, 80)
    ]
    layers.append(
        (mixed(inks[order[0]], inks[order[1]], 0.5), canvas.drawn(lambda pen: pen.polygon(half)))
    )
    layers.append((inks[order[2]], ring(radius * 0.62, radius * 0.46)))
    layers.append((inks[order[3]], ring(radius * 0.28, 0.0)))
    layers.append(
        (
            inks[order[1]],
            canvas.drawn(
                lambda pen: pen.polygon(
                    [
                        (px(-0.02), base),
                        (px(0.62), base),
                        (px(0.62 - slope), 1.02),
                        (px(-0.02), 1.02),
                    ]
                )
            ),
        )
    )
    layers.append(
        (
            inks[order[4]],
            canvas.drawn(
                lambda pen: pen.polygon(
                    [(px(0.62), base), (px(1.02), base), (px(1.02), 1.02), (px(0.62 - slope), 1.02)]
                )
            ),
        )
    )
    dome_x, dome = px(rng.uniform(0.74, 0.82)), u * rng.uniform(0.14, 0.2)
    for factor, ink in ((1.0, 2), (0.68, 0), (0.34, 3)):
        arc = [
            (dome_x + dome * factor * np.cos(t), 1.0 - dome * factor * np.sin(t))
            for t in np.linspace(0, np.pi, 60)
        ]

        def segment(pen: Pen, arc: list[Point] = arc) -> None:
            pen.polygon(arc)

        layers.append((inks[order[ink]], canvas.drawn(segment)))

    def bars(pen: Pen) -> None:
        count = int(rng.integers(6, 10))
        for k in range(count):
            y = 0.09 + k * 0.034
            end = 0.32 - 0.02 * k
            pen.polygon([(px(0.06), y), (px(end), y), (px(end), y + 0.013), (px(0.06), y + 0.013)])

    layers.append((inks[order[1]], canvas.drawn(bars)))
    dot = u * 0.055

    def eye(pen: Pen) -> None:
        pen.ellipse(px(0.17), base + 0.14, dot)
        pen.ellipse(px(0.17), base + 0.14, dot * 0.5, shade=0)

    layers.append((inks[order[3]], canvas.drawn(eye)))
    layers.append(
        (
            inks[order[0]],
            canvas.drawn(lambda pen: pen.line([(px(0.04), 0.97), (px(0.96), 0.06)], 0.0055)),
        )
    )
