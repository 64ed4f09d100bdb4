"""Skies: gradient, clouds, sun, moon and stars, shared by the landscapes."""

from __future__ import annotations

import numpy as np

from .canvas import Canvas, smoothstep
from .noise import Array, blurred
from .palette import mixed, ramp


def paint_sky(canvas: Canvas, *, horizon: float, clouds: float = 0.6, stretch: float = 1.0) -> None:
    """Fill the image with the light's sky from the zenith to `horizon`, with streaks of cloud.

    `clouds` 0..1 is how much of the sky they take, `stretch` > 1 makes them longer.
    """
    light, scene = canvas.light, canvas.scene
    # A slow tilt of the gradient keeps large skies alive.
    drift = canvas.fbm("sky drift", across=0.8, down=0.9, octaves=2) - 0.5
    depth = np.clip(canvas.y / np.float32(horizon), 0, 1) ** 1.1 + drift * 0.09
    canvas.fill(ramp(light.sky, depth))
    if "clear" in scene.weather:
        clouds *= 0.15
    elif scene.weather & {"clouds", "storm", "rain"}:
        clouds = min(1.0, clouds + 0.45)
    if clouds > 0:
        _paint_clouds(canvas, horizon, clouds, stretch)


def _paint_clouds(canvas: Canvas, horizon: float, amount: float, stretch: float) -> None:
    light = canvas.light
    # Perspective: clouds thin out into streaks toward the horizon.
    closeness = 1 / (0.16 + np.clip((horizon - canvas.y) / horizon, 0, 1))
    tile = canvas.tile("clouds", cells=4, octaves=6)
    shift = canvas.rng("cloud place").random(2).astype(np.float32)
    x = (canvas.x - np.float32(canvas.aspect / 2)) * closeness * np.float32(0.16 / stretch) + shift[
        0
    ]
    y = np.broadcast_to(closeness * 0.22 + shift[1], x.shape)
    soft = tile.at(x * 0.5, y * 0.5) - 0.5
    shape = tile.at(x + soft * 0.22, y + soft * 0.16)
    edge = np.float32(0.66 - 0.2 * amount)
    cover = smoothstep(edge - 0.06, edge + 0.2, shape)
    # Lit from below or above: a look-up toward the light tells the near side of each cloud from its
    # body.
    ahead = tile.at(x + soft * 0.22 + 0.012, y + soft * 0.16 + 0.02)
    lit = np.clip(0.5 + (shape - ahead) * 5, 0, 1)
    low = np.clip(canvas.y / np.float32(horizon), 0, 1)
    bright, body = mixed(light.sky[-1], light.sun, 0.5), mixed(light.sky[1], light.sky[-2], 0.55)
    if light.night:
        bright, body = mixed(light.sky[-1], light.sky[-2], 0.5), light.sky[2]
    fade = smoothstep(1.0, 0.86, low) * np.float32(0.35 + 0.5 * amount)
    colors = body[:, None, None] + (bright - body)[:, None, None] * lit
    canvas.lay(colors, cover * fade)


def paint_sun(
    canvas: Canvas,
    x: float,
    y: float,
    *,
    radius: float = 0.045,
    disk: bool = True,
    strength: float = 1.0,
) -> None:
    """Paint the glow of the sun and its disk at (x, y)."""
    sun = canvas.light.sun
    warm = mixed(sun, canvas.light.sky[-2], 0.5)
    canvas.lay(warm, canvas.glow(x, y, 3.0) * np.float32(0.5 * strength))
    canvas.lay(sun, canvas.glow(x, y, 9.0) * np.float32(0.55 * strength))
    if disk:
        canvas.lay(mixed(sun, np.ones(3, np.float32), 0.6), canvas.disk(x, y, radius, 2.0))


def paint_moon(canvas: Canvas, x: float, y: float, *, radius: float = 0.07) -> None:
    """Paint the moon with its seas and a soft halo."""
    light = canvas.light
    canvas.lay(mixed(light.sun, light.sky[-1], 0.4), canvas.glow(x, y, 5.5) * 0.42)
    disk = canvas.disk(x, y, radius, 1.6)
    top, bottom = canvas.row(y - radius * 1.1), canvas.row(y + radius * 1.1) + 1
    if top >= bottom:
        return
    seas = canvas.fbm("moon seas", across=0.28 / radius, octaves=5)
    mottle = canvas.fbm("moon craters", across=1.6 / radius, octaves=3)
    shade = 1 - 0.20 * smoothstep(0.48, 0.66, seas) - 0.1 * smoothstep(0.55, 0.75, mottle)
    off = np.hypot(canvas.x - np.float32(x), canvas.y - np.float32(y)) / np.float32(radius)
    shade *= 1 - 0.16 * np.clip(off, 0, 1) ** 3
    pale = mixed(light.sun, np.ones(3, np.float32), 0.35)
    body = pale[:, None, None] * 1.06 * shade
    if not light.night:
        # By day the sky shines through the seas of the moon.
        body = np.maximum(body, canvas.rgb + (1 - canvas.rgb) * 0.35)
    canvas.lay(body, disk)


def paint_stars(
    canvas: Canvas, *, horizon: float = 1.0, amount: float = 1.0, cover: Array | None = None
) -> None:
    """Add stars above `horizon`, fewer near it; `cover` (H, W) hides them."""
    rng = canvas.rng("stars")
    count = int(1500 * amount * max(0.4, canvas.aspect) * horizon)
    x, y = rng.random(count) * canvas.aspect, rng.random(count) ** 1.25 * horizon
    brightness = (0.12 + 0.88 * rng.random(count) ** 7) * (1 - 0.75 * (y / horizon) ** 2)
    warmth = rng.random(count)
    sky = splat(canvas, x, y, brightness * 1.5)
    grown = splat(canvas, x[::41], y[::41], 0.4 + 1.1 * warmth[::41])
    size = canvas.height / 1024
    field = blurred(sky, 0.6 * max(1.0, size)) * 1.9 + blurred(
        grown, 0.85 * max(0.6, size)
    ) * np.float32(2.2)
    field += blurred(grown, 3.5 * max(0.6, size)) * 4
    if cover is not None:
        field *= 1 - cover
    canvas.lighten(np.array([0.96, 0.97, 1.0], np.float32), np.clip(field, 0, 1))


def splat(canvas: Canvas, x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> Array:
    """Return (H, W) with weights at points in heights, shared by the four nearest pixels."""
    px, py = x * canvas.height - 0.5, y * canvas.height - 0.5
    left, top = np.floor(px).astype(np.int64), np.floor(py).astype(np.int64)
    fx, fy = px - left, py - top
    total = np.zeros(canvas.height * canvas.width, dtype=np.float64)
    for dx, dy, share in (
        (0, 0, (1 - fx) * (1 - fy)),
        (1, 0, fx * (1 - fy)),
        (0, 1, (1 - fx) * fy),
        (1, 1, fx * fy),
    ):
        column, row = left + dx, top + dy
        inside = (column >= 0) & (column < canvas.width) & (row >= 0) & (row < canvas.height)
        index = row[inside] * canvas.width + column[inside]
        total += np.bincount(index, (weight * share)[inside], minlength=total.size)
    return total.reshape(canvas.height, canvas.width).astype(np.float32)
