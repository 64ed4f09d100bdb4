"""A still life: ceramic vases, fruit and twigs in the light of a window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..canvas import Canvas, Pen, smoothstep
from ..noise import Array, Tile
from ..palette import NAMED_COLORS, hexes, mixed, rgb
from ..scene import Scene

_EYE = np.array([0.0, 1.08, -3.3], np.float32)
_WALL = 1.75
_PITCH = 0.135
_PROFILE_STEPS = 512

# Wall, table, three glazes, fruit, blossoms.
SETS = (
    hexes("c9b08c 8a5638 e4d9c6 7d9488 c0674a e88a2a f2ead8"),
    hexes("8fa59c c8b294 2f5568 d8b08c efe6d8 c8402c e8b4b0"),
    hexes("cf9468 5b3c2c ece4d4 b9502f 3b4f60 e8b83a f6eac0"),
    hexes("5f7068 3f2c22 26333e c8a24a dcd4c4 d0702a d8ccd4"),
    hexes("d4b4a8 a8705a f0e4d8 c88a7c 6a5a6a d8503c f4e8e0"),
    hexes("7f93b0 c4a888 f0ece4 3f5f96 d8b890 eab040 dce4f0"),
)


@dataclass(frozen=True)
class Vase:
    """A vessel turned on the wheel: its place, height, glaze and the radius (512,) from foot to rim."""

    x: float
    z: float
    height: float
    glaze: Array
    profile: Array
    seed: float

    def radius(self, y: Array) -> Array:
        """Return the outer radius at heights y."""
        index = np.clip(y * np.float32(_PROFILE_STEPS / self.height), 0, _PROFILE_STEPS - 1).astype(np.int32)
        result: Array = self.profile[index]
        return result


def _profile(kind: str, height: float) -> Array:
    t = np.linspace(0, 1, _PROFILE_STEPS)
    step = lambda a, b: np.clip((t - a) / (b - a), 0, 1) ** 2 * (3 - 2 * np.clip((t - a) / (b - a), 0, 1))  # noqa: E731
    shapes = {
        "belly": 0.13 + 0.19 * np.sin(np.pi * (t * 0.86 + 0.08)) ** 1.5 - 0.055 * step(0.72, 0.92) + 0.055 * step(0.93, 1.0),
        "bottle": 0.10 + 0.18 * np.exp(-(((t - 0.28) / 0.21) ** 2)) - 0.03 * step(0.5, 0.8) + 0.04 * step(0.94, 1.0),
        "jar": 0.19 + 0.06 * np.sin(t * 2.4) - 0.03 * step(0.85, 0.97) + 0.02 * step(0.97, 1.0),
        "bowl": 0.09 + 0.27 * step(-0.12, 0.95) ** 1.1,
        "ribbed": 0.12 + 0.14 * np.sin(np.pi * np.clip(t, 0.02, 0.97)) ** 0.8 + 0.012 * np.sin(t * 44),
        "amphora": 0.07 + 0.23 * np.sin(np.pi * t**1.35) ** 1.2 + 0.05 * step(0.93, 1.0),
    }
    return (shapes[kind] * (height / 0.9) ** 0.35).astype(np.float32)


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint two or three vases with fruit and twigs on a table, window light slanting across the wall."""
    rng = canvas.rng("still life")
    colors = SETS[int(rng.integers(len(SETS)))].copy()
    named = [NAMED_COLORS[name] for name in scene.colors if name not in ("black",)]
    for place, color in zip((2, 0, 3), named, strict=False):
        colors[place] = mixed(colors[place], color, 0.8)
    colors = colors ** np.float32(1.75)
    wall, table = colors[0], colors[1]
    mirror = float(rng.choice([-1.0, 1.0]))
    light = np.array([-1.0, rng.uniform(0.68, 0.95), -rng.uniform(0.55, 0.85)], np.float32)
    light /= np.linalg.norm(light)
    zoom = np.float32(0.72 * max(1.0, 0.86 / canvas.aspect) * rng.uniform(0.92, 1.06))
    u = (canvas.x - np.float32(canvas.aspect / 2)) * np.float32(mirror) * zoom
    v = (np.float32(0.5) - canvas.y) * zoom - np.float32(_PITCH)
    vases = _arrange(rng, colors[2:5])
    fruits = _fruit(rng, colors[5])
    stage = _Stage(canvas, light, vases, fruits, float(rng.uniform(0, 1)))
    canvas.report(0.1)
    _paint_room(canvas, stage, u, v, wall, table)
    canvas.report(0.4)
    if "branches" not in scene.without:
        _paint_twigs(canvas, stage, rng, vases[0], colors[6], zoom, mirror, scene)
    canvas.report(0.5)
    things: list[tuple[float, Vase | tuple[float, float, float, Array]]] = [(vase.z, vase) for vase in vases]
    things += [(fruit[1], fruit) for fruit in fruits]
    for index, (_, thing) in enumerate(sorted(things, key=lambda item: -item[0])):
        if isinstance(thing, Vase):
            _paint_vase(canvas, stage, thing, u, v, zoom, mirror)
        else:
            _paint_fruit(canvas, stage, thing, u, v, zoom, mirror)
        canvas.report(0.5 + 0.4 * index / len(things))
    x = np.maximum(canvas.rgb, 0)
    # Narkowicz's fit of the ACES film curve keeps highlights of the glaze from clipping.
    canvas.rgb = np.clip((x * (np.float32(2.51) * x + np.float32(0.03))) / (x * (np.float32(2.43) * x + np.float32(0.59)) + np.float32(0.14)), 0, 1) ** np.float32(0.78)


def _arrange(rng: np.random.Generator, glazes: Array) -> list[Vase]:
    kinds = list(rng.permutation(["belly", "bottle", "jar", "bowl", "ribbed", "amphora"]))
    tall = next(kind for kind in kinds if kind != "bowl")
    kinds.remove(tall)
    places = [(rng.uniform(-0.10, 0.10), rng.uniform(0.18, 0.3), rng.uniform(0.74, 0.96), tall)]
    places.append((rng.uniform(0.42, 0.54), rng.uniform(-0.05, 0.10), rng.uniform(0.36, 0.58), kinds[0]))
    if rng.random() < 0.8:
        places.append((-rng.uniform(0.44, 0.56), rng.uniform(-0.02, 0.16), rng.uniform(0.28, 0.46), kinds[1]))
    order = rng.permutation(3)
    result = []
    for index, (x, z, height, kind) in enumerate(places):
        height = min(height, 0.32) if kind == "bowl" else height
        result.append(Vase(x, z, height, glazes[order[index]], _profile(str(kind), height), float(rng.random())))
    return result


def _fruit(rng: np.random.Generator, color: Array) -> list[tuple[float, float, float, Array]]:
    result = [(float(rng.uniform(-0.34, -0.18)), float(rng.uniform(-0.30, -0.18)), float(rng.uniform(0.085, 0.11)), color)]
    if rng.random() < 0.75:
        result.append((float(rng.uniform(0.68, 0.84)), float(rng.uniform(-0.32, -0.18)), float(rng.uniform(0.07, 0.10)), color * np.array([0.9, 0.8, 0.7], np.float32)))
    if rng.random() < 0.4:
        result.append((result[0][0] + 0.2, result[0][1] - 0.07, 0.075, color * np.array([1.0, 0.85, 0.8], np.float32)))
    return result


class _Stage:
    """The light on the scene: the window's bars and the shadows of vases and fruit."""

    def __init__(self, canvas: Canvas, light: Array, vases: list[Vase], fruits: list[tuple[float, float, float, Array]], shift: float) -> None:
        self.light, self._vases, self._fruits, self._shift = light, vases, fruits, shift
        self.tile: Tile = canvas.tile("ceramic", cells=8, octaves=5, gain=0.55)

    def sunlight(self, x: Array, y: Array, z: Array, *, without: object = None) -> Array:
        """Return how much sun 0..1 falls on points."""
        lx, ly, lz = self.light
        flight = (x + np.float32(3.0)) / np.float32(-lx)
        wy, wz = y + ly * flight, z + lz * flight
        bar_y = np.abs((wy * np.float32(0.72) + np.float32(0.1 + self._shift)) % 1 - np.float32(0.5))
        bar_z = np.abs((wz * np.float32(0.62) + np.float32(0.28)) % 1 - np.float32(0.5))
        sun = np.float32(0.13) + np.float32(0.87) * smoothstep(0.03, 0.085, bar_y) * smoothstep(0.03, 0.085, bar_z)
        flat = lx * lx + lz * lz
        for vase in self._vases:
            if vase is without:
                continue
            nearest = np.maximum(((np.float32(vase.x) - x) * lx + (np.float32(vase.z) - z) * lz) / flat, 0)
            away = np.hypot(x + nearest * lx - np.float32(vase.x), z + nearest * lz - np.float32(vase.z))
            level = y + nearest * ly
            soft = np.float32(0.006) + nearest * np.float32(0.028)
            inside = smoothstep(1, -1, (away - vase.radius(level)) / soft) * smoothstep(1, -1, (level - np.float32(vase.height)) / soft)
            sun = sun * (np.float32(1) - inside * (nearest > 0))
        for fruit in self._fruits:
            if fruit is without:
                continue
            dx, dy, dz = np.float32(fruit[0]) - x, np.float32(fruit[2]) - y, np.float32(fruit[1]) - z
            nearest = np.maximum(dx * lx + dy * ly + dz * lz, 0)
            away = np.sqrt((dx - nearest * lx) ** 2 + (dy - nearest * ly) ** 2 + (dz - nearest * lz) ** 2)
            soft = np.float32(0.006) + nearest * np.float32(0.028)
            sun = sun * (np.float32(1) - smoothstep(1, -1, (away - np.float32(fruit[2])) / soft) * (nearest > 0))
        return np.asarray(sun, np.float32)

    def shaded(self, base: Array, sun: Array, normal: tuple[Array, Array, Array], closed: Array) -> Array:
        """Return lit color planes; `closed` 0..1 is how much of the sky the surroundings hide."""
        facing = np.clip(normal[0] * self.light[0] + normal[1] * self.light[1] + normal[2] * self.light[2], 0, 1) * sun * np.float32(1.75)
        sky = (np.float32(0.31) + np.float32(0.16) * normal[1]) * (np.float32(1) - closed)
        bounce = np.float32(0.10) * np.clip(np.float32(0.3) - normal[1], 0, 1) * (np.float32(1) - closed)
        return np.stack([
            base[0] * (facing + sky * np.float32(0.86) + bounce * np.float32(1.2)),
            base[1] * (facing * np.float32(0.87) + sky * np.float32(0.92) + bounce * np.float32(0.9)),
            base[2] * (facing * np.float32(0.68) + sky * np.float32(1.10) + bounce * np.float32(0.6)),
        ])  # fmt: skip


def _paint_room(canvas: Canvas, stage: _Stage, u: Array, v: Array, wall: Array, table: Array) -> None:
    # The ray meets the table where it has fallen by the height of the eye, unless the wall comes first.
    reach_wall = np.float32(_WALL - _EYE[2])
    fall = np.where(v < 0, np.float32(_EYE[1]) / np.maximum(-v, np.float32(1e-4)), np.float32(1e4))
    on_table = fall < reach_wall
    edge = canvas.row(0.0)
    split = int(np.argmax(on_table[:, 0])) if on_table.any() else canvas.height
    tile = stage.tile
    for top, bottom, is_table in ((edge, split, False), (split, canvas.height, True)):
        if top >= bottom:
            continue
        t = fall[top:bottom] if is_table else np.full((bottom - top, 1), reach_wall, np.float32)
        x = u * t
        y = np.broadcast_to(np.float32(_EYE[1]) + v[top:bottom] * t, x.shape) if not is_table else np.zeros_like(x)
        z = np.broadcast_to(np.float32(_EYE[2]) + t, x.shape)
        if is_table:
            grain = tile.at(x * np.float32(0.22) + np.float32(0.1), z * np.float32(1.9))
            fine = tile.at(x * np.float32(0.5), z * np.float32(7.0))
            base = table[:, None, None] * (np.float32(0.66) + np.float32(0.42) * grain + np.float32(0.26) * fine)
            normal = (np.float32(0), np.float32(1), np.float32(0))
            closed = np.exp((z - np.float32(_WALL)) * np.float32(7)) * np.float32(0.45)
            for vase in stage._vases:
                closed = np.maximum(closed, np.exp((vase.profile[0] - np.hypot(x - np.float32(vase.x), z - np.float32(vase.z))) * np.float32(11)) * np.float32(0.7))
            for fruit in stage._fruits:
                closed = np.maximum(closed, np.exp((np.float32(fruit[2] * 0.4) - np.hypot(x - np.float32(fruit[0]), z - np.float32(fruit[1]))) * np.float32(16)) * np.float32(0.75))
            closed = np.clip(closed, 0, 0.8)
        else:
            plaster = tile.at(x * np.float32(0.24), y * np.float32(0.24))
            fine = tile.at(x * np.float32(1.7), y * np.float32(1.7))
            base = wall[:, None, None] * (np.float32(0.80) + np.float32(0.26) * plaster + np.float32(0.12) * fine)
            normal = (np.float32(0), np.float32(0), np.float32(-1))
            closed = np.exp(y * np.float32(-6)) * np.float32(0.38)
        sun = stage.sunlight(x, np.asarray(y, np.float32), np.asarray(z, np.float32))
        canvas.rgb[:, top:bottom] = stage.shaded(base, sun, tuple(np.asarray(n, np.float32) for n in normal), closed)  # type: ignore[arg-type]


def _window(canvas: Canvas, x: float, z: float, low: float, high: float, half: float, zoom: float, mirror: float) -> tuple[slice, slice] | None:
    """Return the rows and columns of the picture that show a thing at (x, z) between two heights."""
    depth = z - float(_EYE[2])
    near = depth - half
    middle = canvas.aspect / 2 + mirror * x / depth / zoom
    reach = half / near / zoom * 1.12 + 0.004
    ys = [0.5 - ((level - float(_EYE[1])) / d + _PITCH) / zoom for level in (low, high) for d in (near, depth + half)]
    left, right = max(0, int((middle - reach) * canvas.height)), min(canvas.width, int((middle + reach) * canvas.height) + 1)
    top, bottom = canvas.row(min(ys) - 0.006), min(canvas.height, canvas.row(max(ys) + 0.006) + 1)
    return (slice(top, bottom), slice(left, right)) if left < right and top < bottom else None


def _paint_vase(canvas: Canvas, stage: _Stage, vase: Vase, u: Array, v: Array, zoom: float, mirror: float) -> None:
    half = float(vase.profile.max())
    window = _window(canvas, vase.x, vase.z, 0.0, vase.height, half, float(zoom), mirror)
    if window is None:
        return
    rows, columns = window
    dx, dy = np.broadcast_arrays(u[:, columns], v[rows])
    shape = dx.shape
    dx, dy = dx.ravel(), dy.ravel()
    length = np.sqrt(dx * dx + dy * dy + np.float32(1))
    dx, dy, dz = dx / length, dy / length, np.float32(1) / length
    t = np.full(dx.size, vase.z - _EYE[2] - half * 1.25, np.float32)
    best, best_t = np.full(dx.size, np.inf, np.float32), t.copy()
    live = np.arange(dx.size)
    wall = np.float32(0.016)

    def distance(x: Array, y: Array, z: Array) -> Array:
        around = np.hypot(x - np.float32(vase.x), z - np.float32(vase.z))
        side = around - vase.radius(y)
        hollow = np.where(y > vase.height * 0.14, np.abs(side + wall) - wall, side)
        return np.maximum(hollow * np.float32(0.72), np.maximum(-y, y - np.float32(vase.height)))

    for _ in range(64):
        at = t[live]
        x, y, z = dx[live] * at, _EYE[1] + dy[live] * at, _EYE[2] + dz[live] * at
        d = distance(x, y, z)
        closer = d < best[live]
        best[live] = np.where(closer, d, best[live])
        best_t[live] = np.where(closer, at, best_t[live])
        t[live] = at + np.maximum(d, 0.0004)
        keep = (d > 0.0005) & (at < vase.z - _EYE[2] + half * 1.4)
        live = live[keep]
        if live.size == 0:
            break
    pixel = np.float32(canvas.px * zoom) * best_t
    cover = np.clip(np.float32(1.0) - (best - np.float32(0.0005)) / pixel, 0, 1)
    seen = np.flatnonzero(cover > 0)
    x, y, z = dx[seen] * best_t[seen], _EYE[1] + dy[seen] * best_t[seen], _EYE[2] + dz[seen] * best_t[seen]
    e = np.float32(0.003)
    nx, ny, nz = (distance(x + e, y, z) - distance(x - e, y, z), distance(x, y + e, z) - distance(x, y - e, z), distance(x, y, z + e) - distance(x, y, z - e))
    norm = np.sqrt(nx * nx + ny * ny + nz * nz) + np.float32(1e-9)
    nx, ny, nz = nx / norm, ny / norm, nz / norm
    base = _glaze(stage, vase, x, y, z)
    inner = (nx * (x - np.float32(vase.x)) + nz * (z - np.float32(vase.z)) < 0) & (y < vase.height - 0.004)
    sun = stage.sunlight(x, y, z, without=vase) * np.where(inner, np.float32(0.25), np.float32(1))
    closed = np.clip(np.exp(y * np.float32(-11)) * np.float32(0.5) + inner * np.clip((vase.height - y) * 3.0 + 0.2, 0, 0.8), 0, 0.88)
    colors = stage.shaded(base, sun, (nx, ny, nz), closed.astype(np.float32))
    hx, hy, hz = stage.light[0] - dx[seen], stage.light[1] - dy[seen], stage.light[2] - dz[seen]
    shine = np.clip((nx * hx + ny * hy + nz * hz) / np.sqrt(hx * hx + hy * hy + hz * hz), 0, 1)
    gloss = (shine**70 * np.float32(0.5) + shine**12 * np.float32(0.08)) * sun
    fresnel = np.clip(1 + dx[seen] * nx + dy[seen] * ny + dz[seen] * nz, 0, 1) ** 4 * np.float32(0.16)
    colors += gloss + fresnel * np.array([0.8, 0.85, 1.0], np.float32)[:, None]
    _place(canvas, rows, columns, shape, seen, cover[seen], colors)


def _place(canvas: Canvas, rows: slice, columns: slice, shape: tuple[int, ...], seen: np.ndarray, cover: Array, colors: Array) -> None:  # type: ignore[type-arg]
    for channel in range(3):
        part = canvas.rgb[channel, rows, columns].reshape(-1).copy()
        part[seen] += (colors[channel] - part[seen]) * cover
        canvas.rgb[channel, rows, columns] = part.reshape(shape)


def _glaze(stage: _Stage, vase: Vase, x: Array, y: Array, z: Array) -> Array:
    """Return the color planes of a glaze that ran, pooled and speckled in the kiln."""
    turn = np.arctan2(x - np.float32(vase.x), z - np.float32(vase.z))
    wash = stage.tile.at(turn * np.float32(0.14) + np.float32(vase.seed), y * np.float32(0.75))
    speck = stage.tile.at(turn * np.float32(0.9) + np.float32(vase.seed * 3), y * np.float32(4.6))
    base = vase.glaze[:, None] * (np.float32(0.74) + np.float32(0.52) * wash)
    spots = smoothstep(0.66, 0.72, speck) * np.float32(0.45 if vase.seed < 0.7 else 0.0)
    if vase.seed > 0.35:
        line = np.float32(0.30 + 0.5 * vase.seed) + (wash - np.float32(0.5)) * np.float32(0.28)
        dipped = smoothstep(line - np.float32(0.012), line + np.float32(0.012), y / np.float32(vase.height))
        other = np.minimum(vase.glaze * np.float32(0.55) + np.float32(0.30), 1) if vase.glaze.mean() < 0.4 else vase.glaze * np.array([0.62, 0.55, 0.5], np.float32)
        base = base + (other[:, None] * (np.float32(0.8) + np.float32(0.4) * wash) - base) * dipped
    result: Array = base * (np.float32(1) - spots)
    return result


def _paint_fruit(canvas: Canvas, stage: _Stage, fruit: tuple[float, float, float, Array], u: Array, v: Array, zoom: float, mirror: float) -> None:
    x0, z0, radius, color = fruit
    window = _window(canvas, x0, z0, 0.0, radius * 2, radius, float(zoom), mirror)
    if window is None:
        return
    rows, columns = window
    dx, dy = np.broadcast_arrays(u[:, columns], v[rows])
    shape = dx.shape
    dx, dy = dx.ravel(), dy.ravel()
    length = np.sqrt(dx * dx + dy * dy + np.float32(1))
    dx, dy, dz = dx / length, dy / length, np.float32(1) / length
    ox, oy, oz = np.float32(x0), np.float32(radius) - _EYE[1], np.float32(z0) - _EYE[2]
    along = dx * ox + dy * oy + dz * oz
    miss = np.sqrt(np.maximum((ox * ox + oy * oy + oz * oz) - along * along, 0))
    cover = np.clip(np.float32(0.5) + (np.float32(radius) - miss) / (np.float32(canvas.px * zoom) * along), 0, 1)
    t = along - np.sqrt(np.maximum(np.float32(radius) ** 2 - miss * miss, 0))
    seen = np.flatnonzero(cover > 0)
    dx, dy, dz, t = dx[seen], dy[seen], dz[seen], t[seen]
    x, y, z = dx * t, _EYE[1] + dy * t, _EYE[2] + dz * t
    nx, ny, nz = (x - np.float32(x0)) / np.float32(radius), (y - np.float32(radius)) / np.float32(radius), (z - np.float32(z0)) / np.float32(radius)
    pores = stage.tile.at(np.arctan2(nx, nz) * np.float32(0.9), ny * np.float32(1.4)) - np.float32(0.5)
    blush = stage.tile.at(nx * np.float32(0.12), ny * np.float32(0.12))
    base = color[:, None] * (np.float32(0.75) + np.float32(0.5) * blush + pores * np.float32(0.16))
    sun = stage.sunlight(x, y, z, without=fruit)
    closed = np.clip(np.exp(y * np.float32(-16)) * np.float32(0.7), 0, 0.8)
    colors = stage.shaded(base, sun, (nx, ny, nz), closed)
    hx, hy, hz = stage.light[0] - dx, stage.light[1] - dy, stage.light[2] - dz
    shine = np.clip((nx * hx + ny * hy + nz * hz) / np.sqrt(hx * hx + hy * hy + hz * hz) + pores * np.float32(0.03), 0, 1)
    colors += (shine**40 * np.float32(0.32) + shine**8 * np.float32(0.06)) * sun
    _place(canvas, rows, columns, shape, seen, cover[seen], colors)


def _paint_twigs(canvas: Canvas, stage: _Stage, rng: np.random.Generator, vase: Vase, color: Array, zoom: float, mirror: float, scene: Scene) -> None:
    """Paint twigs with cotton, buds or leaves in the tallest vase, and their shadow on the wall."""

    def project(x: float, y: float, z: float) -> tuple[float, float]:
        depth = z - float(_EYE[2])
        return canvas.aspect / 2 + mirror * x / depth / float(zoom), 0.5 - ((y - float(_EYE[1])) / depth + _PITCH) / float(zoom)

    leafy = rng.random() < 0.4
    stems, buds = [], []
    for index in range(int(rng.integers(3, 6))):
        lean, curve = rng.uniform(-0.42, 0.42), rng.uniform(-0.25, 0.25)
        reach = rng.uniform(0.45, 0.85)
        z = vase.z + rng.uniform(-0.05, 0.05)
        points = []
        for s in np.linspace(0, 1, 26):
            points.append((vase.x + lean * s + curve * s * s * 0.5 + 0.012 * np.sin(s * 11 + index), vase.height * 0.82 + reach * s * (1 - 0.12 * abs(lean) * s), z))
        stems.append(points)
        for k in range(8, 26, 2 if leafy else 3):
            side = 1 if (k // 2) % 2 else -1
            buds.append((*points[k], side * rng.uniform(0.03, 0.06), rng.uniform(0.022, 0.036), rng.uniform(-0.5, 0.5)))

    def wood(dx: float, dy: float, z: float | None = None):  # type: ignore[no-untyped-def]
        def draw(pen: Pen) -> None:
            for points in stems:
                line = [project(x + dx, y + dy, z if z is not None else pz) for x, y, pz in points]
                pen.curve(line, list(np.linspace(0.0055, 0.0022, len(line) - 1)))

        return canvas.drawn(draw)

    def bloom(dx: float, dy: float, z: float | None, grow: float, lift: float = 0.0, wide: float = 0.0):  # type: ignore[no-untyped-def]
        def draw(pen: Pen) -> None:
            for x, y, pz, out, size, turn in buds:
                px, py = project(x + dx + out, y + dy + 0.01, z if z is not None else pz)
                r = size * grow / 4.2 / float(zoom) * 0.95
                if leafy:
                    a = (-0.5 if out > 0 else 3.64) + turn * 0.8
                    a = a if mirror > 0 else np.pi - a
                    tip = (px + np.cos(a) * r * 3.4, py + np.sin(a) * r * 3.4)
                    nx, ny = -np.sin(a) * r * 0.85, np.cos(a) * r * 0.85
                    mid = (px + np.cos(a) * r * 1.5, py + np.sin(a) * r * 1.5)
                    pen.polygon([(px, py), (mid[0] + nx, mid[1] + ny), tip, (mid[0] - nx, mid[1] - ny)])
                else:
                    for k in range(4):
                        b = turn + k * 1.57
                        pen.ellipse(px + wide * r + np.cos(b) * r * 0.55, py - lift * r + np.sin(b) * r * 0.5, r * 0.72)

        return canvas.drawn(draw)

    # On the wall the shadow lies where the light carries each point.
    lx, ly, lz = (float(value) for value in stage.light)
    flight = (_WALL - vase.z) / -lz
    shadow = np.maximum(wood(-lx * flight, -ly * flight, _WALL), bloom(-lx * flight, -ly * flight, _WALL, 1.0))
    canvas.rgb *= np.float32(1) - canvas.blurred(shadow, 0.006) * np.float32(0.42) * (canvas.y < np.float32(project(0, 0, _WALL)[1]))
    canvas.lay(rgb("3a2a1e") ** np.float32(1.6), wood(0, 0))
    tone = color if not leafy else rgb("5f7f5a") ** np.float32(1.7)
    canvas.lay(tone * np.float32(0.42), bloom(0, 0, None, 1.0))
    canvas.lay(tone * np.float32(0.85), bloom(0, 0, None, 0.84, 0.16, -0.16 * mirror))
    canvas.lay(np.minimum(tone * np.float32(1.3), 1.2), bloom(0, 0, None, 0.5, 0.42, -0.42 * mirror))
