"""A drop of iridescent glass."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas, smoothstep
from generation.demo.painter.noise import Array, blurred, resized
from generation.demo.painter.palette import NAMED_COLORS, hexes, mixed, rgb
from generation.demo.painter.scene import Scene

GROUNDS = (
    hexes("b9b4cc f6f0ec"), hexes("06070f 20243e"), hexes("e0a88c fbe8da"), hexes("0b2a2e 2f6a66"),
    hexes("241436 6a4478"), hexes("a8c4cc f2f4ee"), hexes("c89aa8 fae6e4"), hexes("101014 3a3a44"),
)  # fmt: skip


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint one large drop and small ones, their surface a thin film that splits the light."""
    rng = canvas.rng("glass")
    low, high = GROUNDS[int(rng.integers(len(GROUNDS)))]
    if scene.colors:
        tone = NAMED_COLORS[scene.colors[0]]
        low, high = mixed(low, tone, 0.6), mixed(high, tone, 0.35)
    elif "dark" in scene.moods or scene.time == "night":
        low, high = GROUNDS[1]
    u, v = (
        (canvas.x - np.float32(canvas.aspect / 2)) / np.float32(canvas.unit),
        (canvas.y - 0.5) / np.float32(canvas.unit),
    )
    spot = np.exp(-(((u + 0.1) ** 2 + (v + 0.12) ** 2) * 1.9))
    canvas.fill(low[:, None, None] + (high - low)[:, None, None] * spot)
    balls = _balls(rng, canvas)
    field = np.zeros((canvas.height, canvas.width), np.float32)
    wobble_x = canvas.fbm("wobble x", across=2.2 / canvas.unit, octaves=2) - 0.5
    wobble_y = canvas.fbm("wobble y", across=2.2 / canvas.unit, octaves=2) - 0.5
    uu, vv = u + wobble_x * 0.10, v + wobble_y * 0.10
    for x, y, radius in balls:
        field += np.float32(radius * radius) / (
            (uu - np.float32(x)) ** 2 + (vv - np.float32(y)) ** 2 + 1e-4
        )
    canvas.report(0.3)
    slope = np.hypot(*np.gradient(field)).astype(np.float32)
    cover = np.clip((field - 1) / np.maximum(slope * 1.2, 1e-5) + 0.5, 0, 1)
    _paint_shadow(canvas, cover, low, rng)
    dome = _inflated(field, canvas)
    height = blurred(dome, canvas.height * canvas.unit * 0.0012)
    per_pixel = np.float32(canvas.unit * canvas.height)
    gy, gx = np.gradient(height)
    nx, ny = -gx * per_pixel, -gy * per_pixel
    length = np.sqrt(nx * nx + ny * ny + 1)
    nx, ny, nz = nx / length, ny / length, 1 / length
    canvas.report(0.5)
    colors = _surface(
        canvas,
        nx,
        ny,
        nz,
        uu,
        vv,
        dome,
        low,
        high,
        float(rng.uniform(0, 6.28)),
        float(rng.uniform(4.5, 8.0)),
    )
    canvas.lay(np.clip(colors, 0, 1), cover)


def _inflated(field: Array, canvas: Canvas) -> Array:
    """Return the height (H, W) of a film inflated over the outline `field`, in shorter sides.

    A soap film under pressure solves Poisson's equation; the square root of the solution stands
    upright at the rim and over a disk is a hemisphere. It is solved on a coarse grid and given the
    exact rim of the fine one.
    """
    rows = 160
    columns = max(8, round(rows * canvas.aspect))
    exact = np.clip(1 - 1 / np.maximum(field, 1), 0, 1)
    rim = np.maximum(resized(exact, rows, columns), 0)
    inside = (resized(np.minimum(field, 2), rows, columns) > 1).astype(np.float32)
    film = np.zeros((rows + 2, columns + 2), np.float32)
    step = np.float32((1 / rows / canvas.unit) ** 2)
    odd = (np.add.outer(np.arange(rows), np.arange(columns)) % 2).astype(np.float32)
    checker = (inside * odd * 1.93, inside * (1 - odd) * 1.93)
    for sweep in range(400):
        middle = film[1:-1, 1:-1]
        change = (
            film[:-2, 1:-1] + film[2:, 1:-1] + film[1:-1, :-2] + film[1:-1, 2:] + step
        ) * np.float32(0.25) - middle
        # Overrelaxed in red and black, as plain Jacobi sweeps would need thousands.
        middle += change * checker[sweep % 2]
    film = film[1:-1, 1:-1]
    gain = blurred(film * inside, 2.0) / np.maximum(blurred(rim * inside, 2.0), 1e-4)
    result: Array = (
        np.sqrt(np.maximum(resized(gain, canvas.height, canvas.width), 0) * exact + 1e-6) * 2.0
    )
    return result


def _balls(rng: np.random.Generator, canvas: Canvas) -> list[tuple[float, float, float]]:
    """Return centers and radii of the drops that flow together, in units of the shorter side."""
    angle, count = float(rng.uniform(0, 6.28)), int(rng.integers(3, 6))
    result = [(0.0, 0.0, float(rng.uniform(0.15, 0.19)))]
    for index in range(count):
        turn = angle + index * 6.28 / count + rng.uniform(-0.4, 0.4)
        away = rng.uniform(0.10, 0.215)
        result.append(
            (float(np.cos(turn) * away), float(np.sin(turn) * away), float(rng.uniform(0.06, 0.12)))
        )
    for _ in range(int(rng.integers(1, 5))):
        turn, away = rng.uniform(0, 6.28), rng.uniform(0.40, 0.47)
        wide = max(1.0, canvas.aspect * 0.7)
        result.append(
            (
                float(np.cos(turn) * away * wide),
                float(np.sin(turn) * away / min(1.0, canvas.aspect + 0.1)),
                float(rng.uniform(0.014, 0.04)),
            )
        )
    return result


def _paint_shadow(canvas: Canvas, cover: Array, ground: Array, rng: np.random.Generator) -> None:
    drop_x, drop_y = (
        round(canvas.height * canvas.unit * 0.035),
        round(canvas.height * canvas.unit * 0.06),
    )
    moved = np.zeros_like(cover)
    moved[drop_y:, drop_x:] = cover[: canvas.height - drop_y, : canvas.width - drop_x]
    soft = canvas.blurred(moved, 0.035 * canvas.unit)
    canvas.darken(soft * 0.34)
    # Light that the glass gathers falls inside its shadow.
    caustic = canvas.blurred(moved, 0.02 * canvas.unit) - canvas.blurred(moved, 0.05 * canvas.unit)
    canvas.lighten(mixed(rgb("ffe0c0"), ground, 0.3), np.clip(caustic, 0, 1) * 0.5)


def _environment(dx: Array, dy: Array, dz: Array) -> Array:
    """Return the light (3, H, W) from a direction: a studio with a window and two lamps."""
    up = 0.5 - 0.5 * dy
    window = smoothstep(0.80, 0.90, -dx * 0.50 - dy * 0.68 + dz * 0.48)
    panes = 1 - 0.85 * np.maximum(
        smoothstep(0.03, 0.012, np.abs(dx + 0.50)), smoothstep(0.03, 0.012, np.abs(dy + 0.62))
    )
    window = window * panes
    warm = smoothstep(0.55, 0.98, dx * 0.85 + dy * 0.15 + dz * 0.3)
    cold = smoothstep(0.5, 0.98, -dx * 0.55 + dy * 0.78 + dz * 0.2)
    strips = 0.5 + 0.5 * np.sin(dy * 15 + dx * 4)
    planes = []
    # Per channel: walls from below to above, window, warm lamp, cold lamp, strips of light.
    for low, rise, pane, red, blue, stripe in (
        (0.12, 0.42, 2.4, 1.15, 0.12, 0.06),
        (0.12, 0.36, 2.3, 0.45, 0.60, 0.06),
        (0.20, 0.48, 2.2, 0.35, 1.25, 0.09),
    ):
        walls = np.float32(low) + np.float32(rise) * up + strips * np.float32(stripe)
        planes.append(
            walls + window * np.float32(pane) + warm * np.float32(red) + cold * np.float32(blue)
        )
    return np.stack(planes)


def _surface(
    canvas: Canvas,
    nx: Array,
    ny: Array,
    nz: Array,
    u: Array,
    v: Array,
    dome: Array,
    low: Array,
    high: Array,
    phase: float,
    density: float,
) -> Array:
    mirrored = _environment(2 * nz * nx, 2 * nz * ny, 2 * nz * nz - 1)
    through = _environment(
        -nx * 0.75, -ny * 0.75, np.sqrt(np.clip(1 - 0.56 * (nx * nx + ny * ny), 0, 1))
    )
    canvas.report(0.7)
    fresnel = 0.07 + 0.93 * (1 - nz) ** 2.6
    flow = canvas.fbm("film", across=2.6 / canvas.unit, octaves=4)
    # A film's colors follow its thickness and the angle of view (cosine palette in place of the
    # spectrum).
    thickness = np.float32(density) * nz + flow * 5.0 + (u - v) * 2.0 + np.float32(phase)
    film = np.stack(
        [0.5 + 0.5 * np.cos(thickness + np.float32(shift)) for shift in (0.0, 2.1, 4.2)]
    )
    body = through * (0.30 + 0.62 * film) * 0.62
    ground = (mixed(low, high, 0.5) * 0.55)[:, None, None]
    body = body + ground * (0.35 + 0.4 * (1 - dome))
    colors = body * (1 - fresnel) + mirrored * fresnel * (0.45 + 0.8 * film)
    colors += mirrored.clip(1.2, 3) * 0.16 - 0.19
    result: Array = 1 - np.exp(np.maximum(colors, 0) * -1.55)
    return result
