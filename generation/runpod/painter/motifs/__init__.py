"""What the painter can paint: every motif by its key in the word table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..canvas import Canvas
from ..scene import Scene
from . import aurora, dunes, flow, flower, jellyfish, mountains, paper, sea


@dataclass(frozen=True)
class Motif:
    """A motif's painter and the times of day among which the seed chooses if the prompt names none."""

    paint: Callable[[Canvas, Scene], None]
    times: tuple[str, ...] = ("day",)
    freely: bool = False
    """True if the seed may choose it for a prompt without a known word."""


LANDSCAPE = ("dawn", "day", "sunset", "dusk", "night")

MOTIFS: dict[str, Motif] = {
    "aurora": Motif(aurora.paint, ("night",)),
    "dunes": Motif(dunes.paint, ("sunset", "dawn", "day", "dusk"), freely=True),
    "flow": Motif(flow.paint, freely=True),
    "flower": Motif(flower.paint),
    "jellyfish": Motif(jellyfish.paint),
    "mountains": Motif(mountains.paint, ("dawn", "sunset", "day", "dusk"), freely=True),
    "paper": Motif(paper.paint, freely=True),
    "sea": Motif(sea.paint, ("sunset", "night", "day", "dawn"), freely=True),
}
