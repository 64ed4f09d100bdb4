"""A still life: ceramic vases, fruit and twigs in the light of a window."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas, Pen
from generation.demo.painter.motifs.pottery import (
    EYE,
    PITCH,
    Fruit,
    TableScene,
    Vase,
    paint_fruit,
    paint_vase,
    profile,
)
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import NAMED_COLORS, hexes, mixed, rgb
from generation.demo.painter.scene import Scene

_WALL = 1.75

# Wall, table, three glazes, fruit, blossoms.
SETS = (
    hexes("c9b08c 8a5638 e4d9c6 7d9488 c0674a e88a2a f2ead8"),
    hexes("8fa59c c8b294 2f5568 d8b08c efe6d8 c8402c e8b4b0"),
    hexes("cf9468 5b3c2c ece4d4 b9502f 3b4f60 e8b83a f6eac0"),
    hexes("5f7068 3f2c22 26333e c8a24a dcd4c4 d0702a d8ccd4"),
    hexes("d4b4a8 a8705a f0e4d8 c88a7c 6a5a6a d8503c f4e8e0"),
    hexes("7f93b0 c4a888 f0ece4 3f5f96 d8b890 eab040 dce4f0"),
)


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint two or three vases with fruit and twigs on a table, in light from a window."""
    rng = canvas.rng("still life")
    colors = SETS[int(rng.integers(len(SETS)))].copy()
    named = [NAMED_COLORS[name] for name in scene.colors if name not in ("black",)]
    for place, color in zip((2, 0, 3), named, strict=False):
        colors[place] = mixed(colors[place], color, 0.8)
    colors = colors**1.75
    wall, table = colors[0], colors[1]
    mirror = float(rng.choice([-1.0, 1.0]))
    light = np.array([-1.0, rng.uniform(0.68, 0.95), -rng.uniform(0.55, 0.85)], np.float32)
    light /= np.linalg.norm(light)
    zoom = float(np.float32(0.72 * max(1.0, 0.86 / canvas.aspect) * rng.uniform(0.92, 1.06)))
    u = (canvas.x - np.float32(canvas.aspect / 2)) * np.float32(mirror) * zoom
    v = (0.5 - canvas.y) * zoom - np.float32(PITCH)
    vases = _arrange(rng, colors[2:5])
    fruits = _fruit(rng, colors[5])
    stage = TableScene(canvas, light, vases, fruits, float(rng.uniform(0, 1)))
    canvas.report(0.1)
    _paint_room(canvas, stage, u, v, wall, table)
    canvas.report(0.4)
    if "branches" not in scene.without:
        _paint_twigs(canvas, stage, rng, vases[0], colors[6], zoom, mirror, scene)
    canvas.report(0.5)
    things: list[tuple[float, Vase | Fruit]] = [(vase.z, vase) for vase in vases]
    things += [(fruit[1], fruit) for fruit in fruits]
    for index, (_, thing) in enumerate(sorted(things, key=lambda item: -item[0])):
        if isinstance(thing, Vase):
            paint_vase(canvas, stage, thing, u, v, zoom, mirror)
        else:
            paint_fruit(canvas, stage, thing, u, v, zoom, mirror)
        canvas.report(0.5 + 0.4 * index / len(things))
    x = np.maximum(canvas.rgb, 0)
    # Narkowicz's fit of the ACES film curve keeps highlights of the glaze from clipping.
    canvas.rgb = (
        np.clip(
            (x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14),
            0,
            1,
        )
        ** 0.78
    )


def _arrange(rng: np.random.Generator, glazes: Array) -> list[Vase]:
    kinds = list(rng.permutation(["belly", "bottle", "jar", "bowl", "ribbed", "amphora"]))
    tall = next(kind for kind in kinds if kind != "bowl")
    kinds.remove(tall)
    places = [(rng.uniform(-0.10, 0.10), rng.uniform(0.18, 0.3), rng.uniform(0.74, 0.96), tall)]
    places.append(
        (rng.uniform(0.42, 0.54), rng.uniform(-0.05, 0.10), rng.uniform(0.36, 0.58), kinds[0])
    )
    if rng.random() < 0.8:
        places.append(
            (-rng.uniform(0.44, 0.56), rng.uniform(-0.02, 0.16), rng.uniform(0.28, 0.46), kinds[1])
        )
    order = rng.permutation(3)
    result = []
    for index, (x, z, height, kind) in enumerate(places):
        height = min(height, 0.32) if kind == "bowl" else height
        result.append(
            Vase(
                x, z, height, glazes[order[index]], profile(str(kind), height), float(rng.random())
            )
        )
    return result


def _fruit(rng: np.random.Generator, color: Array) -> list[Fruit]:
    result = [
        (
            float(rng.uniform(-0.34, -0.18)),
            float(rng.uniform(-0.30, -0.18)),
            float(rng.uniform(0.085, 0.11)),
            color,
        )
    ]
    if rng.random() < 0.75:
        result.append(
            (
                float(rng.uniform(0.68, 0.84)),
                float(rng.uniform(-0.32, -0.18)),
                float(rng.uniform(0.07, 0.10)),
                color * np.array([0.9, 0.8, 0.7], np.float32),
            )
        )
    if rng.random() < 0.4:
        result.append(
            (
                result[0][0] + 0.2,
                result[0][1] - 0.07,
                0.075,
                color * np.array([1.0, 0.85, 0.8], np.float32),
            )
        )
    return result


def _paint_room(
    canvas: Canvas, stage: TableScene, u: Array, v: Array, wall: Array, table: Array
) -> None:
    # The ray meets the table where it has fallen by the height of the eye, unless the wall comes
    # first.
    reach_wall = np.float32(_WALL - EYE[2])
    fall = np.where(v < 0, np.float32(EYE[1]) / np.maximum(-v, 1e-4), 1e4)
    on_table = fall < reach_wall
    edge = canvas.row(0.0)
    split = int(np.argmax(on_table[:, 0])) if on_table.any() else canvas.height
    tile = stage.tile
    for top, bottom, is_table in ((edge, split, False), (split, canvas.height, True)):
        if top >= bottom:
            continue
        t = fall[top:bottom] if is_table else np.full((bottom - top, 1), reach_wall, np.float32)
        x = u * t
        y = (
            np.broadcast_to(np.float32(EYE[1]) + v[top:bottom] * t, x.shape)
            if not is_table
            else np.zeros_like(x)
        )
        z = np.broadcast_to(np.float32(EYE[2]) + t, x.shape)
        if is_table:
            grain = tile.at(x * 0.22 + 0.1, z * 1.9)
            fine = tile.at(x * 0.5, z * 7.0)
            base = table[:, None, None] * (0.66 + 0.42 * grain + 0.26 * fine)
            normal = (0, 1, 0)
            closed = np.exp((z - np.float32(_WALL)) * 7) * 0.45
            for vase in stage.vases:
                closed = np.maximum(
                    closed,
                    np.exp(
                        (vase.profile[0] - np.hypot(x - np.float32(vase.x), z - np.float32(vase.z)))
                        * 11
                    )
                    * 0.7,
                )
            for fruit in stage.fruits:
                closed = np.maximum(
                    closed,
                    np.exp(
                        (
                            np.float32(fruit[2] * 0.4)
                            - np.hypot(x - np.float32(fruit[0]), z - np.float32(fruit[1]))
                        )
                        * 16
                    )
                    * 0.75,
                )
            closed = np.clip(closed, 0, 0.8)
        else:
            plaster = tile.at(x * 0.24, y * 0.24)
            fine = tile.at(x * 1.7, y * 1.7)
            base = wall[:, None, None] * (0.80 + 0.26 * plaster + 0.12 * fine)
            normal = (0, 0, -1)
            closed = np.exp(y * -6) * 0.38
        sun = stage.sunlight(x, np.asarray(y, np.float32), np.asarray(z, np.float32))
        across, up, toward = (np.asarray(part, np.float32) for part in normal)
        canvas.rgb[:, top:bottom] = stage.shaded(base, sun, (across, up, toward), closed)


def _paint_twigs(
    canvas: Canvas,
    stage: TableScene,
    rng: np.random.Generator,
    vase: Vase,
    color: Array,
    zoom: float,
    mirror: float,
    scene: Scene,
) -> None:
    """Paint twigs with cotton, buds or leaves in the tallest vase, and their shadow on the wall."""

    def project(x: float, y: float, z: float) -> tuple[float, float]:
        depth = z - float(EYE[2])
        return canvas.aspect / 2 + mirror * x / depth / float(zoom), 0.5 - (
            (y - float(EYE[1])) / depth + PITCH
        ) / float(zoom)

    leafy = rng.random() < 0.4
    stems, buds = [], []
    for index in range(int(rng.integers(3, 6))):
        lean, curve = rng.uniform(-0.42, 0.42), rng.uniform(-0.25, 0.25)
        reach = rng.uniform(0.45, 0.85)
        z = vase.z + rng.uniform(-0.05, 0.05)
        points = []
        for s in np.linspace(0, 1, 26):
            points.append(
                (
                    vase.x + lean * s + curve * s * s * 0.5 + 0.012 * np.sin(s * 11 + index),
                    vase.height * 0.82 + reach * s * (1 - 0.12 * abs(lean) * s),
                    z,
                )
            )
        stems.append(points)
        for k in range(8, 26, 2 if leafy else 3):
            side = 1 if (k // 2) % 2 else -1
            buds.append(
                (
                    *points[k],
                    side * rng.uniform(0.014, 0.03),
                    rng.uniform(0.022, 0.036),
                    rng.uniform(-0.5, 0.5),
                )
            )

    def wood(dx: float, dy: float, z: float | None = None) -> Array:
        def draw(pen: Pen) -> None:
            for points in stems:
                line = [project(x + dx, y + dy, z if z is not None else pz) for x, y, pz in points]
                pen.curve(line, list(np.linspace(0.0055, 0.0022, len(line) - 1)))

        return canvas.drawn(draw)

    def bloom(
        dx: float, dy: float, z: float | None, grow: float, lift: float = 0.0, wide: float = 0.0
    ) -> Array:
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
                    pen.polygon(
                        [(px, py), (mid[0] + nx, mid[1] + ny), tip, (mid[0] - nx, mid[1] - ny)]
                    )
                else:
                    for k in range(4):
                        b = turn + k * 1.57
                        pen.ellipse(
                            px + wide * r + np.cos(b) * r * 0.55,
                            py - lift * r + np.sin(b) * r * 0.5,
                            r * 0.72,
                        )

        return canvas.drawn(draw)

    # On the wall the shadow lies where the light carries each point.
    lx, ly, lz = (float(value) for value in stage.light)
    flight = (_WALL - vase.z) / -lz
    shadow = np.maximum(
        wood(-lx * flight, -ly * flight, _WALL), bloom(-lx * flight, -ly * flight, _WALL, 1.0)
    )
    canvas.rgb *= 1 - canvas.blurred(shadow, 0.006) * 0.42 * (
        canvas.y < np.float32(project(0, 0, _WALL)[1])
    )
    canvas.lay(rgb("3a2a1e") ** 1.6, wood(0, 0))
    tone = color if not leafy else rgb("5f7f5a") ** 1.7
    canvas.lay(tone * 0.42, bloom(0, 0, None, 1.0))
    canvas.lay(tone * 0.85, bloom(0, 0, None, 0.84, 0.16, -0.16 * mirror))
    canvas.lay(np.minimum(tone * 1.3, 1.2), bloom(0, 0, None, 0.5, 0.42, -0.42 * mirror))
