"""A wood: spruces in fog, or birches."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas, smoothstep
from generation.demo.painter.noise import Array, NoiseTile
from generation.demo.painter.palette import hexes, mixed, ramp, rgb
from generation.demo.painter.scene import Scene
from generation.demo.painter.sky import paint_moon, paint_sky, paint_stars, paint_sun

from .mountains import paint_birds
from .trees import forest_edge

LEAVES = {
    "spring": hexes("7f9f4a a8bf66 d5dd9a"),
    "summer": hexes("3f6b35 6f9448 b0c070"),
    "autumn": hexes("b5602a d9943a f0c468"),
    "winter": hexes("c8d0d6 dde3e8 f4f6f8"),
}


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint spruces in rising fog, or a grove of birches with light between the trunks."""
    rng = canvas.rng("forest")
    birch = scene.has("birch") or (
        not scene.has("pine") and rng.random() < 0.45 and not canvas.light.night
    )
    (paint_birches if birch else paint_spruces)(canvas, scene)


def paint_spruces(canvas: Canvas, scene: Scene) -> None:
    """Paint rows of spruces climbing out of the fog, each row nearer, larger and darker."""
    rng = canvas.rng("spruces")
    light = canvas.light
    paint_sky(canvas, horizon=0.75, clouds=0.4)
    x = canvas.aspect * float(rng.uniform(0.25, 0.75))
    if light.night:
        paint_stars(canvas, horizon=0.6)
        paint_moon(canvas, x, 0.2, radius=canvas.unit * 0.07)
    else:
        paint_sun(canvas, x, float(rng.uniform(0.2, 0.34)), radius=0.045, disk=light.name != "day")
    canvas.report(0.15)
    rows = int(rng.integers(5, 8))
    fog = canvas.tile("fog", cells=4, octaves=4)
    green = mixed(rgb("1f3a2e"), light.near, 0.5)
    for row in range(rows):
        t = row / (rows - 1)
        foot = (
            np.float32(0.50 + 0.62 * t**1.1)
            + (canvas.line(f"hill {row}", across=1.1 + 0.3 * t, octaves=3) - 0.5) * 0.30
        )
        height = 0.085 + 0.46 * t**1.7
        trees = forest_edge(
            canvas,
            f"spruces {row}",
            foot=foot,
            height=height,
            density=95 * (1 - 0.35 * t),
            thin=0.25 * t,
        )
        ground = canvas.edge(foot[None] - canvas.y)
        veil = ramp(light.sky, np.array([0.62 + 0.28 * (1 - t)], np.float32))[:, 0]
        color = mixed(
            veil, green if t > 0.5 else mixed(light.far, green, 0.4), 0.16 + 0.84 * t**1.1
        )
        canvas.lay(color, np.maximum(trees, ground))
        if scene.season == "winter":
            # Snow lies on the upper side of every bough.
            upper = np.clip(
                trees - np.roll(trees, max(1, round(canvas.height * 0.004)), axis=0), 0, 1
            )
            canvas.lay(mixed(veil, np.ones(3, np.float32), 0.55), upper * 0.75)
        drift = fog.at(
            canvas.x * 0.3 + np.float32(row * 0.31), canvas.y * 0.7 + np.float32(row * 0.17)
        )
        depth = smoothstep(-0.6, 1.1, (canvas.y - foot[None]) / np.float32(height * 0.75))
        if t < 1:
            canvas.lay(
                veil,
                np.clip(depth * (0.35 + drift * 1.0), 0, 0.96)
                * np.float32(0.98 - 0.35 * t)
                * np.maximum(trees, smoothstep(-0.1, 0.1, canvas.y - foot[None] + 0.05)),
            )
        canvas.report(0.15 + 0.75 * (row + 1) / rows)
    if not light.night:
        _paint_rays(canvas, x, 0.26)
    if rng.random() < 0.5 or scene.has("birds"):
        paint_birds(canvas, canvas.aspect * float(rng.uniform(0.3, 0.7)), 0.2)


def _paint_rays(canvas: Canvas, x: float, y: float) -> None:
    tile = canvas.tile("rays", cells=16, octaves=3)
    angle = np.arctan2(canvas.x - np.float32(x), canvas.y - np.float32(y) + 0.02)
    away = np.hypot(canvas.x - np.float32(x), canvas.y - np.float32(y))
    beams = tile.at(angle * 0.3, away * 0.02)
    shine = (
        smoothstep(0.48, 0.75, beams)
        * np.exp(away * -2.3)
        * smoothstep(0.03, 0.16, away)
        * smoothstep(0.05, 0.45, (canvas.y - np.float32(y)) / (away + 1e-4))
    )
    canvas.lighten(mixed(canvas.light.sun, canvas.light.sky[-1], 0.4), shine * 0.28)


def paint_birches(canvas: Canvas, scene: Scene) -> None:
    """Paint birches in light haze over a forest floor."""
    rng = canvas.rng("birches")
    light = canvas.light
    season = scene.season or str(rng.choice(["autumn", "summer", "spring", "autumn"]))
    leaves = LEAVES[season]
    glow_x, glow_y = canvas.aspect * float(rng.uniform(0.25, 0.75)), float(rng.uniform(0.28, 0.42))
    haze = mixed(mixed(light.sky[-2], light.far, 0.2), leaves[2], 0.25)
    shine = np.exp(
        -((canvas.x - np.float32(glow_x)) ** 2 * 3.2 + (canvas.y - np.float32(glow_y)) ** 2 * 4.5)
    )
    mottle = canvas.fbm("haze", across=2.2, octaves=5) - 0.5
    bright = mixed(light.sun, light.sky[-1], 0.4)
    canvas.fill(haze[:, None, None] + (bright - haze)[:, None, None] * shine + mottle * 0.09)
    tile = canvas.tile("leaves", cells=8, octaves=5, gain=0.62)
    bark = canvas.tile("bark", cells=16, octaves=4, gain=0.6)
    depth = 6
    for layer in range(depth):
        t = (layer + 1) / depth
        veil = 0.86 * (1 - t**1.25)
        _paint_crowns(canvas, tile, leaves, haze, bright, t, layer, veil, shine)
        _paint_floor(canvas, tile, season, haze, t, layer, veil)
        _paint_trunks(canvas, rng, bark, t, layer, veil, haze, glow_x)
        canvas.report(0.1 + 0.8 * t)
    _paint_rays(canvas, glow_x, glow_y - 0.2)


def _paint_crowns(
    canvas: Canvas,
    tile: NoiseTile,
    leaves: Array,
    haze: Array,
    bright: Array,
    t: float,
    layer: int,
    veil: float,
    shine: Array,
) -> None:
    scale = np.float32(0.35 + 0.42 * t)
    x, y = canvas.x * scale + np.float32(layer * 0.29), canvas.y * scale + np.float32(layer * 0.41)
    mass = tile.at(x, y)
    fine = tile.at(x * 3.1, y * 3.1)
    hang = smoothstep(0.66 - 0.12 * t, 0.02, canvas.y)
    cover = smoothstep(0.50, 0.60, mass * 0.62 + fine * 0.42) * hang * np.float32(0.30 + 0.5 * t)
    tone = np.clip(fine * 1.6 - 0.35 + shine * 0.35, 0, 1)
    colors = ramp(leaves, tone)
    colors = colors * np.float32(1 - 0.22 * t)
    canvas.lay(colors + (haze[:, None, None] - colors) * np.float32(veil), cover)


def _paint_floor(
    canvas: Canvas, tile: NoiseTile, season: str, haze: Array, t: float, layer: int, veil: float
) -> None:
    line = (
        np.float32(0.66 + 0.27 * t**1.1)
        + (canvas.line(f"floor {layer}", across=2, octaves=4) - 0.5) * 0.05
    )
    top = canvas.row(float(line.min()) - 0.02)
    y = canvas.y[top:]
    litter = tile.at(
        canvas.x * np.float32(0.9 + 0.4 * t) + np.float32(layer * 0.2), y * np.float32(3.0 + t)
    )
    stops = {
        "autumn": hexes("3f2a1a 8a5a2a d09a4a"),
        "winter": hexes("a8b4c4 dde4ec fbfcfd"),
    }.get(season, hexes("2c3a20 5f7a38 a0ac60"))
    colors = ramp(stops, np.clip(litter * 1.5 - 0.25, 0, 1))
    cover = smoothstep(-0.02, 0.02, y - line[None])
    canvas.lay(colors + (haze[:, None, None] - colors) * np.float32(veil), cover, top=top)


def _paint_trunks(
    canvas: Canvas,
    rng: np.random.Generator,
    bark: NoiseTile,
    t: float,
    layer: int,
    veil: float,
    haze: Array,
    glow_x: float,
) -> None:
    count = max(3, round((17 - 11 * t) * canvas.aspect))
    light = canvas.light
    white = mixed(
        mixed(rgb("f4efe6"), light.direct, 0.15), light.ambient, 0.1 if not light.dim else 0.4
    )
    dark = mixed(rgb("2a2320"), light.near, 0.4)
    foot = 0.68 + 0.30 * t**1.15
    for index in range(count):
        at = canvas.aspect * (index + rng.uniform(0.05, 0.95)) / count
        half = (0.0035 + 0.0165 * t**1.7) * rng.uniform(0.65, 1.25) * (0.6 + 0.4 * canvas.unit)
        lean, bend, phase = (
            rng.uniform(-0.055, 0.055),
            rng.uniform(-0.02, 0.02),
            rng.uniform(0, 6.28),
        )
        bottom = min(canvas.height, canvas.row(foot + rng.uniform(-0.015, 0.03)))
        y = canvas.y[:bottom]
        middle = (
            np.float32(at)
            + np.float32(lean) * (y - 0.6)
            + np.float32(bend) * np.sin(y * 4 + np.float32(phase))
        )
        left = max(0, int((float(middle.min()) - half * 1.6) * canvas.height))
        right = min(canvas.width, int((float(middle.max()) + half * 1.6) * canvas.height) + 2)
        if left >= right:
            continue
        width = (
            np.float32(half)
            * (0.62 + 0.42 * y / np.float32(foot))
            * (1 + 0.25 * smoothstep(foot - 0.05, foot, y))
        )
        a = (canvas.x[:, left:right] - middle) / width
        cover = canvas.edge((np.abs(a) - 1) * width)
        side = np.float32(1.0 if at < glow_x else -1.0)
        shade = (
            0.98 - 0.46 * smoothstep(-0.2, 1.0, -a * side) - 0.12 * smoothstep(0.4, 1.0, np.abs(a))
        )
        marks = bark.at(
            a * 0.05 + np.float32(index * 0.37 + layer * 0.11),
            y * np.float32(1.6 / (0.35 + t)) + np.float32(phase),
        )
        scars = smoothstep(0.60, 0.72, marks) * 0.88
        base = smoothstep(0.16, -0.02, np.float32(foot) - y) * smoothstep(0.40, 0.62, marks) * 0.7
        mark = np.maximum(scars, base)
        colors = white[:, None, None] * shade
        colors = colors + (dark[:, None, None] - colors) * mark
        colors = colors + (haze[:, None, None] - colors) * np.float32(veil)
        part = canvas.rgb[:, :bottom, left:right]
        part += (colors - part) * cover
