"""A steam train on a viaduct, its smoke drawn out over the land."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas, column, smoothstep
from generation.demo.painter.figure import Figure, FigurePen, all_of, oval, shaded
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import NAMED_COLORS, mixed, rgb
from generation.demo.painter.scene import Scene

from .ground import ground_color
from .robot import rounded
from .stage import PLACES, place_of
from .trees import forest_edge

_PAINTS = ("8a2f2a", "2f4f3f", "2f4a6a", "3a3a40")


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint a locomotive with carriages on a stone viaduct before the place that is named."""
    rng = canvas.rng("train")
    place = place_of(scene)
    if place == "bridge":  # the train has a viaduct of its own
        place = "mountains" if scene.has("mountains") else "meadow"
    PLACES[place].paint(canvas, scene)
    canvas.report(0.85)
    rails = float(rng.uniform(0.66, 0.70))
    _paint_viaduct(canvas, rails)
    size = canvas.unit * float(rng.uniform(0.17, 0.19))
    flip = bool(rng.random() < 0.5)
    x = canvas.aspect * (0.28 if flip else 0.72)
    coat = rgb(str(rng.choice(_PAINTS)))
    for name in scene.colors[:1]:
        coat = NAMED_COLORS[name]
    long = canvas.aspect / size + 2
    figure = Figure(
        canvas, x=x, foot=rails, size=size, flip=flip, reach=(-long, -0.3, 2.8, 3.6), sun=1.0
    )
    if figure.hidden:
        return
    _paint_smoke(figure)
    for k in range(min(16, int(long / 2.1) + 1)):
        start = -1.45 - 2.12 * (k + 1) + 0.42
        part = Figure(
            canvas,
            x=x,
            foot=rails,
            size=size,
            flip=flip,
            reach=(start - 0.4, -0.1, start + 2.4, 1.4),
            sun=1.0,
        )
        if not part.hidden:
            _draw_carriage(part, start, mixed(coat, rgb("e8d8b8"), 0.12))
    engine = Figure(
        canvas, x=x, foot=rails, size=size, flip=flip, reach=(-1.8, -0.1, 2.8, 1.5), sun=1.0
    )
    if not engine.hidden:
        _draw_engine(engine, coat)


def _paint_viaduct(canvas: Canvas, rails: float) -> None:
    """Paint a wall of arches below the rails, and woods at its foot."""
    pitch = 0.24 * canvas.unit
    half, spring = pitch * 0.36, rails + 0.13
    x, y = canvas.x, canvas.y
    place = np.mod(x - np.float32(canvas.aspect / 2), np.float32(pitch)) - np.float32(pitch / 2)
    round_top = np.hypot(place, y - np.float32(spring)) - np.float32(half)
    hole = np.where(y > np.float32(spring), np.abs(place) - np.float32(half), round_top)
    open_ = canvas.edge(hole)
    body = canvas.edge(np.float32(rails) - y) * np.ones_like(open_)
    dark, bright = shaded(canvas.light, rgb("b0a48e"))
    number = (np.floor(y * 60) * 0.37 + np.floor(x * 30 + np.floor(y * 60) * 0.5) * 0.618) % 1
    dirt = canvas.fbm("viaduct", across=10, down=10, octaves=5) - 0.5
    tone = np.clip(0.66 + (number - 0.5) * 0.2 + dirt * 0.6 - (y - np.float32(rails)) * 0.8, 0, 1)
    inner = canvas.edge(hole + np.float32(0)) * (
        1 - canvas.edge(hole + np.float32(half * 0.16) + place * 0.10)
    )
    stone = column(dark) + column(bright - dark) * tone
    canvas.lay(stone, body * (1 - open_))
    canvas.lay(mixed(dark, canvas.light.near, 0.4), inner * body)
    ring = canvas.edge(hole - np.float32(half * 0.13)) * (1 - open_) * body
    canvas.lay(mixed(bright, dark, 0.25), ring * 0.4)
    lip = canvas.edge(np.float32(rails - 0.004) - y) * canvas.edge(y - np.float32(rails + 0.016))
    canvas.lay(mixed(bright, canvas.light.direct, 0.2), lip * np.ones_like(open_) * 0.8)
    under = canvas.edge(np.float32(rails + 0.016) - y) * canvas.edge(y - np.float32(rails + 0.026))
    canvas.lay(dark, under * np.ones_like(open_) * 0.7)
    foot = np.float32(0.93) + (canvas.line("viaduct foot", across=1.5, octaves=3) - 0.5) * 0.05
    trees = forest_edge(canvas, "viaduct trees", foot=foot, height=0.15, density=120, thin=0.15)
    green = rgb("2f5538") if canvas.scene.season != "autumn" else rgb("9a5a2c")
    color = mixed(canvas.light.near, green, 0.3)
    canvas.lay(color, trees)
    ground = shaded(canvas.light, ground_color(canvas, "grass"))
    canvas.lay(mixed(*ground, 0.35), canvas.edge(foot[None] - y))
    if canvas.scene.season == "winter":
        drop = max(1, round(canvas.height * 0.004))
        upper = np.clip(trees - np.roll(trees, drop, axis=0), 0, 1)
        canvas.lay(mixed(color, rgb("e8eef6"), 0.7), upper * 0.85)


def _wheels(figure: Figure, places: list[tuple[float, float]], color: Array) -> None:
    iron = rgb("1a1a1e")
    for x, radius in places:
        figure.solid(oval(x, radius, radius, radius), iron, depth=0.05, rim=0.2)
        figure.solid(
            oval(x, radius, radius * 0.72, radius * 0.72),
            mixed(color, iron, 0.35),
            depth=0.04,
        )

        def spokes(pen: FigurePen, x: float = x, r: float = radius) -> None:
            for k in range(4):
                dx, dy = r * 0.7 * float(np.cos(k * 0.785)), r * 0.7 * float(np.sin(k * 0.785))
                pen.limb([(x - dx, r - dy), (x + dx, r + dy)], [0.022, 0.022])

        figure.lay(iron, figure.cover(spokes) * 0.8)


def _draw_engine(figure: Figure, coat: Array) -> None:
    iron, brass = rgb("232328"), rgb("d8a84a")
    low = mixed(coat, iron, 0.4)
    figure.solid(rounded(-1.55, 0.20, 0.75, 0.34, 0.03), iron, depth=0.04)
    _wheels(figure, [(-1.25, 0.26), (-0.70, 0.26), (-0.15, 0.26), (0.32, 0.15), (0.62, 0.15)], coat)
    figure.solid(
        lambda pen: pen.limb([(-1.25, 0.26), (-0.15, 0.26), (0.45, 0.30)], [0.045, 0.045, 0.05]),
        rgb("b8bcc0"),
        depth=0.02,
        gloss=0.5,
    )
    figure.solid(rounded(-0.85, 0.36, 0.72, 0.88, 0.06), (low, coat), depth=0.22, gloss=0.35)
    figure.solid(rounded(0.62, 0.34, 0.86, 0.90, 0.10), iron, depth=0.12, gloss=0.3)
    for x in (-0.55, -0.15, 0.25):
        figure.lay(brass, figure.cover(rounded(x, 0.36, x + 0.03, 0.88, 0.005)) * 0.75)
    figure.solid(
        lambda pen: pen.polygon(
            [(0.42, 0.86), (0.40, 1.14), (0.36, 1.24), (0.66, 1.24), (0.62, 1.14), (0.60, 0.86)]
        ),
        iron,
        depth=0.07,
        gloss=0.25,
    )
    figure.solid(
        lambda pen: pen.blob(
            [(-0.05, 0.86), (-0.02, 1.02), (0.07, 1.07), (0.16, 1.02), (0.19, 0.86)]
        ),
        brass,
        depth=0.06,
        gloss=0.5,
    )
    figure.solid(
        lambda pen: pen.blob(
            [(-0.50, 0.86), (-0.47, 0.98), (-0.40, 1.01), (-0.33, 0.98), (-0.30, 0.86)]
        ),
        low,
        depth=0.05,
        gloss=0.3,
    )
    figure.solid(rounded(-1.50, 0.34, -0.82, 1.16, 0.04), (low, coat), depth=0.10, gloss=0.15)
    figure.solid(
        lambda pen: pen.limb([(-1.60, 1.18), (-1.15, 1.23), (-0.72, 1.18)], [0.06, 0.07, 0.05]),
        iron,
        depth=0.03,
    )
    figure.solid(
        lambda pen: pen.polygon([(0.72, 0.32), (1.06, 0.06), (0.70, 0.06)]), iron, depth=0.04
    )
    pane = figure.cover(all_of([rounded(x, 0.74, x + 0.24, 1.02, 0.03) for x in (-1.42, -1.12)]))
    _light_panes(figure, pane)
    lamp = figure.solid(
        lambda pen: pen.ellipse(0.86, 0.80, 0.07, 0.085), rgb("fff0c8"), depth=0.04, gloss=0.5
    )
    if figure.canvas.light.name != "day":
        figure.lay(rgb("fff0c8"), lamp)
        run, drop = figure.px - 0.9, figure.py - 0.80
        beam = (
            np.exp(-(((drop + run * 0.10) / (0.06 + np.clip(run, 0, 3) * 0.20)) ** 2))
            * np.exp(-np.clip(run, 0, 4) * 0.8)
            * (run > 0)
        )
        figure.lighten(rgb("ffe2a0"), beam * 0.5 + figure.blurred(lamp, 0.10) * 0.9)


def _light_panes(figure: Figure, pane: Array) -> None:
    light = figure.canvas.light
    lit = light.name != "day"
    glass = rgb("ffcf7a") if lit else mixed(rgb("9fb8c4"), light.sky[1], 0.4)
    figure.lay(glass, pane)
    if lit:
        figure.lighten(rgb("ffae50"), figure.blurred(pane, 0.10) * 0.8)


def _draw_carriage(figure: Figure, x: float, coat: Array) -> None:
    iron = rgb("232328")
    figure.solid(rounded(x, 0.20, x + 2.02, 0.32, 0.03), iron, depth=0.04)
    figure.solid(
        lambda pen: pen.limb([(x - 0.1, 0.26), (x + 0.05, 0.26)], [0.05, 0.05]), iron, depth=0.02
    )
    _wheels(figure, [(x + 0.28, 0.15), (x + 0.58, 0.15), (x + 1.44, 0.15), (x + 1.74, 0.15)], coat)
    figure.solid(
        rounded(x + 0.02, 0.30, x + 2.0, 1.06, 0.05),
        (mixed(coat, iron, 0.35), coat),
        depth=0.14,
        gloss=0.2,
    )
    cream = figure.cover(rounded(x + 0.02, 0.64, x + 2.0, 0.97, 0.02))
    figure.solid(cream, mixed(coat, rgb("f0e4c8"), 0.75), depth=0.03, rim=0.1)
    figure.solid(
        lambda pen: pen.limb(
            [(x - 0.02, 1.06), (x + 1.0, 1.12), (x + 2.04, 1.06)], [0.07, 0.10, 0.07]
        ),
        iron,
        depth=0.05,
    )

    def panes(pen: FigurePen) -> None:
        for k in range(6):
            rounded(x + 0.13 + 0.30 * k, 0.68, x + 0.36 + 0.30 * k, 0.93, 0.03)(pen)

    _light_panes(figure, figure.cover(panes))


def _paint_smoke(figure: Figure) -> None:
    """Paint puffs from the chimney that grow and thin out behind the train."""
    back = np.clip(0.52 - figure.px, 0, None)
    curl = figure.noise("steam curl", across=0.5, octaves=4) - 0.5
    puffs = figure.noise("steam", across=1.1, up=1.2, octaves=6)
    rise = 1.30 + 1.25 * (1 - np.exp(-back * 0.55)) + back * 0.05
    width = 0.12 + 0.34 * np.sqrt(np.clip(back, 0, 12))
    off = (figure.py - rise + curl * np.clip(back, 0, 1.5)) / width
    plume = np.exp(-off * off * 1.5) * np.exp(-back * 0.20) * smoothstep(-0.02, 0.10, back)
    cover = smoothstep(0.18, 0.62, plume * (0.35 + 1.15 * puffs))
    light = figure.canvas.light
    dark, bright = shaded(light, rgb("f2efea"))
    ahead = np.roll(puffs, (max(1, round(0.12 * figure.unit)), 0), axis=(0, 1))
    tone = np.clip(0.62 + (puffs - ahead) * 1.6 + off * 0.25, 0, 1)
    glow = mixed(bright, light.sky[-2], 0.25)
    figure.lay(column(dark) + column(glow - dark) * tone, np.clip(cover * 0.92, 0, 1))
