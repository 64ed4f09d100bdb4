"""What the painter can paint: every motif by its key in the word table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from generation.demo.painter.canvas import Canvas
from generation.demo.painter.scene import Scene

from . import (
    architecture,
    aurora,
    balloon,
    bird,
    bridge,
    cabin,
    car,
    castle,
    cat,
    city,
    dog,
    dragon,
    dunes,
    field,
    flow,
    flower,
    forest,
    fox,
    garden,
    geometry,
    glass,
    harbor,
    horse,
    jellyfish,
    lake,
    lighthouse,
    liquid,
    mountains,
    paper,
    portrait,
    robot,
    sea,
    ship,
    snow_village,
    space,
    still_life,
    street,
    town,
    train,
    tree,
    waterfall,
)


@dataclass(frozen=True)
class Motif:
    """A motif's painter and its times of day, chosen by the seed unless the prompt names one."""

    paint: Callable[[Canvas, Scene], None]
    times: tuple[str, ...] = ("day",)
    freely: bool = False
    """True if the seed may choose it for a prompt without a known word: landscapes only."""


MOTIFS: dict[str, Motif] = {
    "architecture": Motif(architecture.paint, ("day", "dawn", "sunset")),
    "aurora": Motif(aurora.paint, ("night",)),
    "balloon": Motif(balloon.paint, ("dawn", "day", "sunset")),
    "bird": Motif(bird.paint, ("day", "dawn", "sunset")),
    "bridge": Motif(bridge.paint, ("day", "sunset", "dawn")),
    "cabin": Motif(cabin.paint, ("dusk", "night", "dawn", "dusk")),
    "car": Motif(car.paint, ("day", "sunset", "dusk")),
    "castle": Motif(castle.paint, ("sunset", "day", "dusk", "dawn")),
    "cat": Motif(cat.paint, ("dusk", "night", "sunset")),
    "city": Motif(city.paint, ("night",)),
    "dog": Motif(dog.paint, ("day", "sunset", "dawn")),
    "dragon": Motif(dragon.paint, ("sunset", "day", "dusk")),
    "dunes": Motif(dunes.paint, ("sunset", "dawn", "day", "dusk"), freely=True),
    "field": Motif(field.paint, ("sunset", "day", "dawn"), freely=True),
    "flow": Motif(flow.paint),
    "flower": Motif(flower.paint),
    "forest": Motif(forest.paint, ("dawn", "day", "sunset"), freely=True),
    "fox": Motif(fox.paint, ("day", "sunset", "dawn")),
    "garden": Motif(garden.paint, ("day", "dawn", "sunset"), freely=True),
    "geometry": Motif(geometry.paint),
    "glass": Motif(glass.paint),
    "harbor": Motif(harbor.paint, ("day", "sunset", "dusk")),
    "horse": Motif(horse.paint, ("sunset", "day", "dawn")),
    "jellyfish": Motif(jellyfish.paint),
    "lake": Motif(lake.paint, ("dawn", "day", "sunset", "dusk"), freely=True),
    "lighthouse": Motif(lighthouse.paint, ("sunset", "dusk", "night")),
    "liquid": Motif(liquid.paint),
    "mountains": Motif(mountains.paint, ("dawn", "sunset", "day", "dusk"), freely=True),
    "paper": Motif(paper.paint),
    "portrait": Motif(portrait.paint, ("day",)),
    "robot": Motif(robot.paint, ("day", "sunset", "dusk")),
    "sea": Motif(sea.paint, ("sunset", "night", "day", "dawn"), freely=True),
    "ship": Motif(ship.paint, ("sunset", "day", "dawn")),
    "snow_village": Motif(snow_village.paint, ("dusk", "night", "day")),
    "space": Motif(space.paint, ("night",)),
    "still_life": Motif(still_life.paint),
    "street": Motif(street.paint, ("dusk", "day", "sunset")),
    "town": Motif(town.paint, ("sunset", "day", "dusk")),
    "train": Motif(train.paint, ("day", "sunset", "dusk")),
    "tree": Motif(tree.paint, ("sunset", "day", "dawn", "dusk"), freely=True),
    "waterfall": Motif(waterfall.paint, ("day", "dawn", "sunset")),
}
