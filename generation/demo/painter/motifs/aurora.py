"""Northern lights over a still lake."""

from __future__ import annotations

import numpy as np

from generation.demo.painter import noise
from generation.demo.painter.canvas import Canvas, smoothstep
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import NAMED_COLORS, hexes, mixed, tinted
from generation.demo.painter.scene import Scene
from generation.demo.painter.sky import paint_stars, splat
from generation.demo.painter.water import paint_water

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
    count = int(rng.integers(2, 4))
    for index in range(count):
        glow += curtain(
            canvas,
            index,
            horizon,
            colors,
            strength=float(rng.uniform(0.65, 1.0)) * (1.0 if index else 1.15),
        )
        canvas.report(0.2 + 0.35 * (index + 1) / count)
    canvas.rgb = 1 - (1 - canvas.rgb) * np.exp(-glow * 1.15)
    _paint_range(canvas, horizon, mixed(colors[1], colors[2], 0.5))
    paint_shore(
        canvas, shore=horizon, height=0.055, color=mixed(light.near, np.zeros(3, np.float32), 0.45)
    )
    canvas.report(0.7)
    paint_water(
        canvas,
        horizon=horizon,
        choppy=float(rng.uniform(0.03, 0.16)),
        deep=mixed(light.near, light.sky[1], 0.3),
        depth=0.4,
    )


def curtain(canvas: Canvas, index: int, horizon: float, colors: Array, strength: float) -> Array:
    """Return one folded ribbon of light (3, H, W): a sharp lower edge, rays fading upward."""
    rng = canvas.rng(f"curtain {index}")
    points = int(26 * canvas.width)
    s = np.linspace(0, 1, points)
    swing = noise.line(rng, points, cells=2.6 * max(1.0, canvas.aspect), octaves=3, gain=0.5) - 0.5
    curl = noise.line(rng, points, cells=9 * max(1.0, canvas.aspect), octaves=2) - 0.5
    # The ribbon turns back on itself: where it runs along the line of sight its light adds up.
    x = canvas.aspect * (s * 1.5 - 0.25) + swing * 0.42 + curl * 0.05
    middle = horizon * (0.52 + 0.12 * index + rng.uniform(-0.05, 0.05))
    away = noise.line(rng, points, cells=1.7 * max(1.0, canvas.aspect), octaves=3, gain=0.45) - 0.5
    y = middle + away * horizon * 0.62 + swing * 0.10 + curl * 0.03
    rays = noise.line(rng, points, cells=150 * canvas.aspect, octaves=4, gain=0.7)
    veil = noise.line(rng, points, cells=7 * canvas.aspect, octaves=3)
    weight = (0.35 + 1.6 * np.clip(rays, 0, 1) ** 2) * np.clip(veil * 3.4 - 1.15, 0.0, 1.7)
    foot = splat(canvas, x, y, weight / 26)
    foot = noise.blurred(foot, canvas.height * 0.0016)
    light = np.empty((3, canvas.height, canvas.width), np.float32)
    lengths = np.array([0.035, 0.13, 0.30], np.float32) * np.float32(rng.uniform(0.85, 1.2))
    keep = np.exp(-np.float32(canvas.px) / lengths)[:, None]
    trail = np.zeros((3, canvas.width), np.float32)
    for row in range(canvas.height - 1, -1, -1):
        trail = trail * keep + foot[row]
        light[:, row] = trail
    light *= (
        np.float32(strength * 0.022 * canvas.height / 1000)
        / lengths[:, None, None] ** 0.55
        * np.float32(1024 / canvas.height)
    )
    # Where the ribbon runs along the line of sight its light adds up without bound; the eye does
    # not. Below its hem the light dies away quickly, but not at once.
    soft = np.zeros(canvas.width, np.float32)
    fall = np.exp(-np.float32(canvas.px) / 0.016)
    for row in range(canvas.height):
        soft = np.maximum(soft * fall, light[0, row])
        light[0, row] = soft
    light = light / (1 + light * 0.9)
    light = (light + 0.9 * canvas.blurred(light, 0.012)) * np.array([4.2, 3.4, 1.9], np.float32)[
        :, None, None
    ]
    short, medium, long = light
    c0, c1, c2, c3 = (color[:, None, None] for color in colors)
    result: Array = (c0 * 0.35 + c1 * 0.65) * short + c1 * medium + (c2 * 0.6 + c3 * 0.4) * long
    return result + canvas.blurred(c2 * long + c1 * medium, 0.045) * 0.5


def _paint_range(canvas: Canvas, horizon: float, glow: Array) -> None:
    light = canvas.light
    for layer in range(2):
        wave = canvas.line(f"range {layer}", across=1.5 + layer, octaves=7)
        crest = 1 - np.abs(2 * wave - 1) * 1.3
        height = np.float32(0.17 - 0.07 * layer) * np.clip(crest, 0.1, 1.2) * 0.85
        top = canvas.row(horizon - float(height.max())) - 1
        y = canvas.y[top : canvas.row(horizon)]
        below = y - (np.float32(horizon) - height)[None]
        cover = np.clip(below / np.float32(canvas.px) + 0.5, 0, 1)
        color = mixed(light.near, light.far, 0.30 - 0.14 * layer)
        texture = canvas.fbm(f"slopes {layer}", across=12, octaves=4, ridges=True)[
            top : canvas.row(horizon)
        ]
        body = color[:, None, None] * (0.7 + 0.6 * texture)
        mist = mixed(color, mixed(light.far, glow, 0.35), 0.55)
        body = (
            body + (mist[:, None, None] - body) * smoothstep(0.02, 0.17, np.maximum(below, 0)) * 0.8
        )
        canvas.lay(body, cover, top=top)
