"""Last passes over an image: mood, season, vignette, grain, and the manner of a medium."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .canvas import Canvas, column, smoothstep
from .noise import Array, blurred
from .scene import Scene

_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


def luma(planes: Array) -> Array:
    """Return the brightness (H, W) of planes (3, H, W)."""
    result: Array = planes[0] * _LUMA[0] + planes[1] * _LUMA[1] + planes[2] * _LUMA[2]
    return result


def saturate(planes: Array, amount: float) -> Array:
    """Return planes with saturation multiplied by `amount`."""
    gray = luma(planes)
    result: Array = gray + (planes - gray) * np.float32(amount)
    return result


def contrast(planes: Array, amount: float, *, pivot: float = 0.45) -> Array:
    """Return planes with contrast multiplied by `amount` around `pivot`."""
    result: Array = (planes - np.float32(pivot)) * np.float32(amount) + np.float32(pivot)
    return result


def grade(planes: Array, scene: Scene) -> Array:
    """Return planes adjusted to the moods and the season of the scene."""
    if "pastel" in scene.moods:
        planes = saturate(planes, 0.72) * 0.78 + 0.2
    if "vivid" in scene.moods:
        planes = contrast(saturate(planes, 1.3), 1.08)
    if "dark" in scene.moods:
        planes = contrast(saturate(planes, 0.9), 1.1) * 0.82
    if "bright" in scene.moods:
        planes = np.clip(planes, 0, 1) ** 0.86
    if "warm" in scene.moods:
        planes = planes * column(np.array([1.06, 1.0, 0.92], np.float32))
    if "cold" in scene.moods or scene.season == "winter":
        planes = saturate(planes, 0.86) * column(np.array([0.95, 1.0, 1.05], np.float32))
    if scene.season == "autumn":
        planes = planes * column(np.array([1.05, 0.99, 0.92], np.float32))
    if "mono" in scene.moods:
        planes = contrast(np.broadcast_to(luma(planes), planes.shape), 1.12)
    return np.clip(planes, 0, 1)


def finish(canvas: Canvas) -> None:
    """Apply grading, the media named in the prompt, a slight vignette and film grain."""
    scene = canvas.scene
    canvas.rgb = grade(canvas.rgb, scene)
    for name in scene.finishes:
        canvas.rgb = np.clip(FINISHES[name](canvas), 0, 1)
    off = ((canvas.x / np.float32(canvas.aspect) - 0.5) ** 2 + (canvas.y - 0.5) ** 2) * 2
    if not scene.finishes:
        canvas.rgb *= 1 - 0.14 * off * off
        _grain(canvas, 0.010)


def _grain(canvas: Canvas, amount: float) -> None:
    rng = canvas.rng("grain")
    dust = rng.standard_normal((canvas.height, canvas.width), dtype=np.float32)
    canvas.rgb += dust * np.float32(amount)


def _film(canvas: Canvas) -> Array:
    planes = canvas.rgb
    bright = np.clip(luma(planes) - 0.6, 0, 1)
    halation = canvas.blurred(bright, 0.02)
    planes = planes + column(np.array([0.5, 0.22, 0.08], np.float32)) * halation
    planes = contrast(planes, 0.92) + column(np.array([0.02, 0.015, 0.03], np.float32))
    dust = canvas.rng("film").standard_normal((canvas.height, canvas.width), dtype=np.float32)
    return planes + blurred(dust, 0.8) * 0.085


def _paper_tooth(canvas: Canvas) -> Array:
    return canvas.fbm("paper tooth", across=110, octaves=4, gain=0.7) - 0.5


def _smeared(planes: Array, radius: int) -> Array:
    """Return planes with each pixel from the smoothest of four windows (Kuwahara's filter)."""
    gray = luma(planes)
    mean = [blurred(plane, radius * 0.6) for plane in (*planes, gray, gray * gray)]
    spread = np.maximum(mean[4] - mean[3] ** 2, 0)
    shifts = [(-radius, -radius), (-radius, radius), (radius, -radius), (radius, radius)]
    best = np.full(gray.shape, np.inf, np.float32)
    result = np.empty_like(planes)
    for dy, dx in shifts:
        variance = _shifted(spread, dy, dx)
        better = variance < best
        best = np.where(better, variance, best)
        for channel in range(3):
            np.copyto(result[channel], _shifted(mean[channel], dy, dx), where=better)
    return result


def _shifted(field: Array, dy: int, dx: int) -> Array:
    rows = np.clip(np.arange(field.shape[0]) + dy, 0, field.shape[0] - 1)
    columns = np.clip(np.arange(field.shape[1]) + dx, 0, field.shape[1] - 1)
    return field[rows][:, columns]


def _warped(canvas: Canvas, planes: Array, amount: float, across: float) -> Array:
    """Return planes pushed about by noise of `amount` heights."""
    dx = (canvas.fbm("warp x", across=across, octaves=3) - 0.5) * np.float32(
        amount * 2 * canvas.height
    )
    dy = (canvas.fbm("warp y", across=across, octaves=3) - 0.5) * np.float32(
        amount * 2 * canvas.height
    )
    rows = np.clip(
        np.arange(canvas.height, dtype=np.float32)[:, None] + dy, 0, canvas.height - 1
    ).astype(np.int32)
    columns = np.clip(
        np.arange(canvas.width, dtype=np.float32)[None] + dx, 0, canvas.width - 1
    ).astype(np.int32)
    index = rows * canvas.width + columns
    return np.stack([plane.ravel()[index] for plane in planes])


def _watercolor(canvas: Canvas) -> Array:
    """Return washes that pool at their edges on rough paper, leaving a ragged white margin."""
    planes = _warped(canvas, canvas.rgb, 0.006, 18)
    planes = _smeared(planes, max(2, round(canvas.height * 0.005)))
    gray = luma(planes)
    pooled = np.clip(canvas.blurred(gray, 0.004) - gray, -0.1, 0.1)
    tooth = _paper_tooth(canvas)
    granules = canvas.fbm("pigment", across=9, octaves=5, gain=0.6) - 0.5
    planes = np.clip(saturate(planes, 1.12), 0, 1) ** 0.8
    planes = planes * 0.86 + 0.135
    planes = planes - pooled * 0.8 + (granules * 0.18 + tooth * 0.12) * (1.1 - gray)
    edge = np.minimum(
        np.minimum(canvas.x, np.float32(canvas.aspect) - canvas.x),
        np.minimum(canvas.y, 1 - canvas.y),
    )
    ragged = canvas.fbm("margin", across=7, octaves=6, gain=0.6) - 0.5
    inside = smoothstep(0.030, 0.036, edge + ragged * 0.04)
    rim = smoothstep(0.052, 0.036, edge + ragged * 0.04) * inside
    paper = column(np.array([0.975, 0.962, 0.93], np.float32)) * (1 + tooth * 0.07)
    result: Array = paper + (planes * (1 - rim * 0.14) - paper) * inside
    return result


def _gouache(canvas: Canvas) -> Array:
    """Return flat strokes of thick paint with the ridges of a brush."""
    planes = _warped(canvas, canvas.rgb, 0.005, 26)
    planes = _smeared(
        _smeared(planes, max(2, round(canvas.height * 0.007))), max(1, round(canvas.height * 0.003))
    )
    gray = luma(planes)
    bristle = canvas.fbm("bristle", across=34, down=120, octaves=3) - 0.5
    relief = np.gradient(canvas.blurred(gray, 0.0012) + bristle * 0.05, axis=0) * np.float32(
        canvas.height / 130
    )
    planes = contrast(saturate(planes, 1.14), 1.05)
    result: Array = planes + np.clip(relief, -0.12, 0.12) * 0.6 + bristle * 0.03
    return result


def _ink(canvas: Canvas) -> Array:
    """Return brushed ink on rice paper: tone in a few washes, lines where the image breaks."""
    gray = luma(
        _smeared(_warped(canvas, canvas.rgb, 0.004, 20), max(2, round(canvas.height * 0.004)))
    )
    low, high = np.quantile(gray[::8, ::8], [0.02, 0.96])
    tone = np.clip((gray - np.float32(low)) / np.float32(max(0.05, high - low)), 0, 1)
    tooth = _paper_tooth(canvas)
    wash = np.clip(tone + tooth * 0.16, 0, 1) ** 0.8
    fine, broad = canvas.blurred(gray, 0.0012), canvas.blurred(gray, 0.0035)
    line = smoothstep(0.012, 0.05, broad - fine)
    dark = np.clip((1 - wash) * 0.92 + line * 0.5, 0, 1)
    paper, ink = (
        np.array([0.955, 0.935, 0.885], np.float32),
        np.array([0.09, 0.095, 0.12], np.float32),
    )
    brushed = column(paper) * (1 + tooth * 0.05) + column(ink - paper) * dark
    # A trace of the color stays, as if the ink were tinted.
    result: Array = brushed + (canvas.rgb - luma(canvas.rgb)) * 0.16
    return result


def _paper_cut(canvas: Canvas) -> Array:
    """Return a few flat tones with the shadow that one sheet throws on the next."""
    planes = _smeared(canvas.blurred(canvas.rgb, 0.0022), max(2, round(canvas.height * 0.004)))
    gray = luma(planes)
    steps = 7
    flat = np.round(gray * steps) / steps
    planes = planes * ((flat + 0.04) / (gray + 0.04))
    drop = max(1, round(canvas.height * 0.006))
    shade = np.clip(_shifted(canvas.blurred(flat, 0.004), -drop, -drop) - flat, -0.2, 0.2)
    tooth = _paper_tooth(canvas)
    return planes * (1 + tooth * 0.08) - np.clip(-shade, 0, 0.2) * 0.7


def _pixel(canvas: Canvas) -> Array:
    """Return the image in large pixels of few colors, with ordered dithering (Bayer 4×4)."""
    cells = 128 if min(canvas.width, canvas.height) >= 512 else 80
    block = max(2, min(canvas.width, canvas.height) // cells)
    rows, columns = -(-canvas.height // block), -(-canvas.width // block)
    padded = np.pad(
        canvas.rgb,
        ((0, 0), (0, rows * block - canvas.height), (0, columns * block - canvas.width)),
        mode="edge",
    )
    small = padded.reshape(3, rows, block, columns, block).mean(axis=(2, 4))
    small = contrast(saturate(small, 1.2), 1.12)
    bayer = (
        np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) / 16
        - 0.47
    )
    pattern = np.tile(bayer, (-(-rows // 4), -(-columns // 4)))[:rows, :columns]
    levels = 11
    small = np.round(np.clip(small, 0, 1) * levels + pattern * 0.5) / levels
    large = np.repeat(np.repeat(small, block, axis=1), block, axis=2)
    return np.ascontiguousarray(large[:, : canvas.height, : canvas.width], dtype=np.float32)


def _sketch(canvas: Canvas) -> Array:
    """Return pencil on paper: contours by color dodge, shadows hatched in two directions."""
    gray = luma(canvas.rgb)
    dodge = np.clip(gray / np.maximum(canvas.blurred(gray, 0.005), 0.05), 0, 1) ** 3.5
    tooth = _paper_tooth(canvas)
    stroke = canvas.fbm("hatch", across=12, octaves=2)
    first = np.sin((canvas.x + canvas.y) * 430 + stroke * 9) * 0.5 + 0.5
    second = np.sin((canvas.x - canvas.y) * 430 + stroke * 9) * 0.5 + np.float32(0.5)
    shade = (
        1
        - smoothstep(0.62, 0.25, gray) * first * 0.5
        - smoothstep(0.32, 0.06, gray) * second * 0.45
    )
    shade = shade * (0.72 + 0.28 * gray) * dodge + tooth * 0.28
    paper, lead = (
        np.array([0.965, 0.955, 0.93], np.float32),
        np.array([0.16, 0.16, 0.18], np.float32),
    )
    return column(lead) + column(paper - lead) * np.clip(shade, 0, 1)


def _halftone(canvas: Canvas) -> Array:
    """Return three screens of dots in the inks of a risograph, slightly out of register."""
    inks = ((0, 0.26, (0.0, 0.47, 0.65)), (1, 1.31, (0.95, 0.28, 0.42)), (2, 0.0, (1.0, 0.86, 0.2)))
    result = np.broadcast_to(
        column(np.array([0.965, 0.95, 0.91], np.float32)), canvas.rgb.shape
    ).copy()
    soft = canvas.blurred(canvas.rgb, 0.002)
    pitch = 150.0 if canvas.height >= 700 else 90.0
    for channel, angle, ink in inks:
        cos, sin = np.float32(np.cos(angle) * pitch), np.float32(np.sin(angle) * pitch)
        screen = np.cos((canvas.x * cos + canvas.y * sin) * 6.283) * np.cos(
            (canvas.y * cos - canvas.x * sin) * 6.283
        )
        dots = np.clip(
            (1 - soft[channel] - (screen * 0.5 + 0.5)) * np.float32(canvas.height / pitch * 0.5)
            + 0.5,
            0,
            1,
        )
        result *= 1 - column(1 - np.array(ink, np.float32)) * dots * 0.92
    return result


FINISHES: dict[str, Callable[[Canvas], Array]] = {
    "watercolor": _watercolor,
    "gouache": _gouache,
    "ink": _ink,
    "film": _film,
    "paper_cut": _paper_cut,
    "pixel": _pixel,
    "sketch": _sketch,
    "halftone": _halftone,
}
