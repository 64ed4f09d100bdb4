"""A mountain lake that mirrors its shores."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas, smoothstep
from generation.demo.painter.palette import mixed, rgb
from generation.demo.painter.scene import Scene
from generation.demo.painter.sky import paint_moon, paint_sky, paint_stars, paint_sun
from generation.demo.painter.water import paint_water

from .mountains import paint_birds, paint_ridges
from .trees import forest_edge, paint_shore


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint snowy peaks, a wooded shore and their reflection in nearly still water."""
    rng = canvas.rng("lake")
    light = canvas.light
    horizon = float(rng.uniform(0.54, 0.62))
    paint_sky(canvas, horizon=horizon, clouds=float(rng.uniform(0.35, 0.7)))
    x = canvas.aspect * float(rng.uniform(0.2, 0.8))
    if light.night:
        paint_stars(canvas, horizon=horizon)
        paint_moon(canvas, x, 0.16, radius=0.045)
    else:
        paint_sun(canvas, x, 0.26, radius=0.04, disk=light.name in ("dawn", "sunset"), strength=0.9)
    canvas.report(0.2)
    if scene.season == "summer":
        snow = 0.15
    elif scene.season == "winter":
        snow = 1.0
    else:
        snow = float(rng.uniform(0.4, 0.9))
    paint_ridges(
        canvas,
        first=horizon - 0.19,
        last=horizon - 0.02,
        count=4,
        mist=0.75,
        sun=x,
        height=0.36,
        snow=snow,
    )
    tree = mixed(light.near, light.far, 0.10)
    if scene.season == "autumn":
        tree = mixed(tree, rgb("a8602a"), 0.4)
    elif not light.dim:
        tree = mixed(tree, rgb("23452f"), 0.35)
    paint_shore(canvas, shore=horizon, height=float(rng.uniform(0.05, 0.085)), color=tree)
    canvas.report(0.75)
    choppy = (
        0.05 if "calm" in scene.moods or scene.has("reflection") else float(rng.uniform(0.05, 0.2))
    )
    paint_water(
        canvas,
        horizon=horizon,
        choppy=choppy,
        deep=mixed(light.near, light.sky[1], 0.45),
        depth=0.38,
    )
    if rng.random() < 0.75:
        _paint_bank(canvas)
    if scene.has("birds"):
        paint_birds(canvas, canvas.aspect * 0.5, 0.2)


def _paint_bank(canvas: Canvas) -> None:
    """Paint a dark wooded bank that enters from one side in front."""
    rng = canvas.rng("bank")
    run = canvas.x[0] if rng.random() < 0.5 else canvas.x[0][::-1].copy()
    land = 0.93 + 0.22 * run / canvas.unit + (canvas.line("bank", across=3, octaves=5) - 0.5) * 0.05
    cover = canvas.edge(land[None] - canvas.y)
    near = smoothstep(0.42, 0.05, run / np.float32(canvas.aspect))
    trees = forest_edge(
        canvas, "bank trees", foot=land, height=0.40, density=75, thin=-0.5, keep=near
    )
    color = mixed(canvas.light.near, canvas.light.far, 0.03)
    canvas.lay(color, cover)
    canvas.lay(color, trees)
