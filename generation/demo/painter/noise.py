"""Smooth random fields, made by enlarging small lattices of random numbers.

Enlarging is Pillow's bicubic resampling of float images: fast, single-threaded and the same on
every machine, which keeps an image's bytes a function of prompt, seed and size alone.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[np.floating[Any]]
"""Real numbers; float32 throughout, as double precision would only cost time.

Written numbers adapt to the array they meet
(https://numpy.org/neps/nep-0050-scalar-promotion.html); computed ones may be of NumPy and do not,
so np.float32(…) stands around those.
"""

_SAMPLES_PER_CELL = 6
"""Resolution of a lattice cell before the sum is enlarged; less shows the bicubic kernel."""


def resized(
    field: Array, height: int, width: int, *, box: tuple[float, float, float, float] | None = None
) -> Array:
    """Return `field` (H, W) resampled to (height, width); `box`: edges in cells."""
    if box is None and field.shape == (height, width):
        return field
    image = Image.fromarray(np.ascontiguousarray(field, dtype=np.float32))
    return np.asarray(
        image.resize((width, height), Image.Resampling.BICUBIC, box=box), dtype=np.float32
    )


def _octave(
    rng: np.random.Generator, rows: float, columns: float, height: int, width: int
) -> Array:
    lattice = rng.uniform(-1, 1, (math.ceil(rows) + 4, math.ceil(columns) + 4)).astype(np.float32)
    return resized(lattice, height, width, box=(1.5, 1.5, 1.5 + columns, 1.5 + rows))


def fbm(
    rng: np.random.Generator,
    height: int,
    width: int,
    *,
    rows: float,
    columns: float,
    octaves: int = 5,
    gain: float = 0.5,
    ridges: bool = False,
) -> Array:
    """Return fractal noise (height, width), mostly in 0..1 around 0.5.

    `rows` and `columns` are the cells of the coarsest octave over the whole field, so the pattern
    does not depend on the resolution. With `ridges` every octave is folded into crests (Musgrave's
    ridged multifractal, unweighted).
    """
    total = np.zeros((1, 1), dtype=np.float32)
    amplitude, weight = 1.0, 0.0
    for _ in range(octaves):
        # Drawn from a child so that a skipped octave does not shift what follows.
        child = np.random.default_rng(rng.integers(2**63))
        weight += amplitude
        if rows < height * 1.5 and columns < width * 1.5:
            size = (
                min(height, math.ceil(rows * _SAMPLES_PER_CELL)),
                min(width, math.ceil(columns * _SAMPLES_PER_CELL)),
            )
            wave = _octave(child, rows, columns, *size)
            if ridges:
                wave = 1 - 2.2 * np.abs(wave)
            total = resized(total, *size) if total.size > 1 else np.zeros(size, dtype=np.float32)
            total = total + np.float32(amplitude) * wave
        amplitude *= gain
        rows, columns = rows * 2.03, columns * 2.03
    field = resized(total, height, width)
    return 0.5 + field * np.float32(0.62 / weight)


def line(
    rng: np.random.Generator, length: int, *, cells: float, octaves: int = 5, gain: float = 0.5
) -> Array:
    """Return fractal noise (length,), mostly 0..1; `cells`: those of the coarsest octave."""
    total = np.zeros(length, dtype=np.float32)
    amplitude, weight = 1.0, 0.0
    for _ in range(octaves):
        child = np.random.default_rng(rng.integers(2**63))
        weight += amplitude
        if cells < length * 1.5:
            lattice = child.uniform(-1, 1, math.ceil(cells) + 4).astype(np.float32)
            total += (
                np.float32(amplitude)
                * resized(lattice[None], 1, length, box=(1.5, 0, 1.5 + cells, 1))[0]
            )
        amplitude *= gain
        cells *= 2.03
    return 0.5 + total * np.float32(0.62 / weight)


def blurred(field: Array, sigma: float) -> Array:
    """Return `field` (..., H, W) after an approximately Gaussian blur of `sigma` pixels."""
    if sigma <= 0.2:
        return field
    if field.ndim == 3:
        return np.stack([blurred(plane, sigma) for plane in field])
    height, width = field.shape
    factor = max(1, int(sigma / 1.6))
    small = field
    if factor > 1:
        size = (max(4, math.ceil(width / factor)), max(4, math.ceil(height / factor)))
        image = Image.fromarray(np.ascontiguousarray(field, dtype=np.float32))
        small = np.asarray(image.resize(size, Image.Resampling.BOX), dtype=np.float32)
    spread = sigma / factor
    reach = max(1, math.ceil(spread * 2.6))
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / spread) ** 2)
    taps = (taps / taps.sum()).astype(np.float32)
    for axis in (0, 1):
        pad = [(reach, reach) if axis == which else (0, 0) for which in (0, 1)]
        padded = np.pad(small, pad, mode="edge")
        out = np.zeros_like(small)
        for index, tap in enumerate(taps):
            window = (
                padded[index : index + small.shape[0]]
                if axis == 0
                else padded[:, index : index + small.shape[1]]
            )
            out += tap * window
        small = out
    return resized(small, height, width)


class NoiseTile:
    """A square of fractal noise that repeats seamlessly and can be looked up at any coordinates."""

    SIZE = 512

    def __init__(
        self,
        rng: np.random.Generator,
        *,
        cells: int,
        octaves: int = 4,
        gain: float = 0.5,
        ridges: bool = False,
    ) -> None:
        total = np.zeros((self.SIZE, self.SIZE), dtype=np.float32)
        amplitude, weight = 1.0, 0.0
        for _ in range(octaves):
            lattice = rng.uniform(-1, 1, (cells, cells)).astype(np.float32)
            weight += amplitude
            if cells <= self.SIZE // 2:
                wrapped = np.pad(lattice, 3, mode="wrap")
                box = (2.5, 2.5, 2.5 + cells, 2.5 + cells)
                wave = resized(wrapped, self.SIZE, self.SIZE, box=box)
                total += np.float32(amplitude) * (1 - 2.2 * np.abs(wave) if ridges else wave)
            amplitude *= gain
            cells *= 2
        self._flat = (0.5 + total * np.float32(0.62 / weight)).ravel()

    def at(self, x: Array, y: Array) -> Array:
        """Return the noise (mostly 0..1) at coordinates in tiles; x and y broadcast."""
        size, mask = self.SIZE, self.SIZE - 1
        x, y = (
            np.asarray(x, np.float32) * np.float32(size),
            np.asarray(y, np.float32) * np.float32(size),
        )
        left, top = np.floor(x), np.floor(y)
        right, down = x - left, y - top
        columns, rows = left.astype(np.int32), top.astype(np.int32)
        first, second = (columns & mask), ((columns + 1) & mask)
        upper, lower = (rows & mask) * size, ((rows + 1) & mask) * size
        a, b = self._flat[upper + first], self._flat[upper + second]
        a += (b - a) * right
        c, d = self._flat[lower + first], self._flat[lower + second]
        c += (d - c) * right
        a += (c - a) * down
        return a
