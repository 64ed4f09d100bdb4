"""A landscape of heights in true perspective, seen from just above the ground.

The ground is cut into slices parallel to the image, near to far; each column of pixels finds the
first slice that rises to it. Light and shadow are computed on the slices, so their cost does not
depend on the view.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .canvas import Canvas, smoothstep
from .noise import Array

_MARGIN = 0.6
"""Extension of the slices beside the image, for shadows from outside."""


@dataclass
class Ground:
    """The slices (K, W) of a landscape in view and where each pixel (rows, W) looks."""

    x: Array
    z: Array
    height: Array
    lit: Array
    slope_x: Array
    slope_z: Array
    top: int
    slice_at: Array
    cover: Array
    """Coverage 0..1 of the ground in rows from `top` on."""

    def seen(self, values: Array) -> Array:
        """Return values (K, W) of the slices as the pixels below `top` see them."""
        values = np.ascontiguousarray(np.broadcast_to(values, self.height.shape), dtype=np.float32)
        below = self.slice_at.astype(np.int32)
        part = self.slice_at - below
        width = values.shape[1]
        index = below * width + np.arange(width, dtype=np.int32)[None]
        flat = values.ravel()
        first = flat[index]
        second = flat[np.minimum(index + width, flat.size - 1)]
        result: Array = first + (second - first) * part
        return result


def ground(
    canvas: Canvas,
    heights: Callable[[Array, Array], Array],
    *,
    horizon: float,
    eye: float,
    sun: float,
    sun_height: float = 0.35,
    near: float = 0.6,
    far: float = 40.0,
    slices: int = 420,
    focal: float = 1.05,
) -> Ground:
    """Return the visible ground of `heights(x, z)`, seen from `eye` above zero.

    `sun` from -1 (left) to 1 (right) is the side that the light comes from, `sun_height` the
    tangent of its altitude.
    """
    z = (near * (far / near) ** (np.arange(slices) / (slices - 1))).astype(np.float32)[:, None]
    pad = int(canvas.width * _MARGIN)
    columns = (np.arange(-pad, canvas.width + pad, dtype=np.float32) / canvas.height)[
        None
    ] - np.float32(canvas.aspect / 2)
    x = columns * z / np.float32(focal)
    height = heights(x, np.broadcast_to(z, x.shape))
    step_x = z / np.float32(focal * canvas.height)
    slope_x = np.gradient(height, axis=1) / step_x
    slope_z = np.gradient(height, axis=0) / np.gradient(z, axis=0)
    # Shadow along the slices: the highest thing toward the sun, lowered by the ray on its way.
    side = 1.0 if sun >= 0 else -1.0
    ray = height + np.float32(sun_height * side) * x * -1
    ordered = ray[:, ::-1] if side > 0 else ray
    blocked = np.maximum.accumulate(ordered, axis=1)
    blocked = blocked[:, ::-1] if side > 0 else blocked
    gap = (blocked - ray) / (0.02 + 0.012 * z)
    lit = 1 - smoothstep(0.15, 1.6, gap)

    keep = slice(pad, pad + canvas.width)
    x, height, lit = x[:, keep], height[:, keep], lit[:, keep]
    screen = np.float32(horizon) + (np.float32(eye) - height) * np.float32(focal) / z
    skyline = np.minimum.accumulate(screen, axis=0)
    top = max(0, canvas.row(float(skyline[-1].min())) - 1)
    slice_at, cover = _lookup(skyline, top, canvas)
    return Ground(
        x,
        np.broadcast_to(z, x.shape),
        height,
        lit,
        slope_x[:, keep],
        slope_z[:, keep],
        top,
        slice_at,
        cover,
    )


def _lookup(skyline: Array, top: int, canvas: Canvas) -> tuple[Array, Array]:
    """Return the slice of each pixel below `top`, its fraction, and the ground's coverage."""
    slices, width = skyline.shape
    rows = canvas.y[top:, 0]
    found = np.empty((width, rows.size), dtype=np.float32)
    rising = -skyline.T
    for column in range(width):
        line = rising[column]
        index = np.searchsorted(line, -rows)
        upper = np.minimum(index, slices - 1)
        lower = np.maximum(upper - 1, 0)
        step = line[upper] - line[lower]
        part = np.clip((-rows - line[lower]) / np.maximum(step, 1e-6), 0, 1)
        found[column] = np.minimum(lower + np.where(index == 0, 0, part), slices - 1.001)
    cover = np.clip((canvas.y[top:] - skyline[-1][None]) / np.float32(canvas.px) + 0.5, 0, 1)
    return np.ascontiguousarray(found.T), cover
