"""A street at night in the rain: lights out of focus, an umbrella, wet asphalt."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas, Pen, smoothstep
from generation.demo.painter.noise import Array, blurred
from generation.demo.painter.palette import NAMED_COLORS, hexes, rgb
from generation.demo.painter.scene import Scene
from generation.demo.painter.sky import splat

LAMPS = (
    hexes("ffb45a ff8a3c ffd9a0 ff5a4a 6ab0ff fff0d0"),
    hexes("ff4f8b 8a5aff 3fd0ff ffb05a ff7ad0 5affd8"),
    hexes("ffcf70 ffe9b8 ff9a50 e8583c b0d0ff ffd090"),
    hexes("3fd8c8 5a8aff ff8a5a f0e0b0 2fa0ff ffc060"),
)
NIGHTS = (
    hexes("0c1222 1c2238"),
    hexes("120c22 281a3c"),
    hexes("101418 22262c"),
    hexes("061618 10292c"),
)
UMBRELLAS = hexes("b3201c c8342b d99a1c 1f5a8a 2a7a6a e2ddd2")


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint a street of blurred lamps mirrored in wet ground, with a walker under an umbrella."""
    rng = canvas.rng("city")
    which = int(rng.integers(len(LAMPS)))
    lamps, night = LAMPS[which], NIGHTS[which]
    horizon = float(rng.uniform(0.60, 0.68))
    _paint_street(canvas, night, horizon)
    canvas.report(0.15)
    glow = _bokeh(canvas, lamps, horizon)
    canvas.rgb += glow
    canvas.report(0.5)
    _mirror(canvas, horizon)
    canvas.report(0.65)
    if scene.allows("people") and scene.allows("umbrella"):
        _paint_walker(canvas, scene, horizon)
    rain = bool(scene.weather & {"rain"}) or scene.has("umbrella") or not scene.weather
    if rain and "rain" not in scene.without:
        _add_rain(canvas)
    canvas.rgb = 1 - np.exp(canvas.rgb * -1.5)


def _paint_street(canvas: Canvas, night: Array, horizon: float) -> None:
    rng = canvas.rng("street")
    low, high = night
    t = np.clip(canvas.y / np.float32(horizon), 0, 1) ** 2
    canvas.fill(low[:, None, None] * 0.6 + (high - low * 0.6)[:, None, None] * t)
    # Houses on both sides, closer and taller toward the edges, out of focus.
    for layer in range(4):
        depth = layer / 3

        def draw(pen: Pen, depth: float = depth) -> None:
            x = -0.1
            while x < canvas.aspect + 0.1:
                width = rng.uniform(0.05, 0.14) * (0.6 + depth)
                off = abs(x + width / 2 - canvas.aspect / 2) / (canvas.aspect / 2)
                height = (0.10 + 0.46 * off**1.2) * rng.uniform(0.7, 1.1) * (
                    0.55 + 0.6 * depth
                ) + 0.06
                if off > 0.16 + 0.22 * depth:
                    pen.box(x, horizon - height, x + width * 0.96, horizon)
                x += width

        mask = canvas.blurred(canvas.drawn(draw, scale=1), 0.006 + 0.006 * depth)
        canvas.lay(high * np.float32(0.85 - 0.6 * depth), mask * 0.75)
    haze = np.exp(-(((canvas.y - np.float32(horizon)) / 0.16) ** 2))
    canvas.rgb += (high * 1.5)[:, None, None] * haze * 0.5


def _bokeh(canvas: Canvas, lamps: Array, horizon: float) -> Array:
    """Return the light (3, H, W) of lamps and windows out of focus: disks with a brighter rim."""
    rng = canvas.rng("bokeh")
    glow = np.zeros_like(canvas.rgb)
    for size, count, bright in (
        (0.011, 150, 0.5),
        (0.020, 75, 0.34),
        (0.034, 36, 0.22),
        (0.055, 13, 0.15),
    ):
        radius = size * (0.55 + 0.45 * canvas.unit)
        for tone in lamps:
            total = max(1, round(count * canvas.aspect / len(lamps) * 1.35))
            off = rng.beta(1.1, 1.5, total) * np.where(rng.random(total) < 0.5, -1, 1)
            x = canvas.aspect * (0.5 + 0.52 * off)
            y = (
                horizon
                - 0.015
                - rng.beta(1.1, 2.6, total) * (0.16 + 0.46 * np.abs(off))
                - radius * rng.random(total)
            )
            weight = rng.uniform(0.35, 1.0, total) ** 1.5
            for px, py, w in zip(x, y, weight, strict=True):
                _add_disk(canvas, glow, px, py, radius * rng.uniform(0.75, 1.1), tone, bright * w)
    soft = canvas.blurred(glow, 0.03)
    return glow + soft * 0.8


def _add_disk(
    canvas: Canvas, glow: Array, x: float, y: float, radius: float, color: Array, bright: float
) -> None:
    left, right = (
        max(0, int((x - radius) * canvas.height) - 1),
        min(canvas.width, int((x + radius) * canvas.height) + 2),
    )
    top, bottom = max(0, canvas.row(y - radius) - 1), min(canvas.height, canvas.row(y + radius) + 2)
    if left >= right or top >= bottom:
        return
    off = np.hypot(canvas.x[:, left:right] - np.float32(x), canvas.y[top:bottom] - np.float32(y))
    disk = canvas.edge(off - np.float32(radius), 2.5)
    rim = 0.72 + 0.5 * np.clip(off / np.float32(radius), 0, 1) ** 6
    glow[:, top:bottom, left:right] += color[:, None, None] * (disk * rim * np.float32(bright))


def _mirror(canvas: Canvas, horizon: float) -> None:
    """Mirror the street in wet asphalt: smeared downward, broken by puddles and paving."""
    top = canvas.row(horizon)
    rows = canvas.height - top
    y = (canvas.y[top:] - np.float32(horizon)) / np.float32(1 - horizon)
    tile = canvas.tile("asphalt", cells=16, octaves=4, gain=0.6)
    near = 1 / (y + 0.16)
    ripple = tile.at((canvas.x - np.float32(canvas.aspect / 2)) * near * 0.20, near * 0.8)
    smear = canvas.rgb[:, max(0, top - int(rows * 1.35)) : top][:, ::-1]
    source = np.stack(
        [blurred(np.ascontiguousarray(plane), canvas.height * 0.004) for plane in smear]
    )
    reach = np.clip(
        y * np.float32(smear.shape[1] * 0.9)
        + (ripple - 0.5) * np.float32(canvas.height * 0.16) * (0.15 + y),
        0,
        smear.shape[1] - 1,
    ).astype(np.int32)
    columns = np.clip(
        np.arange(canvas.width)[None]
        + (ripple - 0.5) * np.float32(canvas.height * 0.05) * (0.1 + y),
        0,
        canvas.width - 1,
    ).astype(np.int32)
    wet = 0.30 + 0.75 * smoothstep(0.40, 0.62, ripple)
    base = canvas.rgb[:, top - 1 : top].mean(axis=2, keepdims=True) * 0.10
    for channel in range(3):
        canvas.rgb[channel, top:] = (
            source[channel].ravel()[reach * canvas.width + columns] * wet * 0.95 + base[channel]
        )
    canvas.rgb[:, top:] *= 1 - 0.35 * y


def _paint_walker(canvas: Canvas, scene: Scene, horizon: float) -> None:
    rng = canvas.rng("walker")
    size = canvas.unit * float(rng.uniform(0.40, 0.50))
    x = canvas.aspect * float(rng.choice([0.38, 0.5, 0.62]))
    foot = min(0.93, horizon + 0.10 + size * 0.36)
    head = foot - size
    named = [name for name in scene.colors if name in NAMED_COLORS]
    tone = NAMED_COLORS[named[0]] if named else UMBRELLAS[int(rng.integers(len(UMBRELLAS)))]

    def body(pen: Pen) -> None:
        pen.ellipse(x, head + size * 0.13, size * 0.043, size * 0.055)
        coat = [
            (-0.035, 0.17),
            (-0.095, 0.205),
            (-0.115, 0.34),
            (-0.10, 0.50),
            (-0.125, 0.70),
            (0.125, 0.70),
            (0.10, 0.50),
            (0.115, 0.34),
            (0.095, 0.205),
            (0.035, 0.17),
        ]
        pen.polygon([(x + px * size, head + py * size) for px, py in coat])
        stride = 0.02
        pen.polygon(
            [
                (x - 0.07 * size, head + 0.68 * size),
                (x - 0.008 * size, head + 0.68 * size),
                (x - (0.02 + stride) * size, foot),
                (x - (0.085 + stride) * size, foot),
            ]
        )
        pen.polygon(
            [
                (x + 0.008 * size, head + 0.68 * size),
                (x + 0.07 * size, head + 0.68 * size),
                (x + 0.075 * size, foot - size * 0.02),
                (x + 0.02 * size, foot - size * 0.02),
            ]
        )

    top = head + size * 0.10
    wide, high = size * 0.32, size * 0.21

    def canopy(pen: Pen) -> None:
        arc = [(x + wide * np.cos(a), top - high * np.sin(a)) for a in np.linspace(np.pi, 0, 40)]
        scallops = []
        for rib in range(6):
            for s in np.linspace(0, 1, 7)[:-1]:
                at = 1 - 2 * (rib + s) / 6
                scallops.append((x + wide * at, top - size * 0.022 * np.sin(np.pi * s)))
        pen.polygon(arc + scallops)

    def ribs(pen: Pen) -> None:
        for k in (-2 / 3, -1 / 3, 0, 1 / 3, 2 / 3):
            pen.line(
                [
                    (x + wide * k * np.sin(a), top - high * np.cos(a))
                    for a in np.linspace(0, np.pi / 2, 16)
                ],
                size * 0.004,
            )
        pen.line([(x, top - high), (x, top - high - size * 0.035)], size * 0.010)

    figure, cover = canvas.drawn(body), canvas.drawn(canopy)
    outline = np.maximum(figure, cover)
    # Reflection first: the mirrored outline in the wet ground.
    base = canvas.row(foot)
    rows = canvas.height - base
    flipped = outline[max(0, base - rows) : base][::-1]
    ghost = np.zeros_like(outline)
    ghost[base : base + flipped.shape[0]] = flipped
    ghost = canvas.blurred(ghost, 0.006)
    fade = np.exp(-np.maximum(canvas.y - np.float32(foot), 0) * 1.6)
    canvas.rgb *= 1 - ghost * fade * 0.78
    red = np.zeros_like(cover)
    part = cover[max(0, base - rows) : base][::-1]
    red[base : base + part.shape[0]] = part
    canvas.rgb += tone[:, None, None] * canvas.blurred(red, 0.008) * 0.13
    behind = canvas.blurred(canvas.rgb, 0.03)
    rim = np.clip(canvas.blurred(figure, 0.004) * -1 + figure, 0, 1)
    canvas.lay(np.array([0.012, 0.014, 0.02], np.float32), figure)
    canvas.rgb += behind * rim * 0.9
    dome = np.clip(
        (np.float32(x) - canvas.x) / np.float32(wide) * 0.32
        + (np.float32(top) - canvas.y) / np.float32(high) * 0.62
        + 0.28,
        0.08,
        1.1,
    )
    canvas.lay(tone[:, None, None] * 0.9 * dome + behind * 0.12, cover)
    canvas.rgb *= 1 - canvas.drawn(ribs) * cover * 0.4
    edge = np.clip(cover - np.roll(cover, max(1, round(canvas.height * 0.003)), axis=0), 0, 1)
    canvas.rgb += edge * 0.22


def _add_rain(canvas: Canvas) -> None:
    rng = canvas.rng("rain")
    count = int(900 * max(0.5, canvas.aspect))
    length = rng.uniform(0.012, 0.055, count)
    x, y, bright = (
        rng.random(count) * canvas.aspect,
        rng.random(count) * 1.1 - 0.05,
        rng.uniform(0.02, 0.16, count),
    )
    steps = max(4, int(0.05 * canvas.height))
    t = np.linspace(0, 1, steps)[None]
    xs = x[:, None] - length[:, None] * t * 0.10
    ys = y[:, None] + length[:, None] * t
    weight = bright[:, None] * np.sin(np.pi * t) * length[:, None] * canvas.height / steps
    streaks = blurred(
        splat(canvas, xs.ravel(), ys.ravel(), weight.ravel()), 0.5 * max(1.0, canvas.height / 1024)
    )
    canvas.rgb += rgb("c8d8ff")[:, None, None] * streaks * 1.3
