"""Sand dunes in raking light."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas, smoothstep
from generation.demo.painter.noise import Array, NoiseTile
from generation.demo.painter.palette import hexes, mixed
from generation.demo.painter.scene import Scene
from generation.demo.painter.sky import paint_moon, paint_sky, paint_stars, paint_sun
from generation.demo.painter.terrain import ground

SANDS = hexes("d99a5b e0b182 cf8a52 dcbf95 c97f58")


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint crescent dunes with sharp crests, wind ripples and long shadows under a clean sky."""
    rng = canvas.rng("dunes")
    light = canvas.light
    horizon = float(rng.uniform(0.36, 0.46))
    side = float(rng.choice([-1.0, 1.0]))
    paint_sky(canvas, horizon=horizon + 0.06, clouds=0.12, stretch=1.6)
    x = canvas.aspect * (0.5 + side * float(rng.uniform(0.16, 0.34)))
    if light.night:
        paint_stars(canvas, horizon=horizon + 0.05)
        paint_moon(canvas, x, horizon * 0.42, radius=0.045)
    else:
        low = light.name in ("sunset", "dawn", "dusk")
        paint_sun(canvas, x, horizon * (0.84 if low else 0.3), radius=0.04, disk=low)
    canvas.report(0.2)
    broad, fine, grain = (
        NoiseTile(rng, cells=6, octaves=3),
        NoiseTile(rng, cells=8, octaves=4),
        NoiseTile(rng, cells=64, octaves=3),
    )
    turn = float(rng.uniform(0.25, 0.5)) * side

    def crest(phase: Array, steep: float) -> Array:
        part = phase - np.floor(phase)
        rise = np.where(part < steep, part / np.float32(steep), (1 - part) / np.float32(1 - steep))
        result: Array = (rise * rise * (3 - 2 * rise)).astype(np.float32)
        return result

    def heights(px: Array, pz: Array) -> Array:
        warp = broad.at(px * 0.030, pz * 0.030)
        first = px * np.float32(-0.20 * side) + pz * np.float32(turn * 0.55) + warp * 2.2
        second = px * np.float32(0.07 * side) - pz * 0.13 + warp * 1.6
        size = 0.35 + 1.1 * broad.at(px * 0.028 + 0.4, pz * 0.028)
        return crest(first, 0.7) * size * 1.05 + crest(second, 0.72) * 0.8

    tangent = 0.34 if light.name in ("sunset", "dusk", "dawn") else 0.5
    land = ground(
        canvas,
        heights,
        horizon=horizon,
        eye=2.35,
        sun=side,
        sun_height=tangent,
        near=1.4,
        far=48,
        slices=520,
    )
    canvas.report(0.6)
    wind = land.x * 0.9 + land.z * 0.45 + fine.at(land.x * 0.12, land.z * 0.12) * 2.2
    ripples = np.sin(wind * 34) * np.exp(land.z * -0.26) * 0.22
    ripples *= 0.3 + 1.2 * fine.at(land.x * 0.06, land.z * 0.06 + 0.5)
    sun = np.array([side * 0.86, tangent * 1.15, 0.30], np.float32)
    sun /= np.linalg.norm(sun)
    nx, nz = -(land.slope_x + ripples * np.float32(side)), -land.slope_z
    length = np.sqrt(nx * nx + nz * nz + 1)
    facing = np.clip((nx * sun[0] + sun[1] + nz * sun[2]) / length, 0, 1)
    direct, upward = facing * land.lit, 1 / length
    sand = SANDS[int(rng.integers(len(SANDS)))]
    if scene.season == "winter" or scene.has("white"):
        sand = mixed(sand, np.ones(3, np.float32), 0.55)
    speck = grain.at(land.x * 0.5, land.z * 0.5) - 0.5
    strength = 1.25 if not light.night else 1.3
    fog = 1 - np.exp(-((land.z * 0.055) ** 1.6))
    veil = mixed(light.sky[-1], light.sky[-2], 0.35)
    bounce = 0.42 + 0.22 * upward
    planes = []
    for channel in range(3):
        shade = direct * np.float32(light.direct[channel] * strength) + bounce * np.float32(
            light.ambient[channel]
        )
        body = np.float32(sand[channel]) ** 1.15 * shade * (1 + speck * 0.10)
        planes.append(land.seen(body + (np.float32(veil[channel]) - body) * fog))
    canvas.lay(np.stack(planes), land.cover, top=land.top)
    grainy = canvas.fbm("sand", across=260, octaves=2) - 0.5
    near = smoothstep(horizon, 1.0, canvas.y)
    canvas.rgb *= 1 + grainy * near * 0.16
