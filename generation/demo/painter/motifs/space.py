"""Deep space: a nebula, sometimes a planet with or without a ring."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas, smoothstep
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import NAMED_COLORS, hexes, mixed, ramp, tinted
from generation.demo.painter.scene import Scene
from generation.demo.painter.sky import paint_stars

# Void, two gases, hot core.
GASES = (
    hexes("05060f c84f6a 3f6fd0 ffe0c0"),
    hexes("040810 2fa8a0 8a4fd0 e8fff0"),
    hexes("08050e e0803c 7a3fa0 fff0c8"),
    hexes("03070c 3f7fe0 c04fa8 e8f0ff"),
    hexes("070608 d0a04f 4f8a9a fff4d8"),
)
WORLDS = (
    hexes("3a2418 8f5a34 d8a46a f2dcb0 b8754a"),
    hexes("0f2a4a 2f6a9a 7fb8cc e8f0ec 4f8aa8"),
    hexes("2a1a3a 6a3f7a b87a9a f0c4b0 8a5a8a"),
    hexes("1a2a2a 3f6a5f 8fae8a e0dcb0 5f8a78"),
    hexes("401a14 8a3a24 c8683a eab07a a04a2c"),
)


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint glowing gas with dark dust and stars; a planet if one is named or the seed wants it."""
    rng = canvas.rng("space")
    gases = GASES[int(rng.integers(len(GASES)))]
    for name in scene.colors[:1]:
        if name not in ("black", "white", "gray"):
            gases = np.concatenate(
                [gases[:1], tinted(gases[1:3], NAMED_COLORS[name], 0.75), gases[3:]]
            )
    planet = scene.has("planet", "ring") or (not scene.has("nebula") and rng.random() < 0.55)
    planet = planet and scene.allows("planet")
    _paint_nebula(canvas, gases, 0.75 if planet else 1.0)
    canvas.report(0.6)
    if planet:
        side = float(rng.choice([-1.0, 1.0]))
        radius = canvas.unit * float(rng.uniform(0.20, 0.31))
        x = canvas.aspect * (0.5 + side * float(rng.uniform(0.0, 0.13)))
        _paint_planet(canvas, scene, x, 0.5 + float(rng.uniform(-0.06, 0.08)), radius, side)


def _paint_nebula(canvas: Canvas, gases: Array, strength: float) -> None:
    rng = canvas.rng("nebula")
    void, first, second, hot = gases
    tile = canvas.tile("gas", cells=6, octaves=6, gain=0.55)
    folds = canvas.tile("dust", cells=6, octaves=6, gain=0.55, ridges=True)
    cx, cy = canvas.aspect * float(rng.uniform(0.3, 0.7)), float(rng.uniform(0.35, 0.65))
    turn = float(rng.uniform(0, 3.14))
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    dx, dy = canvas.x - np.float32(cx), canvas.y - np.float32(cy)
    along, across = dx * cos + dy * sin, dy * cos - dx * sin
    wide = np.float32(0.62 * max(1.0, canvas.aspect**0.5))
    core = np.exp(-((along / wide) ** 2 + (across / 0.34) ** 2))
    x, y = (canvas.x * 0.30).astype(np.float32), canvas.y * 0.30
    qx, qy = tile.at(x, y) - 0.5, tile.at(x + 0.37, y + 0.61) - 0.5
    a = tile.at(x + qx * 0.30 + 0.2, y + qy * 0.30)
    b = tile.at(x * 1.25 - qy * 0.26, y * 1.25 + qx * 0.26 + 0.7)
    dust = folds.at(x * 1.2 + qx * 0.28, y * 1.2 + qy * 0.28)
    canvas.report(0.35)
    one = smoothstep(0.36, 0.80, a) * (0.25 + 1.5 * core)
    two = smoothstep(0.40, 0.85, b) * (0.20 + 1.2 * core)
    shade = smoothstep(0.48, 0.86, dust) * 0.8
    heart = np.exp(-((along / (wide * 0.42)) ** 2 + (across / 0.13) ** 2)) * (0.35 + one)
    light = first[:, None, None] * (one * 1.5) + second[:, None, None] * (two * 1.35)
    light = light * (1 - shade) + hot[:, None, None] * (heart * (1 - shade * 0.85) * 0.62)
    canvas.rgb = 1 - np.exp(-(light * np.float32(1.25 * strength) + void[:, None, None] * 0.7))
    paint_stars(canvas, horizon=1.0, amount=1.6, cover=np.clip(shade * core, 0, 0.8))
    _add_suns(canvas, hot)


def _add_suns(canvas: Canvas, color: Array) -> None:
    """Add a few near stars with the crossed rays of a telescope."""
    rng = canvas.rng("suns")
    for _ in range(int(rng.integers(4, 8))):
        x, y, size = rng.random() * canvas.aspect, rng.random(), rng.uniform(0.3, 1.0) ** 2
        dx, dy = np.abs(canvas.x - np.float32(x)), np.abs(canvas.y - np.float32(y))
        reach = np.float32(0.035 * size)
        spikes = np.exp(-dx / reach - dy * 900) + np.exp(-dy / reach - dx * 900)
        halo = np.exp(-np.hypot(dx, dy) / np.float32(0.0045 + 0.006 * size))
        canvas.lighten(
            mixed(color, np.ones(3, np.float32), 0.5), np.clip(spikes * 0.6 + halo, 0, 1)
        )


def _paint_planet(
    canvas: Canvas, scene: Scene, x: float, y: float, radius: float, side: float
) -> None:
    rng = canvas.rng("planet")
    stops = WORLDS[int(rng.integers(len(WORLDS)))]
    for name in scene.colors[-1:]:
        if name not in ("black", "white", "gray"):
            stops = tinted(stops, NAMED_COLORS[name], 0.7)
    ringed = scene.has("ring") or rng.random() < 0.5
    gas = ringed or rng.random() < 0.5
    tilt = float(rng.uniform(-0.45, 0.45))
    cos, sin = np.float32(np.cos(tilt)), np.float32(np.sin(tilt))
    dx, dy = (
        (canvas.x - np.float32(x)) / np.float32(radius),
        (canvas.y - np.float32(y)) / np.float32(radius),
    )
    px, py = dx * cos + dy * sin, dy * cos - dx * sin
    off = px * px + py * py
    pz = np.sqrt(np.clip(1 - off, 0, 1))
    sun = np.array([-0.72 * side, -0.42, 0.55], np.float32)
    sun /= np.linalg.norm(sun)
    lx, ly = sun[0] * cos + sun[1] * sin, sun[1] * cos - sun[0] * sin
    longitude, latitude = np.arctan2(px, pz), np.arcsin(np.clip(py, -1, 1))
    tile = canvas.tile("surface", cells=6, octaves=6, gain=0.55)
    if gas:
        swirl = tile.at(longitude * 0.16, latitude * 0.55) - 0.5
        bands = tile.at(longitude * 0.03, latitude * 0.62 + swirl * 0.07)
        fine = tile.at(longitude * 0.08 + swirl * 0.1, latitude * 2.2)
        tone = bands * 1.5 - 0.25 + (fine - 0.5) * 0.4
    else:
        warp = tile.at(longitude * 0.22, latitude * 0.22) - 0.5
        land = tile.at(longitude * 0.2 + warp * 0.2, latitude * 0.2 + warp * 0.2)
        tone = land * 2.0 - 0.5
    surface = ramp(stops, np.clip(tone, 0, 1))
    day = px * lx + py * ly + pz * sun[2]
    shade = smoothstep(-0.12, 0.95, day)
    colors = surface * (0.015 + 1.15 * shade)
    air = tinted(np.array([[0.75, 0.85, 1.0]], np.float32), stops[2], 0.4)[0]
    rim = (1 - pz) ** 2.6 * smoothstep(-0.25, 0.5, day)
    colors = colors + (air[:, None, None] - colors) * np.clip(rim * 0.75, 0, 1)
    away = np.sqrt(off)
    # Air glows a little beyond the disk on the day side.
    halo = np.exp(-np.maximum(away - 1, 0) * 16) * smoothstep(
        -0.35, 0.8, (px * lx + py * ly) / np.maximum(away, 0.2)
    )
    canvas.lighten(air, halo * 0.5 * (away > 0.98))
    disk = canvas.edge((away - 1) * np.float32(radius), 1.6)
    if not ringed:
        canvas.lay(colors, disk)
        return
    squash = np.float32(rng.uniform(0.18, 0.34))
    ring = np.hypot(px, py / squash)
    grooves = tile.at(ring * 0.9, np.zeros_like(ring) + 0.3)
    band = (
        smoothstep(1.32, 1.38, ring)
        * smoothstep(2.25, 2.15, ring)
        * (1 - 0.9 * np.exp(-(((ring - 1.86) / 0.025) ** 2)))
    )
    density = band * np.clip(0.25 + grooves * 0.95, 0, 0.95)
    hidden = smoothstep(0.06, -0.06, px * lx + py * ly + 0.25) * smoothstep(
        1.05, 0.9, np.abs(px * ly - py * lx)
    )
    tint = (
        mixed(stops[3], stops[2], 0.4)[:, None, None] * (0.55 + 0.6 * grooves) * (1 - hidden * 0.85)
    )
    behind = smoothstep(0.0, -0.01, py)
    canvas.lay(tint, density * behind * (1 - disk))
    # The ring throws its shadow on the planet's day side.
    colors = colors * (1 - 0.55 * np.exp(-(((py + 0.16 - 0.25 * squash) / 0.05) ** 2)) * shade)
    canvas.lay(colors, disk)
    canvas.lay(tint, density * (1 - behind))
