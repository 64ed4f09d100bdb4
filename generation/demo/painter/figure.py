"""Figures: shapes in units of their own, with soft relief, drawn on a part of the canvas.

A figure stands at a foot point; x runs right, y up, and 1 is its size. Only the pixels around it
are computed, so a small figure costs little.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw

from .canvas import Canvas, Point, column
from .noise import Array, blurred, fbm
from .palette import Light, mixed

Draw = Callable[["FigurePen"], None]
Reach = tuple[float, float, float, float]
"""Left, bottom, right and top of the part that a figure may cover, in its units."""


def spline(points: Sequence[Point], *, closed: bool = False, steps: int = 10) -> list[Point]:
    """Return a Catmull-Rom curve through points."""
    count = len(points)
    result: list[Point] = []
    for i in range(count if closed else count - 1):
        around = [
            points[(i + k) % count] if closed else points[min(count - 1, max(0, i + k))]
            for k in (-1, 0, 1, 2)
        ]
        for step in range(steps):
            s = step / steps
            result.append(
                (
                    _cubic([point[0] for point in around], s),
                    _cubic([point[1] for point in around], s),
                )
            )
    return result if closed else [*result, points[-1]]


def _cubic(values: Sequence[float], s: float) -> float:
    a, b, c, d = values
    return 0.5 * (
        2 * b + (c - a) * s + (2 * a - 5 * b + 4 * c - d) * s * s + (3 * b - a - 3 * c + d) * s**3
    )


class FigurePen:
    """Draws white shapes on the enlarged mask of a figure."""

    def __init__(self, draw: ImageDraw.ImageDraw, place: Callable[[Point], Point], unit: float):
        self._draw, self._place, self._unit = draw, place, unit

    def polygon(self, points: Sequence[Point], shade: float = 1.0) -> None:
        """Fill a polygon."""
        self._draw.polygon([self._place(point) for point in points], fill=round(255 * shade))

    def blob(self, points: Sequence[Point], shade: float = 1.0) -> None:
        """Fill a smooth closed curve through points."""
        self.polygon(spline(points, closed=True), shade)

    def ellipse(
        self, x: float, y: float, across: float, up: float, turn: float = 0.0, shade: float = 1.0
    ) -> None:
        """Fill an ellipse with these half axes, turned by `turn` radians."""
        cos, sin = math.cos(turn), math.sin(turn)
        points = []
        for step in range(40):
            angle = step * math.tau / 40
            px, py = across * math.cos(angle), up * math.sin(angle)
            points.append((x + px * cos - py * sin, y + px * sin + py * cos))
        self.polygon(points, shade)

    def limb(self, points: Sequence[Point], widths: Sequence[float], shade: float = 1.0) -> None:
        """Draw a smooth stroke through points, as wide as `widths` says at each."""
        path = spline(points, steps=14)
        places = np.linspace(0, len(widths) - 1, len(path))
        wide = np.interp(places, np.arange(len(widths)), np.asarray(widths))
        fill = round(255 * shade)
        last: Point | None = None
        for point, width in zip(path, wide, strict=True):
            x, y = self._place(point)
            radius = max(0.5, float(width) * self._unit / 2)
            self._draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=fill)
            if last is not None:
                self._draw.line([last, (x, y)], fill=fill, width=max(1, round(radius * 2)))
            last = (x, y)


def oval(x: float, y: float, across: float, up: float, turn: float = 0.0) -> Draw:
    """Return the drawing of an ellipse."""
    return lambda pen: pen.ellipse(x, y, across, up, turn)


def stroke(points: Sequence[Point], widths: Sequence[float]) -> Draw:
    """Return the drawing of a smooth stroke."""
    return lambda pen: pen.limb(points, widths)


def shape(points: Sequence[Point]) -> Draw:
    """Return the drawing of a polygon."""
    return lambda pen: pen.polygon(points)


def all_of(draws: Sequence[Draw]) -> Draw:
    """Return the drawing of several shapes."""

    def draw(pen: FigurePen) -> None:
        for part in draws:
            part(pen)

    return draw


class Figure:
    """A part of the canvas around something that stands at (x, foot)."""

    def __init__(
        self,
        canvas: Canvas,
        *,
        x: float,
        foot: float,
        size: float,
        flip: bool = False,
        reach: Reach = (-1.0, -0.2, 1.0, 1.2),
        sun: float = 1.0,
    ) -> None:
        """`sun` from -1 (left) to 1 (right) is the side that the light comes from."""
        self.canvas, self.x, self.foot, self.size = canvas, x, foot, size
        self.sign = -1.0 if flip else 1.0
        self.sun = sun
        low, high = sorted((reach[0] * self.sign, reach[2] * self.sign))
        self.left = max(0, math.floor((x + low * size) * canvas.height))
        self.right = min(canvas.width, math.ceil((x + high * size) * canvas.height))
        self.top = max(0, math.floor((foot - reach[3] * size) * canvas.height))
        self.bottom = min(canvas.height, math.ceil((foot - reach[1] * size) * canvas.height))
        self.unit = size * canvas.height
        """Pixels of one unit of the figure."""
        self.hidden = self.left >= self.right or self.top >= self.bottom

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the part."""
        return self.bottom - self.top, self.right - self.left

    @property
    def px(self) -> Array:
        """The x of each column (1, W), in the figure's units."""
        x = self.canvas.x[:, self.left : self.right]
        result: Array = (x - np.float32(self.x)) * np.float32(self.sign / self.size)
        return result

    @property
    def py(self) -> Array:
        """The y of each row (H, 1), in the figure's units."""
        result: Array = (np.float32(self.foot) - self.canvas.y[self.top : self.bottom]) * (
            np.float32(1 / self.size)
        )
        return result

    def cover(self, draw: Draw) -> Array:
        """Return the coverage (H, W) of what `draw` puts down, smooth at the edges."""
        height, width = self.shape
        scale = 3 if height * width <= 700_000 else 2
        image = Image.new("L", (width * scale, height * scale), 0)

        def place(point: Point) -> Point:
            return (
                ((self.x + point[0] * self.sign * self.size) * self.canvas.height - self.left)
                * scale,
                ((self.foot - point[1] * self.size) * self.canvas.height - self.top) * scale,
            )

        draw(FigurePen(ImageDraw.Draw(image), place, self.unit * scale))
        cover: Array = np.zeros((height, width), dtype=np.float32)
        if (box := image.getbbox()) is not None:
            left, top = box[0] // scale, box[1] // scale
            right, bottom = -(-box[2] // scale), -(-box[3] // scale)
            drawn = image.crop((left * scale, top * scale, right * scale, bottom * scale))
            cover[top:bottom, left:right] = np.asarray(drawn.reduce(scale), np.float32) * (
                np.float32(1 / 255)
            )
        return cover

    def noise(
        self, name: str, *, across: float, up: float | None = None, octaves: int = 4
    ) -> Array:
        """Return fractal noise (H, W), mostly 0..1; `across` and `up`: cells per unit."""
        height, width = self.shape
        return fbm(
            self.canvas.rng(name),
            height,
            width,
            rows=max(1.0, (across if up is None else up) * height / self.unit),
            columns=max(1.0, across * width / self.unit),
            octaves=octaves,
            gain=0.6,
        )

    def lay(self, colors: Array, cover: Array | float) -> None:
        """Blend a color (3,) or planes over the part by `cover`."""
        colors = column(colors) if colors.ndim == 1 else colors
        target = self.canvas.rgb[:, self.top : self.bottom, self.left : self.right]
        if isinstance(cover, np.ndarray) and cover.shape == self.shape:
            part = _filled_part(cover, margin=0)
            if part is None:
                return
            if colors.shape[1:] != (1, 1):
                colors = np.broadcast_to(colors, (3, *self.shape))[(slice(None), *part)]
            target = target[(slice(None), *part)]
            target += (colors - target) * cover[part]
            return
        target += (colors - target) * cover

    def lighten(self, color: Array, amount: Array | float) -> None:
        """Screen the part with colored light."""
        part = self.canvas.rgb[:, self.top : self.bottom, self.left : self.right]
        part += (1 - part) * np.clip(column(color) * amount, 0, 1)

    def blurred(self, field: Array, sigma: float) -> Array:
        """Return a field blurred by `sigma` units of the figure."""
        return blurred(field, sigma * self.unit)

    def solid(
        self,
        shape: Draw | Array,
        color: Array | tuple[Array, Array],
        *,
        depth: float = 0.06,
        texture: Array | None = None,
        gloss: float = 0.0,
        rim: float = 0.5,
        lift: float = 0.0,
    ) -> Array:
        """Lay a shape as a rounded body in the scene's light and return its coverage.

        `depth`: how far the edge curves, in units. `color`: one color, or those of the bottom and
        the top of the part. `texture` (H, W) around 0.5 varies the tone, `lift` brightens it.
        """
        whole: Array = shape if isinstance(shape, np.ndarray) else self.cover(shape)
        part = _filled_part(whole, margin=math.ceil(depth * self.unit * 2) + 2)
        if part is None:
            return whole
        cover = whole[part]
        light = self.canvas.light
        soft = self.blurred(cover, depth)
        down, across = np.gradient(soft)
        facing = (down * np.float32(0.9) - across * np.float32(0.75 * self.sun)) * np.float32(
            depth * self.unit * 1.7
        )
        tone = np.clip(0.56 + lift + facing * 0.62, 0, 1)
        if texture is not None:
            tone = np.clip(tone + (texture[part] - 0.5) * 0.55, 0, 1)
        if isinstance(color, tuple):
            low, high = (shaded(light, end) for end in color)
            t = np.clip(self.py[part[0]], 0, 1)
            dark: Array = column(low[0]) + column(high[0] - low[0]) * t
            bright: Array = column(low[1]) + column(high[1] - low[1]) * t
        else:
            shadow, lit = shaded(light, color)
            dark, bright = column(shadow), column(lit)
        colors = dark + (bright - dark) * tone
        edge = np.clip(facing - 0.35, 0, 1) * np.float32(rim)
        glow = mixed(light.sun, light.sky[-2], 0.4)
        colors = colors + (column(glow) - colors) * edge
        if gloss:
            shine = np.clip(facing - 0.12, 0, 1) * np.clip(soft - 0.5, 0, 1) * 5
            colors = colors + (1 - colors) * np.clip(shine * np.float32(gloss), 0, 0.85)
        target = self.canvas.rgb[:, self.top : self.bottom, self.left : self.right][
            (slice(None), *part)
        ]
        target += (colors - target) * cover
        return whole

    def shadow(self, *, width: float = 0.5, x: float = 0.0, strength: float = 0.5) -> None:
        """Darken the ground under the figure."""
        part = self.canvas.rgb[:, self.top : self.bottom, self.left : self.right]
        across = (self.px - np.float32(x)) / np.float32(width)
        # It ends before the part does: a cut would show.
        fade = np.clip((self.px - self.px.min()) * 4, 0, 1) * np.clip(
            (self.px.max() - self.px) * 4, 0, 1
        )
        spot = np.exp(-(across**2 + (self.py / 0.05) ** 2)) * fade
        part *= 1 - spot * np.float32(strength)


def shaded(light: Light, color: Array) -> tuple[Array, Array]:
    """Return a surface's color in shadow and in the light of the scene."""
    if light.night:
        base = mixed(color, light.ambient, 0.38)
        return mixed(base, light.near, 0.58), mixed(base, light.direct, 0.22)
    if light.dim:
        base = mixed(color, light.ambient, 0.30)
        return mixed(base, light.near, 0.55), mixed(base, light.direct, 0.14)
    base = mixed(color, light.ambient, 0.08)
    return mixed(mixed(base, light.ambient, 0.25), light.near, 0.36), mixed(
        base, light.direct, 0.22
    )


def _filled_part(cover: Array, *, margin: int) -> tuple[slice, slice] | None:
    """Return the rows and columns in which a coverage is above 0, widened by a margin."""
    rows, columns = np.flatnonzero(cover.any(axis=1)), np.flatnonzero(cover.any(axis=0))
    if not rows.size:
        return None
    height, width = cover.shape
    return (
        slice(max(0, int(rows[0]) - margin), min(height, int(rows[-1]) + margin + 1)),
        slice(max(0, int(columns[0]) - margin), min(width, int(columns[-1]) + margin + 1)),
    )
