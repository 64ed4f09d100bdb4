"""Repainting a source image by words: another time of day, season, weather, color or medium."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageOps

from .canvas import Canvas, column, smoothstep
from .finishes import FINISHES, luma, saturate
from .motifs.aurora import CURTAINS, curtain
from .motifs.mountains import paint_birds
from .noise import Array, blurred
from .palette import NAMED_COLORS, mixed, ramp, rgb
from .scene import Scene
from .sky import paint_moon, paint_stars, splat

DEFAULT_STRENGTH = 0.6


def repaint(canvas: Canvas, sources: Sequence[Image.Image], *, strength: float | None) -> None:
    """Fill the canvas with the first source, edited by the scene; a second one gives its colors.

    `strength` 0..1 is how far the image may move from its source. With no word that names a
    change, the seed picks a new grading and a painter's medium.
    """
    scene = canvas.scene
    amount = float(np.clip(DEFAULT_STRENGTH if strength is None else strength, 0.0, 1.0))
    source = planes_of(sources[0], canvas)
    canvas.rgb = source.copy()
    canvas.report(0.15)
    if len(sources) > 1:
        canvas.rgb = _with_colors_of(canvas.rgb, planes_of(sources[1], canvas), 0.85 * amount)
    sky = _sky_mask(canvas, source)
    canvas.report(0.3)
    named = bool(
        scene.time
        or scene.season
        or scene.weather
        or scene.colors
        or scene.moods
        or scene.finishes
        or scene.has("moon", "stars", "aurora", "birds")
    )
    if scene.season:
        _change_season(canvas, scene.season, amount)
    canvas.report(0.45)
    if scene.time or scene.has("moon", "stars", "aurora"):
        _relight(canvas, sky, amount)
    if scene.colors:
        _tint(canvas, scene, amount)
    canvas.report(0.6)
    _add_things(canvas, scene, sky, amount)
    _add_weather(canvas, scene, amount)
    canvas.report(0.75)
    if not named and len(sources) == 1:
        _reinterpret(canvas, sky, amount)
    canvas.report(0.85)


def planes_of(source: Image.Image, canvas: Canvas) -> Array:
    """Return an image as planes (3, H, W), cropped around its center to the canvas's ratio."""
    upright = ImageOps.exif_transpose(source).convert("RGB")
    fitted = ImageOps.fit(upright, (canvas.width, canvas.height), Image.Resampling.LANCZOS)
    return np.ascontiguousarray(np.moveaxis(np.asarray(fitted, np.float32) / 255, 2, 0))


def _sky_mask(canvas: Canvas, planes: Array) -> Array:
    """Return where (H, W) the image looks like sky: smooth, rather bright, in its upper part."""
    gray = luma(planes)
    small = blurred(gray, max(1.0, canvas.height * 0.004))
    busy = canvas.blurred(np.abs(gray - small), 0.012)
    calm = smoothstep(0.030, 0.010, busy)
    level = float(np.quantile(small[: canvas.height // 2 : 4, ::4], 0.35))
    bright = smoothstep(level * 0.6, level * 0.95, small)
    result: Array = canvas.blurred(calm * bright * smoothstep(0.72, 0.35, canvas.y), 0.012)
    return result


def _with_colors_of(planes: Array, other: Array, amount: float) -> Array:
    """Return planes with the other's mean and deviation per channel (Reinhard et al., 2001)."""
    mean, spread = (
        planes.mean(axis=(1, 2), keepdims=True),
        planes.std(axis=(1, 2), keepdims=True) + 1e-4,
    )
    goal, width = other.mean(axis=(1, 2), keepdims=True), other.std(axis=(1, 2), keepdims=True)
    moved = (planes - mean) * np.clip(width / spread, 0.6, 1.6) + goal
    result: Array = np.clip(planes + (moved - planes) * np.float32(amount), 0, 1)
    return result


def _relight(canvas: Canvas, sky: Array, amount: float) -> None:
    """Apply the light of the scene's time of day: tones by brightness, the sky by height."""
    light = canvas.light
    planes = canvas.rgb
    gray = luma(planes)
    lamps = smoothstep(0.55, 0.95, planes[0]) * smoothstep(0.05, 0.3, planes[0] - planes[2])
    tones = np.stack(
        [
            light.near,
            mixed(light.near, light.ambient, 0.75),
            mixed(light.ambient, light.far, 0.5),
            light.sky[-2],
            light.sun,
        ]
    )
    if light.night:
        tones = np.stack(
            [
                light.near,
                mixed(light.near, light.sky[2], 0.6),
                light.sky[2],
                light.sky[3],
                mixed(light.sky[4], light.sun, 0.4),
            ]
        )
    elif light.name == "day":
        tones = np.stack(
            [
                light.near,
                light.ambient * 0.7,
                mixed(light.far, light.direct, 0.4),
                light.direct,
                light.sun,
            ]
        )
    graded = ramp(tones, gray)
    # Hues of the source survive in part, or it would be a duotone.
    chroma = planes - gray
    graded = graded + chroma * np.float32(0.35 if light.night else 0.6)
    heaven = ramp(light.sky, np.clip(canvas.y / 0.62, 0, 1) * np.ones_like(gray))
    detail = (gray - canvas.blurred(gray, 0.05)) * 0.8
    mask = sky * 0.85
    graded = graded + (heaven + detail - graded) * mask
    canvas.rgb = np.clip(
        planes + (graded - planes) * np.float32(min(1.0, 0.25 + 0.95 * amount)), 0, 1
    )
    if light.night or light.dim:
        canvas.lighten(
            rgb("ffb860"),
            np.clip(lamps * 0.8 + canvas.blurred(lamps, 0.02) * 0.9, 0, 1) * np.float32(amount),
        )
    elif light.name in ("sunset", "dawn"):
        x = canvas.aspect * float(canvas.rng("relight").uniform(0.25, 0.75))
        canvas.lighten(
            mixed(light.sun, light.sky[-2], 0.45),
            canvas.glow(x, 0.45, 2.8) * np.float32(0.55 * amount),
        )


def _change_season(canvas: Canvas, season: str, amount: float) -> None:
    planes = canvas.rgb
    gray = luma(planes)
    green = np.clip((planes[1] - np.maximum(planes[2], planes[0] * 0.92)) * 9, 0, 1)
    green = canvas.blurred(green, 0.002)
    if season == "autumn":
        patches = canvas.fbm("autumn", across=9, octaves=4)
        leaf = ramp(
            np.stack([rgb("7a2a14"), rgb("c8642a"), rgb("e8a83c"), rgb("f4d888")]),
            np.clip(gray * 1.15 + (patches - 0.5) * 0.5, 0, 1),
        )
        planes = planes + (leaf - planes) * np.clip(green * np.float32(1.2 * amount), 0, 1)
        planes = planes * column(np.array([1 + 0.10 * amount, 1.0, 1 - 0.16 * amount], np.float32))
    elif season == "winter":
        pale = saturate(planes, 1 - 0.75 * amount) * column(np.array([0.95, 1.0, 1.07], np.float32))
        lying = np.clip(
            np.gradient(canvas.blurred(gray, 0.003), axis=0) * np.float32(-canvas.height / 16), 0, 1
        )
        drift = canvas.fbm("drift", across=14, octaves=5)
        ground = smoothstep(0.45, 0.95, canvas.y) * smoothstep(0.38, 0.62, drift * 0.7 + gray * 0.5)
        snow = np.clip(
            canvas.blurred(lying, 0.0015) * 1.4
            + green * 0.55 * smoothstep(0.35, 0.65, drift)
            + ground * 0.75,
            0,
            1,
        )
        white = column(rgb("eef3f9")) * (0.74 + 0.3 * gray)
        planes = pale + (white - pale) * snow * np.float32(min(1.0, 1.25 * amount))
    elif season == "spring":
        bloom = canvas.fbm("bloom", across=40, octaves=3)
        petals = smoothstep(0.60, 0.70, bloom) * green
        planes = planes + (
            column(rgb("f6c2d2")) * (0.6 + 0.5 * gray) - planes
        ) * petals * np.float32(amount)
        planes = planes * column(
            np.array([1.02, 1 + 0.05 * amount, 0.98], np.float32)
        ) + np.float32(0.02 * amount)
    else:
        planes = saturate(planes, 1 + 0.35 * amount) * column(
            np.array([1 + 0.05 * amount, 1.01, 1 - 0.05 * amount], np.float32)
        )
    canvas.rgb = np.clip(planes, 0, 1)


def _tint(canvas: Canvas, scene: Scene, amount: float) -> None:
    gray = luma(canvas.rgb)
    for name in scene.colors[:2]:
        if name in ("black", "gray"):
            canvas.rgb = saturate(canvas.rgb, 1 - amount)
            continue
        color = NAMED_COLORS[name]
        tones = np.stack(
            [
                mixed(color, np.zeros(3, np.float32), 0.88),
                mixed(color, np.zeros(3, np.float32), 0.4),
                color,
                mixed(color, np.ones(3, np.float32), 0.55),
                mixed(color, np.ones(3, np.float32), 0.92),
            ]
        )
        canvas.rgb = canvas.rgb + (ramp(tones, gray) - canvas.rgb) * np.float32(0.62 * amount)


def _add_things(canvas: Canvas, scene: Scene, sky: Array, amount: float) -> None:
    rng = canvas.rng("things")
    before = canvas.rgb.copy()
    painted = False
    if scene.has("stars") or (
        canvas.light.night and scene.time == "night" and scene.allows("stars")
    ):
        paint_stars(canvas, horizon=0.7, amount=1.0)
        painted = True
    if scene.has("aurora"):
        colors = CURTAINS[int(rng.integers(len(CURTAINS)))]
        glow = sum(
            (curtain(canvas, index, 0.62, colors, strength=0.9) for index in range(2)),
            np.zeros_like(canvas.rgb),
        )
        canvas.rgb = 1 - (1 - canvas.rgb * 0.55) * np.exp(-glow)
        painted = True
    if scene.has("moon") and scene.allows("moon"):
        paint_moon(
            canvas, canvas.aspect * float(rng.uniform(0.25, 0.75)), 0.2, radius=canvas.unit * 0.06
        )
        painted = True
    if painted:
        canvas.rgb = before + (canvas.rgb - before) * np.clip(sky * 1.35, 0, 1) * np.float32(
            min(1.0, 0.4 + amount)
        )
    if scene.has("birds"):
        paint_birds(canvas, canvas.aspect * float(rng.uniform(0.3, 0.7)), 0.22)


def _add_weather(canvas: Canvas, scene: Scene, amount: float) -> None:
    light = canvas.light
    if "fog" in scene.weather:
        drift = canvas.fbm("edit fog", across=1.6, down=4, octaves=5)
        veil = np.clip(0.35 + drift * 0.8 - np.abs(canvas.y - 0.55) * 0.7, 0, 1)
        canvas.rgb = canvas.rgb + (canvas.blurred(canvas.rgb, 0.004) - canvas.rgb) * veil
        canvas.lay(mixed(light.haze, rgb("e4e6e6"), 0.5), veil * np.float32(0.95 * amount))
    if "storm" in scene.weather:
        canvas.rgb = saturate(canvas.rgb, 0.7) * np.float32(1 - 0.3 * amount)
    if "rain" in scene.weather:
        canvas.rgb = saturate(canvas.rgb, 1 - 0.35 * amount) * np.float32(1 - 0.18 * amount)
        canvas.lighten(
            rgb("dce6f4"),
            np.clip(_streaks(canvas, 1600, (0.02, 0.06), -0.12), 0, 1) * np.float32(amount),
        )
    if "snow" in scene.weather or scene.season == "winter":
        rng = canvas.rng("flakes")
        scale = max(0.6, canvas.height / 1024)
        for count, sigma, bright in ((900, 0.8, 3.0), (220, 1.7, 12.0), (40, 4.0, 42.0)):
            count = int(count * max(0.6, canvas.aspect))
            points = splat(
                canvas,
                rng.random(count) * canvas.aspect,
                rng.random(count),
                rng.uniform(0.3, 1.0, count) * bright * scale**2,
            )
            canvas.lighten(
                rgb("f8fbff"), np.clip(blurred(points, sigma * scale), 0, 0.9) * np.float32(amount)
            )


def _streaks(canvas: Canvas, count: int, length: tuple[float, float], lean: float) -> Array:
    rng = canvas.rng("streaks")
    count = int(count * max(0.5, canvas.aspect))
    reach = rng.uniform(*length, count)[:, None]
    steps = max(4, int(length[1] * canvas.height))
    t = np.linspace(0, 1, steps)[None]
    x, y = rng.random((count, 1)) * canvas.aspect * 1.1, rng.random((count, 1)) * 1.1 - 0.05
    weight = rng.uniform(0.05, 0.4, (count, 1)) * np.sin(np.pi * t) * reach * canvas.height / steps
    points = splat(canvas, (x + reach * t * lean).ravel(), (y + reach * t).ravel(), weight.ravel())
    return blurred(points, 0.5 * max(1.0, canvas.height / 1024)) * 1.6


def _reinterpret(canvas: Canvas, sky: Array, amount: float) -> None:
    """Give the image another light and a painter's hand, chosen by the seed."""
    rng = canvas.rng("reinterpret")
    _relight(canvas, sky, 0.55 * amount)
    medium = str(rng.choice(["gouache", "watercolor", "gouache", "paper_cut"]))
    before = canvas.rgb
    after = FINISHES[medium](canvas)
    canvas.rgb = np.clip(before + (after - before) * np.float32(min(1.0, 0.35 + amount)), 0, 1)
