"""A stone bridge over a river, its arches closed to circles by their reflection."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas, Point, column
from generation.demo.painter.figure import shaded
from generation.demo.painter.palette import mixed, rgb
from generation.demo.painter.scene import Scene
from generation.demo.painter.sheet import Sheet
from generation.demo.painter.water import paint_water

from .ground import ground_color, paint_heaven, paint_hill
from .houses import LAMP, SNOW, bush, house, leaves_color, manner
from .mountains import paint_birds, paint_ridges


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint an arched bridge between wooded banks, or between houses if a town is named."""
    rng = canvas.rng("bridge")
    light = canvas.light
    water = float(rng.uniform(0.66, 0.70))
    sun = paint_heaven(canvas, horizon=0.6)
    paint_ridges(
        canvas,
        first=0.42,
        last=0.58,
        count=3,
        mist=1.0,
        sun=canvas.aspect * (0.5 + 0.4 * sun),
        height=0.22,
        snow=0.8 if scene.season == "winter" else 0.1,
    )
    canvas.report(0.35)
    paint_hill(
        canvas,
        "river hill",
        top=0.56,
        relief=0.03,
        color=ground_color(canvas, "grass"),
        distance=0.35,
    )
    _paint_banks(canvas, rng, water)
    canvas.report(0.5)
    _paint_bridge(canvas, rng, water, sun)
    paint_water(
        canvas,
        horizon=water,
        choppy=0.12,
        depth=0.42,
        deep=mixed(rgb("2a5a58"), light.sky[1], 0.4),
        glint=None if light.name == "day" else canvas.aspect * (0.5 + 0.3 * sun),
    )
    canvas.report(0.85)
    _paint_near_bank(canvas, rng, sun)
    if scene.has("birds") or not light.night:
        paint_birds(canvas, canvas.aspect * (0.5 - 0.2 * sun), 0.22, count=5)


def _paint_banks(canvas: Canvas, rng: np.random.Generator, water: float) -> None:
    sheet, how = Sheet(canvas), manner(canvas)
    town = canvas.scene.has("town", "city", "street", "harbor")
    leaves = leaves_color(canvas)
    wide = canvas.unit * 0.10
    for row in range(2):
        away = 0.3 * (1 - row)
        x = -wide
        while x < canvas.aspect + wide:
            off = abs(x - canvas.aspect / 2) / canvas.aspect
            foot = water - 0.035 * (1 - row) - 0.02 * off
            width = wide * float(rng.uniform(0.7, 1.1))
            if town or (row == 0 and rng.random() < 0.18):
                house(
                    sheet,
                    rng,
                    how,
                    x=x,
                    foot=foot + 0.02,
                    width=width,
                    height=width * float(rng.uniform(0.7, 1.2)),
                    distance=away,
                )
            elif rng.random() < 0.85:
                size = wide * float(rng.uniform(0.9, 1.7)) * (0.7 + 0.8 * off)
                bush(sheet, rng, x, foot + 0.03, size, mixed(leaves, canvas.light.haze, away * 0.8))
            x += width * (1.0 if town else 0.62)
    dark, bright = shaded(canvas.light, ground_color(canvas, "grass"))
    line = [
        (float(x), water - 0.012 + 0.006 * float(rng.random()))
        for x in np.linspace(-0.02, canvas.aspect + 0.02, 40)
    ]
    sheet.polygon(
        [*line, (canvas.aspect + 0.02, water + 0.02), (-0.02, water + 0.02)],
        mixed(dark, bright, 0.35),
    )
    sheet.lay(lamp=LAMP if how.lit else None)


def _paint_bridge(canvas: Canvas, rng: np.random.Generator, water: float, sun: float) -> None:
    """Paint the bridge: a stone band with a gentle rise, from which round arches are cut."""
    arches = 3 if canvas.aspect < 1.2 else 5
    span = canvas.aspect * 0.92
    pitch = span / arches
    left = canvas.aspect / 2 - span / 2
    crown = 0.035 * canvas.unit
    rise = min(pitch * 0.42, 0.22)
    deck = water - rise - 0.055
    x, y = canvas.x, canvas.y
    bow = np.clip(
        1 - ((x - np.float32(canvas.aspect / 2)) / np.float32(canvas.aspect * 0.6)) ** 2, 0, 1
    )
    top = np.float32(deck) - np.float32(crown) * bow
    body = canvas.edge(top - y) * canvas.edge(y - np.float32(water + 0.004))
    inside = np.zeros_like(body)
    ring = np.zeros_like(body)
    under = np.zeros_like(body)
    for k in range(arches):
        middle = left + pitch * (k + 0.5)
        half = pitch * 0.40
        high = rise * (1 + 0.22 * (1 - abs(2 * (k + 0.5) / arches - 1)))
        off = np.hypot(
            (x - np.float32(middle)) / np.float32(half), (y - np.float32(water)) / np.float32(high)
        )
        inside = np.maximum(inside, canvas.edge((off - 1) * np.float32(high)))
        ring = np.maximum(ring, canvas.edge((off - np.float32(1.13)) * np.float32(high)))
        # The vault shows on the side away from the middle of the view.
        shift = (middle - canvas.aspect / 2) * 0.10
        hole = np.hypot(
            (x - np.float32(middle - shift)) / np.float32(half * 0.93),
            (y - np.float32(water)) / np.float32(high * 0.93),
        )
        under = np.maximum(
            under,
            canvas.edge((1 - hole) * np.float32(high)) * canvas.edge((off - 1) * np.float32(high)),
        )
    dark, bright = shaded(canvas.light, rgb(str(rng.choice(["b9a88c", "a8a096", "c2a27e"]))))
    courses = (y * 46) % 1
    joint = np.clip(1 - np.abs(courses - 0.5) * 9, 0, 1) * 0.5
    bond_shift = np.floor(y * 46) * np.float32(0.37)
    bond = np.clip(1 - np.abs((x * 24 + bond_shift) % 1 - 0.5) * 16, 0, 1) * 0.4
    chance = (np.floor(x * 24 + bond_shift + 0.5) * 0.618 + np.floor(y * 46 + 0.5) * 0.377) % 1
    dirt = canvas.fbm("bridge stone", across=12, down=18, octaves=5) - 0.5
    tone = 0.62 + 0.15 * sun * (x / np.float32(canvas.aspect) - 0.5) + (chance - 0.5) * 0.22
    tone = np.clip(tone + dirt * 0.55 - np.maximum(joint, bond) * 0.28, 0, 1)
    tone = tone - np.clip(1 - (np.float32(water) - y) / 0.05, 0, 1) * 0.35
    stone = column(dark) + column(bright - dark) * np.clip(tone, 0, 1)
    canvas.lay(stone, body * (1 - inside))
    canvas.lay(mixed(dark, bright, 0.95), body * np.clip(ring - inside, 0, 1) * 0.45)
    canvas.lay(mixed(dark, canvas.light.near, 0.35), under * body)
    parapet = canvas.edge(top - np.float32(0.026) - y) * canvas.edge(y - top - np.float32(0.004))
    snow = canvas.scene.season == "winter"
    canvas.lay(column(mixed(dark, bright, 0.8)) * (0.85 + 0.3 * (chance - 0.5)), parapet)
    lip = canvas.edge(top - np.float32(0.032) - y) * canvas.edge(y - top + np.float32(0.024))
    cap = shaded(canvas.light, SNOW)[1] if snow else mixed(bright, canvas.light.direct, 0.25)
    canvas.lay(cap, lip)
    band = canvas.edge(top - np.float32(0.004) - y) * canvas.edge(y - top - np.float32(0.012))
    canvas.lay(mixed(dark, canvas.light.near, 0.3), band * 0.8)
    if canvas.light.name != "day":
        _paint_lamps(canvas, deck, crown, left, span, arches)


def _paint_lamps(
    canvas: Canvas, deck: float, crown: float, left: float, span: float, arches: int
) -> None:
    sheet = Sheet(canvas)
    iron = mixed(canvas.light.near, rgb("24262c"), 0.5)
    for k in range(arches + 1):
        x = left + span * k / arches
        bow = max(0.0, 1 - ((x - canvas.aspect / 2) / (canvas.aspect * 0.6)) ** 2)
        foot = deck - crown * bow - 0.026
        size = 0.010 * canvas.unit
        sheet.line([(x, foot), (x, foot - size * 6)], size * 0.35, iron)
        lamp: list[Point] = [
            (x - size * 0.6, foot - size * 6),
            (x - size * 0.8, foot - size * 7.8),
            (x + size * 0.8, foot - size * 7.8),
            (x + size * 0.6, foot - size * 6),
        ]
        sheet.polygon(lamp, LAMP)
        sheet.light(lamp)
    sheet.lay(lamp=LAMP, glow=0.012)


def _paint_near_bank(canvas: Canvas, rng: np.random.Generator, sun: float) -> None:
    """Paint reeds and leaves in front, on the side away from the light."""
    sheet = Sheet(canvas)
    dark, bright = shaded(canvas.light, mixed(leaves_color(canvas), rgb("3f5f35"), 0.5))
    side = -sun
    for _ in range(int(110 * max(0.7, canvas.unit))):
        off = float(rng.random()) ** 1.6 * 0.42 * canvas.aspect
        x = (canvas.aspect - off) if side > 0 else off
        foot = 1.03 - 0.02 * float(rng.random()) + off * 0.10
        high = float(rng.uniform(0.06, 0.22)) * (1 - off / canvas.aspect * 1.6)
        bend = float(rng.normal(0, 0.03))
        points = [(x + bend * s * s, foot - high * s) for s in np.linspace(0, 1, 6)]
        sheet.line(
            points,
            0.0035 + 0.002 * float(rng.random()),
            mixed(dark, bright, float(rng.uniform(0, 0.7))),
        )
        if rng.random() < 0.25:
            sheet.ellipse(
                points[-1][0], points[-1][1], 0.005, 0.014, mixed(dark, rgb("6a4a2c"), 0.6)
            )
    sheet.lay()
