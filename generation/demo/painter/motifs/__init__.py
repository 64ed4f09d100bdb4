"""What the painter can paint: every motif by its key in the word table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from generation.demo.painter.canvas import Canvas
from generation.demo.painter.scene import Scene

from . import (
    architecture,
    aurora,
    cabin,
    cat,
    city,
    dunes,
    field,
    flow,
    flower,
    forest,
    geometry,
    glass,
    jellyfish,
    lake,
    lighthouse,
    liquid,
    mountains,
    paper,
    sea,
    space,
    still_life,
    tree,
    waterfall,
)


@dataclass(frozen=True)
class Motif:
    """A motif's painter and its times of day, chosen by the seed unless the prompt names one."""

    paint: Callable[[Canvas, Scene], None]
    times: tuple[str, ...] = ("day",)
    freely: bool = False
    """True if the seed may choose it for a prompt without a known word."""


MOTIFS: dict[str, Motif] = {
    "architecture": Motif(architecture.paint, ("day", "dawn", "sunset")),
    "aurora": Motif(aurora.paint, ("night",)),
    "cabin": Motif(cabin.paint, ("dusk", "night", "dawn", "dusk")),
    "cat": Motif(cat.paint, ("dusk", "night", "sunset")),
    "city": Motif(city.paint, ("night",)),
    "dunes": Motif(dunes.paint, ("sunset", "dawn", "day", "dusk"), freely=True),
    "field": Motif(field.paint, ("sunset", "day", "dawn"), freely=True),
    "flow": Motif(flow.paint, freely=True),
    "flower": Motif(flower.paint),
    "forest": Motif(forest.paint, ("dawn", "day", "sunset"), freely=True),
    "geometry": Motif(geometry.paint, freely=True),
    "glass": Motif(glass.paint, freely=True),
    "jellyfish": Motif(jellyfish.paint),
    "lake": Motif(lake.paint, ("dawn", "day", "sunset", "dusk"), freely=True),
    "lighthouse": Motif(lighthouse.paint, ("sunset", "dusk", "night")),
    "liquid": Motif(liquid.paint, freely=True),
    "mountains": Motif(mountains.paint, ("dawn", "sunset", "day", "dusk"), freely=True),
    "paper": Motif(paper.paint, freely=True),
    "sea": Motif(sea.paint, ("sunset", "night", "day", "dawn"), freely=True),
    "space": Motif(space.paint, ("night",), freely=True),
    "still_life": Motif(still_life.paint),
    "tree": Motif(tree.paint, ("sunset", "day", "dawn", "dusk"), freely=True),
    "waterfall": Motif(waterfall.paint, ("day", "dawn", "sunset")),
}
