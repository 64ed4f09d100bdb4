"""Thousands of threads that follow an invisible current."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas
from generation.demo.painter.noise import Array, blurred
from generation.demo.painter.palette import NAMED_COLORS, hexes, ramp, tinted
from generation.demo.painter.scene import Scene

SILKS = (
    hexes("0b3d6b 1f8fb3 9fe0d0 ffe7b8 ff9e5e d43c4c"),
    hexes("3b1263 8a2fa0 f0609a ffb37a fff0c4"),
    hexes("04372f 0f7a5b 8fd48a f4f3c0 f2b950"),
    hexes("12235c 3d5bd0 8fb2ff f3e9ff f5a3c7"),
    hexes("5c1a1a c8452f f2a04f ffe6b0 6fb8b0 1f5f74"),
)
INKS = (
    hexes("16324f 2f5d7c 6f93a8 c8553d e9a23b"),
    hexes("1d1d1f 4a4a4f 8f3f35 c9a26a"),
    hexes("12403a 2f7a68 8fae7c d8a24a"),
    hexes("3a2350 7a4f92 c86f8f e8a87c"),
    hexes("14213d 27496d 3f7a94 a8b8a0"),
)
PAPERS = hexes("f4eedf f3efe6 eee6d6 f0ece4")


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint threads along a flow field: glowing silk on black, or ink lines on paper."""
    rng = canvas.rng("flow")
    inked = (
        bool(scene.moods & {"bright", "pastel"})
        or scene.has("white")
        or (scene.time != "night" and rng.random() < 0.5)
    )
    if "dark" in scene.moods or "black" in scene.colors or scene.time == "night":
        inked = False
    stops = (INKS if inked else SILKS)[int(rng.integers(5))]
    for name in scene.colors[:1]:
        if name not in ("black", "white", "gray"):
            stops = tinted(stops, NAMED_COLORS[name], 0.65)
    density, color = _trace(canvas, stops, inked)
    canvas.report(0.8)
    if inked:
        paper = PAPERS[int(rng.integers(len(PAPERS)))]
        wash = canvas.fbm("wash", across=2.2, octaves=5)
        tooth = canvas.fbm("tooth", across=130, octaves=3) - 0.5
        canvas.fill(paper[:, None, None] * (0.97 + wash * 0.05 + tooth * 0.05))
        cover = 1 - np.exp(density * -1.8)
        mean = color / np.maximum(density, 1e-6)
        canvas.lay(mean, np.clip(cover * (0.94 + tooth * 0.3), 0, 1))
        return
    glow = color + canvas.blurred(color, 0.009) * 0.18
    fall = 1 - 0.5 * (((canvas.x / np.float32(canvas.aspect)) - 0.5) ** 2 + (canvas.y - 0.5) ** 2)
    canvas.rgb = (1 - np.exp(glow * -1.5)) * fall + np.array([0.018, 0.018, 0.026], np.float32)[
        :, None, None
    ]


def _trace(canvas: Canvas, stops: Array, inked: bool) -> tuple[Array, Array]:
    """Return the density (H, W) of all threads and their summed color (3, H, W)."""
    rng = canvas.rng("threads")
    scale = canvas.height / 1024
    area = canvas.width * canvas.height / 1024**2
    count = int((3600 if inked else 26000) * area / scale)
    steps = int((260 if inked else 170) * max(0.5, scale**0.5))
    stride = 1.25 / canvas.height * max(1.0, scale**0.5)
    size = float(rng.uniform(0.16, 0.26))
    bend, swirl = canvas.tile("bend", cells=5, octaves=2), canvas.tile("swirl", cells=4, octaves=2)
    turns = float(rng.uniform(1.3, 2.0)) if inked else float(rng.uniform(1.8, 3.2))
    x, y = (
        rng.random(count) * canvas.aspect * 1.2 - 0.1 * canvas.aspect,
        rng.random(count) * 1.2 - 0.1,
    )
    x, y = x.astype(np.float32), y.astype(np.float32)
    hue = canvas.tile("hue", cells=4, octaves=3).at(x * 0.3, y * 0.3)
    hue = np.clip((hue - 0.28) * 2.2 + rng.normal(0, 0.07, count), 0, 1).astype(np.float32)
    tints = ramp(stops, hue)
    weight = (rng.uniform(0.45, 1.0, count) * (0.62 if inked else 0.2)).astype(np.float32)
    total = np.zeros(canvas.height * canvas.width)
    sums = np.zeros((3, canvas.height * canvas.width))
    batch = 16
    paths_x, paths_y, fades = [], [], []
    start = float(rng.uniform(0, 6.28))
    for step in range(steps):
        push = swirl.at(x * np.float32(size), y * np.float32(size)) - 0.5
        angle = bend.at(x * np.float32(size) + push * 0.35, y * np.float32(size) + push * 0.25)
        angle = angle * np.float32(turns * 2 * np.pi) + np.float32(start)
        x = x + np.cos(angle) * np.float32(stride)
        y = y + np.sin(angle) * np.float32(stride)
        paths_x.append(x)
        paths_y.append(y)
        fades.append(weight * np.float32(np.sin(np.pi * step / steps)))
        if len(paths_x) == batch or step == steps - 1:
            _scatter(
                canvas, np.stack(paths_x), np.stack(paths_y), np.stack(fades), tints, total, sums
            )
            paths_x, paths_y, fades = [], [], []
            canvas.report(0.05 + 0.7 * step / steps)
    shape = (canvas.height, canvas.width)
    soft = (0.62 if inked else 0.5) * max(1.0, scale)
    density = blurred(total.reshape(shape).astype(np.float32), soft)
    return density, blurred(sums.reshape(3, *shape).astype(np.float32), soft)


def _scatter(
    canvas: Canvas, x: Array, y: Array, fade: Array, tints: Array, total: Array, sums: Array
) -> None:
    """Add steps (steps, N) to density and color sums of the pixels under them."""
    column, row = (x * canvas.height).astype(np.int32), (y * canvas.height).astype(np.int32)
    inside = (column >= 0) & (column < canvas.width) & (row >= 0) & (row < canvas.height)
    index = (row * canvas.width + column)[inside]
    weight = fade[inside]
    total += np.bincount(index, weight, minlength=total.size)
    for channel in range(3):
        sums[channel] += np.bincount(
            index, (fade * tints[channel][None])[inside], minlength=total.size
        )
