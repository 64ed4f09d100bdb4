"""Wheel-thrown vessels and fruit: shapes, glaze, and light from a window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generation.demo.painter.canvas import Canvas, smoothstep
from generation.demo.painter.noise import Array, NoiseTile

EYE = np.array([0.0, 1.08, -3.3], np.float32)
"""Where the viewer stands; the table lies at height 0."""

PITCH = 0.135
"""How far the view looks down, as the tangent."""

PROFILE_STEPS = 512

Fruit = tuple[float, float, float, Array]
"""x, z, radius and color of a fruit on the table."""


@dataclass(frozen=True)
class Vase:
    """A vessel: its place, height, glaze and radius (512,) from foot to rim."""

    x: float
    z: float
    height: float
    glaze: Array
    profile: Array
    seed: float

    def radius(self, y: Array) -> Array:
        """Return the outer radius at heights y."""
        place = np.clip(y * np.float32(PROFILE_STEPS / self.height), 0, PROFILE_STEPS - 1.001)
        below = place.astype(np.int32)
        first = self.profile[below]
        # Interpolated, as steps of the profile would show as rings in the highlights.
        result: Array = first + (self.profile[below + 1] - first) * (place - below).astype(
            np.float32
        )
        return result


def profile(kind: str, height: float) -> Array:
    """Return the radii (512,) from foot to rim of a kind of vessel."""
    t: Array = np.linspace(0, 1, PROFILE_STEPS)

    def step(low: float, high: float) -> Array:
        return smoothstep(low, high, t)

    shapes = {
        "belly": 0.13
        + 0.19 * np.sin(np.pi * (t * 0.86 + 0.08)) ** 1.5
        - 0.055 * step(0.72, 0.92)
        + 0.055 * step(0.93, 1.0),
        "bottle": 0.10
        + 0.18 * np.exp(-(((t - 0.28) / 0.21) ** 2))
        - 0.03 * step(0.5, 0.8)
        + 0.04 * step(0.94, 1.0),
        "jar": 0.19 + 0.06 * np.sin(t * 2.4) - 0.03 * step(0.85, 0.97) + 0.02 * step(0.97, 1.0),
        "bowl": 0.09 + 0.27 * step(-0.12, 0.95) ** 1.1,
        "ribbed": 0.12
        + 0.14 * np.sin(np.pi * np.clip(t, 0.02, 0.97)) ** 0.8
        + 0.012 * np.sin(t * 44),
        "amphora": 0.07 + 0.23 * np.sin(np.pi * t**1.35) ** 1.2 + 0.05 * step(0.93, 1.0),
    }
    result: Array = (shapes[kind] * (height / 0.9) ** 0.35).astype(np.float32)
    return result


class TableScene:
    """The light on the scene: the window's bars and the shadows of vases and fruit."""

    def __init__(
        self,
        canvas: Canvas,
        light: Array,
        vases: list[Vase],
        fruits: list[Fruit],
        shift: float,
    ) -> None:
        self.light, self.vases, self.fruits, self._shift = light, vases, fruits, shift
        self.tile: NoiseTile = canvas.tile("ceramic", cells=8, octaves=5, gain=0.55)

    def sunlight(self, x: Array, y: Array, z: Array, *, without: object = None) -> Array:
        """Return how much sun 0..1 falls on points."""
        lx, ly, lz = self.light
        flight = (x + 3.0) / np.float32(-lx)
        wy, wz = y + ly * flight, z + lz * flight
        bar_y = np.abs((wy * 0.72 + np.float32(0.1 + self._shift)) % 1 - 0.5)
        bar_z = np.abs((wz * 0.62 + 0.28) % 1 - 0.5)
        sun = 0.13 + 0.87 * smoothstep(0.03, 0.085, bar_y) * smoothstep(0.03, 0.085, bar_z)
        flat = lx * lx + lz * lz
        for vase in self.vases:
            if vase is without:
                continue
            nearest = np.maximum(
                ((np.float32(vase.x) - x) * lx + (np.float32(vase.z) - z) * lz) / flat, 0
            )
            away = np.hypot(
                x + nearest * lx - np.float32(vase.x), z + nearest * lz - np.float32(vase.z)
            )
            level = y + nearest * ly
            soft = 0.006 + nearest * 0.028
            inside = smoothstep(1, -1, (away - vase.radius(level)) / soft) * smoothstep(
                1, -1, (level - np.float32(vase.height)) / soft
            )
            sun = sun * (1 - inside * (nearest > 0))
        for fruit in self.fruits:
            if fruit is without:
                continue
            dx, dy, dz = (
                np.float32(fruit[0]) - x,
                np.float32(fruit[2]) - y,
                np.float32(fruit[1]) - z,
            )
            nearest = np.maximum(dx * lx + dy * ly + dz * lz, 0)
            away = np.sqrt(
                (dx - nearest * lx) ** 2 + (dy - nearest * ly) ** 2 + (dz - nearest * lz) ** 2
            )
            soft = 0.006 + nearest * 0.028
            sun = sun * (
                1 - smoothstep(1, -1, (away - np.float32(fruit[2])) / soft) * (nearest > 0)
            )
        return np.asarray(sun, np.float32)

    def shaded(
        self, base: Array, sun: Array, normal: tuple[Array, Array, Array], closed: Array
    ) -> Array:
        """Return lit color planes; `closed` 0..1 is how much of the sky the surroundings hide."""
        facing = (
            np.clip(
                normal[0] * self.light[0] + normal[1] * self.light[1] + normal[2] * self.light[2],
                0,
                1,
            )
            * sun
            * 1.75
        )
        sky = (0.31 + 0.16 * normal[1]) * (1 - closed)
        bounce = 0.10 * np.clip(0.3 - normal[1], 0, 1) * (1 - closed)
        return np.stack([
            base[0] * (facing + sky * 0.86 + bounce * 1.2),
            base[1] * (facing * 0.87 + sky * 0.92 + bounce * 0.9),
            base[2] * (facing * 0.68 + sky * 1.10 + bounce * 0.6),
        ])  # fmt: skip


def _window(
    canvas: Canvas,
    x: float,
    z: float,
    low: float,
    high: float,
    half: float,
    zoom: float,
    mirror: float,
) -> tuple[slice, slice] | None:
    """Return the rows and columns of an object at (x, z) between two heights."""
    depth = z - float(EYE[2])
    near = depth - half
    middle = canvas.aspect / 2 + mirror * x / depth / zoom
    reach = half / near / zoom * 1.12 + 0.004
    ys = [
        0.5 - ((level - float(EYE[1])) / d + PITCH) / zoom
        for level in (low, high)
        for d in (near, depth + half)
    ]
    left, right = (
        max(0, int((middle - reach) * canvas.height)),
        min(canvas.width, int((middle + reach) * canvas.height) + 1),
    )
    top, bottom = canvas.row(min(ys) - 0.006), min(canvas.height, canvas.row(max(ys) + 0.006) + 1)
    return (slice(top, bottom), slice(left, right)) if left < right and top < bottom else None


def paint_vase(
    canvas: Canvas, stage: TableScene, vase: Vase, u: Array, v: Array, zoom: float, mirror: float
) -> None:
    """Paint a vase by ray marching; u, v: directions of pixels, x mirrored by `mirror`."""
    half = float(vase.profile.max())
    window = _window(canvas, vase.x, vase.z, 0.0, vase.height, half, float(zoom), mirror)
    if window is None:
        return
    rows, columns = window
    dx, dy = np.broadcast_arrays(u[:, columns], v[rows])
    shape = dx.shape
    dx, dy = dx.ravel(), dy.ravel()
    length = np.sqrt(dx * dx + dy * dy + 1)
    dx, dy, dz = dx / length, dy / length, 1 / length
    t = np.full(dx.size, vase.z - EYE[2] - half * 1.25, np.float32)
    best, best_t = np.full(dx.size, np.inf, np.float32), t.copy()
    live = np.arange(dx.size)
    wall = 0.016

    def distance(x: Array, y: Array, z: Array) -> Array:
        around = np.hypot(x - np.float32(vase.x), z - np.float32(vase.z))
        side = around - vase.radius(y)
        hollow = np.where(y > vase.height * 0.14, np.abs(side + wall) - wall, side)
        result: Array = np.maximum(hollow * 0.72, np.maximum(-y, y - np.float32(vase.height)))
        return result

    for _ in range(64):
        at = t[live]
        x, y, z = dx[live] * at, EYE[1] + dy[live] * at, EYE[2] + dz[live] * at
        d = distance(x, y, z)
        closer = d < best[live]
        best[live] = np.where(closer, d, best[live])
        best_t[live] = np.where(closer, at, best_t[live])
        t[live] = at + np.maximum(d, 0.0004)
        keep = (d > 0.0005) & (at < vase.z - EYE[2] + half * 1.4)
        live = live[keep]
        if live.size == 0:
            break
    pixel = np.float32(canvas.px * zoom) * best_t
    cover = np.clip(1.0 - (best - 0.0005) / pixel, 0, 1)
    seen = np.flatnonzero(cover > 0)
    x, y, z = (
        dx[seen] * best_t[seen],
        EYE[1] + dy[seen] * best_t[seen],
        EYE[2] + dz[seen] * best_t[seen],
    )
    e = 0.003
    nx, ny, nz = (
        distance(x + e, y, z) - distance(x - e, y, z),
        distance(x, y + e, z) - distance(x, y - e, z),
        distance(x, y, z + e) - distance(x, y, z - e),
    )
    norm = np.sqrt(nx * nx + ny * ny + nz * nz) + 1e-9
    nx, ny, nz = nx / norm, ny / norm, nz / norm
    base = _glaze(stage, vase, x, y, z)
    inner = (nx * (x - np.float32(vase.x)) + nz * (z - np.float32(vase.z)) < 0) & (
        y < vase.height - 0.004
    )
    sun = stage.sunlight(x, y, z, without=vase) * np.where(inner, np.float32(0.25), np.float32(1))
    closed = np.clip(
        np.exp(y * -11) * 0.5 + inner * np.clip((vase.height - y) * 3.0 + 0.2, 0, 0.8), 0, 0.88
    )
    colors = stage.shaded(base, sun, (nx, ny, nz), closed.astype(np.float32))
    hx, hy, hz = stage.light[0] - dx[seen], stage.light[1] - dy[seen], stage.light[2] - dz[seen]
    shine = np.clip((nx * hx + ny * hy + nz * hz) / np.sqrt(hx * hx + hy * hy + hz * hz), 0, 1)
    gloss = (shine**70 * 0.5 + shine**12 * 0.08) * sun
    fresnel = np.clip(1 + dx[seen] * nx + dy[seen] * ny + dz[seen] * nz, 0, 1) ** 4 * 0.16
    colors += gloss + fresnel * np.array([0.8, 0.85, 1.0], np.float32)[:, None]
    _place(canvas, rows, columns, shape, seen, cover[seen], colors)


def _place(
    canvas: Canvas,
    rows: slice,
    columns: slice,
    shape: tuple[int, ...],
    seen: np.ndarray,
    cover: Array,
    colors: Array,
) -> None:
    for channel in range(3):
        part = canvas.rgb[channel, rows, columns].reshape(-1).copy()
        part[seen] += (colors[channel] - part[seen]) * cover
        canvas.rgb[channel, rows, columns] = part.reshape(shape)


def _glaze(stage: TableScene, vase: Vase, x: Array, y: Array, z: Array) -> Array:
    """Return the color planes of a glaze that ran, pooled and speckled in the kiln."""
    turn = np.arctan2(x - np.float32(vase.x), np.float32(vase.z) - z)
    wash = stage.tile.at(turn * 0.14 + np.float32(vase.seed), y * 0.75)
    speck = stage.tile.at(turn * 0.9 + np.float32(vase.seed * 3), y * 4.6)
    base = vase.glaze[:, None] * (0.74 + 0.52 * wash)
    spots = smoothstep(0.66, 0.72, speck) * np.float32(0.45 if vase.seed < 0.7 else 0.0)
    if vase.seed > 0.35:
        line = np.float32(0.30 + 0.5 * vase.seed) + (wash - 0.5) * 0.28
        dipped = smoothstep(line - 0.012, line + 0.012, y / np.float32(vase.height))
        other = (
            np.minimum(vase.glaze * 0.55 + 0.30, 1)
            if vase.glaze.mean() < 0.4
            else vase.glaze * np.array([0.62, 0.55, 0.5], np.float32)
        )
        base = base + (other[:, None] * (0.8 + 0.4 * wash) - base) * dipped
    result: Array = base * (1 - spots)
    return result


def paint_fruit(
    canvas: Canvas,
    stage: TableScene,
    fruit: Fruit,
    u: Array,
    v: Array,
    zoom: float,
    mirror: float,
) -> None:
    """Paint a fruit: a sphere with pores and a highlight; u, v, zoom, mirror as for a vase."""
    x0, z0, radius, color = fruit
    window = _window(canvas, x0, z0, 0.0, radius * 2, radius, float(zoom), mirror)
    if window is None:
        return
    rows, columns = window
    dx, dy = np.broadcast_arrays(u[:, columns], v[rows])
    shape = dx.shape
    dx, dy = dx.ravel(), dy.ravel()
    length = np.sqrt(dx * dx + dy * dy + 1)
    dx, dy, dz = dx / length, dy / length, 1 / length
    ox, oy, oz = np.float32(x0), np.float32(radius) - EYE[1], np.float32(z0) - EYE[2]
    along = dx * ox + dy * oy + dz * oz
    miss = np.sqrt(np.maximum((ox * ox + oy * oy + oz * oz) - along * along, 0))
    cover = np.clip(
        0.5 + (np.float32(radius) - miss) / (np.float32(canvas.px * zoom) * along), 0, 1
    )
    t = along - np.sqrt(np.maximum(np.float32(radius) ** 2 - miss * miss, 0))
    seen = np.flatnonzero(cover > 0)
    dx, dy, dz, t = dx[seen], dy[seen], dz[seen], t[seen]
    x, y, z = dx * t, EYE[1] + dy * t, EYE[2] + dz * t
    nx, ny, nz = (
        (x - np.float32(x0)) / np.float32(radius),
        (y - np.float32(radius)) / np.float32(radius),
        (z - np.float32(z0)) / np.float32(radius),
    )
    pores = stage.tile.at(np.arctan2(nx, -nz) * 0.9, ny * 1.4) - 0.5
    blush = stage.tile.at(nx * 0.12, ny * 0.12)
    base = color[:, None] * (0.75 + 0.5 * blush + pores * 0.16)
    sun = stage.sunlight(x, y, z, without=fruit)
    closed = np.clip(np.exp(y * -16) * 0.7, 0, 0.8)
    colors = stage.shaded(base, sun, (nx, ny, nz), closed)
    hx, hy, hz = stage.light[0] - dx, stage.light[1] - dy, stage.light[2] - dz
    shine = np.clip(
        (nx * hx + ny * hy + nz * hz) / np.sqrt(hx * hx + hy * hy + hz * hz) + pores * 0.03, 0, 1
    )
    colors += (shine**40 * 0.32 + shine**8 * 0.06) * sun
    _place(canvas, rows, columns, shape, seen, cover[seen], colors)
