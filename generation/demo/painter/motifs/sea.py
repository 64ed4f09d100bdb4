"""The open sea: by moonlight, at sunset or by day, now and then with a sail."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas, Pen, smoothstep
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import mixed, rgb, tinted
from generation.demo.painter.scene import Scene
from generation.demo.painter.sky import paint_moon, paint_sky, paint_stars, paint_sun
from generation.demo.painter.water import paint_water

from .mountains import paint_birds

DEEP = {"day": "1f5f80", "dawn": "3f6f84", "sunset": "2c2f58", "dusk": "14243f", "night": "081426"}


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint sky and sea, sun or moon with its reflection, and a boat if there is room."""
    rng = canvas.rng("sea")
    light = canvas.light
    tall = canvas.aspect < 0.9
    horizon = float(rng.uniform(0.52, 0.62) if tall else rng.uniform(0.46, 0.58))
    storm = "storm" in scene.weather
    paint_sky(
        canvas,
        horizon=horizon,
        clouds=1.0 if storm else float(rng.uniform(0.3, 0.75)),
        stretch=1.0 if storm else 1.4,
    )
    canvas.report(0.25)
    x = canvas.aspect * float(rng.choice([rng.uniform(0.24, 0.42), rng.uniform(0.58, 0.76)]))
    moon = (light.night or scene.has("moon")) and scene.allows("moon")
    glint: float | None = x
    if moon:
        paint_stars(canvas, horizon=horizon, amount=0.7)
        radius = canvas.unit * float(rng.uniform(0.07, 0.115))
        paint_moon(canvas, x, horizon * float(rng.uniform(0.3, 0.55)), radius=radius)
    elif storm:
        glint = None
        paint_sun(canvas, x, horizon - 0.03, disk=False, strength=0.55)
    elif light.name in ("sunset", "dawn", "dusk"):
        low = horizon - float(rng.uniform(-0.012, 0.10 if light.name != "dusk" else 0.0))
        paint_sun(canvas, x, low, radius=canvas.unit * 0.06, disk=light.name != "dusk")
    else:
        paint_sun(canvas, x, horizon * 0.2, disk=False, strength=0.7)
    if rng.random() < 0.45 and not scene.has("boat"):
        _paint_coast(canvas, horizon)
    canvas.report(0.45)
    if storm:
        choppy = 1.5
    elif "calm" in scene.moods:
        choppy = 0.3
    else:
        choppy = float(rng.uniform(0.4, 0.8))
    deep = mixed(rgb(DEEP[light.name]), light.sky[1], 0.25)
    for name in scene.colors[:1]:
        if name in ("turquoise", "emerald", "green"):
            deep = tinted(deep, rgb("189a9a"), 0.7)
    paint_water(canvas, horizon=horizon, choppy=choppy, deep=deep, glint=glint)
    canvas.report(0.8)
    if scene.has("boat") or (rng.random() < 0.6 and scene.allows("boat")):
        side = -1 if x > canvas.aspect / 2 else 1
        _paint_boat(
            canvas,
            x + side * canvas.aspect * float(rng.uniform(0.16, 0.3)),
            horizon,
            canvas.unit * float(rng.uniform(0.10, 0.17)),
        )
    if scene.has("birds") or (not moon and rng.random() < 0.5):
        paint_birds(canvas, canvas.aspect * float(rng.uniform(0.2, 0.8)), horizon * 0.45, count=6)


def _paint_coast(canvas: Canvas, horizon: float) -> None:
    """Paint a far headland that runs into the sea from one side."""
    rng = canvas.rng("coast")
    side = rng.random() < 0.5
    run = canvas.x[0] / np.float32(canvas.aspect)
    run = run if side else 1 - run
    for layer in range(3):
        reach = rng.uniform(0.3, 0.75) * (1 - 0.25 * layer)
        wave = canvas.line(f"coast {layer}", across=3.0, octaves=6)
        fall = np.clip(1 - run / np.float32(reach), 0, 1) ** 0.8
        height = fall * np.float32(0.05 + 0.02 * layer) * (0.45 + wave * 1.1)
        top = max(0, canvas.row(horizon - float(height.max())) - 1)
        bottom = canvas.row(horizon)
        if top >= bottom:
            continue
        below = canvas.y[top:bottom] - (np.float32(horizon) - height)[None]
        cover = np.clip(below / np.float32(canvas.px) + 0.5, 0, 1) * (height > canvas.px / 2)[None]
        color = mixed(canvas.light.far, canvas.light.near, 0.12 + 0.22 * layer)
        veil = mixed(color, canvas.light.sky[-2], 0.5)
        shade = smoothstep(0.0, 0.06, np.maximum(below, 0))
        canvas.lay(color[:, None, None] + (veil - color)[:, None, None] * shade, cover, top=top)


def _paint_boat(canvas: Canvas, x: float, horizon: float, size: float) -> None:
    """Paint a small sailing boat with its reflection; `size` is the height of its mast."""
    light = canvas.light
    rng = canvas.rng("boat")
    base = horizon + size * 0.55 + (1 - horizon) * float(rng.uniform(0.02, 0.10))
    lean = float(rng.uniform(-0.05, 0.05))
    flip = float(rng.choice([-1.0, 1.0]))

    def at(points: list[tuple[float, float]], mirrored: bool) -> list[tuple[float, float]]:
        sign = -0.8 if mirrored else 1.0
        return [(x + flip * size * (px + lean * py), base - sign * size * py) for px, py in points]

    def curve(
        start: tuple[float, float], end: tuple[float, float], bulge: float
    ) -> list[tuple[float, float]]:
        return [
            (
                start[0] + (end[0] - start[0]) * s + bulge * s * (1 - s) * 4,
                start[1] + (end[1] - start[1]) * s,
            )
            for s in np.linspace(0, 1, 14)
        ]

    main = [(0.02, 0.09), (0.02, 1.0), *curve((0.02, 1.0), (0.44, 0.13), 0.07), (0.44, 0.12)]
    jib = [
        (-0.02, 0.92),
        *curve((-0.02, 0.92), (-0.05, 0.10), -0.03),
        (-0.36, 0.10),
        *curve((-0.36, 0.10), (-0.02, 0.92), -0.05),
    ]
    hull = [(-0.42, 0.09), (0.46, 0.07), (0.38, -0.01), (0.2, -0.035), (-0.2, -0.035), (-0.32, 0.0)]
    mast = [(-0.008, 0.0), (-0.008, 1.04), (0.008, 1.04), (0.008, 0.0)]

    def pair(*shapes: list[tuple[float, float]], mirrored: bool = False) -> Array:
        def draw(pen: Pen) -> None:
            for shape in shapes:
                pen.polygon(at(shape, mirrored))

        return canvas.drawn(draw)

    dark = mixed(light.near, light.far, 0.12)
    cloth = mixed(mixed(light.far, rgb("f4ece0"), 0.55), light.direct, 0.3)
    if light.dim:
        cloth = mixed(cloth, light.ambient, 0.55)
    if "red" in canvas.scene.colors:
        cloth = mixed(rgb("c8342b"), light.ambient, 0.25)
    below = canvas.y > np.float32(base)
    shimmer = canvas.fbm("boat shimmer", across=7, down=150, octaves=2)
    ghost = pair(main, jib, hull, mirrored=True) * below * smoothstep(0.32, 0.56, shimmer)
    fade = np.exp(-(canvas.y - np.float32(base)) / np.float32(size * 0.8))
    canvas.lay(mixed(cloth, dark, 0.65), ghost * np.clip(fade, 0, 1) * 0.55)
    shade = np.clip((canvas.x - np.float32(x)) * np.float32(flip / size) * 1.6, -0.2, 1)
    tone = cloth[:, None, None] * (0.84 + 0.22 * shade)
    canvas.lay(tone, pair(main) * 0.97)
    canvas.lay(tone * 0.86, pair(jib) * 0.95)
    canvas.lay(dark, pair(hull, mast))
