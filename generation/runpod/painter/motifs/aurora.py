"""Northern lights over a still lake."""

from __future__ import annotations

import numpy as np

from ..canvas import Canvas, smoothstep
from ..noise import Array
from ..palette import NAMED_COLORS, hexes, mixed, tinted
from ..scene import Scene
from ..sky import paint_stars
from ..water import paint_water
from .trees import paint_shore

CURTAINS = (
    hexes("c8ffd8 2fe0a0 1f9ab0 6a3fb8"),
    hexes("d8ffd0 54e884 1fb894 3f5fc8"),
    hexes("f0d8ff c060f0 6a5ae8 2f9ad8"),
    hexes("ffe0e8 f06a9a 9a4fd0 2fb8b0"),
    hexes("e0fff0 3fe8c8 2f8fe0 8a3fc0"),
)


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint curtains of light above far mountains, a dark wood and the lake that mirrors them."""
    rng = canvas.rng("aurora")
    horizon = float(rng.uniform(0.62, 0.72))
    light = canvas.light
    depth = canvas.y / np.float32(horizon)
    base = mixed(light.sky[0], np.zeros(3, np.float32), 0.35)
    low = mixed(light.sky[2], light.sky[3], 0.35)
    canvas.fill(base[:, None, None] + (low - base)[:, None, None] * np.clip(depth, 0, 1) ** 2)
    paint_stars(canvas, horizon=horizon)
    canvas.report(0.2)
    colors = CURTAINS[int(rng.integers(len(CURTAINS)))]
    for name in scene.colors[:1]:
        if name not in ("black", "white", "gray"):
            colors = tinted(colors, NAMED_COLORS[name], 0.75)
    glow = np.zeros_like(canvas.rgb)
    count = int(rng.integers(3, 5))
    for index in range(count):
        glow += _curtain(canvas, index, horizon, colors, strength=float(rng.uniform(0.65, 1.0)) * (1.0 if index else 1.15))
        canvas.report(0.2 + 0.35 * (index + 1) / count)
    canvas.rgb = np.float32(1) - (np.float32(1) - canvas.rgb) * np.exp(-glow * np.float32(1.15))
    _paint_range(canvas, horizon, mixed(colors[1], colors[2], 0.5))
    paint_shore(canvas, shore=horizon, height=0.055, color=mixed(light.near, np.zeros(3, np.float32), 0.45))
    canvas.report(0.7)
    paint_water(
        canvas, horizon=horizon, choppy=float(rng.uniform(0.03, 0.16)), deep=mixed(light.near, light.sky[1], 0.3), depth=0.4
    )


def _curtain(canvas: Canvas, index: int, horizon: float, colors: Array, strength: float) -> Array:
    """Return one folded band of light (3, H, W): sharp below, fading upward in rays."""
    rng = canvas.rng(f"curtain {index}")
    fold = canvas.line(f"fold {index}", across=0.75, octaves=3, gain=0.4)
    pleat = canvas.line(f"pleat {index}", across=3.5, octaves=2)
    middle = horizon * (0.42 + 0.15 * index + rng.uniform(-0.05, 0.05))
    foot = np.float32(middle) + (fold - np.float32(0.5)) * np.float32(horizon * 0.85) + (pleat - np.float32(0.5)) * np.float32(0.06)
    # Rays lean together as if they came from far above; they are nearly constant along their length.
    above = foot[None] - canvas.y
    rays = canvas.fbm(f"rays {index}", across=15, down=0.8, octaves=5, gain=0.62)
    reach = np.float32(2.6 + 1.3 * index) / (np.float32(0.45) + canvas.line(f"reach {index}", across=2.5, octaves=3)[None])
    body = np.exp(-np.maximum(above, 0) * reach) * smoothstep(-0.006, 0.035, above)
    # Where the fold runs along the line of sight the band is thick and bright.
    along = np.abs(np.gradient(foot))[None] * np.float32(canvas.height)
    bright = np.float32(0.35) + np.float32(0.75) * np.clip(along, 0, 1.6)
    light = body * (np.float32(0.2) + np.float32(1.7) * np.clip(rays, 0, 1) ** 2) * bright * np.float32(strength)
    up = np.clip(above * np.float32(2.4 / horizon), 0, 1)
    edge = np.exp(-np.maximum(above, 0) * np.float32(28))
    blend = np.stack([np.interp(up, [0, 0.5, 1], colors[1:, channel]).astype(np.float32) for channel in range(3)])
    blend += (colors[0][:, None, None] - blend) * edge * np.float32(0.5)
    result: Array = blend * light
    result += colors[1][:, None, None] * np.exp(-np.abs(above) * np.float32(5)) * np.float32(0.06 * strength)
    return result


def _paint_range(canvas: Canvas, horizon: float, glow: Array) -> None:
    light = canvas.light
    for layer in range(2):
        wave = canvas.line(f"range {layer}", across=1.5 + layer, octaves=7)
        crest = np.float32(1) - np.abs(np.float32(2) * wave - np.float32(1)) * np.float32(1.3)
        height = np.float32(0.17 - 0.07 * layer) * np.clip(crest, 0.1, 1.2) * np.float32(0.85)
        top = canvas.row(horizon - float(height.max())) - 1
        y = canvas.y[top : canvas.row(horizon)]
        below = y - (np.float32(horizon) - height)[None]
        cover = np.clip(below / np.float32(canvas.px) + np.float32(0.5), 0, 1)
        color = mixed(light.near, light.far, 0.30 - 0.14 * layer)
        texture = canvas.fbm(f"slopes {layer}", across=12, octaves=4, ridges=True)[top : canvas.row(horizon)]
        body = color[:, None, None] * (np.float32(0.7) + np.float32(0.6) * texture)
        mist = mixed(color, mixed(light.far, glow, 0.35), 0.55)
        body = body + (mist[:, None, None] - body) * smoothstep(0.02, 0.17, np.maximum(below, 0)) * np.float32(0.8)
        canvas.lay(body, cover, top=top)
