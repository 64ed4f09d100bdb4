"""A street of an old town in perspective: fronts on both sides, cobbles, lanterns, a tower."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from generation.demo.painter.canvas import Canvas, Point, column, smoothstep
from generation.demo.painter.figure import shaded
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import mixed, rgb
from generation.demo.painter.scene import Scene
from generation.demo.painter.sheet import Sheet

from .ground import paint_heaven
from .houses import LAMP, SNOW, church, faded, manner

_FOCAL = 0.34
"""Width of half the street, in heights, at distance 1."""


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint a cobbled street that runs to a church tower; lanterns burn except by day."""
    rng = canvas.rng("old street")
    horizon = float(rng.uniform(0.56, 0.62))
    sun = paint_heaven(canvas, horizon=horizon, clouds=0.6)
    middle = canvas.aspect * float(rng.uniform(0.45, 0.55))
    canvas.report(0.3)
    _paint_cobbles(canvas, middle, horizon)
    sheet = Sheet(canvas)
    how = manner(canvas)
    church(sheet, rng, how, x=middle, foot=horizon + 0.005, size=0.30 * canvas.unit, distance=0.45)
    for side in (-1.0, 1.0):
        _paint_side(sheet, rng, middle, horizon, side, lit_side=side != sun)
    sheet.lay(lamp=LAMP if how.lit else None, grain=0.16)
    canvas.report(0.75)
    _paint_lanterns(canvas, rng, middle, horizon, lit=canvas.light.name != "day")
    if scene.weather & {"rain"} or scene.has("reflection"):
        _wet(canvas, horizon)


def _paint_cobbles(canvas: Canvas, middle: float, horizon: float) -> None:
    top = canvas.row(horizon)
    y = canvas.y[top:] - np.float32(horizon)
    depth = 1 / np.maximum(y, 0.004)
    snow = canvas.scene.season == "winter" or "snow" in canvas.scene.weather
    dark, bright = shaded(canvas.light, SNOW if snow else rgb("9a8f86"))
    # Rows of stones bend over a crowned street; each second row is shifted by half a stone.
    across = (canvas.x - np.float32(middle)) * depth * np.float32(6.5)
    along = depth * 2.2 + across * across * 0.012 / np.maximum(1, depth * 0.2)
    shift = np.floor(along) % 2 * 0.5
    u, v = (across + shift) % 1 - 0.5, along % 1 - 0.5
    stone = smoothstep(0.5, 0.32, np.maximum(np.abs(u), np.abs(v)))
    number = np.floor(across + shift) * 12.9898 + np.floor(along) * 78.233
    # Sums of whole numbers: a fraction that looks random and is the same everywhere.
    chance = (number * 0.6180339) % 1
    calm = np.clip(y * 9, 0, 1)
    tone = 0.45 + (stone - 0.55) * 0.42 * calm + (chance - 0.5) * 0.34 * calm
    if snow:
        tone = 0.78 + (tone - 0.45) * 0.3
    broad = canvas.fbm("cobbles", across=3, down=8, octaves=4)[top:] - 0.5
    tone = np.clip(tone + broad * 0.5 + 0.1, 0, 1)
    canvas.lay(column(dark) + column(bright - dark) * tone, np.ones_like(tone), top=top)


def _paint_side(
    sheet: Sheet,
    rng: np.random.Generator,
    middle: float,
    horizon: float,
    side: float,
    *,
    lit_side: bool,
) -> None:
    """Draw the fronts of one side from far to near, each a band of the perspective."""
    canvas = sheet.canvas
    how = manner(canvas)
    edges = [0.62]
    while edges[-1] < 9:
        edges.append(edges[-1] + float(rng.uniform(0.38, 0.62)) * (1 + 0.12 * edges[-1]))
    for near, far in reversed(list(itertools.pairwise(edges))):
        height = float(rng.uniform(0.62, 0.95)) * canvas.unit
        wall = how.walls[int(rng.integers(len(how.walls)))]
        distance = float(np.clip((near - 0.8) / 9, 0, 0.6))
        dark, bright = (faded(canvas, tone, distance) for tone in shaded(canvas.light, wall))
        front = mixed(dark, bright, 0.85 if lit_side else 0.4)

        def at(z: float, up: float) -> Point:
            return middle + side * _FOCAL * canvas.unit / z, horizon + (0.26 - up) / z

        roof = SNOW if how.snow else how.roofs[int(rng.integers(len(how.roofs)))]
        tiles = [faded(canvas, tone, distance) for tone in shaded(canvas.light, roof)]
        rise = 0.16 * canvas.unit

        def back(z: float, up: float) -> Point:
            return (
                middle + side * (_FOCAL + 0.16) * canvas.unit / z,
                horizon + (0.26 - up) / z,
            )

        sheet.polygon(
            [
                at(near, height),
                at(far, height),
                back(far, height + rise),
                back(near, height + rise),
            ],
            mixed(tiles[0], tiles[1], 0.75 if lit_side else 0.35),
        )
        gable = [at(far, height), back(far, height + rise), back(far, -0.1), at(far, -0.02)]
        sheet.polygon(gable, mixed(dark, bright, 0.15))
        sheet.polygon([at(near, -0.01), at(far, -0.01), at(far, height), at(near, height)], front)
        base = 0.05
        sheet.polygon(
            [at(near, -0.01), at(far, -0.01), at(far, base), at(near, base)],
            mixed(front, dark, 0.5),
        )
        eaves = [at(near, height - 0.02), at(far, height - 0.02), at(far, height), at(near, height)]
        sheet.polygon(eaves, mixed(front, bright, 0.6))
        _paint_openings(sheet, rng, at, near, far, height, front, dark, how.lit)


def _paint_openings(
    sheet: Sheet,
    rng: np.random.Generator,
    at: Callable[[float, float], Point],
    near: float,
    far: float,
    height: float,
    front: Array,
    dark: Array,
    lit: float,
) -> None:
    light = sheet.canvas.light
    floors = max(2, round(height / 0.24))
    columns = 2
    glass = mixed(mixed(light.near, light.sky[1], 0.5), front, 0.2)
    frame = mixed(front, np.ones(3, np.float32), 0.35 if not light.night else 0.12)
    shutter = mixed(
        shaded(light, rgb(str(rng.choice(["3f6a5a", "5a6f8a", "7a4a3a"]))))[1], front, 0.3
    )
    for floor in range(floors):
        low = height * (floor + 0.28) / floors
        high = height * (floor + 0.74) / floors
        for place in range(columns):
            a, b = (near + (far - near) * (place + f) / columns for f in (0.32, 0.68))

            def pane(left: float, right: float, down: float, up: float) -> list[Point]:
                return [at(left, down), at(right, down), at(right, up), at(left, up)]

            wide = b - a
            if floor == 0 and place == 0:
                sheet.polygon(
                    pane(a - wide * 0.1, b + wide * 0.1, 0.0, high), mixed(dark, rgb("4a3226"), 0.6)
                )
                continue
            sheet.polygon(pane(a - wide * 0.55, a - wide * 0.08, low, high), shutter)
            sheet.polygon(pane(b + wide * 0.08, b + wide * 0.55, low, high), shutter)
            sheet.polygon(pane(a - wide * 0.08, b + wide * 0.08, low - 0.008, high + 0.008), frame)
            window = pane(a, b, low, high)
            sheet.polygon(window, glass)
            if rng.random() < lit:
                sheet.light(window, float(rng.uniform(0.7, 1)))
            if floor > 0 and rng.random() < 0.5 and not light.night:
                petals = rgb(str(rng.choice(["c8485a", "e8a03c", "d87a9a"])))
                sheet.polygon(
                    pane(a - wide * 0.1, b + wide * 0.1, low - 0.03, low - 0.004),
                    mixed(shaded(light, petals)[1], dark, 0.15),
                )


def _paint_lanterns(
    canvas: Canvas, rng: np.random.Generator, middle: float, horizon: float, *, lit: bool
) -> None:
    sheet = Sheet(canvas)
    iron = mixed(canvas.light.near, rgb("24262c"), 0.5)
    lamps: list[tuple[float, float, float]] = []
    for index, z in enumerate((5.2, 3.1, 1.9, 1.2)):
        side = 1.0 if index % 2 else -1.0
        x = middle + side * (_FOCAL - 0.075) * canvas.unit / z
        foot, top = horizon + 0.26 / z, horizon + (0.26 - 0.52 * canvas.unit) / z
        size = 0.032 * canvas.unit / z
        sheet.line([(x, foot), (x, top)], size * 0.34, iron)
        sheet.box(x - size * 0.5, foot - size * 1.2, x + size * 0.5, foot, iron)
        glass = [
            (x - size * 0.55, top),
            (x - size * 0.8, top - size * 1.7),
            (x + size * 0.8, top - size * 1.7),
            (x + size * 0.55, top),
        ]
        sheet.polygon(glass, rgb("ffe2a8") if lit else mixed(iron, canvas.light.sky[-2], 0.6))
        if lit:
            sheet.light(glass)
        for a, b in ((glass[0], glass[1]), (glass[3], glass[2]), (glass[0], glass[3])):
            sheet.line([a, b], size * 0.2, iron)
        cap = [(x - size, top - size * 1.7), (x, top - size * 2.7), (x + size, top - size * 1.7)]
        sheet.polygon(cap, iron)
        lamps.append((x, top - size, z))
    sheet.lay(lamp=LAMP if lit else None)
    if lit and canvas.light.name != "dawn":
        for x, y, z in lamps:
            strength = 0.5 if canvas.light.dim else 0.25
            canvas.lighten(rgb("ffb45a"), canvas.glow(x, y, 5.0 * z) * np.float32(strength))
            foot = horizon + 0.26 / z
            pool = np.exp(
                -(
                    ((canvas.x - np.float32(x)) * np.float32(z / 0.16)) ** 2
                    + ((canvas.y - np.float32(foot)) * np.float32(z / 0.05)) ** 2
                )
            )
            canvas.lighten(rgb("ffb45a"), pool * np.float32(strength))


def _wet(canvas: Canvas, horizon: float) -> None:
    """Mirror the street in the wet stones."""
    top = canvas.row(horizon)
    rows = canvas.height - top
    above = canvas.rgb[:, max(0, top - rows) : top][:, ::-1]
    count = above.shape[1]
    puddles = canvas.fbm("puddles", across=4, down=12, octaves=4)[top : top + count]
    mirror = np.stack([canvas.blurred(np.ascontiguousarray(plane), 0.006) for plane in above])
    cover = smoothstep(0.38, 0.6, puddles) * np.float32(0.6)
    part = canvas.rgb[:, top : top + count]
    part += (mirror - part) * cover
