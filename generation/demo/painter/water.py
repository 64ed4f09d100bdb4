"""Water: whatever has been painted above the waterline, mirrored in waves."""

from __future__ import annotations

import numpy as np

from .canvas import Canvas, smoothstep
from .noise import Array
from .palette import mixed


def paint_water(
    canvas: Canvas,
    *,
    horizon: float,
    choppy: float = 0.5,
    deep: Array | None = None,
    glint: float | None = None,
    depth: float = 0.55,
) -> None:
    """Paint water from `horizon` down, reflecting the image above it.

    `choppy` 0..1 goes from a mirror to open sea, `deep` is the color of the water itself, `depth`
    how much of it shows near the viewer, `glint` the x of a sun or moon whose light glitters on the
    waves.
    """
    top = canvas.row(horizon)
    if top >= canvas.height:
        return
    light = canvas.light
    y = canvas.y[top:] - np.float32(horizon)
    nearness = np.maximum(y, 0) / np.float32(1 - horizon)
    # Perspective: equal waves shrink toward the horizon.
    scale = 1 / (nearness + 0.05)
    tile = canvas.tile("waves", cells=8, octaves=5, gain=0.55)
    x = canvas.x - np.float32(canvas.aspect / 2)
    far = 1.3 * scale**0.9
    swell = tile.at(x * scale * 0.17 + 0.3, far * 0.9)
    ripple = tile.at(x * scale * 0.5 + swell * 0.08, far * 2.3)
    # Far waves are smaller than a pixel; unfaded they would only flicker.
    calming = np.clip(0.25 + nearness * 6, 0, 1)
    slope = ((swell - 0.5) * 1.3 + (ripple - 0.5) * 0.8) * calming

    reach = np.float32(0.012 + 0.2 * choppy) * (0.12 + nearness)
    mirror = np.float32(horizon) - y * np.float32(1.0 + 0.1 * choppy) + slope * reach * 1.6
    rows = np.clip(mirror * canvas.height, 0, max(0, top - 1)).astype(np.int32)
    sway = slope * np.float32(canvas.height * (0.004 + 0.03 * choppy)) * (0.2 + nearness)
    columns = np.clip(
        np.arange(canvas.width, dtype=np.float32)[None] + sway, 0, canvas.width - 1
    ).astype(np.int32)
    index = rows * canvas.width + columns
    water = deep if deep is not None else mixed(light.sky[0], light.near, 0.35)
    clear = np.clip(
        0.10
        + np.float32(depth) * nearness**0.7
        - slope * np.float32(0.35 + 0.5 * choppy) * nearness,
        0.04,
        0.9,
    )
    shadow = 0.95 - 0.08 * nearness
    for channel in range(3):
        seen = canvas.rgb[channel].ravel()[index] * shadow
        canvas.rgb[channel, top:] = seen + (water[channel] - seen) * clear
    # Crests catch the low sky.
    crest = smoothstep(0.12, 0.42, slope) * np.float32(0.10 + 0.14 * choppy) * calming
    canvas.lay(mixed(light.sky[-2], light.sun, 0.3), crest, top=top)
    if glint is not None:
        _glitter(canvas, top, glint, nearness, swell, ripple)
    # The far shore line dissolves in haze.
    canvas.lay(mixed(light.sky[-2], light.sky[-1], 0.4), np.exp(nearness * -30) * 0.5, top=top)


def _glitter(
    canvas: Canvas, top: int, at: float, nearness: Array, swell: Array, ripple: Array
) -> None:
    width = 0.035 + 0.17 * nearness
    bend = (swell - 0.5) * 0.12
    path = np.exp(-(((canvas.x - np.float32(at) + bend) / width) ** 2))
    spark = smoothstep(0.5, 0.66, ripple * 0.66 + swell * 0.36) * path
    canvas.lighten(canvas.light.sun, spark * (1.15 - 0.75 * nearness), top=top)
    canvas.lighten(mixed(canvas.light.sun, canvas.light.sky[-2], 0.4), path * 0.16, top=top)
