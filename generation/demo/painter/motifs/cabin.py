"""A cabin with lit windows among spruces."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas, Pen, smoothstep
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import mixed, rgb
from generation.demo.painter.scene import Scene
from generation.demo.painter.sky import paint_moon, paint_sky, paint_stars, paint_sun

from .mountains import paint_ridges
from .trees import forest_edge


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint a log cabin on a snowy or grassy clearing before a wood and mountains, smoke rising."""
    rng = canvas.rng("cabin")
    light = canvas.light
    winter = scene.season == "winter" or (scene.season is None and rng.random() < 0.6)
    horizon = 0.60
    paint_sky(canvas, horizon=horizon, clouds=0.4)
    side = float(rng.choice([-1.0, 1.0]))
    if light.night:
        paint_stars(canvas, horizon=horizon)
        paint_moon(canvas, canvas.aspect * (0.5 - side * 0.28), 0.17, radius=canvas.unit * 0.05)
    else:
        paint_sun(
            canvas, canvas.aspect * (0.5 - side * 0.3), horizon - 0.1, disk=False, strength=0.8
        )
    paint_ridges(
        canvas,
        first=0.40,
        last=0.58,
        count=3,
        mist=0.9,
        sun=0.0,
        height=0.30,
        snow=0.9 if winter else 0.3,
    )
    canvas.report(0.35)
    _paint_wood(canvas, winter)
    at = canvas.aspect * (0.5 + side * (0.10 if canvas.aspect > 0.8 else 0.0))
    line = _paint_clearing(canvas, scene, winter, at)
    column = min(canvas.width - 1, int(at * canvas.height))
    _paint_cabin(canvas, at, float(line[column]) + 0.012, winter, side)
    canvas.report(0.8)
    _paint_front(canvas, winter, side)


def _ground_colors(canvas: Canvas, scene: Scene, winter: bool) -> tuple[Array, Array]:
    light = canvas.light
    dim = 0.3 if light.dim else 0.0
    if light.night:
        dim = 0.5
    if winter:
        bright, shade = (
            mixed(rgb("f8f6f4"), light.direct, 0.25),
            mixed(rgb("9fb0cc"), light.ambient, 0.45),
        )
        return mixed(bright, light.ambient, dim), mixed(shade, light.near, dim * 0.5)
    green = rgb("9a7a3a") if scene.season == "autumn" else rgb("5f7f3c")
    return mixed(mixed(green, light.direct, 0.3), light.near, dim), mixed(
        mixed(green, light.ambient, 0.5), light.near, 0.25 + dim * 0.6
    )


def _paint_wood(canvas: Canvas, winter: bool) -> None:
    light = canvas.light
    for row in range(3):
        t = row / 2
        foot = (
            np.float32(0.60 + 0.06 * t)
            + (canvas.line(f"wood {row}", across=1.5, octaves=3) - 0.5) * 0.05
        )
        trees = forest_edge(
            canvas,
            f"wood trees {row}",
            foot=foot,
            height=0.13 + 0.11 * t,
            density=120 - 20 * row,
            thin=0.1,
        )
        color = mixed(mixed(light.far, light.sky[-2], 0.4 * (1 - t)), light.near, 0.30 + 0.5 * t)
        canvas.lay(color, np.maximum(trees, canvas.edge(foot[None] - canvas.y)))
        if winter:
            upper = np.clip(
                trees - np.roll(trees, max(1, round(canvas.height * 0.004)), axis=0), 0, 1
            )
            canvas.lay(mixed(color, rgb("e8eef6"), 0.62), upper * 0.8)
        veil = np.exp(-(((canvas.y - foot[None]) / 0.055) ** 2))
        canvas.lay(light.haze, veil * np.float32(0.42 - 0.12 * t))


def _paint_clearing(canvas: Canvas, scene: Scene, winter: bool, at: float) -> Array:
    bulge = np.exp(-(((canvas.x[0] - np.float32(at)) / 0.42) ** 2))
    line = 0.715 - bulge * 0.035 + (canvas.line("clearing", across=1.3, octaves=3) - 0.5) * 0.05
    top = canvas.row(float(line.min())) - 2
    y = canvas.y[top:]
    bright, shade = _ground_colors(canvas, scene, winter)
    drift = canvas.fbm("drifts", across=1.8, down=5, octaves=4)[top:]
    fine = canvas.fbm("crust", across=60, down=110, octaves=3)[top:] - 0.5
    slope = np.gradient(drift, axis=0) * np.float32(canvas.height * 0.06) + np.gradient(
        drift, axis=1
    ) * np.float32(canvas.height * 0.05)
    tone = np.clip(
        0.55 - slope - (y - line[None]) * 0.9 + fine * np.float32(0.10 if winter else 0.6), 0, 1
    )
    canvas.lay(
        shade[:, None, None] + (bright - shade)[:, None, None] * tone,
        canvas.edge(line[None] - y),
        top=top,
    )
    result: Array = line
    return result


def _paint_cabin(canvas: Canvas, at: float, foot: float, winter: bool, side: float) -> None:
    light = canvas.light
    rng = canvas.rng("house")
    w = canvas.unit * float(rng.uniform(0.17, 0.20))
    h, rise = w * 0.42, w * 0.46
    dim = 0.42 if light.dim else 0.12
    if light.night:
        dim = 0.55
    lit = light.name != "day"
    log = mixed(mixed(rgb("8a5a38"), light.direct, 0.15), light.near, dim)
    log_side = mixed(log, light.near, 0.45)
    roof = (
        mixed(mixed(rgb("eef2f8"), light.direct, 0.15), light.ambient, 0.3 + 0.3 * dim)
        if winter
        else mixed(rgb("4a3a34"), light.near, dim)
    )
    dark = mixed(light.near, rgb("1c1410"), 0.5)
    warm = rgb("ffd27a")
    # The gable faces us; the long side runs back toward `side`.
    g = w * 0.86  # width of the gable
    left, right = at - side * w * 0.5, at - side * w * 0.5 + side * g
    back = right + side * w * 0.72
    lift = h * 0.10
    apex = ((left + right) / 2, foot - h - rise)
    ridge_end = (apex[0] + side * w * 0.72, apex[1] - lift * 0.4)
    eave = 0.12

    def fill(points: list[tuple[float, float]], color: Array, alpha: float = 1.0) -> None:
        canvas.lay(color, canvas.drawn(lambda pen: pen.polygon(points)) * np.float32(alpha))

    shadow = np.exp(
        -(
            ((canvas.x - np.float32((left + back) / 2)) / np.float32(w * 1.05)) ** 4
            + ((canvas.y - np.float32(foot)) / np.float32(w * 0.10)) ** 2
        )
    )
    canvas.lay(mixed(light.near, light.ambient, 0.3), shadow * 0.42)
    fill(
        [(right, foot), (back, foot - lift), (back, foot - lift - h * 0.94), (right, foot - h)],
        log_side,
    )
    fill([(left, foot), (right, foot), (right, foot - h), apex, (left, foot - h)], log)

    def logs(pen: Pen) -> None:
        for k in range(1, 12):
            y = foot - (h + rise) * k / 12
            inset = max(0.0, (foot - h - y) / rise) * g / 2
            pen.line([(left + side * inset, y), (right - side * inset, y)], w * 0.008)
            if k < 6:
                pen.line([(right, y), (back, y - lift * (1 - k / 80))], w * 0.008)

    canvas.lay(dark, canvas.drawn(logs) * 0.4)
    over = side * g * eave
    drop = rise * eave * 1.7
    slab = w * 0.05
    near_eave, far_eave = (right + over, foot - h + drop), (back + over, foot - lift - h + drop)
    fill([apex, ridge_end, far_eave, near_eave], mixed(roof, light.near, 0.16))
    fill(
        [apex, ridge_end, (ridge_end[0], ridge_end[1] - slab * 0.6), (apex[0], apex[1] - slab)],
        roof,
    )
    front = [
        (apex[0], apex[1] - slab),
        near_eave,
        (near_eave[0], near_eave[1] + slab),
        apex,
        (left - over, foot - h + drop + slab),
        (left - over, foot - h + drop),
    ]
    fill(front, mixed(roof, np.ones(3, np.float32), 0.18))
    chimney = apex[0] + side * w * 0.42
    top = apex[1] - w * 0.13
    fill(
        [
            (chimney - w * 0.05, top),
            (chimney + w * 0.05, top),
            (chimney + w * 0.05, apex[1] + w * 0.12),
            (chimney - w * 0.05, apex[1] + w * 0.06),
        ],
        mixed(rgb("6a4a40"), light.near, dim),
    )
    if winter:
        fill(
            [
                (chimney - w * 0.06, top),
                (chimney + w * 0.06, top),
                (chimney + w * 0.05, top - w * 0.03),
                (chimney - w * 0.05, top - w * 0.03),
            ],
            roof,
        )
    _paint_smoke(canvas, chimney, top - w * 0.02, w, side)
    panes = [(left + side * g * 0.14, 0.30, g * 0.22), (left + side * g * 0.64, 0.30, g * 0.22)]

    def front_panes(pen: Pen) -> None:
        for px, _, size in panes:
            sides = sorted((px, px + side * size))
            pen.box(sides[0], foot - h * 0.80, sides[1], foot - h * 0.80 + size)

    windows = canvas.drawn(front_panes)
    door = canvas.drawn(
        lambda pen: pen.box(
            (left + right) / 2 - g * 0.075, foot - h * 0.62, (left + right) / 2 + g * 0.075, foot
        )
    )
    mid = (right + back) / 2
    flank = canvas.drawn(
        lambda pen: pen.polygon(
            [
                (mid - side * w * 0.12, foot - lift * 0.3 - h * 0.3),
                (mid + side * w * 0.12, foot - lift * 0.7 - h * 0.3),
                (mid + side * w * 0.12, foot - lift * 0.7 - h * 0.66),
                (mid - side * w * 0.12, foot - lift * 0.3 - h * 0.66),
            ]
        )
    )
    attic = canvas.drawn(
        lambda pen: pen.ellipse((left + right) / 2, foot - h - rise * 0.34, g * 0.075)
    )
    glass = warm if lit else mixed(rgb("8fb0c4"), light.sky[1], 0.5)
    for pane in (windows, flank, attic):
        canvas.lay(glass, pane)
    canvas.lay(mixed(dark, rgb("6a3a24"), 0.5), door)

    def bars(pen: Pen) -> None:
        for px, _, size in panes:
            cx = px + side * size / 2
            pen.line([(cx, foot - h * 0.80), (cx, foot - h * 0.80 + size)], w * 0.010)
            pen.line(
                [(px, foot - h * 0.80 + size / 2), (px + side * size, foot - h * 0.80 + size / 2)],
                w * 0.010,
            )

    canvas.lay(dark, canvas.drawn(bars) * 0.9)
    if lit:
        bloom = canvas.blurred(np.maximum(np.maximum(windows, flank), attic), w * 0.09)
        canvas.lighten(rgb("ffb050"), bloom * 0.75)
        for px, _, size in panes:
            pool = np.exp(
                -(
                    ((canvas.x - np.float32(px + side * size / 2)) / np.float32(w * 0.20)) ** 2
                    + ((canvas.y - np.float32(foot + w * 0.13)) / np.float32(w * 0.11)) ** 2
                )
            )
            canvas.lighten(rgb("ffae58"), pool * 0.42 * (canvas.y > np.float32(foot)))


def _paint_smoke(canvas: Canvas, x: float, y: float, w: float, side: float) -> None:
    rise = np.clip((np.float32(y) - canvas.y) / np.float32(w * 2.2), 0, 1.4)
    curl = canvas.fbm("smoke curl", across=5, octaves=3) - 0.5
    middle = (
        np.float32(x) + np.float32(side * w * 0.75) * rise**1.5 + curl * np.float32(w * 0.9) * rise
    )
    width = np.float32(w * 0.04) + np.float32(w * 0.26) * rise
    wisps = canvas.fbm("smoke", across=9, octaves=5)
    plume = (
        np.exp(-(((canvas.x - middle) / width) ** 2))
        * np.clip(1 - rise, 0, 1)
        * (rise > 0)
        * (0.35 + wisps)
    )
    canvas.lay(mixed(canvas.light.sky[-2], rgb("f0ece8"), 0.45), np.clip(plume * 0.62, 0, 0.8))


def _paint_front(canvas: Canvas, winter: bool, side: float) -> None:
    """Paint large spruces at the edge of the image, to look past."""
    light = canvas.light
    run = canvas.x[0] / np.float32(canvas.aspect)
    run = run if side > 0 else 1 - run
    foot = (0.86 + run * 0.42 + (canvas.line("front", across=2, octaves=3) - 0.5) * 0.05).astype(
        np.float32
    )
    trees = forest_edge(
        canvas,
        "front trees",
        foot=foot,
        height=0.52,
        density=85,
        thin=-0.5,
        keep=smoothstep(0.36, 0.10, run),
    )
    color = mixed(light.near, light.far, 0.06)
    canvas.lay(color, trees)
    if winter:
        upper = np.clip(trees - np.roll(trees, max(1, round(canvas.height * 0.006)), axis=0), 0, 1)
        canvas.lay(mixed(color, rgb("e8eef6"), 0.7), upper * 0.85)
