"""From a prompt to an image."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from . import parts, words
from .canvas import Canvas
from .edit import repaint
from .finishes import finish
from .motifs import MOTIFS
from .palette import LIGHTS, NAMED_COLORS, Light, lightened
from .scene import Scene


def paint(
    *,
    prompt: str,
    width: int,
    height: int,
    seed: int,
    negative_prompt: str = "",
    sources: Sequence[Image.Image] = (),
    strength: float | None = None,
    mask: Image.Image | None = None,
    scale: int = 1,
    on_progress: Callable[[float], None] | None = None,
) -> Image.Image:
    """Return an RGB image of width × height pixels that depends on nothing but the arguments.

    With `sources` the first is repainted by the words, `strength` 0..1 (0.6 if None) deep, and a
    second lends its colors. With a mask only its white area is repainted; with a scale above 1
    the source is enlarged. `on_progress` is called with rising values 0..1. Raises ValueError for
    a side under 16 pixels.
    """
    if min(width, height) < 16:
        raise ValueError(f"a picture of {width}×{height} pixels is too small to paint")
    if sources and scale > 1:
        return parts.enlarged(sources[0], (width, height))
    if sources and mask is not None:
        return parts.repainted(
            sources[0],
            mask,
            size=(width, height),
            prompt=prompt,
            seed=seed,
            paint=lambda size: paint(
                prompt=prompt,
                width=size[0],
                height=size[1],
                seed=seed,
                negative_prompt=negative_prompt,
                on_progress=on_progress,
            ),
        )
    scene = words.read(prompt, negative_prompt=negative_prompt)
    canvas = Canvas(
        width,
        height,
        seed=seed,
        scene=scene,
        light=_light(scene, seed, prompt),
        report=_Rising(on_progress).report,
    )
    canvas.report(0.0)
    if sources:
        repaint(canvas, sources, strength=strength)
    else:
        MOTIFS[choose_motif(scene, seed=seed, prompt=prompt)].paint(canvas, scene)
    finish(canvas)
    image = Image.fromarray(_pixels(canvas))
    canvas.report(1.0)
    return image


def choose_motif(scene: Scene, *, seed: int, prompt: str) -> str:
    """Return the key of the named motif, or one chosen by seed and prompt."""
    if scene.motif is not None:
        return scene.motif
    free = [key for key, motif in MOTIFS.items() if motif.freely and scene.allows(key)] or [
        "mountains"
    ]
    return str(np.random.default_rng([seed % 2**64, zlib.crc32(prompt.encode())]).choice(free))


def _light(scene: Scene, seed: int, prompt: str) -> Light:
    # The wording shifts the light but not the composition: the same seed with other words stays
    # recognizable.
    rng = np.random.default_rng([seed % 2**64, zlib.crc32(prompt.encode()), 1])
    times = (
        MOTIFS[scene.motif].times if scene.motif in MOTIFS else ("dawn", "day", "sunset", "dusk")
    )
    if scene.place and len(MOTIFS[scene.place].times) == 1:
        times = MOTIFS[scene.place].times  # a place that is only known at night
    if scene.has("moon", "stars", "aurora"):
        times = ("night",)
    time = scene.time or str(rng.choice(times))
    choices = LIGHTS[time]
    light = choices[int(rng.integers(len(choices)))]
    for name in scene.colors[:2]:
        if name not in ("black", "white", "gray"):
            light = light.recolored(NAMED_COLORS[name], 0.5)
    if "fog" in scene.weather:
        light = light.veiled(0.55)
    if scene.weather & {"rain", "clouds", "snow"}:
        light = light.veiled(0.4)
    if "storm" in scene.weather:
        light = light.veiled(0.3).darkened(0.22)
    if "dark" in scene.moods and not light.night:
        light = light.darkened(0.08)
    if scene.season == "winter" and light.name == "day":
        light = Light(**{**light.__dict__, "sky": lightened(light.sky, 0.02, chroma=0.7)})
    return light


def _pixels(canvas: Canvas) -> np.ndarray:
    pixels = np.empty((canvas.height, canvas.width, 3), dtype=np.uint8)
    for channel in range(3):
        pixels[..., channel] = np.clip(canvas.rgb[channel] * 255 + 0.5, 0, 255)
    return pixels


class _Rising:
    """Passes progress on only if it rose."""

    def __init__(self, listener: Callable[[float], None] | None) -> None:
        self._listener, self._last = listener, -1.0

    def report(self, value: float) -> None:
        value = min(1.0, value)
        if self._listener is not None and value > self._last:
            self._last = value
            self._listener(value)
