"""Poured paint and polished stone: noise folded into itself."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas, smoothstep
from generation.demo.painter.palette import NAMED_COLORS, hexes, ramp, tinted
from generation.demo.painter.scene import Scene

SETS = (
    hexes("06141f 0d3b4f 2a7f86 e9d7b0 e2813f 7c1f2b"),
    hexes("1a0f2e 4a1f5c b03a6b f2875e ffd9a0 fff4dc"),
    hexes("f6f1e6 e5d8c0 a9b7a8 4f7a74 1f3f47 d8a04a"),
    hexes("0b1020 1f3a6a 5f8fc8 e8e4dc d8a870 5a2a1a"),
    hexes("f8f4f0 e8d4d0 d89aa0 8a4a6a 2a1f3f c8a060"),
    hexes("04201a 0f5a48 4fae84 dceccb f0c050 b0401f"),
    hexes("14110f 3f3a36 8f867c e4ddd2 c9a45a 5c4020"),
)


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint veins and pools of color with a wet sheen and, now and then, a seam of gold."""
    rng = canvas.rng("liquid")
    stops = SETS[int(rng.integers(len(SETS)))]
    for name in scene.colors[:1]:
        if name not in ("black", "white", "gray"):
            stops = tinted(stops, NAMED_COLORS[name], 0.6)
    tile = canvas.tile("pour", cells=4, octaves=5, gain=0.48)
    scale = float(rng.uniform(0.30, 0.46))
    turn = float(rng.uniform(0, 6.28))
    cos, sin = np.float32(np.cos(turn) * scale), np.float32(np.sin(turn) * scale)
    x = canvas.x * cos + canvas.y * sin
    y = (canvas.y * cos - canvas.x * sin) * np.float32(rng.uniform(1.0, 1.6))
    fold = np.float32(rng.uniform(0.55, 0.85))
    qx, qy = tile.at(x, y), tile.at(x + 0.52, y + 0.13)
    canvas.report(0.25)
    rx = tile.at(x + fold * qx * 0.62 + 0.17, y + fold * qy * 0.62 + 0.92)
    ry = tile.at(x + fold * qx * 0.62 + 0.83, y + fold * qy * 0.62 + 0.28)
    canvas.report(0.45)
    pool = tile.at(x + fold * rx, y + fold * ry)
    canvas.report(0.6)
    low, high = np.quantile(pool[::8, ::8], [0.03, 0.97])
    tone = np.clip((pool - np.float32(low)) / np.float32(high - low), 0, 1)
    colors = ramp(stops, np.clip(tone * 0.8 + 0.45 * (qx - 0.3), 0, 1))
    # Light from the upper left on the relief of the paint.
    smooth = canvas.blurred(pool, 0.0016)
    down, across = np.gradient(smooth)
    slope = (down * 0.75 + across * 0.65) * np.float32(canvas.height)
    lit = np.clip(0.5 + np.asarray(slope) * 0.11, 0, 1)
    depth = smoothstep(0.25, 0.85, np.hypot(rx, ry))
    canvas.rgb = colors * (0.74 + 0.46 * lit) * (0.84 + 0.26 * depth)
    sheen = smoothstep(0.78, 1.0, lit)
    canvas.lighten(np.ones(3, np.float32), sheen * np.float32(rng.uniform(0.16, 0.4)))
    if rng.random() < 0.6 or "gold" in scene.colors:
        seam = np.abs(tone - np.float32(rng.uniform(0.45, 0.68)))
        width = 0.016 + 0.03 * smoothstep(0.45, 0.7, qy)
        gold = smoothstep(width, width * 0.35, seam)
        glint = canvas.fbm("gold leaf", across=70, octaves=4) * 0.8 + lit * 0.6
        canvas.lay(ramp(hexes("6a4214 c8963c ffe9a8"), np.clip(glint - 0.2, 0, 1)), gold * 0.95)
