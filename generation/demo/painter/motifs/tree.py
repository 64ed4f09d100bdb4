"""A lone tree on a hill: oak, blossoming cherry, maple in autumn, or bare in snow."""

from __future__ import annotations

import math

import numpy as np

from generation.demo.painter.canvas import Canvas, Pen
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import hexes, mixed, rgb
from generation.demo.painter.scene import Scene
from generation.demo.painter.sky import paint_moon, paint_sky, paint_stars, paint_sun

from .mountains import paint_birds, paint_ridges

# Foliage from shadow to light.
CROWNS = {
    "spring": hexes("4f6b2f 7f9f45 b4c868 dfe6a0"),
    "summer": hexes("1f3f22 3a6630 6f9440 b0bc62"),
    "autumn": hexes("6b2418 b84a22 e0852f f4c25a"),
    "blossom": hexes("8f4f6a d488a0 f2b8c6 fdeaee"),
    "violet": hexes("3a2a66 6f55a0 a48ccc dccdf0"),
}
Branch = tuple[float, float, float, float, float]


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint one tree against the sky, with branches and leaves in four tones."""
    rng = canvas.rng("tree")
    light = canvas.light
    horizon = float(rng.uniform(0.66, 0.76))
    paint_sky(canvas, horizon=horizon, clouds=float(rng.uniform(0.25, 0.6)))
    side = float(rng.choice([-1.0, 1.0]))
    sun_x = canvas.aspect * (0.5 - side * float(rng.uniform(0.05, 0.25)))
    if light.night:
        paint_stars(canvas, horizon=horizon)
        paint_moon(canvas, sun_x, 0.3, radius=canvas.unit * 0.11)
    else:
        paint_sun(
            canvas,
            sun_x,
            horizon - float(rng.uniform(0.06, 0.2)),
            radius=canvas.unit * float(rng.uniform(0.05, 0.13)),
            disk=light.name != "day",
        )
    paint_ridges(
        canvas,
        first=horizon - 0.03,
        last=horizon + 0.05,
        count=3,
        mist=1.0,
        sun=sun_x,
        height=0.12,
        snow=0.0,
    )
    canvas.report(0.3)
    at = canvas.aspect * (
        0.5 + side * (float(rng.uniform(0.02, 0.14)) if canvas.aspect > 0.8 else 0.02)
    )
    line = _paint_hill(canvas, scene, at, horizon)
    column = min(canvas.width - 1, int(at * canvas.height))
    _paint_tree(canvas, scene, at, float(line[column]) + 0.008, sun_x)
    if rng.random() < 0.5 or scene.has("birds"):
        paint_birds(canvas, canvas.aspect * (0.5 - side * 0.3), 0.22, count=5)


def _paint_hill(canvas: Canvas, scene: Scene, at: float, horizon: float) -> Array:
    """Paint a grassy knoll under the tree and return its outline (W,)."""
    light = canvas.light
    bulge = np.exp(-(((canvas.x[0] - np.float32(at)) / 0.55) ** 2))
    line = (
        np.float32(horizon + 0.17)
        - bulge * 0.10
        + (canvas.line("knoll", across=1.2, octaves=3) - 0.5) * 0.07
    )
    top = canvas.row(float(line.min())) - 3
    y = canvas.y[top:]
    turf = canvas.fbm("turf", across=22, down=40, octaves=5, gain=0.62)[top:]
    green = {"winter": rgb("e4ebf2"), "autumn": rgb("9a7434"), "spring": rgb("7d9a44")}.get(
        scene.season or "", rgb("5f7f3c")
    )
    if light.dim or light.night:
        shade = 0.62
    elif light.name == "sunset":
        shade = 0.34
    else:
        shade = 0.12
    base = mixed(mixed(green, light.ambient, 0.4), light.near, shade)
    bright = mixed(
        mixed(green, light.direct, 0.55), light.near, 0.42 if light.dim or light.night else 0.06
    )
    depth = np.maximum(y - line[None], 0)
    tone = np.clip(turf * 1.1 + np.exp(depth * -14) * 0.5 - 0.30, 0, 1)
    colors = base[:, None, None] + (bright - base)[:, None, None] * tone
    colors = colors * (1 - np.clip(depth * 1.5, 0, 0.55))
    blades = (canvas.line("blades", across=260, octaves=2) - 0.5) * 0.014
    canvas.lay(colors, canvas.edge(line[None] + np.minimum(blades, 0.002)[None] - y), top=top)
    # The crown's shadow.
    shadow = np.exp(
        -(((canvas.x - np.float32(at)) / 0.26) ** 2 + ((y - line[None] - 0.02) / 0.028) ** 2)
    )
    canvas.lay(mixed(base, light.near, 0.7), shadow * 0.5, top=top)
    result: Array = line
    return result


def _grow(
    rng: np.random.Generator,
    x: float,
    y: float,
    angle: float,
    length: float,
    width: float,
    depth: int,
    out: list[Branch],
    tips: list[tuple[float, float, float]],
    spread: float,
) -> None:
    """Grow a branch with its children; `out` collects strokes, `tips` the leaf positions."""
    steps = max(3, int(length * 14))
    for step in range(steps):
        angle += rng.normal(0, 0.09)
        angle += (-math.pi / 2 - angle) * 0.02 * (1 if depth > 2 else -0.3)
        nx, ny = x + math.cos(angle) * length / steps, y + math.sin(angle) * length / steps
        out.append((x, y, nx, ny, width * (1 - 0.38 * step / steps)))
        x, y = nx, ny
        if depth <= 3:
            tips.append((x, y, length))
    if depth == 0:
        return
    count = 3 if rng.random() < 0.45 else 2
    for index in range(count):
        fork = spread * ((index / (count - 1)) * 2 - 1) * rng.uniform(0.55, 1.25) + rng.normal(
            0, 0.12
        )
        shrink = rng.uniform(0.66, 0.86)
        _grow(
            rng,
            x,
            y,
            angle + fork,
            length * shrink,
            width * 0.62 * (shrink + 0.12),
            depth - 1,
            out,
            tips,
            spread,
        )


def _paint_tree(canvas: Canvas, scene: Scene, x: float, y: float, sun_x: float) -> None:
    rng = canvas.rng("growth")
    light = canvas.light
    branches: list[Branch] = []
    tips: list[tuple[float, float, float]] = []
    _grow(
        rng,
        0.0,
        0.0,
        -math.pi / 2 + rng.normal(0, 0.08),
        1.0,
        0.21,
        7,
        branches,
        tips,
        float(rng.uniform(0.42, 0.60)),
    )
    # Grown first, then fitted: no crown may leave the image.
    xs, ys = np.array([tip[0] for tip in tips]), np.array([tip[1] for tip in tips])
    tall, wide = float(-ys.min()), float(xs.max() - xs.min())
    size = min(
        (y - 0.10) * float(rng.uniform(0.78, 0.95)) / tall,
        canvas.aspect * 0.74 / wide,
        canvas.unit * 0.92 / wide,
    )
    shift = (
        float(
            np.clip(
                x - (xs.max() + xs.min()) / 2 * size, x - 0.08 * canvas.unit, x + 0.08 * canvas.unit
            )
        )
        - x
    )
    x += shift
    branches = [
        (x + x0 * size, y + y0 * size, x + x1 * size, y + y1 * size, width * size)
        for x0, y0, x1, y1, width in branches
    ]
    tips = [(x + px * size, y + py * size, length * size) for px, py, length in tips]

    def wood(pen: Pen) -> None:
        for x0, y0, x1, y1, width in branches:
            pen.curve([(x0, y0), (x1, y1)], [max(width, canvas.px * 0.8)])
        for flare in (-1, 1):
            pen.polygon(
                [
                    (x, y - size * 0.3),
                    (x + flare * size * 0.2, y + size * 0.03),
                    (x, y + size * 0.03),
                ]
            )

    kind = _foliage(scene, rng)
    bark = mixed(light.near, rgb("4a3428"), 0.35)
    trunk = canvas.drawn(wood)
    leaves = np.array(tips, dtype=np.float32).reshape(-1, 3)
    if kind is None:
        canvas.lay(bark, trunk)
        if scene.season == "winter":
            upper = np.clip(
                trunk - np.roll(trunk, max(1, round(canvas.height * 0.003)), axis=0), 0, 1
            )
            canvas.lay(rgb("f2f5f8"), upper * 0.85)
        return
    tones = CROWNS[kind]
    if light.night:
        dim = 0.62
    elif light.dim:
        dim = 0.45
    else:
        dim = 0.22 if light.name == "sunset" else 0.05
    tones = np.stack(
        [
            mixed(mixed(tone, light.near, dim), light.direct, 0.10 * rank)
            for rank, tone in enumerate(tones)
        ]
    )
    center_y = float(leaves[:, 1].mean())
    reach = float(leaves[:, 1].std()) * 2.2 + 1e-4
    per_tip = 4
    for rank in range(4):
        if rank == 2:
            canvas.lay(bark, trunk * 0.9)
        shift_x, shift_y = (np.sign(sun_x - x) * 0.010 * rank, -0.012 * rank)

        def clump(
            pen: Pen, rank: int = rank, dx: float = float(shift_x), dy: float = shift_y
        ) -> None:
            for px, py, length in leaves:
                light_here = (center_y - py) / reach * 0.5 + (px - x) * np.sign(
                    sun_x - x
                ) / reach * 0.3
                if rank >= 2 and rng.random() > 0.42 + 0.5 * light_here - 0.14 * (rank - 2):
                    continue
                for _ in range(per_tip - rank):
                    radius = size * rng.uniform(0.018, 0.036) * (1.15 - 0.2 * rank)
                    pen.ellipse(
                        px + dx + rng.normal(0, length * 0.42),
                        py + dy + rng.normal(0, length * 0.34),
                        radius,
                        radius * rng.uniform(0.55, 0.95),
                    )

        canvas.lay(tones[rank], canvas.drawn(clump) * 0.96)
        canvas.report(0.5 + 0.1 * rank)
    _paint_fallen(canvas, tones, x, y)


def _foliage(scene: Scene, rng: np.random.Generator) -> str | None:
    if (
        scene.has("blossom")
        or (scene.season == "spring" and rng.random() < 0.7)
        or "pink" in scene.colors
    ):
        return "blossom"
    if scene.season == "winter":
        return None
    if scene.season in ("autumn", "summer", "spring"):
        return scene.season
    if scene.colors and scene.colors[0] in ("red", "orange", "gold", "yellow"):
        return "autumn"
    if scene.colors and scene.colors[0] in ("violet", "lilac", "blue"):
        return "violet"
    return str(rng.choice(["summer", "autumn", "blossom", "summer", "autumn"]))


def _paint_fallen(canvas: Canvas, tones: Array, x: float, y: float) -> None:
    """Strew a few leaves over the grass and into the air."""
    rng = canvas.rng("fallen")

    def draw(pen: Pen) -> None:
        for _ in range(90):
            px, py = x + rng.normal(0, 0.20), y + abs(rng.normal(0.01, 0.035))
            pen.ellipse(px, py, rng.uniform(0.0015, 0.004), rng.uniform(0.0008, 0.002))
        for _ in range(16):
            pen.ellipse(
                x + rng.normal(0, 0.25),
                y - rng.random() * 0.3,
                rng.uniform(0.0015, 0.0035),
                rng.uniform(0.001, 0.003),
            )

    canvas.lay(tones[2], canvas.drawn(draw) * 0.85)
