"""Ridges of mountains, one behind the other in the haze."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas, Pen, smoothstep
from generation.demo.painter.noise import Array, NoiseTile, blurred
from generation.demo.painter.palette import lightened, mixed, ramp
from generation.demo.painter.scene import Scene
from generation.demo.painter.sky import paint_moon, paint_sky, paint_stars, paint_sun


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint a sky, a low sun or moon and five to eight ridges that drown in mist."""
    rng = canvas.rng("mountains")
    light = canvas.light
    horizon = 0.62
    paint_sky(canvas, horizon=horizon, clouds=0.35)
    x, y = canvas.aspect * rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.34)
    if light.night:
        paint_stars(canvas, horizon=0.7)
        paint_moon(canvas, x, y * 0.75, radius=0.05)
    elif not scene.weather & {"rain", "storm", "clouds"}:
        paint_sun(
            canvas,
            x,
            y + (0.1 if light.name == "sunset" else 0.0),
            radius=rng.uniform(0.035, 0.055),
        )
    canvas.report(0.2)
    mist = float(rng.uniform(0.75, 1.15)) * (1.35 if "fog" in scene.weather else 1.0)
    paint_ridges(
        canvas,
        first=rng.uniform(0.38, 0.46),
        last=0.92,
        count=int(rng.integers(5, 9)),
        mist=mist,
        sun=x,
    )
    if scene.has("birds") or rng.random() < 0.35:
        paint_birds(canvas, canvas.aspect * rng.uniform(0.25, 0.75), rng.uniform(0.16, 0.3))


def paint_ridges(
    canvas: Canvas,
    *,
    first: float,
    last: float,
    count: int,
    mist: float,
    sun: float,
    height: float = 0.28,
    snow: float | None = None,
) -> None:
    """Paint `count` ridges with feet from `first` to `last`; `snow` 0..1, None: by season."""
    rng = canvas.rng("ridges")
    scene = canvas.scene
    tile = canvas.tile("rock", cells=8, octaves=6, gain=0.52, ridges=True)
    fog_tile = canvas.tile("mist", cells=4, octaves=4)
    if snow is None:
        if scene.season is None:
            snow = float(rng.choice([0.0, 0.0, 0.55]))
        elif scene.season == "winter":
            snow = 0.9
        else:
            snow = 0.15
    lines = []
    for layer in range(count):
        t = layer / max(1, count - 1)
        wave = canvas.line(f"ridge {layer}", across=1.2 + 1.5 * t, octaves=8, gain=0.52)
        crest = 1 - np.abs(2.3 * (wave - 0.5))
        swell = canvas.line(f"mass {layer}", across=0.8, octaves=2) - 0.5
        foot = first + (last - first) * t**1.15
        amplitude = height * (1 - 0.5 * t)
        lines.append(
            np.float32(foot + amplitude * 0.55)
            - np.float32(amplitude) * crest
            - swell * np.float32(amplitude * 1.1)
        )
    for layer, line in enumerate(lines):
        t = layer / max(1, count - 1)
        bottom = (
            canvas.height
            if layer == count - 1
            else min(canvas.height, canvas.row(float(lines[layer + 1].max())) + 2)
        )
        _paint_ridge(
            canvas, line, bottom, t, layer, tile, fog_tile, mist, sun, snow * (1 - t) ** 0.7
        )
        canvas.report(0.2 + 0.7 * (layer + 1) / count)


def _paint_ridge(
    canvas: Canvas,
    line: Array,
    bottom: int,
    t: float,
    layer: int,
    tile: NoiseTile,
    fog_tile: NoiseTile,
    mist: float,
    sun: float,
    snow: float,
) -> None:
    light = canvas.light
    top = max(0, canvas.row(float(line.min())) - 1)
    if top >= bottom:
        return
    y = canvas.y[top:bottom]
    below = y - line[None]
    cover = np.clip(below / np.float32(canvas.px) + 0.5, 0, 1)
    depth = np.maximum(below, 0)
    # Rock: folds that slant across the slope, lit where they rise toward the sun.
    calm = blurred(np.repeat(line[None], 8, axis=0), canvas.height * 0.02)[:1]
    lean = np.gradient(calm, axis=1) * np.float32(canvas.height)
    shift = np.float32(layer * 0.37)
    side = 1.0 if sun > canvas.aspect / 2 else -1.0
    fold_x = canvas.x * 0.42 + (y * side) * 0.30 + shift
    fold_y = y * 0.62 - canvas.x * (side * 0.22)
    rock = tile.at(fold_x, fold_y)
    ahead = tile.at(fold_x + side * 0.006, fold_y - 0.003)
    relief = np.clip((rock - ahead) * 7 - np.clip(lean, -1.2, 1.2) * side * 0.18, -0.6, 0.9)
    body = mixed(light.far, light.near, t**0.85)
    strength = np.float32(0.32 * (1 - 0.55 * t))
    colors = body[:, None, None] * (1 + relief * strength * 0.8)
    glow = np.exp(depth * -7) * np.clip(relief + 0.1, 0, 1) * strength
    colors = colors + (light.direct[:, None, None] - colors) * glow
    if snow > 0.03:
        fall = smoothstep(
            0.30 - 0.26 * snow,
            0.08,
            depth + (rock - 0.5) * 0.34 + np.abs(lean) * 0.02,
        )
        white = mixed(lightened(light.far, 0.2, chroma=0.6), light.direct, 0.35)
        shaded = mixed(white, light.ambient, 0.6)
        snowy = shaded[:, None, None] + (white - shaded)[:, None, None] * np.clip(
            0.45 + relief * 1.3, 0, 1
        )
        colors = colors + (snowy - colors) * fall * np.float32(min(1.0, 0.35 + 0.8 * snow))
    fog = (1 - np.exp(depth * np.float32(-(5.5 - 2.4 * t)))) * np.float32((0.95 - 0.66 * t) * mist)
    drift = fog_tile.at(canvas.x * 0.42 + shift * 1.7, y * 1.3 + shift)
    fog = np.clip(fog * (0.35 + 1.3 * drift), 0, 0.97)
    veil = ramp(light.sky, np.array([0.64 + 0.22 * (1 - t)], np.float32)).reshape(3, 1, 1)
    if snow > 0.3:
        veil = np.maximum(veil, mixed(light.sky[-2], light.sky[-1], 0.6).reshape(3, 1, 1) * 0.92)
    colors = colors + (veil - colors) * fog
    canvas.lay(colors, cover, top=top)


def paint_birds(canvas: Canvas, x: float, y: float, *, count: int = 7, size: float = 0.011) -> None:
    """Paint a loose flock of distant birds around (x, y)."""
    rng = canvas.rng("birds")

    def draw(pen: Pen) -> None:
        for _ in range(count):
            bx, by = x + rng.normal(0, 0.075), y + rng.normal(0, 0.035)
            span, lift, tilt = (
                size * rng.uniform(0.6, 1.3),
                rng.uniform(0.3, 0.75),
                rng.uniform(-0.2, 0.2),
            )
            for side in (-1, 1):
                wing = [
                    (
                        bx + side * span * s,
                        by + span * tilt * side * s - span * lift * (s * (1.5 - s)),
                    )
                    for s in np.linspace(0, 1, 7)
                ]
                pen.curve(wing, list(np.linspace(0.0028, 0.0008, 6)))

    canvas.lay(mixed(canvas.light.near, canvas.light.far, 0.15), canvas.drawn(draw) * 0.9)
