"""Sheets of cut paper, one above the other."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas, smoothstep
from generation.demo.painter.noise import Array, blurred
from generation.demo.painter.palette import NAMED_COLORS, hexes, ramp, tinted
from generation.demo.painter.scene import Scene

SETS = (
    hexes("0b2239 12476b 1f7a8c 6fb3a2 e6d8a8 f2a65a e4572e f7efe2"),
    hexes("1d1030 3d1c57 7a2d6b c8496b f0806a f9b98a fde6cf fff8f0"),
    hexes("0d2b22 17503a 3a8258 8bb174 d9d7a0 f2e8c9 f6f1e4 fffdf8"),
    hexes("10131f 1d2c4d 3a4f86 7b7fb8 c5a9c6 efc6bd f9e5d4 fffaf4"),
    hexes("2b0f14 6b1f24 b8402f e07b42 efb56a f4dba6 f8eeda fffaf2"),
    hexes("0a2a33 0f4c55 2b8a83 7cc4a8 f1e3b4 f3b0a0 d9667a 5a2a52"),
    hexes("14203a 274472 5885af c3e0e5 f6f1e6 f3c9a5 e28d5b a5483a"),
)


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint 7 to 10 sheets around a hollow, with cut edges and shadows on the sheet below."""
    rng = canvas.rng("paper")
    stops = SETS[int(rng.integers(len(SETS)))]
    if rng.random() < 0.35:
        stops = stops[::-1]
    for name in scene.colors[:1]:
        if name not in ("black", "white", "gray"):
            stops = tinted(stops, NAMED_COLORS[name], 0.7)
    count = int(rng.integers(7, 11))
    form = str(rng.choice(["hollow", "waves", "hollow", "corner"]))
    field = _relief(canvas, rng, form)
    canvas.report(0.3)
    low, high = np.quantile(field[::8, ::8], [0.04, 0.97])
    field = (field - np.float32(low)) / np.float32(high - low)
    gradient = np.hypot(*np.gradient(field)).astype(np.float32)
    steepness = np.maximum(blurred(gradient, canvas.height * 0.003), 1e-5) * np.float32(
        canvas.height
    )
    colors = ramp(stops, np.linspace(0, 1, count, dtype=np.float32)).T
    fiber = canvas.fbm("fiber", across=150, octaves=3) - 0.5
    pulp = canvas.fbm("pulp", across=6, octaves=4) - 0.5
    canvas.fill(colors[0])
    drop_x, drop_y = round(canvas.height * 0.008), round(canvas.height * 0.013)
    for sheet in range(1, count):
        level = np.float32(sheet / count)
        # Distance to the cut in heights, from the field and its slope there.
        distance = (level - field) / steepness
        cover = canvas.edge(distance, 1.4)
        shadow = np.roll(cover, (drop_y, drop_x), axis=(0, 1))
        shadow[:drop_y], shadow[:, :drop_x] = cover[:drop_y], cover[:, :drop_x]
        close, wide = canvas.blurred(shadow, 0.0045), canvas.blurred(shadow, 0.017)
        canvas.darken(np.clip(close * 0.30 + wide * 0.34, 0, 0.75) * (1 - cover * 0.999))
        tone = colors[sheet][:, None, None] * (1 + fiber * 0.09 + pulp * 0.10)
        # The cut shows the thickness of the sheet: bright toward the light, dim away from it.
        lip = smoothstep(0.0055, 0.0008, np.abs(distance)) * cover
        lit = 0.5 + 0.5 * np.clip(_slope_toward_light(field, steepness, canvas), -1, 1)
        tone = tone + lip * (lit * 0.26 - 0.09)
        canvas.lay(tone, cover)
        canvas.report(0.3 + 0.65 * sheet / count)


def _slope_toward_light(field: Array, steepness: Array, canvas: Canvas) -> Array:
    down, across = np.gradient(field)
    result: Array = (down * 0.8 + across * 0.6) * np.float32(canvas.height) / steepness
    return result


def _relief(canvas: Canvas, rng: np.random.Generator, form: str) -> Array:
    """Return the heights (H, W) whose contours become the cuts."""
    across = float(rng.uniform(1.5, 2.3))
    noise = canvas.fbm("relief", across=across, octaves=3, gain=0.42)
    bend_x = canvas.fbm("bend x", across=2, octaves=2) - 0.5
    bend_y = canvas.fbm("bend y", across=2, octaves=2) - 0.5
    x, y = canvas.x + bend_x * 0.2, canvas.y + bend_y * 0.2
    if form == "waves":
        tilt = float(rng.uniform(-0.3, 0.3))
        return noise * 0.75 + (y + x * np.float32(tilt)) * 0.95
    px = canvas.aspect * (rng.uniform(0.4, 0.6) if form == "hollow" else rng.choice([0.12, 0.88]))
    py = rng.uniform(0.42, 0.58) if form == "hollow" else rng.choice([0.12, 0.88])
    away = np.hypot(
        (x - np.float32(px)) / np.float32(max(1.0, canvas.aspect * 0.85)),
        (y - np.float32(py)) * np.float32(canvas.unit**-0.4),
    )
    result: Array = noise * 0.62 + away * 0.85
    return result
