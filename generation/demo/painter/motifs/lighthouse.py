"""A lighthouse on a rock, its beam over the evening sea."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas, Pen, smoothstep
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import mixed, rgb
from generation.demo.painter.scene import Scene
from generation.demo.painter.sky import paint_moon, paint_sky, paint_stars, paint_sun
from generation.demo.painter.water import paint_water

from .mountains import paint_birds


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint a striped or white tower on an islet or headland, lit except in daylight."""
    rng = canvas.rng("lighthouse")
    light = canvas.light
    tall = canvas.aspect < 0.9
    horizon = float(rng.uniform(0.60, 0.68))
    side = float(rng.choice([-1.0, 1.0]))
    at = canvas.aspect * (
        0.5 + side * float(rng.uniform(0.10, 0.18) if tall else rng.uniform(0.16, 0.28))
    )
    paint_sky(canvas, horizon=horizon, clouds=float(rng.uniform(0.45, 0.8)))
    if light.night:
        paint_stars(canvas, horizon=horizon)
        if scene.has("moon") or rng.random() < 0.4:
            paint_moon(canvas, canvas.aspect * (0.5 - side * 0.27), 0.2, radius=canvas.unit * 0.055)
    glow_at = canvas.aspect * (0.5 - side * float(rng.uniform(0.1, 0.3)))
    if not light.night:
        paint_sun(
            canvas, glow_at, horizon - 0.02, disk=light.name == "sunset", radius=0.035, strength=0.9
        )
    canvas.report(0.3)
    if "storm" in scene.weather:
        choppy = 0.95
    elif "calm" in scene.moods:
        choppy = 0.45
    else:
        choppy = 0.7
    paint_water(
        canvas,
        horizon=horizon,
        choppy=choppy,
        deep=mixed(rgb("22406a"), light.sky[0], 0.55),
        glint=glow_at,
    )
    canvas.report(0.55)
    shore = horizon + float(rng.uniform(0.07, 0.11))
    top = _paint_rock(canvas, at, horizon, shore, side)
    canvas.report(0.7)
    lit = light.name != "day"
    _paint_tower(canvas, scene, at, top, lit, side)
    if scene.has("birds") or rng.random() < 0.4:
        paint_birds(canvas, canvas.aspect * (0.5 - side * 0.15), 0.28, count=6)


def _paint_rock(canvas: Canvas, at: float, horizon: float, shore: float, side: float) -> float:
    """Paint the islet and return the height of its top at the tower."""
    rng = canvas.rng("rock")
    light = canvas.light
    width = float(rng.uniform(0.30, 0.42)) * min(1.25, max(canvas.aspect, 0.7))
    off = (canvas.x[0] - np.float32(at)) / np.float32(width)
    if rng.random() < 0.55:  # a headland that runs out of the image
        off = np.where(off * side > 0, off * 0.30, off)
    rise = np.clip(1 - np.abs(off) ** 1.7, 0, 1).astype(np.float32)
    rough = canvas.line("rock", across=6, octaves=7, gain=0.55) - 0.5
    summit = float(rng.uniform(0.10, 0.15))
    crest = (
        np.float32(shore) - rise * np.float32(summit + 0.015) - rise**0.5 * (rough * 0.085) + 0.004
    )
    foot = np.float32(shore) + rise * 0.014 + rough * 0.006
    inside = (np.abs(off) < 1.0).astype(np.float32)[None]
    first, last = (
        canvas.row(float(crest.min())) - 1,
        min(canvas.height, canvas.row(float(foot.max())) + 3),
    )
    y = canvas.y[first:last]
    cover = canvas.edge(crest[None] - y) * canvas.edge(y - foot[None]) * inside
    tile = canvas.tile("stone", cells=8, octaves=6, gain=0.6)
    px, py = canvas.x * 0.8, y * 1.5
    stone = tile.at(px, py)
    relief = np.clip(
        0.42 + (stone - tile.at(px + np.float32(0.006 * side), py + 0.007)) * 6,
        0,
        1,
    )
    dark, bright = (
        mixed(light.near, rgb("2a2420"), 0.45),
        mixed(mixed(rgb("6f5c4a"), light.direct, 0.35), light.ambient, 0.35),
    )
    if light.dim or light.night:
        bright = mixed(bright, light.near, 0.45)
    colors = dark[:, None, None] + (bright - dark)[:, None, None] * (relief * (0.55 + stone * 0.5))
    grass = smoothstep(0.035, 0.0, y - crest[None] - (stone - 0.5) * 0.05) * 0.8
    green = mixed(
        mixed(rgb("5a6b3a"), light.ambient, 0.35),
        light.near,
        0.35 if light.dim or light.night else 0.05,
    )
    if canvas.scene.season == "winter":
        green = mixed(rgb("f0f2f4"), light.ambient, 0.35)
    colors = colors + (green[:, None, None] * (0.7 + relief * 0.5) - colors) * grass
    # Wet near the waterline.
    colors = colors * (1 - smoothstep(0.035, 0.0, foot[None] - y) * 0.5)
    canvas.lay(colors, cover, top=first)
    _paint_foam(canvas, foot, off)
    column = min(canvas.width - 1, max(0, int(at * canvas.height)))
    return float(crest[column])


def _paint_foam(canvas: Canvas, foot: Array, off: Array) -> None:
    first = canvas.row(float(foot.min()) - 0.02)
    last = min(canvas.height, canvas.row(float(foot.max()) + 0.04))
    y = canvas.y[first:last]
    lace = canvas.fbm("foam", across=34, down=60, octaves=4)[first:last]
    near = np.exp(-np.abs(y - foot[None] - 0.002) * 130)
    reach = np.clip((1.04 - np.abs(off)) * 12, 0, 1)[None]
    foam = smoothstep(0.45, 0.66, lace * 0.62 + near * 0.42) * smoothstep(0.05, 0.4, near) * reach
    canvas.lay(mixed(canvas.light.sky[-1], np.ones(3, np.float32), 0.35), foam * 0.7, top=first)


def _paint_tower(
    canvas: Canvas, scene: Scene, at: float, ground: float, lit: bool, side: float
) -> None:
    light = canvas.light
    rng = canvas.rng("tower")
    height = float(rng.uniform(0.30, 0.36)) * min(1.0, 0.55 + canvas.aspect * 0.5)
    base, neck = height * 0.088, height * 0.058
    top = ground - height
    foot = ground + 0.018
    first, last = canvas.row(top - height * 0.28), canvas.row(foot) + 1
    y = canvas.y[first:last]
    t = np.clip((y - np.float32(top)) / np.float32(height), -0.3, 1.2)
    half = np.float32(neck) + (np.float32(base - neck)) * np.clip(t, 0, 1) ** 1.3
    a = (canvas.x - np.float32(at)) / half
    # The brighter flank faces the open sea, where the sun stands.
    shade = (
        0.97
        - 0.5 * smoothstep(-0.35, 1.0, a * np.float32(side))
        - 0.12 * smoothstep(-0.6, -1.0, a * np.float32(side))
    )
    if light.night:
        darkness = 0.62
    elif light.name == "dusk":
        darkness = 0.32
    else:
        darkness = 0.1
    white = mixed(mixed(rgb("f6f0e6"), light.direct, 0.22), light.ambient, darkness)
    stripe = rgb("b8322a") if "blue" not in scene.colors else rgb("2f5c9a")
    stripe = mixed(stripe, light.ambient, 0.45 if light.night else 0.15)
    bands = str(rng.choice(["rings", "rings", "plain", "spiral"]))
    paint = np.zeros_like(t + a)
    if bands != "plain":
        turn = t * 3.5 + (np.arcsin(np.clip(a, -1, 1)) * 0.22 if bands == "spiral" else 0)
        soft = np.float32(canvas.px / height * 3.5)
        wave = np.abs((turn % 1) - 0.5) - 0.25
        paint = np.clip(wave / soft + 0.5, 0, 1) * np.ones_like(a)
    colors = (white[:, None, None] + (stripe - white)[:, None, None] * paint) * shade
    dirt = canvas.fbm("plaster", across=30, down=9, octaves=4)[first:last] - 0.5
    colors = colors * (1 + dirt * 0.16)
    body = (
        canvas.edge((np.abs(a) - 1) * half)
        * canvas.edge(np.float32(top) - y)
        * canvas.edge(y - np.float32(foot))
    )
    canvas.lay(colors, body, top=first)
    lamp_y = top - height * 0.065
    dark = mixed(light.near, rgb("2b2326"), 0.5)
    roof = mixed(stripe if bands != "plain" else rgb("7a2a26"), light.near, 0.35)

    def rail(pen: Pen) -> None:
        pen.polygon(
            [
                (at - neck * 1.55, top),
                (at + neck * 1.55, top),
                (at + neck * 1.2, top + height * 0.035),
                (at - neck * 1.2, top + height * 0.035),
            ]
        )
        for k in range(9):
            px = at + neck * 1.5 * (k / 4 - 1)
            pen.line([(px, top), (px, top - height * 0.04)], height * 0.006)
        pen.line(
            [(at - neck * 1.52, top - height * 0.04), (at + neck * 1.52, top - height * 0.04)],
            height * 0.007,
        )

    def windows(pen: Pen) -> None:
        for k in (0.25, 0.55):
            pen.box(
                at - base * 0.12, top + height * k, at + base * 0.12, top + height * (k + 0.055)
            )
        pen.box(at - base * 0.25, foot - height * 0.13, at + base * 0.25, foot - 0.004)

    def house(pen: Pen) -> None:
        pen.box(at - neck * 0.82, top - height * 0.125, at + neck * 0.82, top)

    def cap(pen: Pen) -> None:
        lid = top - height * 0.125
        pen.polygon(
            [
                (at - neck * 1.05, lid),
                (at - neck * 0.6, lid - height * 0.05),
                (at, lid - height * 0.10),
                (at + neck * 0.6, lid - height * 0.05),
                (at + neck * 1.05, lid),
            ]
        )
        pen.line([(at, lid - height * 0.08), (at, lid - height * 0.16)], height * 0.008)

    canvas.lay(dark, canvas.drawn(windows) * 0.85)
    canvas.lay(rgb("ffe9b0") if lit else rgb("9fb4bc"), canvas.drawn(house))
    canvas.lay(roof, canvas.drawn(cap))
    canvas.lay(dark, canvas.drawn(rail))

    def bars(pen: Pen) -> None:
        for k in (-0.8, -0.28, 0.28, 0.8):
            pen.line([(at + neck * k, top), (at + neck * k, top - height * 0.125)], height * 0.007)

    canvas.lay(dark, canvas.drawn(bars) * 0.9)
    if lit:
        _paint_beam(canvas, at, lamp_y, side)


def _paint_beam(canvas: Canvas, at: float, lamp: float, side: float) -> None:
    rng = canvas.rng("beam")
    tilt = float(rng.uniform(-0.06, 0.02))
    warm = rgb("fff0c4")
    strength = 0.62 if canvas.light.night else 0.5
    dust = 0.75 + canvas.fbm("dust", across=3, down=9, octaves=4) * 0.5
    for direction, power in ((-side, 1.0), (side, 0.35)):
        run = (canvas.x - np.float32(at)) * np.float32(direction)
        slope = (canvas.y - np.float32(lamp)) / np.maximum(run, 1e-3) - np.float32(tilt)
        beam = (
            np.exp(-((slope / 0.048) ** 2))
            * np.exp(-np.maximum(run, 0) * 0.8)
            * smoothstep(0.0, 0.03, run)
        )
        canvas.lighten(warm, beam * dust * np.float32(strength * power))
    canvas.lighten(warm, canvas.glow(at, lamp, 9) * 0.35 + canvas.glow(at, lamp, 40) * 0.75)
