"""Land in the foreground and rolling hills, by season and kind of ground."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas, column
from generation.demo.painter.figure import shaded
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import mixed, rgb
from generation.demo.painter.sky import paint_moon, paint_sky, paint_stars, paint_sun

KINDS = {"grass": "6f8f42", "sand": "d8b888", "stone": "8d8478", "dust": "7d7a86", "snow": "f0f4fa"}


def ground_color(canvas: Canvas, kind: str) -> Array:
    """Return the color of the ground in the season of the scene."""
    season = canvas.scene.season
    if kind in ("grass", "stone") and (season == "winter" or "snow" in canvas.scene.weather):
        return rgb(KINDS["snow"])
    if kind == "grass" and season == "autumn":
        return rgb("a3803c")
    if kind == "grass" and season == "spring":
        return rgb("7fa34a")
    return rgb(KINDS[kind])


def paint_heaven(canvas: Canvas, *, horizon: float, clouds: float = 0.5) -> float:
    """Paint the sky with its sun or moon; return the side -1..1 that the light comes from."""
    rng = canvas.rng("heaven")
    light, scene = canvas.light, canvas.scene
    paint_sky(canvas, horizon=horizon, clouds=clouds)
    x = canvas.aspect * float(rng.choice([rng.uniform(0.14, 0.3), rng.uniform(0.7, 0.86)]))
    if light.night or scene.has("moon"):
        if scene.allows("stars"):
            paint_stars(canvas, horizon=horizon)
        if scene.allows("moon"):
            radius = canvas.unit * float(rng.uniform(0.045, 0.075))
            paint_moon(canvas, x, horizon * float(rng.uniform(0.24, 0.4)), radius=radius)
    elif not scene.weather & {"rain", "storm"}:
        low = {"day": 0.25, "dawn": 0.75, "sunset": 0.8, "dusk": 0.95}[light.name]
        disk = light.name in ("sunset", "dawn")
        paint_sun(canvas, x, horizon * low, radius=canvas.unit * 0.05, disk=disk, strength=0.9)
    return 1.0 if x > canvas.aspect / 2 else -1.0


def paint_hill(
    canvas: Canvas,
    name: str,
    *,
    top: float,
    relief: float,
    color: Array,
    distance: float,
    across: float = 1.4,
) -> Array:
    """Paint a soft hill that fills everything below its line; return the line (W,)."""
    wave = canvas.line(name, across=across, octaves=3, gain=0.4)
    line: Array = np.float32(top) + (wave - 0.5) * np.float32(2 * relief)
    first = max(0, canvas.row(float(line.min())) - 1)
    y = canvas.y[first:]
    dark, bright = shaded(canvas.light, color)
    veil = mixed(canvas.light.haze, canvas.light.far, 0.3)
    dark, bright = mixed(dark, veil, distance), mixed(bright, veil, distance)
    patches = canvas.fbm(f"{name} patches", across=5, down=16, octaves=5)[first:]
    below = np.maximum(y - line[None], 0)
    tone = np.clip(0.95 - below * 2.6 + (patches - 0.5) * 0.8, 0, 1)
    canvas.lay(column(dark) + column(bright - dark) * tone, canvas.edge(line[None] - y), top=first)
    return line


def paint_foreground(canvas: Canvas, *, kind: str, top: float, at: float) -> float:
    """Paint a knoll in front, highest at x = `at`; return the height of its top there."""
    rise = np.exp(-(((canvas.x[0] - np.float32(at)) / np.float32(0.55 * canvas.aspect + 0.1)) ** 2))
    wave = canvas.line("foreground", across=2.0, octaves=3) - 0.5
    line = np.float32(top + 0.045) - rise * np.float32(0.045) + wave * 0.018
    fine = canvas.line("foreground edge", across=90, octaves=2) - 0.5
    crisp = 0.012 if kind == "grass" and canvas.scene.season != "winter" else 0.002
    edge = line + fine * np.float32(crisp)
    first = max(0, canvas.row(float(edge.min())) - 2)
    y = canvas.y[first:]
    color = ground_color(canvas, kind)
    dark, bright = shaded(canvas.light, color)
    near = (y - line[None]) / np.float32(max(0.05, 1 - top))
    broad = canvas.fbm("foreground tone", across=3, down=9, octaves=4)[first:] - 0.5
    long = 34 if kind == "grass" else 60
    blades = canvas.fbm("foreground blades", across=110, down=long, octaves=3, gain=0.7)[first:]
    rough = 0.75 if kind == "grass" else 0.35
    if kind in ("sand", "snow") or canvas.scene.season == "winter":
        rough = 0.12
    tone = np.clip(0.85 - near * 0.75 + broad * 0.5 + (blades - 0.5) * np.float32(rough), 0, 1)
    colors = column(dark) + column(bright - dark) * tone
    canvas.lay(colors, canvas.edge(edge[None] - y), top=first)
    return float(line[min(canvas.width - 1, max(0, int(at * canvas.height)))])
