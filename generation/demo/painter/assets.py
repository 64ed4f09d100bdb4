"""Plates (whole images) and cutouts (with transparency) that images are composed of.

A file is `MOTIF.TIME.TAGS.NUMBER.webp`: what it shows, at which time of day, and words joined by
`+` that it fits especially, such as `forest.day.autumn+birch.14.webp`; the tags may be left out.
They were painted by a program, without a trained model.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from PIL import Image

from .colors import NAMED_COLORS, NEAR
from .scene import Scene

FOLDER = Path(__file__).parent
HEIGHT = 1344
"""Height in px of the canvas on which the cutouts were painted, and so their scale."""

CONDITIONS = frozenset({"autumn", "winter", "snow", "fog", "rain", "storm", "blossom"})
"""Tags that a plate has only if the prompt asks for them."""


ALIKE = {"dawn": "sunset", "day": "dawn", "sunset": "dusk", "dusk": "sunset", "night": "dusk"}
"""The time of day to take where an asset does not exist at the one that is needed."""


@dataclass(frozen=True)
class Asset:
    """A file and what its name says."""

    path: Path
    motif: str
    time: str
    tags: frozenset[str]

    def open(self) -> Image.Image:
        with Image.open(self.path) as image:
            image.load()
            return image


@cache
def of(kind: str, motif: str) -> tuple[Asset, ...]:
    """Return the assets of a motif; `kind` is "plates" or "cutouts"."""
    paths = sorted((FOLDER / kind).glob(f"{motif}.*.webp"))
    return tuple(Asset(path, motif, *_parsed(path.name)) for path in paths)


def _parsed(name: str) -> tuple[str, frozenset[str]]:
    _, time, *tags, _, _ = name.split(".")
    return time, frozenset("+".join(tags).split("+")) - {""}


def choose(kind: str, motif: str, scene: Scene, rng: Random, *, usual: str = "") -> Asset:
    """Return the asset that fits the scene best; the generator decides among equals.

    `usual` is the time of day if the scene has none.
    """
    wanted = {*scene.things, *scene.weather, *scene.moods, scene.season or ""}
    colors = {name for color in scene.colors[:1] for name in (color, NEAR.get(color, color))}

    def fit(asset: Asset) -> float:
        named = asset.tags - set(NAMED_COLORS)
        score = 3.0 * len(named & wanted) - 6.0 * len(asset.tags & CONDITIONS - wanted)
        score += 4.0 * (asset.time == scene.time) + 0.5 * (asset.time == usual)
        score += 1.0 * (scene.time is not None and asset.time == ALIKE[scene.time])
        score -= 20.0 * len(asset.tags & scene.without)
        score += 2.0 * bool(asset.tags & colors) + 1.0 * bool(asset.tags & set(scene.colors[:1]))
        score -= 1.5 * len(asset.tags & set(NAMED_COLORS) - colors)
        return score

    assets = of(kind, motif)
    best = max(map(fit, assets))
    return rng.choice([asset for asset in assets if fit(asset) == best])
