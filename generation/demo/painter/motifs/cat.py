"""A cat on a windowsill, looking out."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas, Pen, Point, smoothstep
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import NAMED_COLORS, mixed, rgb
from generation.demo.painter.scene import Scene
from generation.demo.painter.sky import paint_moon, paint_sky, paint_stars, paint_sun

from .mountains import paint_ridges
from .stage import PLACES

# The right half of a sitting cat from behind, in heights of the cat above the sill.
_BODY = [
    (0.0, 0.70),
    (0.10, 0.675),
    (0.165, 0.60),
    (0.205, 0.48),
    (0.255, 0.34),
    (0.305, 0.20),
    (0.315, 0.09),
    (0.275, 0.015),
    (0.0, 0.0),
]
_HEAD = [
    (0.0, 0.905),
    (0.075, 0.90),
    (0.135, 0.865),
    (0.165, 0.80),
    (0.160, 0.735),
    (0.115, 0.68),
    (0.0, 0.655),
]
_EAR = [(0.045, 0.89), (0.085, 0.955), (0.128, 1.0), (0.152, 0.935), (0.158, 0.82)]


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint a cat from behind on a window sill; outside: hills, a town, the moon or rain."""
    rng = canvas.rng("cat")
    light = canvas.light
    sill = float(rng.uniform(0.78, 0.83))
    _paint_view(canvas, scene, rng, sill)
    canvas.report(0.45)
    if scene.weather & {"rain"}:
        _paint_drops(canvas, sill)
    _paint_window(canvas, rng, sill)
    canvas.report(0.65)
    side = float(rng.choice([-1.0, 1.0]))
    size = canvas.unit * float(rng.uniform(0.44, 0.52))
    at = canvas.aspect * 0.5 + side * min(0.20, canvas.aspect * 0.16)
    fur = rgb("14151a")
    for name in scene.colors[:1]:
        if name in ("orange", "white", "gray", "brown", "beige", "gold"):
            fur = mixed(NAMED_COLORS[name], light.near, 0.35)
    _paint_plant(canvas, rng, canvas.aspect * 0.5 - side * canvas.aspect * 0.30, sill, canvas.unit)
    _paint_cat(canvas, rng, at, sill + 0.022, size, side, fur)


def _paint_view(canvas: Canvas, scene: Scene, rng: np.random.Generator, sill: float) -> None:
    light = canvas.light
    if scene.place in PLACES:
        PLACES[scene.place].paint(canvas, scene)
        return
    horizon = sill - 0.10
    paint_sky(canvas, horizon=horizon, clouds=float(rng.uniform(0.3, 0.7)))
    x = canvas.aspect * float(rng.choice([0.3, 0.7]))
    if light.night or scene.has("moon"):
        paint_stars(canvas, horizon=horizon)
        paint_moon(
            canvas,
            x,
            float(rng.uniform(0.24, 0.34)),
            radius=canvas.unit * float(rng.uniform(0.10, 0.15)),
        )
    else:
        paint_sun(canvas, x, horizon - 0.2, radius=canvas.unit * 0.08, disk=light.name != "day")
    paint_ridges(
        canvas,
        first=horizon - 0.10,
        last=horizon + 0.03,
        count=3,
        mist=1.0,
        sun=x,
        height=0.16,
        snow=0.6 if scene.season == "winter" else 0.0,
    )
    if rng.random() < 0.7 or scene.has("city"):
        _paint_town(canvas, sill)


def _paint_town(canvas: Canvas, sill: float) -> None:
    """Paint roofs and chimneys in two rows, some windows lit."""
    light = canvas.light
    rng = canvas.rng("roofs")
    for row in range(2):
        foot, color = (
            sill + 0.05,
            mixed(light.near, mixed(light.far, light.sky[-2], 0.4), 0.55 - 0.33 * row),
        )
        panes: list[tuple[float, float, float]] = []

        def roofs(
            pen: Pen,
            row: int = row,
            panes: list[tuple[float, float, float]] = panes,
            foot: float = foot,
        ) -> None:
            x = -0.05
            while x < canvas.aspect + 0.05:
                width = rng.uniform(0.07, 0.15)
                top = sill - rng.uniform(0.07, 0.17) + 0.035 * row
                pitch = width * rng.uniform(0.25, 0.5)
                pen.polygon(
                    [
                        (x, foot),
                        (x, top),
                        (x + width / 2, top - pitch),
                        (x + width, top),
                        (x + width, foot),
                    ]
                )
                if rng.random() < 0.5:
                    cx = x + width * rng.uniform(0.2, 0.7)
                    pen.box(cx, top - pitch * 0.95, cx + width * 0.1, top)
                for k in range(int(rng.integers(0, 4))):
                    panes.append(
                        (x + width * (0.16 + 0.24 * k), top + rng.uniform(0.012, 0.06), width)
                    )
                x += width * 0.97

        canvas.lay(color, canvas.drawn(roofs))

        def windows(pen: Pen, panes: list[tuple[float, float, float]] = panes) -> None:
            for x, y, width in panes:
                pen.box(x, y, x + width * 0.13, y + width * 0.19)

        if light.name != "day":
            lit = canvas.drawn(windows)
            canvas.lay(rgb("ffcf80"), lit * 0.9)
            canvas.lighten(rgb("ffa850"), canvas.blurred(lit, 0.012) * 0.55)


def _paint_drops(canvas: Canvas, sill: float) -> None:
    """Paint raindrops on the pane: each a small lens that shows the view upside down."""
    rng = canvas.rng("drops")
    canvas.rgb = canvas.blurred(canvas.rgb, 0.004)
    canvas.lay(canvas.light.haze, 0.12)
    for _ in range(int(210 * max(0.6, canvas.aspect))):
        x, y = rng.random() * canvas.aspect, rng.random() * sill
        radius = 0.0022 + 0.0085 * rng.random() ** 3
        left, right = (
            max(0, int((x - radius) * canvas.height)),
            min(canvas.width, int((x + radius) * canvas.height) + 1),
        )
        top, bottom = (
            canvas.row(y - radius * 1.3),
            min(canvas.height, canvas.row(y + radius * 1.3) + 1),
        )
        if left >= right or top >= bottom:
            continue
        px, py = (
            (canvas.x[:, left:right] - np.float32(x)) / np.float32(radius),
            (canvas.y[top:bottom] - np.float32(y)) / np.float32(radius * 1.2),
        )
        cover = np.clip((1 - np.hypot(px, py)) * np.float32(radius * canvas.height * 0.8), 0, 1)
        above = canvas.rgb[:, canvas.row(y * 0.5), min(canvas.width - 1, int(x * canvas.height))]
        tone = np.clip(0.75 + py * 0.55, 0.2, 1.3)
        part = canvas.rgb[:, top:bottom, left:right]
        part += (above[:, None, None] * tone - part) * cover * 0.75
        spark = np.clip(1 - np.hypot(px + 0.35, py + 0.4) * 3, 0, 1)
        part += (1 - part) * spark * 0.6


def _paint_window(canvas: Canvas, rng: np.random.Generator, sill: float) -> None:
    """Paint the frame with its bars, the wall around it and the sill."""
    light = canvas.light
    a, u = canvas.aspect, canvas.unit
    edge, bar = 0.085 * u, 0.013 * u
    dark = mixed(light.near, rgb("2a2226"), 0.5)
    wood = mixed(
        mixed(rgb("e8dccb"), light.ambient, 0.55),
        light.near,
        0.45 if light.night or light.dim else 0.25,
    )
    upright = a * (0.5 if rng.random() < 0.5 else 0.34)

    def frame(pen: Pen) -> None:
        pen.box(edge, edge * 0.8, edge + bar * 1.6, sill)
        pen.box(a - edge - bar * 1.6, edge * 0.8, a - edge, sill)
        pen.box(edge, edge * 0.8, a - edge, edge * 0.8 + bar * 1.6)
        pen.box(upright - bar / 2, edge * 0.8, upright + bar / 2, sill)
        pen.box(edge, 0.30, a - edge, 0.30 + bar)

    def wall(pen: Pen) -> None:
        pen.box(-0.1, -0.1, edge, 1.1)
        pen.box(a - edge, -0.1, a + 0.1, 1.1)
        pen.box(-0.1, -0.1, a + 0.1, edge * 0.8)

    cover = canvas.drawn(frame)
    glow = np.clip(canvas.blurred(1 - cover, 0.01), 0, 1)
    canvas.lay(wood[:, None, None] * (0.62 + 0.4 * glow), cover)
    plaster = canvas.fbm("inner wall", across=8, octaves=5)
    room = mixed(dark, wood, 0.14)
    canvas.lay(room[:, None, None] * (0.75 + 0.45 * plaster), canvas.drawn(wall))
    _paint_curtains(canvas, rng, edge, sill)
    top = canvas.row(sill)
    y = canvas.y[top:]
    grain = canvas.fbm("sill", across=3, down=60, octaves=5)[top:]
    board = mixed(
        mixed(rgb("8a5f42"), light.ambient, 0.35),
        light.near,
        0.4 if light.night or light.dim else 0.15,
    )
    sheen = np.exp(-np.maximum(y - np.float32(sill), 0) * 26)
    shade = 0.55 + grain * 0.55
    colors = board[:, None, None] * shade
    colors = colors + (mixed(light.sky[-1], board, 0.25)[:, None, None] - colors) * sheen * 0.55
    colors = colors * (1 - smoothstep(sill + 0.09, sill + 0.10, y) * 0.55)
    canvas.lay(colors, 1 * np.ones_like(shade), top=top)


def _paint_curtains(canvas: Canvas, rng: np.random.Generator, edge: float, sill: float) -> None:
    light = canvas.light
    cloth = mixed(
        mixed(rgb(str(rng.choice(["d8c4b0", "b8707a", "8fa0a8", "c8a860"]))), light.ambient, 0.4),
        light.near,
        0.35,
    )
    for side in (0, 1):
        run = canvas.x if side == 0 else np.float32(canvas.aspect) - canvas.x
        gather = (
            np.float32(edge * 1.9)
            - smoothstep(0.1, 0.62, canvas.y) * np.float32(edge * 0.55)
            + smoothstep(0.62, 1.0, canvas.y) * np.float32(edge * 0.5)
        )
        folds = np.sin((run / gather) * 17 + np.sin(canvas.y * 5) * 0.5)
        cover = canvas.edge(run - gather - folds * np.float32(edge * 0.04)) * canvas.edge(
            canvas.y - np.float32(sill + 0.09)
        )
        through = smoothstep(0.2, 1.0, run / gather)
        tone = 0.58 + 0.22 * folds + through * 0.35
        canvas.lay(
            cloth[:, None, None] * tone + (light.sky[-2] * 0.16)[:, None, None] * through,
            cover * (0.97 - through * 0.12),
        )


def _paint_plant(
    canvas: Canvas, rng: np.random.Generator, x: float, sill: float, unit: float
) -> None:
    light = canvas.light
    foot, size = sill + 0.022, unit * 0.11
    pot = mixed(
        mixed(rgb("b5673e"), light.ambient, 0.3),
        light.near,
        0.5 if light.night or light.dim else 0.3,
    )
    leaf = mixed(
        mixed(rgb("3f6a44"), light.ambient, 0.3),
        light.near,
        0.55 if light.night or light.dim else 0.3,
    )

    def leaves(pen: Pen) -> None:
        for k in range(17):
            a = -np.pi / 2 + (k / 16 - 0.5) * 2.6 + rng.normal(0, 0.1)
            length = size * rng.uniform(0.9, 1.9) * (1 - 0.35 * abs(a + np.pi / 2))
            sag = 0.35 * abs(a + np.pi / 2)
            points, widths = [], []
            for s in np.linspace(0, 1, 12):
                points.append(
                    (
                        x + np.cos(a) * length * s,
                        foot - size * 0.85 + np.sin(a) * length * s + sag * length * s * s,
                    )
                )
                widths.append(size * 0.15 * np.sin(np.pi * min(1.0, s * 0.92 + 0.08)) + 0.001)
            pen.curve(points, widths)

    canvas.lay(leaf, canvas.drawn(leaves))

    def vessel(pen: Pen) -> None:
        rim, waist, base = size * 0.52, size * 0.46, size * 0.34
        high = foot - size * 0.8
        pen.polygon([(x - waist, high), (x + waist, high), (x + base, foot), (x - base, foot)])
        pen.box(x - rim, foot - size * 0.95, x + rim, foot - size * 0.75)

    body = canvas.drawn(vessel)
    shade = np.clip(0.9 - np.abs(canvas.x - np.float32(x)) / np.float32(size * 0.9), 0.35, 1)
    canvas.lay(pot[:, None, None] * shade, body)


def _between(a: float, b: float, c: float, d: float, s: float) -> float:
    """Return the value of the Catmull-Rom cubic at s between b and c."""
    return 0.5 * (
        2 * b + (c - a) * s + (2 * a - 5 * b + 4 * c - d) * s * s + (3 * b - a - 3 * c + d) * s**3
    )


def _spline(points: list[Point], steps: int = 10) -> list[Point]:
    """Return a Catmull-Rom curve through points."""
    result: list[Point] = []
    for i in range(len(points) - 1):
        p0, p1, p2, p3 = (
            points[max(0, i - 1)],
            points[i],
            points[i + 1],
            points[min(len(points) - 1, i + 2)],
        )
        for s in np.linspace(0, 1, steps, endpoint=False):
            x, y = (_between(p0[k], p1[k], p2[k], p3[k], float(s)) for k in (0, 1))
            result.append((x, y))
    return [*result, points[-1]]


def _paint_cat(
    canvas: Canvas,
    rng: np.random.Generator,
    x: float,
    foot: float,
    size: float,
    side: float,
    fur: Array,
) -> None:
    light = canvas.light
    turn = side * float(rng.uniform(-0.03, 0.05))

    def place(points: list[Point], sign: float, shift: float = 0.0) -> list[Point]:
        return [(x + (sign * px + shift) * size, foot - py * size) for px, py in points]

    def outline(half: list[Point], shift: float = 0.0) -> list[Point]:
        curve = _spline(half)
        return place(curve, 1.0, shift) + place(curve, -1.0, shift)[::-1]

    tail = _spline(
        [
            (0.20, 0.03),
            (0.36, 0.035),
            (0.44, -0.02),
            (0.45, -0.13),
            (0.41, -0.22),
            (0.44, -0.29),
            (0.50, -0.30),
        ],
        12,
    )

    def body(pen: Pen) -> None:
        pen.polygon(outline(_BODY))
        pen.polygon(outline(_HEAD, turn))
        for sign in (-1.0, 1.0):
            pen.polygon(place([(0.0, 0.80), *_spline(_EAR, 6)], sign, turn))
        pen.polygon(
            place([(-0.10, 0.60), (-0.125, 0.70), (0.125, 0.70), (0.10, 0.60)], 1.0, turn / 2)
        )
        pen.curve(place(tail, -side), list(np.linspace(0.066, 0.040, len(tail) - 1) * size))

    cover = canvas.drawn(body)
    shadow = np.exp(
        -(
            ((canvas.x - np.float32(x)) / np.float32(size * 0.42)) ** 2
            + ((canvas.y - np.float32(foot)) / 0.018) ** 2
        )
    )
    canvas.darken(shadow * 0.55)
    hair = canvas.fbm("fur", across=60, down=26, octaves=4, gain=0.65)
    px, py = (
        (canvas.x - np.float32(x)) / np.float32(size),
        (np.float32(foot) - canvas.y) / np.float32(size),
    )
    dim = fur[:, None, None] * (0.62 + 0.42 * hair + 0.22 * py)
    # The view lights the outline: fur glows where the cat turns away.
    soft = canvas.blurred(cover, size * 0.022)
    rim = np.clip((0.86 - soft) * 2.3, 0, 1) * smoothstep(-0.05, 0.25, py)
    glow = mixed(light.sky[-2], light.sun, 0.45)
    colors = dim + (glow[:, None, None] - dim) * rim * (0.25 + 0.75 * hair) * 0.72
    spine = np.exp(-((px / 0.03) ** 2)) * smoothstep(0.1, 0.5, py) * 0.10
    canvas.lay(colors * (1 - spine), cover)
