"""Small boats that several places share."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas
from generation.demo.painter.figure import shaded
from generation.demo.painter.palette import hexes, mixed, rgb
from generation.demo.painter.sheet import Sheet

HULLS = hexes("b8342b 1f4f7a e8e0d0 2f6f5a d99a2f 3a3f4a")


def paint_boats(canvas: Canvas, rng: np.random.Generator, shore: float) -> None:
    """Paint a few boats on the near water with their dark reflections."""
    if not canvas.scene.allows("boat"):
        return
    sheet = Sheet(canvas)
    places = rng.permutation([0.16, 0.38, 0.62, 0.84])[:3]
    for index, at in enumerate(sorted(places)):
        foot = shore + 0.08 + (0.97 - shore - 0.12) * float(rng.uniform(0.15, 0.6))
        size = canvas.unit * (0.10 + 0.16 * (foot - shore) / 0.4)
        x = canvas.aspect * (float(at) + float(rng.uniform(-0.04, 0.04)))
        spot = np.exp(
            -(
                ((canvas.x - np.float32(x)) / np.float32(size * 0.75)) ** 2
                + ((canvas.y - np.float32(foot + size * 0.1)) / np.float32(size * 0.16)) ** 2
            )
        )
        canvas.lay(mixed(canvas.light.near, canvas.light.sky[1], 0.2), spot * 0.7)
        small_boat(sheet, rng, x, foot, size, sails=index == 1)
    sheet.lay()


def small_boat(
    sheet: Sheet, rng: np.random.Generator, x: float, foot: float, size: float, sails: bool = False
) -> None:
    """Draw a fishing boat or a sailing boat whose hull is `size` × 1.2 long."""
    light = sheet.canvas.light
    side = float(rng.choice([-1.0, 1.0]))
    dark, bright = shaded(light, HULLS[int(rng.integers(len(HULLS)))])
    wood = shaded(light, rgb("8a6a48"))
    white = shaded(light, rgb("f4efe4"))

    def at(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x + side * size * px, foot - size * py) for px, py in points]

    mast = 1.35 if sails else float(rng.uniform(0.7, 1.2))
    sheet.line(at((0.05, 0.1), (0.05, mast)), size * 0.028, mixed(*wood, 0.4))
    if sails:
        sheet.polygon(at((0.09, 0.30), (0.09, 1.3), (0.32, 0.85), (0.58, 0.32)), mixed(*white, 0.8))
        sheet.polygon(at((0.01, 0.30), (0.01, 1.2), (-0.26, 0.7), (-0.5, 0.26)), mixed(*white, 0.5))
    else:
        sheet.line(at((0.05, mast * 0.95), (0.62, 0.26)), size * 0.008, mixed(*wood, 0.2))
        sheet.line(at((0.05, mast * 0.95), (-0.55, 0.22)), size * 0.008, mixed(*wood, 0.2))
        sheet.polygon(
            at((-0.36, 0.14), (-0.36, 0.44), (-0.02, 0.44), (0.02, 0.14)), mixed(*white, 0.75)
        )
        sheet.polygon(
            at((-0.40, 0.44), (-0.38, 0.49), (0.02, 0.49), (0.02, 0.44)), mixed(dark, bright, 0.8)
        )
        for k in (-0.29, -0.13):
            sheet.polygon(
                at((k, 0.28), (k, 0.39), (k + 0.09, 0.39), (k + 0.09, 0.28)),
                mixed(light.near, light.sky[1], 0.4),
            )
    hull = at(
        (-0.58, 0.20),
        (-0.3, 0.16),
        (0.2, 0.17),
        (0.68, 0.30),
        (0.48, 0.02),
        (0.36, -0.04),
        (-0.42, -0.04),
        (-0.54, 0.04),
    )
    sheet.polygon(hull, mixed(dark, bright, 0.7))
    sheet.polygon(at((-0.54, 0.04), (0.49, 0.03), (0.36, -0.04), (-0.42, -0.04)), dark)
    sheet.line(
        at((-0.58, 0.19), (-0.3, 0.155), (0.2, 0.165), (0.68, 0.29)),
        size * 0.03,
        mixed(*white, 0.7),
    )
