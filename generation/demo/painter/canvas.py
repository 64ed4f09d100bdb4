"""The surface that motifs paint on: coordinates, layers, masks and seeded randomness."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from . import noise
from .noise import Array
from .palette import Light
from .scene import Scene

Point = tuple[float, float]
Real = np.floating[Any]


def smoothstep(low: float | Real | Array, high: float | Real | Array, value: Array) -> Array:
    """Return the cubic step from 0 at `low` to 1 at `high` (which may lie below `low`)."""
    span = np.asarray(high, np.float32) - np.asarray(low, np.float32)
    t = np.clip((value - low) / np.where(span == 0, 1e-9, span), 0, 1)
    result: Array = t * t * (3 - 2 * t)
    return result


def column(color: Array) -> Array:
    """Return a color (3,) shaped (3, 1, 1) to broadcast over planes."""
    return np.asarray(color, dtype=np.float32).reshape(3, 1, 1)


class Canvas:
    """An image in the making: planes `rgb` (3, H, W) of float32, where 1.0 is white.

    Lengths are in image heights: `x` (1, W) runs 0..aspect, `y` (H, 1) runs 0..1 downward, `px`
    is one pixel. `unit` is the shorter side, for things that must fit whatever the ratio.
    """

    def __init__(
        self,
        width: int,
        height: int,
        *,
        seed: int,
        scene: Scene,
        light: Light,
        report: Callable[[float], None],
    ) -> None:
        self.width, self.height = width, height
        self.aspect = width / height
        self.unit = min(1.0, self.aspect)
        self.px = 1 / height
        self.scene, self.light = scene, light
        self.report = report
        self.x: Array = ((np.arange(width, dtype=np.float32) + 0.5) / np.float32(height))[None, :]
        self.y: Array = ((np.arange(height, dtype=np.float32) + 0.5) / np.float32(height))[:, None]
        self.rgb: Array = np.zeros((3, height, width), dtype=np.float32)
        self._seed = seed

    def rng(self, name: str) -> np.random.Generator:
        """Return the random generator of one named part, independent of all other parts."""
        return np.random.default_rng([self._seed % 2**64, zlib.crc32(name.encode())])

    # -- fields

    def fbm(
        self,
        name: str,
        *,
        across: float,
        down: float | None = None,
        octaves: int = 5,
        gain: float = 0.5,
        ridges: bool = False,
    ) -> Array:
        """Return fractal noise (H, W), mostly 0..1; `across` and `down`: cells per image height."""
        return noise.fbm(
            self.rng(name),
            self.height,
            self.width,
            rows=across if down is None else down,
            columns=across * self.aspect,
            octaves=octaves,
            gain=gain,
            ridges=ridges,
        )

    def line(self, name: str, *, across: float, octaves: int = 5, gain: float = 0.5) -> Array:
        """Return fractal noise (W,), mostly 0..1; `across`: cells per image height."""
        return noise.line(
            self.rng(name), self.width, cells=across * self.aspect, octaves=octaves, gain=gain
        )

    def tile(
        self, name: str, *, cells: int, octaves: int = 4, gain: float = 0.5, ridges: bool = False
    ) -> noise.NoiseTile:
        """Return seamless noise for look-ups at warped coordinates."""
        return noise.NoiseTile(
            self.rng(name), cells=cells, octaves=octaves, gain=gain, ridges=ridges
        )

    def blurred(self, field: Array, sigma: float) -> Array:
        """Return `field` (..., H, W) blurred by `sigma` image heights."""
        return noise.blurred(field, sigma * self.height)

    def edge(self, distance: Array, softness: float = 1.0) -> Array:
        """Return the coverage 0..1 of a shape from its signed distance, negative inside."""
        result: Array = np.clip(0.5 - distance / np.float32(self.px * softness), 0, 1)
        return result

    def disk(self, x: float, y: float, radius: float, softness: float = 1.2) -> Array:
        """Return the coverage (H, W) of a disk."""
        return self.edge(
            np.hypot(self.x - np.float32(x), self.y - np.float32(y)) - np.float32(radius), softness
        )

    def glow(self, x: float, y: float, falloff: float) -> Array:
        """Return light (H, W) around a point, 1 in its center, `falloff` per image height."""
        result: Array = np.exp(
            np.hypot(self.x - np.float32(x), self.y - np.float32(y)) * np.float32(-falloff)
        )
        return result

    # -- shapes

    def drawn(self, draw: Callable[[Pen], None], *, scale: int | None = None) -> Array:
        """Return the coverage (H, W) of what `draw` puts down with a pen, smooth at the edges."""
        scale = scale or (3 if self.height * self.width <= 1_500_000 else 2)
        image = Image.new("L", (self.width * scale, self.height * scale), 0)
        draw(Pen(ImageDraw.Draw(image), self.height * scale))
        return np.asarray(image.reduce(scale), dtype=np.float32) * np.float32(1 / 255)

    # -- layers

    def fill(self, colors: Array) -> None:
        """Cover everything with a color (3,) or planes that broadcast to (3, H, W)."""
        self.rgb[...] = column(colors) if colors.ndim == 1 else colors

    def lay(self, colors: Array, cover: Array | float, *, top: int = 0) -> None:
        """Blend a color (3,) or planes over the image by `cover`, from row `top` on."""
        colors = column(colors) if colors.ndim == 1 else colors
        rows = (
            cover.shape[0]
            if isinstance(cover, np.ndarray) and cover.shape[0] > 1
            else self.height - top
        )
        part = self.rgb[:, top : top + rows]
        part += (colors - part) * cover

    def lighten(self, color: Array, amount: Array | float, *, top: int = 0) -> None:
        """Screen the image with colored light, never past white."""
        rows = (
            amount.shape[0]
            if isinstance(amount, np.ndarray) and amount.shape[0] > 1
            else self.height - top
        )
        part = self.rgb[:, top : top + rows]
        part += (1 - part) * np.clip(column(color) * amount, 0, 1)

    def darken(self, amount: Array | float) -> None:
        """Multiply the image by 1 - amount."""
        self.rgb *= 1 - amount

    def row(self, y: float) -> int:
        """Return the pixel row at height `y`, kept inside the image."""
        return min(self.height, max(0, math.floor(y * self.height)))


class Pen:
    """Draws white shapes in image heights on an enlarged mask."""

    def __init__(self, draw: ImageDraw.ImageDraw, scale: float) -> None:
        self._draw, self._scale = draw, scale

    def _points(self, points: list[Point]) -> list[Point]:
        return [(x * self._scale, y * self._scale) for x, y in points]

    def polygon(self, points: list[Point], shade: float = 1.0) -> None:
        """Fill a polygon."""
        self._draw.polygon(self._points(points), fill=round(255 * shade))

    def line(self, points: list[Point], width: float, shade: float = 1.0) -> None:
        """Draw a polyline of one width."""
        self._draw.line(
            self._points(points),
            fill=round(255 * shade),
            width=max(1, round(width * self._scale)),
            joint="curve",
        )

    def ellipse(
        self, x: float, y: float, across: float, down: float | None = None, shade: float = 1.0
    ) -> None:
        """Fill an ellipse around a point with its half axes."""
        down = across if down is None else down
        box = [
            (x - across) * self._scale,
            (y - down) * self._scale,
            (x + across) * self._scale,
            (y + down) * self._scale,
        ]
        self._draw.ellipse(box, fill=round(255 * shade))

    def box(self, left: float, top: float, right: float, bottom: float, shade: float = 1.0) -> None:
        """Fill a rectangle."""
        self._draw.rectangle(
            [v * self._scale for v in (left, top, right, bottom)], fill=round(255 * shade)
        )

    def curve(self, points: list[Point], widths: list[float], shade: float = 1.0) -> None:
        """Draw a stroke through points with a width at each, round at the joints."""
        for (start, end), width in zip(pairwise(points), widths, strict=False):
            self.line([start, end], width, shade)
            if width * self._scale > 3:
                self.ellipse(end[0], end[1], width / 2, shade=shade)
