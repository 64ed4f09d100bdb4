"""The composer: what it shows of a model's parameters, and what a browser posts, read as a request for `orders`."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from generation.catalog.offers import (
    BATCH_MAX,
    LORA_URL_MAX_LENGTH,
    PROMPT_MAX_LENGTH,
    FieldError,
    InvalidParameters,
    Offer,
    Parameter,
)
from generation.models import ImageModel

COUNTS = (1, 2, 3, 4, 6, 8)
COUNT_DEFAULT = 4
SHAPES = (
    ("1:1", 1),
    ("4:5", 4 / 5),
    ("2:3", 2 / 3),
    ("9:16", 9 / 16),
    ("3:2", 3 / 2),
    ("16:9", 16 / 9),
)
NAMED_RATIOS = (
    *SHAPES,
    *(
        ("3:4", 3 / 4),
        ("5:4", 5 / 4),
        ("4:3", 4 / 3),
        ("7:5", 7 / 5),
        ("5:7", 5 / 7),
        ("21:9", 21 / 9),
        ("9:21", 9 / 21),
    ),
)
SIZE = re.compile(r"(\d{1,5})x(\d{1,5})")
SHAPE_STEP = 32  # px: workers are fastest and cleanest at multiples of it
RATIO_MAX = 12  # a fraction with larger numbers says less than the size itself
SHAPE_BOX = (28, 26)  # px: the little drawing of a shape
SLIDERS = ("steps", "guidance", "strength", "lora_scale")
CHECKED = ("width", "height", *SLIDERS, "seed", "lora_url")  # told to be wrong as soon as they are
TEXTS = (
    "prompt",
    "negative_prompt",
    "style",
    "shape",
    "width",
    "height",
    *SLIDERS,
    "seed",
    "lora_url",
    "count",
)


@dataclass(frozen=True)
class Shape:
    """One choice of the picture's shape with its exact size in px."""

    name: str
    width: int
    height: int

    @property
    def value(self) -> str:
        """What the radio button posts: "1344x768"."""
        return f"{self.width}x{self.height}"

    @property
    def box(self) -> dict[str, float]:
        """The rectangle that shows the shape within SHAPE_BOX: x, y, width, height."""
        longest = SHAPE_BOX[0] - 2 if self.ratio > 1 else SHAPE_BOX[1] - 3
        scale = min(longest, 19 * math.sqrt(max(self.ratio, 1 / self.ratio)))
        width = scale * min(1, self.ratio)
        height = scale * min(1, 1 / self.ratio)
        return {
            "x": round((SHAPE_BOX[0] - width) / 2, 1),
            "y": round((SHAPE_BOX[1] - height) / 2, 1),
            "width": round(width, 1),
            "height": round(height, 1),
        }

    @property
    def ratio(self) -> float:
        """Width divided by height."""
        return self.width / self.height


@dataclass(frozen=True)
class Slider:
    """One number of the fine tuning: a slider and a field, or a list where the model takes only certain values."""

    name: str
    label: str
    hint: str
    value: str
    parameter: Parameter
    errors: list[str] = field(default_factory=list)


@dataclass
class Composer:
    """The form of one model, filled in; `texts` are the fields as the browser sends them."""

    model: ImageModel
    texts: dict[str, str] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    exact: bool = False
    errors: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def posted(cls, model: ImageModel, data: QueryDict) -> "Composer":
        """Return the form as a browser sent it."""
        return cls(
            model=model,
            texts={name: str(data[name]).replace("\r\n", "\n") for name in TEXTS if name in data},
            sources=[one for one in data.getlist("source_images") if one],
            exact="exact" in data,
        )

    def for_model(self, model: ImageModel) -> "Composer":
        """Return the form for another model: what was typed stays, numbers left at the old default take the new one."""
        moved = Composer(
            model=model, texts=dict(self.texts), sources=self.sources, exact=self.exact
        )
        for name in SLIDERS:
            before, after = self.parameters.get(name), moved.parameters.get(name)
            given = _decimal(self.texts.get(name, ""))
            left_alone = before is not None and given == before.default
            if (
                after is None
                or left_alone
                or not isinstance(given, float)
                or not _within(given, after)
            ):
                moved.texts.pop(name, None)
        return moved

    @classmethod
    def filled(
        cls, model: ImageModel, parameters: Mapping[str, Any], *, count: int = 1
    ) -> "Composer":
        """Return the form filled with the parameters of a job; what this model does not take is left out."""
        composer = cls(model=model, sources=list(parameters.get("source_images") or []))
        known = {name for name in (*TEXTS,) if parameters.get(name) not in (None, "")}
        composer.texts = {name: f"{parameters[name]}" for name in known} | {"count": str(count)}
        if "width" in known and "height" in known:
            composer.texts["shape"] = f"{parameters['width']}x{parameters['height']}"
            composer.exact = all(
                shape.value != composer.texts["shape"] for shape in composer.shapes
            )
        return composer

    # --- what the template shows ---------------------------------------------------------------------------------

    @cached_property
    def offer(self) -> Offer:
        """The model as plain data."""
        return self.model.offer

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The model's parameters."""
        return self.offer.parameters

    @property
    def prompt(self) -> str:
        """The prompt as typed."""
        return self.texts.get("prompt", "")

    @property
    def negative_prompt(self) -> str:
        """The negative prompt as typed."""
        return self.texts.get("negative_prompt", "")

    @property
    def prompt_max_length(self) -> int:
        """Characters a prompt may have."""
        return PROMPT_MAX_LENGTH

    @property
    def has_negative_prompt(self) -> bool:
        """Whether the model takes one."""
        return "negative_prompt" in self.parameters

    @property
    def seed(self) -> str:
        """The seed as typed; empty: a random one for each picture."""
        return self.texts.get("seed", "")

    @property
    def summary(self) -> str:
        """What the closed fine tuning holds, in a few words."""
        steps = self.slider("steps")
        told = []
        if steps and _is_whole(steps.value):
            count = int(steps.value)
            told.append(ngettext("%(count)s step", "%(count)s steps", count) % {"count": count})
        if self.has_seed:
            told.append(_("own seed") if self.seed else _("random seed"))
        return " · ".join(told)

    @property
    def has_seed(self) -> bool:
        """Whether the model takes one."""
        return "seed" in self.parameters

    @property
    def has_exact_size(self) -> bool:
        """Whether the model takes any width and height within limits."""
        return "width" in self.parameters and "height" in self.parameters

    @cached_property
    def shapes(self) -> list[Shape]:
        """The shapes on offer: the model's own list of sizes, or the usual ratios at its usual area."""
        if "size" in self.parameters:
            sizes = [SIZE.fullmatch(str(choice)) for choice in self.parameters["size"].choices]
            return _told_apart([shape_of(int(size[1]), int(size[2])) for size in sizes if size])
        if not self.has_exact_size:
            return []
        width, height = self.parameters["width"], self.parameters["height"]
        return [fitting(name, ratio, width=width, height=height) for name, ratio in SHAPES]

    @property
    def shape(self) -> str:
        """The chosen shape's value; the first one unless another of this model is chosen."""
        wanted = self.texts.get("shape", "")
        values = [shape.value for shape in self.shapes]
        if wanted in values or not values:
            return wanted
        if match := SIZE.fullmatch(wanted):
            ratio = int(match[1]) / max(1, int(match[2]))
            closest = min(
                self.shapes, key=lambda shape: abs(math.log(max(ratio, 0.01) / shape.ratio))
            )
            return closest.value
        default = str(self.parameters["size"].default) if "size" in self.parameters else ""
        return default if default in values else values[0]

    @property
    def size(self) -> tuple[int, int] | None:
        """The exact size that is asked for in px; None where it follows the source picture or cannot be read."""
        if self.exact and self.has_exact_size:
            width, height = self.texts.get("width", ""), self.texts.get("height", "")
            return (int(width), int(height)) if _is_whole(width) and _is_whole(height) else None
        match = SIZE.fullmatch(self.shape)
        return (int(match[1]), int(match[2])) if match and self.shapes else None

    @property
    def width(self) -> str:
        """The exact width, as typed or as the chosen shape has it."""
        return self._side("width", 0)

    @property
    def height(self) -> str:
        """The exact height, as typed or as the chosen shape has it."""
        return self._side("height", 1)

    @property
    def counts(self) -> Iterable[int]:
        """How many pictures at once are on offer."""
        return COUNTS

    @property
    def count(self) -> int:
        """How many pictures are asked for; the default where that cannot be read."""
        text = self.texts.get("count", "")
        count = int(text) if _is_whole(text) else COUNT_DEFAULT
        return count if 1 <= count <= BATCH_MAX else COUNT_DEFAULT

    @property
    def style(self) -> str:
        """The chosen style's slug, empty for none."""
        return self.texts.get("style", "")

    @property
    def sliders(self) -> list[Slider]:
        """The numbers of the fine tuning that this model takes; strength stands with the source picture."""
        return [slider for name in ("steps", "guidance") if (slider := self.slider(name))]

    @property
    def strength(self) -> Slider | None:
        """How far the picture may leave its source, for models that let one say so."""
        return self.slider("strength")

    @property
    def takes_lora(self) -> bool:
        """Whether the model applies a LoRA."""
        return "lora_url" in self.parameters

    @property
    def lora_url(self) -> str:
        """The address of the LoRA as typed."""
        return self.texts.get("lora_url", "")

    @property
    def lora_url_max_length(self) -> int:
        """Characters the address may have."""
        return LORA_URL_MAX_LENGTH

    @property
    def lora_scale(self) -> Slider | None:
        """How strongly the LoRA is applied."""
        return self.slider("lora_scale")

    @property
    def tuning_open(self) -> bool:
        """Whether the fine tuning holds something that must be seen."""
        wrong = {
            "width",
            "height",
            "steps",
            "guidance",
            "seed",
            "lora_url",
            "lora_scale",
        } & self.errors.keys()
        return bool(wrong or self.exact or (self.takes_lora and self.lora_url))

    @property
    def takes_sources(self) -> bool:
        """Whether the model takes source pictures."""
        return self.model.max_source_images > 0

    def slider(self, name: str) -> Slider | None:
        """Return a number of the fine tuning, None where the model does not take it."""
        parameter = self.parameters.get(name)
        if parameter is None:
            return None
        labels = {
            "steps": (_("Steps"), _("more is cleaner and slower")),
            "guidance": (_("Guidance"), _("higher is more literal")),
            "strength": (_("Change the source"), _("0 keeps it, 1 repaints it")),
            "lora_scale": (_("LoRA weight"), _("0 leaves it out, 1 is as trained")),
        }
        label, hint = labels[name]
        given = self.texts.get(name)
        value = (
            given
            if given not in (None, "")
            else f"{parameter.default:g}"
            if parameter.default is not None
            else ""
        )
        return Slider(name, label, hint, value, parameter, self.errors.get(name, []))

    def explain(self, errors: Iterable[FieldError]) -> None:
        """Put refusals beside their fields; those without a field of this form stand above the button."""
        for error in errors:
            self.errors.setdefault(
                error.field if error.field in self._shown else "form", []
            ).append(error.detail)

    def wrong_numbers(self) -> list[FieldError]:
        """Return what the model refuses of CHECKED as it stands now; a prompt or source may still be missing."""
        try:
            self.offer.clean(self.request())
        except InvalidParameters as refused:
            return [
                error
                for error in refused.errors
                if error.field in CHECKED and error.field in self._shown
            ]
        return []

    @property
    def size_errors(self) -> list[str]:
        """What is wrong with the exact size, each thing once."""
        return list(dict.fromkeys([*self.errors.get("width", []), *self.errors.get("height", [])]))

    # --- what orders take --------------------------------------------------------------------------------------------

    def request(self) -> dict[str, Any]:
        """Return `{"model", …JOB_FIELDS}`; what is no number stays text, for the model's own check to refuse."""
        request: dict[str, Any] = {"model": self.model.slug, "prompt": self.prompt}
        if self.has_negative_prompt:
            request["negative_prompt"] = self.negative_prompt
        if self.exact and self.has_exact_size:
            request["width"] = _whole(self.texts.get("width", ""))
            request["height"] = _whole(self.texts.get("height", ""))
        elif size := self.size:
            request["width"], request["height"] = size
        if "steps" in self.parameters:
            request["steps"] = _whole(self.texts.get("steps", ""))
        if "guidance" in self.parameters:
            request["guidance"] = _decimal(self.texts.get("guidance", ""))
        if "strength" in self.parameters and self.sources:
            request["strength"] = _decimal(self.texts.get("strength", ""))
        if self.has_seed:
            request["seed"] = _whole(self.seed)
        if self.takes_lora and (address := self.lora_url.strip()):
            request["lora_url"] = address
            request["lora_scale"] = _decimal(self.texts.get("lora_scale", ""))
        request["style"] = self.style or None
        request["source_images"] = self.sources if self.takes_sources else []
        return request

    def _side(self, name: str, index: int) -> str:
        if self.exact and name in self.texts:
            return self.texts[name]
        return str(self.size[index]) if self.size else ""

    @property
    def _shown(self) -> set[str]:
        shown = {"prompt", "style", "source_images", "seed", *self.parameters}
        return shown | ({"width", "height"} if self.has_exact_size else set())


def shape_of(width: int, height: int) -> Shape:
    """Return the size with the name of its ratio: well-known within 3.5 %, else a short fraction, else the size."""
    ratio = width / height
    name, known = min(NAMED_RATIOS, key=lambda entry: abs(math.log(entry[1] / ratio)))
    if abs(math.log(known / ratio)) > 0.035:  # 1472 × 1140, which qwen-image calls 4:3
        divisor = math.gcd(width, height)
        across, along = width // divisor, height // divisor
        name = (
            f"{across}:{along}"
            if max(across, along) <= RATIO_MAX
            else f"{width}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}{height}"
        )
    return Shape(name, width, height)


def _told_apart(shapes: list[Shape]) -> list[Shape]:
    """Name the second shape of the same ratio by its width."""
    seen: set[str] = set()
    named = []
    for shape in shapes:
        named.append(
            Shape(f"{shape.width}", shape.width, shape.height) if shape.name in seen else shape
        )
        seen.add(shape.name)
    return named


@lru_cache(maxsize=1000)  # 1,000 sizes are looked through for each
def fitting(name: str, ratio: float, *, width: Parameter, height: Parameter) -> Shape:
    """Return the size within the limits whose shape is closest to the ratio at no more than the usual area."""
    area = (width.default or 1024) * (height.default or 1024)
    best: tuple[float, int, int] = (
        math.inf,
        int(width.default or 1024),
        int(height.default or 1024),
    )
    for side in _grid(width):
        for other in _grid(height):
            if side * other > area:
                break
            cost = 4 * abs(math.log(side / other / ratio)) + abs(math.log(side * other / area))
            best = min(best, (cost, side, other))
    return Shape(name, best[1], best[2])


def _grid(side: Parameter) -> range:
    step = int(side.step or 1)
    while step < SHAPE_STEP:
        step *= 2
    return range(int(side.min or 256), int(side.max or 2048) + 1, step)


def _within(value: float, parameter: Parameter) -> bool:
    low, high = parameter.min, parameter.max
    return (low is None or value >= low) and (high is None or value <= high)


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12


def _whole(text: str) -> int | str | None:
    text = text.strip()
    if not text:
        return None
    return int(text) if _is_whole(text.removeprefix("-")) else text


def _decimal(text: str) -> float | str | None:
    text = text.strip().replace(",", ".")
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        return text
