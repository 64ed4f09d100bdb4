"""From a prompt to an image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from PIL import Image

from . import words
from .composing import SUBJECTS, compose
from .edits import KEPT, SLIGHT, enlarge, repaint, repaint_part
from .finishes import finish
from .request import PaintRequest
from .scene import Scene
from .weather import add_things, add_weather, in_season

FREE = ("dunes", "field", "forest", "garden", "lake", "mountains", "sea", "tree")
"""What the seed chooses among for a prompt without a known word: landscapes only."""

MOONLESS = frozenset({"aurora", "city", "space", "street"})
"""Places whose night shows no moon."""


def paint(
    request: PaintRequest, *, on_progress: Callable[[float], None] | None = None
) -> Image.Image:
    """Return an RGB image of the requested size that depends on nothing but the request.

    `on_progress` is called with rising values 0..1. Raises ValueError for a side under 16 pixels.
    """
    if min(request.size) < 16:
        raise ValueError(
            f"an image of {request.width}×{request.height} pixels is too small to paint"
        )
    report = on_progress or (lambda _: None)
    report(0.0)
    sources, mask = request.decoded_sources(), request.decoded_mask()
    if sources and request.scale > 1:
        image = enlarge(sources[0], request.size)
    elif sources and mask is not None:

        def paint_new(part: tuple[int, int]) -> Image.Image:
            return _paint_scene(request, size=part, report=lambda _: None)

        image = repaint_part(
            sources[0], mask, size=request.size, prompt=request.prompt, paint=paint_new
        )
    elif sources:
        scene = words.read(request.prompt, negative_prompt=request.negative_prompt)
        rng = Random(f"{request.seed} {request.model} {request.prompt}")
        report(0.3)
        strength = request.strength
        if strength is None and KEPT in request.prompt.lower():
            strength = SLIGHT
        image = repaint(sources, scene, size=request.size, rng=rng, strength=strength)
        report(0.8)
        image = finish(image, scene, rng=rng, model="")
    else:
        image = _paint_scene(request, size=request.size, report=report)
    report(1.0)
    return image


def _paint_scene(
    request: PaintRequest, *, size: tuple[int, int], report: Callable[[float], None]
) -> Image.Image:
    scene = words.read(request.prompt, negative_prompt=request.negative_prompt)
    motif = choose_motif(scene, seed=request.seed, prompt=request.prompt)
    # Other words for the same motif keep the composition of a seed.
    rng = Random(f"{request.seed} {request.model} {motif}")
    time = scene.time or ("night" if scene.has("moon", "stars", "aurora") else None)
    image, plate = compose(
        replace(scene, motif=motif, time=time), size=size, rng=rng, report=report
    )
    # A plate that shows what is named needs nothing laid over it.
    missing = {thing for thing in ("stars", "birds", "aurora") if scene.has(thing)} - plate.tags
    if plate.time == "night":
        missing -= {"stars"}
    if scene.has("moon") and (plate.time != "night" or plate.motif in MOONLESS):
        missing |= {"moon"} - plate.tags
    missing -= {motif, plate.motif}
    outside = motif not in SUBJECTS or SUBJECTS[motif].pose != "rests"
    if outside:
        image = add_things(image, Scene(things=frozenset(missing)), rng)
    report(0.7)
    if scene.season and scene.season not in plate.tags and plate.motif != "snow_village":
        image = in_season(image, scene.season, rng, 0.8)
    if outside:
        image = add_weather(image, Scene(weather=scene.weather - plate.tags), rng)
    report(0.85)
    return finish(image, scene, rng=rng, model=request.model)


def choose_motif(scene: Scene, *, seed: int, prompt: str) -> str:
    """Return the key of the named motif, or one chosen by seed and prompt."""
    if scene.motif is not None:
        return scene.motif
    free = [key for key in FREE if scene.allows(key)] or ["mountains"]
    return Random(f"{seed} {prompt}").choice(free)
