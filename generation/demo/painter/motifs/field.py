"""Fields in rows that run to the horizon: lavender, tea, wheat or a flowering meadow."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas, smoothstep
from generation.demo.painter.noise import Array, NoiseTile
from generation.demo.painter.palette import hexes, mixed, ramp, rgb
from generation.demo.painter.scene import Scene
from generation.demo.painter.sky import paint_moon, paint_sky, paint_stars, paint_sun
from generation.demo.painter.terrain import ground

from .mountains import paint_birds, paint_ridges
from .trees import forest_edge

# Furrow, side of a row, its lit top, specks.
CROPS = {
    "lavender": hexes("2f3a24 4a3578 8f74c4 c4aee8"),
    "tea": hexes("1f3318 2f5a28 7a9f4a b4c46a"),
    "wheat": hexes("8a6426 c8963a f0d078 fff0b4"),
    "meadow": hexes("2f4a24 4a7034 8aa44c d8574a"),
}


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint rolling ground with a crop in rows, distant hills and a wood on the skyline."""
    rng = canvas.rng("field")
    light = canvas.light
    crop = next((name for name in ("lavender", "tea", "wheat") if scene.has(name)), None)
    if crop is None:
        by_color = {
            "violet": "lavender",
            "lilac": "lavender",
            "gold": "wheat",
            "yellow": "wheat",
            "green": "tea",
        }
        crop = next((by_color[name] for name in scene.colors if name in by_color), None) or str(
            rng.choice(list(CROPS))
        )
    horizon = float(rng.uniform(0.38, 0.46))
    paint_sky(canvas, horizon=horizon, clouds=float(rng.uniform(0.4, 0.8)))
    x = canvas.aspect * float(rng.uniform(0.2, 0.8))
    if light.night:
        paint_stars(canvas, horizon=horizon)
        paint_moon(canvas, x, 0.18, radius=0.05)
    else:
        paint_sun(
            canvas,
            x,
            horizon - (0.05 if light.name in ("sunset", "dawn", "dusk") else 0.26),
            radius=0.038,
            disk=light.name in ("sunset", "dawn"),
        )
    paint_ridges(
        canvas,
        first=horizon - 0.015,
        last=horizon + 0.03,
        count=3,
        mist=0.9,
        sun=x,
        height=0.10,
        snow=0.0,
    )
    canvas.report(0.3)
    _paint_ground(canvas, scene, rng, crop, horizon, 1.0 if x > canvas.aspect / 2 else -1.0)
    if scene.has("birds") or rng.random() < 0.4:
        paint_birds(canvas, canvas.aspect * float(rng.uniform(0.25, 0.75)), 0.2)


def _paint_ground(
    canvas: Canvas, scene: Scene, rng: np.random.Generator, crop: str, horizon: float, side: float
) -> None:
    light = canvas.light
    hills, fine = NoiseTile(rng, cells=5, octaves=2), NoiseTile(rng, cells=64, octaves=3, gain=0.6)
    pitch = {"lavender": 1.25, "tea": 1.7, "wheat": 3.2, "meadow": 0.9}[crop]
    bump = {"lavender": 0.20, "tea": 0.16, "wheat": 0.05, "meadow": 0.05}[crop]
    turn = float(rng.uniform(-0.35, 0.35))
    swell = 0.5 if crop == "wheat" else 1.0

    def rows(x: Array, z: Array) -> Array:
        bend = hills.at(x * 0.012, z * 0.012 + 0.3) * np.float32(5 * swell)
        phase = (x + z * np.float32(turn) + bend) * np.float32(pitch)
        result: Array = np.abs(np.sin(phase * np.float32(np.pi))).astype(np.float32)
        return result

    def heights(x: Array, z: Array) -> Array:
        hill = (hills.at(x * 0.016, z * 0.016) - 0.5) * np.float32(2.6 * swell)
        rise = np.clip((z - 6) * 0.018, 0, 0.8)
        tuft = (fine.at(x * 0.16, z * 0.16) - 0.5) * np.float32(bump * 1.1)
        fade = np.exp(z * -0.035)
        shape = rows(x, z) ** 0.7
        result: Array = (
            hill * np.clip(z * 0.08, 0, 1) + rise + (shape * np.float32(bump) + tuft * shape) * fade
        ).astype(np.float32)
        return result

    land = ground(
        canvas,
        heights,
        horizon=horizon,
        eye=1.75,
        sun=side,
        sun_height=0.42,
        near=1.1,
        far=60,
        slices=620,
    )
    canvas.report(0.6)
    ridge = rows(land.x, land.z)
    speck = fine.at(land.x * 0.31, land.z * 0.27)
    stops = CROPS[crop]
    tone = smoothstep(0.18, 0.95, ridge) * 0.72 + (speck - 0.5) * 0.62
    colors = ramp(stops[:3], np.clip(tone, 0, 1))
    blossom = smoothstep(0.66, 0.74, speck) * smoothstep(0.4, 0.8, ridge) * np.exp(land.z * -0.06)
    colors = colors + (stops[3][:, None, None] - colors) * blossom * 0.85
    if scene.season == "winter":
        snow = smoothstep(0.1, 0.7, ridge + speck * 0.5)
        colors = colors + (rgb("eef2f6")[:, None, None] - colors) * snow * 0.9
    elif scene.season == "autumn" and crop != "wheat":
        colors = colors * np.array([1.2, 0.95, 0.7], np.float32)[:, None, None]
    length = np.sqrt(land.slope_x**2 + land.slope_z**2 + 1)
    facing = np.clip(
        (-land.slope_x * np.float32(0.75 * side) + 0.55 - land.slope_z * 0.25) / length, 0, 1.2
    )
    direct = facing * (0.3 + 0.7 * land.lit)
    fog = 1 - np.exp(-((land.z * 0.034) ** 1.5))
    veil = mixed(light.sky[-2], light.far, 0.3)
    strength = 0.7 if light.night else 1.25
    planes = []
    for channel in range(3):
        shade = direct * np.float32(light.direct[channel] * strength) + np.float32(
            light.ambient[channel] * 0.62
        )
        planes.append(
            land.seen(
                colors[channel] * shade
                + (np.float32(veil[channel]) - colors[channel] * shade) * fog
            )
        )
    _paint_skyline(canvas, land.top, land.cover, veil)
    canvas.lay(np.stack(planes), land.cover, top=land.top)
    grain = canvas.fbm("leafage", across=190, octaves=3, gain=0.7) - 0.5
    canvas.rgb *= 1 + grain * smoothstep(horizon, 1.0, canvas.y) * 0.5


def _paint_skyline(canvas: Canvas, top: int, cover: Array, veil: Array) -> None:
    """Paint a hazy line of trees standing on the far edge of the ground."""
    edge = np.argmax(cover > 0.5, axis=0).astype(np.float32) * np.float32(canvas.px) + np.float32(
        top * canvas.px
    )
    trees = forest_edge(canvas, "skyline", foot=edge, height=0.035, density=60, thin=0.6)
    canvas.lay(mixed(veil, canvas.light.near, 0.4), trees)
