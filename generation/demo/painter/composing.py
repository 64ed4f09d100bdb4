"""Compose an image of a plate, and a cutout that stands, flies or swims in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from PIL import Image, ImageFilter, ImageOps

from . import assets
from .assets import Asset
from .colors import AMBIENT, NAMED_COLORS, TONES, lit, tinted, toned
from .scene import Scene
from .weather import add_weather

Size = tuple[int, int]


@dataclass(frozen=True)
class Subject:
    """How a cutout stands in a plate."""

    place: str
    """The plate behind it unless the prompt names one."""
    pose: str = "stands"
    """`stands` on the ground in front, or `flies`, `swims`, `looks` (a bust), `sits` (on a branch),
    `rolls` (over a viaduct as wide as the image), `rests` (on a windowsill)."""


SUBJECTS = {
    "balloon": Subject("meadow", "flies"),
    "bird": Subject("meadow", "sits"),
    "car": Subject("meadow"),
    "cat": Subject("town", "rests"),
    "dog": Subject("meadow"),
    "dragon": Subject("mountains", "flies"),
    "fox": Subject("meadow"),
    "horse": Subject("meadow"),
    "portrait": Subject("studio", "looks"),
    "robot": Subject("meadow"),
    "ship": Subject("sea", "swims"),
    "train": Subject("mountains", "rolls"),
}

GROUNDS = {
    "aurora": "snow",
    "city": "stone",
    "dunes": "sand",
    "harbor": "stone",
    "lighthouse": "stone",
    "sea": "sand",
    "snow_village": "snow",
    "space": "dust",
    "street": "stone",
    "waterfall": "stone",
}
"""The ground in front where it is not grass."""

WATER = frozenset({"aurora", "harbor", "lake", "lighthouse", "sea", "space"})
"""Where a ship can be."""

USUAL_TIMES = ("dawn", "day", "day", "sunset", "sunset", "dusk", "night")

SHAPES = {"tall": 0.5625, "high": 0.78, "square": 1.0, "wide": 1.33, "broad": 1.78}

BLURRED = frozenset({"looks", "sits"})


def compose(
    scene: Scene, *, size: Size, rng: Random, report: Callable[[float], None]
) -> tuple[Image.Image, Asset]:
    """Return the image before weather and finish, and the plate it stands on.

    The scene has its motif.
    """
    motif = scene.motif or ""
    subject = SUBJECTS.get(motif)
    place = _place(scene, subject, motif)
    if motif == "ship":  # not a second boat behind it
        scene = replace(scene, things=scene.things - {"boat"})
    # Seasons and weather show by day.
    usual = ("day",) if scene.season or scene.weather else USUAL_TIMES
    plate = assets.choose("plates", place, scene, rng, usual=rng.choice(usual))
    image = _framed(plate.open(), size, rng, steady=subject is not None)
    report(0.3)
    moment = scene.time or plate.time
    if moment != plate.time and place != "studio":
        image = relit(image, moment)
    report(0.4)
    if subject is None:
        return _colored(image, plate, scene), plate
    if subject.pose == "rests":  # it rains outside
        image = add_weather(image, scene, rng)
    if subject.pose in BLURRED:
        image = image.filter(ImageFilter.GaussianBlur(size[1] * 0.008))
    shaped = replace(scene, things=scene.things | {_shape(size)}, time=moment)
    cutout = assets.choose("cutouts", motif, shaped, rng)
    figure = _lit(cutout, moment, scene)
    report(0.5)
    if subject.pose == "stands":
        _lay_ground(image, GROUNDS.get(place, "grass"), scene, moment)
        if motif == "car" and place not in GROUNDS:
            road = assets.choose("cutouts", "road", replace(scene, time=moment), rng)
            _lay_strip(image, road, moment, bottom=0.96)
    POSES[subject.pose](image, figure, rng)
    report(0.6)
    return image, plate


def _place(scene: Scene, subject: Subject | None, motif: str) -> str:
    if subject is None:
        return motif
    place = scene.place or subject.place
    if subject.pose == "swims" and place not in WATER:
        return "sea"
    if subject.pose == "rolls" and place == "bridge":  # the train has a viaduct of its own
        return "mountains"
    return place


def _shape(size: Size) -> str:
    """Return the tag of the windows whose ratio is nearest."""
    ratio = size[0] / size[1]
    return min(SHAPES, key=lambda name: max(ratio / SHAPES[name], SHAPES[name] / ratio))


def _framed(plate: Image.Image, size: Size, rng: Random, *, steady: bool) -> Image.Image:
    """Return a part of the plate in this ratio, mirrored or not."""
    width, height = size
    across = min(plate.width, plate.height * width / height)
    zoom = rng.uniform(1.0, 1.2 if steady else 1.3)
    across, down = across / zoom, across / zoom * height / width
    left = rng.uniform(0, 1) * (plate.width - across)
    top = (0.5 if steady else rng.uniform(0.35, 0.65)) * (plate.height - down)
    if rng.random() < 0.5:
        plate = ImageOps.mirror(plate)
    box = (left, top, left + across, top + down)
    return plate.resize(size, Image.Resampling.LANCZOS, box=box)


def relit(image: Image.Image, time: str, amount: float = 0.72) -> Image.Image:
    if time in ("night", "dusk"):
        image = image.point(lambda value: value * (0.62 if time == "night" else 0.8))
    return Image.blend(image, toned(image, TONES[time]), amount)


def _colored(image: Image.Image, plate: Asset, scene: Scene) -> Image.Image:
    """Return the image drawn toward the named color, unless the plate has it already."""
    color = next(iter(scene.colors), None)
    if color is None or plate.tags & set(scene.colors):
        return image
    return tinted(image, NAMED_COLORS[color], 0.5)


def _lit(cutout: Asset, time: str, scene: Scene) -> Image.Image:
    """Return the cutout in the named color and in the light of this time."""
    figure = cutout.open()
    color, alpha = figure.convert("RGB"), figure.getchannel("A")
    named = next((name for name in scene.colors if name not in cutout.tags), None)
    if named and not cutout.tags & set(scene.colors):
        color = tinted(color, NAMED_COLORS[named], 0.55)
    if time != cutout.time:
        color = lit(color, AMBIENT[time])
    color.putalpha(alpha)
    return color


def _scaled(
    figure: Image.Image, image: Image.Image, rng: Random, most: float = 0.94
) -> Image.Image:
    """Return the cutout, mirrored or not, in proportion to the image."""
    factor = min(image.size) / assets.HEIGHT * rng.uniform(0.92, 1.06)
    factor = min(factor, image.width * most / figure.width, image.height * most / figure.height)
    if rng.random() < 0.5:
        figure = ImageOps.mirror(figure)
    return _resized(figure, figure.width * factor, figure.height * factor)


def _resized(figure: Image.Image, width: float, height: float) -> Image.Image:
    size = (max(1, round(width)), max(1, round(height)))
    return figure.resize(size, Image.Resampling.LANCZOS)


def _paste(image: Image.Image, figure: Image.Image, left: float, top: float) -> None:
    image.paste(figure, (round(left), round(top)), figure)


def _stand(image: Image.Image, figure: Image.Image, rng: Random) -> None:
    figure = _scaled(figure, image, rng)
    left = (image.width - figure.width) * rng.uniform(0.38, 0.62)
    _paste(image, figure, left, image.height * 0.955 - figure.height)


def _fly(image: Image.Image, figure: Image.Image, rng: Random) -> None:
    figure = _scaled(figure, image, rng)
    left = (image.width - figure.width) * rng.uniform(0.3, 0.7)
    _paste(image, figure, left, (image.height * 0.72 - figure.height) * rng.uniform(0.35, 0.75))


def _swim(image: Image.Image, figure: Image.Image, rng: Random) -> None:
    figure = _scaled(figure, image, rng)
    left = (image.width - figure.width) * rng.uniform(0.35, 0.65)
    _paste(image, figure, left, image.height * 0.93 - figure.height)


def _look(image: Image.Image, figure: Image.Image, rng: Random) -> None:
    figure = _scaled(figure, image, rng, most=1.2)
    left = (image.width - figure.width) * rng.uniform(0.45, 0.55)
    _paste(image, figure, left, image.height - figure.height + 1)


def _sit(image: Image.Image, figure: Image.Image, rng: Random) -> None:
    """Lay a branch with a bird across the whole image."""
    factor = max(min(image.size) / assets.HEIGHT, image.width / figure.width)
    figure = _resized(figure, figure.width * factor, figure.height * factor)
    if rng.random() < 0.5:
        figure = ImageOps.mirror(figure)
    _paste(image, figure, (image.width - figure.width) / 2, image.height * 0.86 - figure.height)


def _roll(image: Image.Image, figure: Image.Image, rng: Random) -> None:
    """Lay the viaduct across the image, its engine at the right or the left."""
    factor = max(min(image.size) / assets.HEIGHT, image.width / figure.width)
    figure = _resized(figure, figure.width * factor, figure.height * factor)
    engine = figure.width * 0.72
    left = min(0.0, max(image.width - figure.width, image.width * 0.62 - engine))
    strip = Image.new("RGBA", image.size)
    strip.paste(figure, (round(left), image.height - figure.height))
    if rng.random() < 0.5:
        strip = ImageOps.mirror(strip)
    _paste(image, strip, 0, 0)


def _rest(image: Image.Image, figure: Image.Image, rng: Random) -> None:
    window = figure.resize(image.size, Image.Resampling.LANCZOS)
    if rng.random() < 0.5:
        window = ImageOps.mirror(window)
    _paste(image, window, 0, 0)


POSES: dict[str, Callable[[Image.Image, Image.Image, Random], None]] = {
    "stands": _stand,
    "flies": _fly,
    "swims": _swim,
    "looks": _look,
    "sits": _sit,
    "rolls": _roll,
    "rests": _rest,
}


def _lay_ground(image: Image.Image, kind: str, scene: Scene, time: str) -> None:
    ground = Scene(things=frozenset({kind}), season=scene.season, weather=scene.weather)
    if kind == "grass" and (scene.season == "winter" or "snow" in scene.weather):
        ground = Scene(things=frozenset({"snow"}))
    ground = replace(ground, time=_half(time))
    strip = assets.choose("cutouts", "ground", ground, Random(0))
    _lay_strip(image, strip, time, bottom=1.0)


def _half(time: str) -> str:
    """Return day or night: the times at which grounds were painted."""
    return "night" if time == "night" else "day"


def _lay_strip(image: Image.Image, strip: Asset, time: str, *, bottom: float) -> None:
    """Lay a cutout as wide as the image, with its foot at this height."""
    figure = _lit(strip, time, Scene())
    factor = max(image.height / assets.HEIGHT, image.width / figure.width)
    figure = _resized(figure, figure.width * factor, figure.height * image.height / assets.HEIGHT)
    left = (image.width - figure.width) / 2
    _paste(image, figure, left, image.height * bottom - figure.height)
