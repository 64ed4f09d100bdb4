"""Colored drawings of many flat shapes, such as houses, laid over the canvas in one go."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from .canvas import Canvas, Point
from .noise import Array

_WARMTH: Array = np.array([1.0, 0.74, 0.42], np.float32)
"""How the light of a lamp changes on its way through the air: warmer."""


class Sheet:
    """Flat shapes with smooth edges, and apart from them the lights that glow.

    Points are in image heights. Colors are laid as they are; `lay` adds a little texture.
    """

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self._scale = 3 if canvas.height * canvas.width <= 400_000 else 2
        size = (canvas.width * self._scale, canvas.height * self._scale)
        self._colors, self._cover = Image.new("RGB", size), Image.new("L", size)
        self._lights = Image.new("L", size)
        self._pens = [ImageDraw.Draw(image) for image in (self._colors, self._cover, self._lights)]

    def _placed(self, points: Sequence[Point]) -> list[Point]:
        factor = self.canvas.height * self._scale
        return [(x * factor, y * factor) for x, y in points]

    def polygon(self, points: Sequence[Point], color: Array) -> None:
        """Fill a polygon; it hides lights behind it."""
        placed = self._placed(points)
        self._pens[0].polygon(placed, fill=_bytes(color))
        self._pens[1].polygon(placed, fill=255)
        self._pens[2].polygon(placed, fill=0)

    def box(self, left: float, top: float, right: float, bottom: float, color: Array) -> None:
        """Fill a rectangle."""
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], color)

    def ellipse(self, x: float, y: float, across: float, down: float, color: Array) -> None:
        """Fill an ellipse around a point with its half axes."""
        steps = 12 if max(across, down) * self.canvas.height < 12 else 36
        turn = np.linspace(0, 2 * np.pi, steps, endpoint=False)
        points = list(zip(x + across * np.cos(turn), y + down * np.sin(turn), strict=True))
        self.polygon(points, color)

    def line(self, points: Sequence[Point], width: float, color: Array) -> None:
        """Draw a polyline of one width."""
        placed = self._placed(points)
        wide = max(1, round(width * self.canvas.height * self._scale))
        self._pens[0].line(placed, fill=_bytes(color), width=wide, joint="curve")
        self._pens[1].line(placed, fill=255, width=wide, joint="curve")
        self._pens[2].line(placed, fill=0, width=wide)

    def light(self, points: Sequence[Point], strength: float = 1.0) -> None:
        """Make a polygon on the drawing glow."""
        self._pens[2].polygon(self._placed(points), fill=round(255 * strength))

    def lay(self, *, lamp: Array | None = None, glow: float = 0.014, grain: float = 0.10) -> Array:
        """Lay the drawing over the canvas, lights in the color `lamp`; return its coverage."""
        canvas = self.canvas
        cover = _plane(self._cover.reduce(self._scale))
        colors = np.moveaxis(
            np.asarray(self._colors.reduce(self._scale), np.float32) * np.float32(1 / 255), 2, 0
        )
        dirt = canvas.fbm("sheet", across=22, down=14, octaves=5, gain=0.6) - 0.5
        # The colors are already multiplied by the coverage: outside of the shapes they are black.
        canvas.rgb *= 1 - cover
        canvas.rgb += colors * (1 + dirt * np.float32(2 * grain))
        if lamp is not None:
            lights = _plane(self._lights.reduce(self._scale))
            canvas.lay(lamp, lights * 0.92)
            bloom = canvas.blurred(lights, glow) * 0.75 + canvas.blurred(lights, glow * 4) * 0.6
            canvas.lighten(lamp * _WARMTH, bloom)
        return cover


def _plane(image: Image.Image) -> Array:
    return np.asarray(image, dtype=np.float32) * np.float32(1 / 255)


def _bytes(color: Array) -> tuple[int, int, int]:
    red, green, blue = (int(v) for v in np.clip(color * 255 + 0.5, 0, 255))
    return red, green, blue
