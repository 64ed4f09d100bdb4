"""A waterfall between mossy cliffs."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas, smoothstep
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import mixed, rgb
from generation.demo.painter.scene import Scene
from generation.demo.painter.sky import paint_moon, paint_sky, paint_stars, paint_sun
from generation.demo.painter.water import paint_water

from .mountains import paint_ridges
from .trees import forest_edge


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint falling water in veils and strands, its mist, the pool below and a wood above."""
    rng = canvas.rng("waterfall")
    light = canvas.light
    lip = float(rng.uniform(0.26, 0.34))
    pool = float(rng.uniform(0.74, 0.80))
    at = canvas.aspect * float(rng.uniform(0.42, 0.58))
    paint_sky(canvas, horizon=lip + 0.15, clouds=0.4)
    if light.night:
        paint_stars(canvas, horizon=lip + 0.1)
        paint_moon(canvas, at, 0.12, radius=0.04)
    else:
        paint_sun(canvas, at + canvas.unit * 0.12, lip - 0.08, disk=False)
    paint_ridges(
        canvas, first=lip - 0.07, last=lip + 0.06, count=3, mist=1.1, sun=at, height=0.2, snow=0.3
    )
    canvas.report(0.25)
    width = canvas.unit * float(rng.uniform(0.085, 0.15))
    _paint_cliffs(canvas, scene, at, width, lip, pool)
    canvas.report(0.5)
    _paint_fall(canvas, at, width, lip, pool)
    canvas.report(0.65)
    deep = mixed(rgb("1f5f5f"), light.sky[0], 0.35)
    paint_water(canvas, horizon=pool, choppy=0.35, deep=deep, depth=0.5)
    _paint_foam(canvas, at, width, pool)
    _paint_stones(canvas, pool, at, width)
    canvas.report(0.9)
    spread = np.exp(
        -(((canvas.x - np.float32(at)) / np.float32(width * 2.4)) ** 2)
        - ((canvas.y - np.float32(pool - 0.02)) / 0.10) ** 2
    )
    cloud = canvas.fbm("spray", across=5, octaves=5)
    canvas.lay(
        mixed(light.sky[-1], rgb("f6faf8"), 0.5),
        np.clip(spread * (0.30 + cloud * 0.8), 0, 0.85),
    )


def _paint_cliffs(
    canvas: Canvas, scene: Scene, at: float, width: float, lip: float, pool: float
) -> None:
    light = canvas.light
    rng = canvas.rng("cliffs")
    off = (canvas.x[0] - np.float32(at)) / np.float32(canvas.unit)
    rough = canvas.line("lip", across=5, octaves=6) - 0.5
    for layer in range(3):
        t = layer / 2
        gap = width / canvas.unit * (0.6 + 1.1 * layer) + 0.03 * layer
        rise = smoothstep(gap * 0.9, gap * 0.9 + 0.22 + 0.1 * layer, np.abs(off))
        tilt = off * np.float32(rng.uniform(-0.10, 0.10))
        line = (
            np.float32(lip + 0.02 + 0.03 * layer)
            - rise * np.float32(0.09 + 0.05 * layer)
            + rough * 0.07 * np.clip(np.abs(off) * 5, 0.1, 1)
            + tilt
        )
        if layer:
            line = np.where(np.abs(off) < gap, 1.2, line)
        wall = canvas.fbm(f"gap {layer}", across=2, down=7, octaves=5) - 0.5
        side = (
            np.abs((canvas.x - np.float32(at)) / np.float32(canvas.unit))
            + wall * 0.10
            - (canvas.y - np.float32(lip)) * 0.05
        )
        open_ = (
            canvas.edge((np.float32(gap) - side) * np.float32(canvas.unit), 2.0)
            if layer
            else np.ones_like(side)
        )
        cover = canvas.edge(line[None] - canvas.y) * open_
        trees = (
            forest_edge(
                canvas,
                f"cliff trees {layer}",
                foot=np.minimum(line, 1.15).astype(np.float32),
                height=0.10 + 0.05 * layer,
                density=70,
            )
            if True
            else None
        )
        tree = mixed(mixed(rgb("2f4f34"), light.near, 0.45), light.haze, 0.42 - 0.2 * t)
        if scene.season == "autumn":
            tree = mixed(tree, rgb("b8702c"), 0.4)
        canvas.lay(tree, trees)
        canvas.lay(_stone(canvas, scene, layer, line, side - np.float32(gap)), cover)
        shade = (
            np.exp(-np.maximum(side - np.float32(gap), 0) * 16)
            * cover
            * np.float32(0.30 if layer else 0)
        )
        canvas.lay(light.near, shade)


def _stone(canvas: Canvas, scene: Scene, layer: int, line: Array, inward: Array) -> Array:
    """Return the planes of wet rock: upright clefts, ledges and moss."""
    light = canvas.light
    t = layer / 2
    tile = canvas.tile(f"strata {layer}", cells=8, octaves=6, gain=0.58, ridges=True)
    bend = canvas.fbm("strata bend", across=3, octaves=3) - 0.5
    x, y = canvas.x * 0.85 + bend * 0.12, canvas.y * 0.36 + bend * 0.05
    rock = tile.at(x, y)
    relief = np.clip(0.42 + (rock - tile.at(x + 0.006, y + 0.004)) * 4.5, 0, 1)
    dark, bright = (
        mixed(rgb("1c2224"), light.near, 0.4),
        mixed(mixed(rgb("7d7a70"), light.direct, 0.25), light.ambient, 0.3),
    )
    if light.night or light.dim:
        bright = mixed(bright, light.near, 0.5)
    colors = dark[:, None, None] + (bright - dark)[:, None, None] * (
        relief * 0.75 * (0.45 + rock * 0.6)
    )
    ledge = canvas.fbm(f"moss {layer}", across=7, down=14, octaves=5)
    moss = smoothstep(0.50, 0.68, ledge + np.exp(-np.maximum(canvas.y - line[None], 0) * 12) * 0.22)
    green = {"autumn": rgb("8a6a2c"), "winter": rgb("dfe6ec")}.get(
        scene.season or "", rgb("5a7a34")
    )
    green = mixed(
        mixed(green, light.direct, 0.15), light.near, 0.45 if light.night or light.dim else 0.08
    )
    colors = colors + (green[:, None, None] * (0.45 + 0.75 * relief) - colors) * moss * 0.8
    result: Array = colors + (light.haze[:, None, None] - colors) * np.float32(
        0.42 * (1 - t) ** 1.2
    )
    return result


def _paint_fall(canvas: Canvas, at: float, width: float, lip: float, pool: float) -> None:
    light = canvas.light
    drop = np.clip((canvas.y - np.float32(lip)) / np.float32(pool - lip), 0, 1)
    sway = (canvas.fbm("sway", across=0.8, down=1.3, octaves=2) - 0.5) * np.float32(width * 0.8)
    flare = 0.75 + 0.55 * drop**2
    off = (canvas.x - np.float32(at) + sway) / (np.float32(width) * flare)
    strands = canvas.fbm("strands", across=46, down=2.4, octaves=4, gain=0.62)
    veils = canvas.fbm("veils", across=9, down=1.1, octaves=4)
    edge = np.abs(off) + (strands - 0.5) * 0.75 + (veils - 0.5) * 0.5
    cover = (
        smoothstep(1.05, 0.72, edge)
        * smoothstep(-0.004, 0.012, canvas.y - np.float32(lip) - (veils - 0.5) * 0.02)
        * (canvas.y < np.float32(pool + 0.01))
    )
    tone = np.clip(
        0.20 + strands * 0.85 + (veils - 0.5) * 0.6 + drop * 0.12,
        0,
        1,
    )
    white, shade = (
        mixed(rgb("f8fcfb"), light.direct, 0.18),
        mixed(mixed(rgb("7fa4ac"), light.ambient, 0.5), light.sky[1], 0.2),
    )
    if light.night or light.dim:
        white, shade = mixed(white, light.ambient, 0.42), mixed(shade, light.near, 0.4)
    canvas.lay(shade[:, None, None] + (white - shade)[:, None, None] * tone, cover * 0.96)


def _paint_foam(canvas: Canvas, at: float, width: float, pool: float) -> None:
    below = np.maximum(canvas.y - np.float32(pool), 0)
    spread = np.exp(
        -(((canvas.x - np.float32(at)) / (np.float32(width * 1.3) + below * 1.1)) ** 2)
    ) * np.exp(below * -9)
    lace = canvas.fbm("lace", across=30, down=90, octaves=4, gain=0.6)
    foam = (
        smoothstep(0.42, 0.75, lace * 0.6 + spread * 0.55) * spread * (canvas.y > np.float32(pool))
    )
    canvas.lay(mixed(canvas.light.sky[-1], rgb("f8fbfa"), 0.6), np.clip(foam * 1.2, 0, 0.9))


def _paint_stones(canvas: Canvas, pool: float, at: float, width: float) -> None:
    """Paint wet boulders along the near edge of the pool."""
    light = canvas.light
    rng = canvas.rng("boulders")
    tile = canvas.tile("boulder", cells=8, octaves=5, gain=0.6)
    spots = []
    for _ in range(int(16 * max(0.8, canvas.aspect))):
        y = pool + (1.02 - pool) * rng.random() ** 0.6
        near = (y - pool) / (1 - pool)
        x = rng.random() * canvas.aspect
        if abs(x - at) < width * (1.4 + 1.4 * near):
            continue
        spots.append((y, x, canvas.unit * (0.018 + 0.085 * near) * rng.uniform(0.6, 1.2)))
    for y, x, size in sorted(spots):
        left, right = (
            max(0, int((x - size * 1.5) * canvas.height)),
            min(canvas.width, int((x + size * 1.5) * canvas.height)),
        )
        top, bottom = canvas.row(y - size), min(canvas.height, canvas.row(y + size * 0.5) + 1)
        if left >= right or top >= bottom:
            continue
        px, py = (
            (canvas.x[:, left:right] - np.float32(x)) / np.float32(size),
            (canvas.y[top:bottom] - np.float32(y)) / np.float32(size),
        )
        skin = tile.at(
            canvas.x[:, left:right] * 1.2 + np.float32(x),
            canvas.y[top:bottom] * 1.6 + np.float32(y),
        )
        round_ = (
            np.sqrt(px * px / 1.5 + (py / np.where(py > 0, np.float32(0.3), np.float32(0.62))) ** 2)
            + (skin - 0.5) * 0.45
        )
        cover = np.clip((1 - round_) * np.float32(size * canvas.height * 0.55), 0, 1)
        tone = np.clip(
            0.42 - py * 0.75 - px * 0.16 + (skin - 0.5) * 0.9,
            0,
            1,
        )
        dark = mixed(light.near, rgb("1a1e20"), 0.5)
        bright = mixed(
            mixed(rgb("6f706a"), light.ambient, 0.4),
            light.near,
            0.5 if light.dim or light.night else 0.12,
        )
        colors = dark[:, None, None] + (bright - dark)[:, None, None] * tone
        part = canvas.rgb[:, top:bottom, left:right]
        part += (colors - part) * cover
