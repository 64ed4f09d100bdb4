"""A harbor: colored houses along the quay, moored boats, their reflections in the water."""

from __future__ import annotations

from generation.demo.painter.canvas import Canvas
from generation.demo.painter.figure import shaded
from generation.demo.painter.palette import mixed, rgb
from generation.demo.painter.scene import Scene
from generation.demo.painter.sheet import Sheet
from generation.demo.painter.water import paint_water

from .boats import paint_boats, small_boat
from .castles import paint_castle
from .ground import ground_color, paint_heaven, paint_hill
from .houses import HARBOR_WALLS, LAMP, house, manner
from .mountains import paint_birds, paint_ridges
from .town import paint_rows


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint a hillside town at the water with boats before it."""
    rng = canvas.rng("harbor")
    light = canvas.light
    shore = float(rng.uniform(0.58, 0.62))
    sun = paint_heaven(canvas, horizon=shore)
    paint_ridges(
        canvas,
        first=0.36,
        last=0.52,
        count=3,
        mist=0.9,
        sun=canvas.aspect * (0.5 + 0.4 * sun),
        height=0.2,
        snow=0.8 if scene.season == "winter" else 0.0,
    )
    canvas.report(0.3)
    how = manner(canvas, walls=HARBOR_WALLS)
    peak = canvas.aspect * (0.5 - 0.25 * sun)
    paint_hill(
        canvas,
        "harbor hill",
        top=shore - 0.10,
        relief=0.03,
        color=ground_color(canvas, "grass"),
        distance=0.25,
    )
    if scene.has("castle"):
        paint_castle(
            canvas, rng, x=peak, foot=shore - 0.16, size=canvas.unit * 0.3, sun=sun, distance=0.2
        )
    paint_rows(
        canvas,
        rng,
        how,
        peak=peak,
        top=shore - 0.24,
        bottom=shore - 0.10,
        rows=3,
        chapel=not scene.has("castle"),
        steep=0.10,
    )
    sheet = Sheet(canvas)
    wide = canvas.unit * 0.12
    x = -wide * float(rng.random())
    while x < canvas.aspect:
        width = wide * float(rng.uniform(0.7, 1.15))
        house(
            sheet,
            rng,
            how,
            x=x,
            foot=shore - 0.012,
            width=width,
            height=wide * float(rng.uniform(0.85, 1.5)),
        )
        x += width * float(rng.uniform(0.98, 1.04))
    dark, bright = shaded(light, rgb("9a8f84"))
    sheet.box(-0.1, shore - 0.014, canvas.aspect + 0.1, shore + 0.01, mixed(dark, bright, 0.4))
    sheet.box(-0.1, shore - 0.014, canvas.aspect + 0.1, shore - 0.006, mixed(dark, bright, 0.85))
    sheet.lay(lamp=LAMP if how.lit else None)
    canvas.report(0.6)
    far = Sheet(canvas)
    for _ in range(max(3, int(7 * canvas.aspect))):
        at = canvas.aspect * float(rng.uniform(0.02, 0.98))
        small_boat(far, rng, at, shore + 0.008, canvas.unit * float(rng.uniform(0.05, 0.08)))
    far.lay()
    paint_water(
        canvas,
        horizon=shore + 0.008,
        choppy=0.16,
        depth=0.42,
        deep=mixed(rgb("1d4a5c"), light.sky[1], 0.4),
        glint=None if light.name == "day" else canvas.aspect * (0.5 + 0.3 * sun),
    )
    canvas.report(0.85)
    paint_boats(canvas, rng, shore)
    if scene.has("birds") or not light.night:
        paint_birds(canvas, canvas.aspect * (0.5 + 0.15 * sun), 0.2, count=6)
