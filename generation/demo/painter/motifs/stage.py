"""Stages: the place that a prompt names, painted behind whatever stands in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from generation.demo.painter.canvas import Canvas
from generation.demo.painter.scene import Scene

from . import (
    aurora,
    bridge,
    cabin,
    castle,
    city,
    dunes,
    field,
    forest,
    garden,
    harbor,
    lake,
    lighthouse,
    meadow,
    mountains,
    sea,
    snow_village,
    space,
    street,
    town,
    tree,
    waterfall,
)
from .ground import paint_foreground


@dataclass(frozen=True)
class Place:
    """How a place is painted and the kind of ground that begins at the viewer's feet."""

    paint: Callable[[Canvas, Scene], None]
    ground: str = "grass"


PLACES: dict[str, Place] = {
    "aurora": Place(aurora.paint, "snow"),
    "bridge": Place(bridge.paint),
    "cabin": Place(cabin.paint),
    "castle": Place(castle.paint),
    "city": Place(city.paint, "stone"),
    "dunes": Place(dunes.paint, "sand"),
    "field": Place(field.paint),
    "forest": Place(forest.paint),
    "garden": Place(garden.paint),
    "harbor": Place(harbor.paint, "stone"),
    "lake": Place(lake.paint),
    "lighthouse": Place(lighthouse.paint, "stone"),
    "meadow": Place(meadow.paint),
    "mountains": Place(mountains.paint),
    "sea": Place(sea.paint, "sand"),
    "snow_village": Place(snow_village.paint, "snow"),
    "space": Place(space.paint, "dust"),
    "street": Place(street.paint, "stone"),
    "town": Place(town.paint),
    "tree": Place(tree.paint),
    "waterfall": Place(waterfall.paint, "stone"),
}


@dataclass(frozen=True)
class Stage:
    """Where the subject stands: its x and foot, and the side -1..1 that the light comes from."""

    x: float
    foot: float
    sun: float
    rng: np.random.Generator


def place_of(scene: Scene, *, otherwise: str = "meadow") -> str:
    """Return the key of the place that the scene names, or `otherwise`."""
    return scene.place if scene.place in PLACES else otherwise


def set_stage(
    canvas: Canvas,
    scene: Scene,
    name: str,
    *,
    otherwise: str = "meadow",
    top: float = 0.86,
    blur: float = 0.0,
) -> Stage:
    """Paint the place and the ground in front of it, and return where the subject stands.

    `top`: the height at which the ground in front begins; `blur`: how far out of focus the place
    is, in image heights.
    """
    rng = canvas.rng(name)
    place = PLACES[place_of(scene, otherwise=otherwise)]
    place.paint(canvas, scene)
    if blur:
        canvas.rgb = canvas.blurred(canvas.rgb, blur)
    canvas.report(0.9)
    x = canvas.aspect * float(rng.uniform(0.44, 0.56))
    foot = paint_foreground(canvas, kind=place.ground, top=top, at=x)
    left = canvas.rgb[:, : canvas.height // 2, : canvas.width // 2].mean()
    right = canvas.rgb[:, : canvas.height // 2, canvas.width // 2 :].mean()
    return Stage(x, foot + 0.02, 1.0 if right >= left else -1.0, rng)
