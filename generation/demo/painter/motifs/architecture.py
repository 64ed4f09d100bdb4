"""Quiet architecture: stairs, arches and a ball in low sunlight.

Pixels on an edge are traced again with four rays.
"""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas
from generation.demo.painter.motifs.tracing import ORIGIN, Ball, Box, Hit, Whole, sunlight, trace
from generation.demo.painter.noise import Array, NoiseTile
from generation.demo.painter.palette import NAMED_COLORS, hexes, mixed
from generation.demo.painter.scene import Scene
from generation.demo.painter.sky import paint_sky

# Floor, stairs, wall, tower, accent, ball.
SETS = (
    hexes("e6c6aa f2e4d8 f7efe8 e9a58a 2f7fa8 e2603c"),
    hexes("d89a92 f2b8a8 f6cfc0 c9738a 6a4fa0 ffd27a"),
    hexes("6fa79c a8cdbb e2eadc 2c5f73 e2a13c f4efe0"),
    hexes("d6b98c efe0c4 f6ecd8 b5673e 7d8f5a 2f4f5f"),
    hexes("b8c4d8 d8dce8 f2f0f0 8f9cc0 e8b8a0 d8674a"),
    hexes("c8a878 e4cca4 f4e6cc a8543c 3f6f6a e8e0d0"),
)


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint an arcade, stairs, a tower with an opening and a ball on a terrace before the sky."""
    rng = canvas.rng("architecture")
    colors = SETS[int(rng.integers(len(SETS)))].copy()
    for place, name in zip((3, 4), scene.colors, strict=False):
        colors[place] = mixed(colors[place], NAMED_COLORS[name], 0.8)
    light = canvas.light
    horizon = 0.66
    paint_sky(canvas, horizon=horizon + 0.1, clouds=0.6)
    mirror = float(rng.choice([-1.0, 1.0]))
    sun = np.array(
        [rng.choice([-0.78, 0.72]), rng.uniform(0.55, 0.9), -rng.uniform(0.4, 0.6)], np.float32
    )
    sun /= np.linalg.norm(sun)
    boxes, balls = _build(rng)
    tile = canvas.tile("stucco", cells=8, octaves=5, gain=0.55)
    zoom = np.float32(0.84 * max(1.0, 1.02 / canvas.aspect))
    materials = colors**1.65

    def shoot(px: Array, py: Array) -> tuple[Array, Array, Whole]:
        """Return color (3, N), coverage (N,) and the thing hit (N,) for points of the image."""
        dx = (px - np.float32(canvas.aspect / 2)) * np.float32(mirror) * zoom
        dy = (np.float32(horizon) - py) * zoom
        hit = trace(boxes, balls, dx, dy)
        return _shade(hit, boxes, balls, dx, dy, sun, materials, tile, canvas)

    flat_x, flat_y = (part.ravel() for part in np.broadcast_arrays(canvas.x, canvas.y))
    planes, cover, thing = (
        np.empty((3, flat_x.size), np.float32),
        np.empty(flat_x.size, np.float32),
        np.empty(flat_x.size, np.int32),
    )
    band = max(1, flat_x.size // 6)
    for start in range(0, flat_x.size, band):
        part = slice(start, start + band)
        planes[:, part], cover[part], thing[part] = shoot(flat_x[part], flat_y[part])
        canvas.report(0.1 + 0.7 * min(1.0, (start + band) / flat_x.size))
    grid = thing.reshape(canvas.height, canvas.width)
    edge = np.zeros(grid.shape, bool)
    edge[:-1] |= grid[:-1] != grid[1:]
    edge[1:] |= grid[:-1] != grid[1:]
    edge[:, :-1] |= grid[:, :-1] != grid[:, 1:]
    edge[:, 1:] |= grid[:, :-1] != grid[:, 1:]
    where = np.flatnonzero(edge.ravel())
    backdrop = canvas.rgb.reshape(3, -1)
    total = np.zeros((3, where.size), np.float32)
    for ox, oy in ((-0.36, -0.12), (0.12, -0.36), (0.36, 0.12), (-0.12, 0.36)):
        color, seen, _ = shoot(
            flat_x[where] + np.float32(ox * canvas.px), flat_y[where] + np.float32(oy * canvas.px)
        )
        total += np.where(seen > 0, color, backdrop[:, where])
    smooth = total / 4
    haze = light.haze
    result = np.where(cover > 0, planes, backdrop)
    result[:, where] = smooth
    canvas.rgb = result.reshape(canvas.rgb.shape)
    canvas.lay(haze, np.exp(-(((canvas.y - np.float32(horizon)) / 0.05) ** 2)) * 0.05)


def _build(rng: np.random.Generator) -> tuple[list[Box], list[Ball]]:
    """Return a seeded arrangement; the viewer stands at z = -4 and looks along z."""
    boxes = [Box((-60, -1.0, -4), (60, 0.0, 7.5), 0)]
    steps = int(rng.integers(6, 10))
    rise, run, wide = 0.13, 0.23, float(rng.uniform(0.8, 1.15))
    left = -float(rng.uniform(2.0, 2.5))
    front = float(rng.uniform(1.6, 2.2))
    for k in range(steps):
        boxes.append(Box((left, 0, front + run * k), (left + wide * 1.5, rise * (k + 1), 6.4), 1))
    tower = float(rng.uniform(2.4, 3.3))
    boxes.append(
        Box(
            (left - 0.1, 0, front + run * steps + 0.9),
            (left + wide * 1.5 + 0.25, tower + rise * steps * 0.5, front + run * steps + 1.7),
            3,
            ((left + wide * 0.75, 0.34, rise * steps + 0.95),),
        )
    )
    arches = int(rng.integers(2, 4))
    half = float(rng.uniform(0.34, 0.42))
    pitch = half * 2 + float(rng.uniform(0.32, 0.46))
    start = left + wide * 1.5 + 0.02
    height = float(rng.uniform(1.75, 2.15))
    spring = height - half - float(rng.uniform(0.32, 0.5))
    openings = tuple((start + pitch * (k + 0.5), half, spring) for k in range(arches))
    depth = float(rng.uniform(2.4, 2.9))
    boxes.append(
        Box((start, 0, depth), (start + pitch * arches, height, depth + 0.42), 2, openings)
    )
    if rng.random() < 0.75:
        boxes.append(
            Box(
                (start + pitch * (arches - 1) + 0.1, 0, depth + 1.6),
                (start + pitch * arches + 0.9, height + float(rng.uniform(0.5, 1.1)), depth + 2.4),
                4,
            )
        )
    if rng.random() < 0.6:
        boxes.append(
            Box(
                (start + 0.1, height, depth + 0.06),
                (start + pitch * float(rng.uniform(0.9, 1.6)), height + 0.42, depth + 0.36),
                3,
            )
        )
    boxes.append(
        Box(
            (start + pitch * arches + 0.25, 0, depth - 0.5),
            (start + pitch * arches + 0.75, 0.5, depth),
            1,
        )
    )
    r = float(rng.uniform(0.24, 0.34))
    balls = [
        Ball((start + float(rng.uniform(0.1, 0.9)), r, depth - float(rng.uniform(0.7, 1.1))), r, 5)
    ]
    if rng.random() < 0.7:
        r = float(rng.uniform(0.14, 0.2))
        balls.append(Ball((start + pitch * arches + 0.5, 0.5 + r, depth - 0.25), r, 4))
    if rng.random() < 0.6:
        r = float(rng.uniform(0.5, 0.75))
        balls.append(Ball((start + pitch * (arches * 0.55), height + r * 0.15, depth + 1.3), r, 4))
    return boxes, balls


def _shade(
    hit: Hit,
    boxes: list[Box],
    balls: list[Ball],
    dx: Array,
    dy: Array,
    sun: Array,
    materials: Array,
    tile: NoiseTile,
    canvas: Canvas,
) -> tuple[Array, Array, Whole]:
    light = canvas.light
    where = np.flatnonzero(hit.material >= 0)
    t = hit.t[where]
    x, y, z = ORIGIN[0] + dx[where] * t, ORIGIN[1] + dy[where] * t, ORIGIN[2] + t
    nx, ny, nz = hit.normal[:, where]
    stucco = tile.at(x * 0.30 + z * 0.23, y * 0.34 + z * 0.21)
    fine = tile.at(x * 2.1 + z * 0.9, y * 2.1 + z * 1.7)
    base = materials[hit.material[where].astype(np.int64)].T * (0.88 + 0.16 * stucco + 0.08 * fine)
    e = 0.004
    lit = sunlight(boxes, balls, x + nx * e, y + ny * e, z + nz * e, sun)
    facing = np.clip(nx * sun[0] + ny * sun[1] + nz * sun[2], 0, 1) * lit
    closed = np.exp(-np.maximum(y, 0) * 5) * 0.26 * (ny < 0.5)
    for ball in balls:
        under = np.hypot(
            x - np.float32(ball.center[0]), z - np.float32(ball.center[2])
        ) / np.float32(ball.radius)
        closed = np.maximum(
            closed,
            np.exp(-(under**2) * 1.4)
            * 0.6
            * (ny > 0.5)
            * (np.abs(y - np.float32(ball.center[1] - ball.radius)) < 0.05),
        )
    sky = (0.40 + 0.17 * ny - 0.05 * nx) * (1 - closed)
    bounce = 0.17 * np.clip(0.5 - ny, 0, 1) * np.exp(-np.maximum(y, 0) * 0.9)
    power = 0.75 if light.night else 1.35
    planes = []
    floor = materials[0]
    fog = np.clip((t - 7) * 0.05, 0, 0.55)
    for channel in range(3):
        total = (
            facing * np.float32(light.direct[channel] * power)
            + sky * np.float32(0.45 + 0.62 * light.ambient[channel])
            + bounce * np.float32(floor[channel] * 1.3)
        )
        value = np.clip(base[channel] * total, 0, 4)
        value = (
            np.clip(
                (value * (2.51 * value + 0.03)) / (value * (2.43 * value + 0.59) + 0.14),
                0,
                1,
            )
            ** 0.80
        )
        planes.append(value + (np.float32(light.haze[channel]) - value) * fog)
    colors = np.zeros((3, dx.size), np.float32)
    colors[:, where] = np.stack(planes)
    return colors, (hit.material >= 0).astype(np.float32), hit.thing
