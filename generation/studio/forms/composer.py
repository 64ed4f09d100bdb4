"""The composer: the form for a model's parameters, and what it posts as a request for `orders`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.limits.quotas import OrderSummary, Quotas
from artgen.refusals import FieldError, Refusal
from artgen.web import formatting
from generation.catalog import source_roles
from generation.catalog.job_parameters import (
    JOB_PARAMETERS,
    LORA_URL_MAX_LENGTH,
    NUMBERS,
    SLIDERS,
    JobParameter,
    Kind,
    SliderArea,
)
from generation.catalog.offers import BATCH_MAX, InvalidParameters, Offer, Parameter
from generation.catalog.shapes import ShapeChoice, size_of
from generation.jobs.placing.job_order import LIST_MAX
from generation.models import ImageModel
from generation.moderation.refusals import Moderated
from generation.studio.forms import field_texts, size_choice, sliders
from generation.studio.forms.field_texts import decimal, is_whole, whole
from generation.studio.forms.sliders import Slider

COUNTS = (1, 2, 3, 4, 6, 8)
COUNT_DEFAULT = 4
CHECKED = {*NUMBERS, "seed", "lora_url"}
"""Whose errors are shown while the form is being filled in."""
TEXTS = (
    *(parameter.name for parameter in JOB_PARAMETERS if parameter.in_composer),
    *("shape", "count", "lines"),
)


@dataclass
class Composer:
    """The form of one model, filled in; `texts` are the fields as the browser sends them."""

    model: ImageModel
    texts: dict[str, str] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    roles: dict[str, str] = field(default_factory=dict)
    """What source images are for, by id; the others are edited."""
    exact: bool = False
    background: bool = False
    """Whether it asks for images when there is room; only some models offer that."""
    errors: dict[str, list[str]] = field(default_factory=dict)
    review: str = ""
    """Id of the stored request if a rule has stopped it."""
    can_appeal: bool = False
    quotas: Quotas | None = None
    """What the user may ask for; None: as the model allows."""
    left_out: list[str] = field(default_factory=list)
    """Sentences about values of a preset or a job that could not be applied."""

    @classmethod
    def posted(
        cls, model: ImageModel, data: QueryDict, *, allowed: Quotas | None = None
    ) -> "Composer":
        sources, roles = field_texts.read_sources(data.getlist("source_images"))
        return cls(
            model=model,
            texts={name: str(data[name]).replace("\r\n", "\n") for name in TEXTS if name in data},
            sources=sources,
            roles=roles,
            exact="exact" in data,
            background="background" in data,
            quotas=allowed,
        )

    def for_model(self, model: ImageModel) -> "Composer":
        """Return the form for another model: typed values stay, old defaults become new ones."""
        moved = Composer(
            model=model,
            texts=dict(self.texts),
            sources=self.sources,
            roles=self.roles,
            exact=self.exact,
            background=self.background,
            quotas=self.quotas,
        )
        for name in SLIDERS:
            before, after = self.parameters.get(name), moved.parameters.get(name)
            if not sliders.stays(self.texts.get(name, ""), before=before, after=after):
                moved.texts.pop(name, None)
        return moved

    @classmethod
    def filled(
        cls, model: ImageModel, parameters: Mapping[str, Any], *, count: int = 1
    ) -> "Composer":
        """Return the form with the parameters of a job that this model supports."""
        sources = list(parameters.get("source_images") or [])
        roles = dict(zip(sources, parameters.get("source_roles") or [], strict=False))
        composer = cls(model=model, sources=sources, roles=roles)
        known = {name for name in (*TEXTS,) if parameters.get(name) not in (None, "")}
        composer.texts = {name: f"{parameters[name]}" for name in known} | {"count": str(count)}
        if "width" in known and "height" in known:
            composer.texts["shape"] = f"{parameters['width']}x{parameters['height']}"
            composer.exact = all(
                shape.value != composer.texts["shape"] for shape in composer.shapes
            )
        return composer

    # --- what the template shows ---

    @cached_property
    def offer(self) -> Offer:
        return self.model.offer

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        return self.offer.parameters

    @property
    def prompt(self) -> str:
        return self.texts.get("prompt", "")

    @property
    def is_list(self) -> bool:
        """Whether each line of the prompt is one of its own."""
        return "lines" in self.texts

    @property
    def prompts(self) -> list[str]:
        lines = self.prompt.split("\n") if self.is_list else []
        return [line.strip() for line in lines if line.strip()] or [self.prompt]

    @property
    def prompt_count(self) -> int:
        """The number of prompts; a quote of a list is asked for by `lines` alone."""
        lines = self.texts.get("lines", "")
        if self.prompt or not is_whole(lines):
            return len(self.prompts)
        return max(1, int(lines))

    @property
    def original_prompt(self) -> str:
        """The prompt before it was translated or enhanced, "" if it was not."""
        return self.texts.get("original_prompt", "")

    @property
    def negative_prompt(self) -> str:
        return self.texts.get("negative_prompt", "")

    @property
    def prompt_max_length(self) -> int | None:
        return self.offer.max_length("prompt")

    @property
    def has_negative_prompt(self) -> bool:
        return "negative_prompt" in self.parameters

    @property
    def uses_negative_prompt(self) -> bool:
        return self.has_negative_prompt and bool(self.negative_prompt.strip())

    @property
    def seed(self) -> str:
        """The seed as typed; "" means a random one for each image."""
        return self.texts.get("seed", "")

    @property
    def summary(self) -> str:
        """What the collapsed fine tuning contains, in a few words."""
        steps, parts = self.steps, []
        if steps is not None:
            parts.append(ngettext("%(count)s step", "%(count)s steps", steps) % {"count": steps})
        if self.has_seed:
            parts.append(_("custom seed") if self.seed else _("random seed"))
        return " · ".join(parts)

    @property
    def has_seed(self) -> bool:
        return "seed" in self.parameters

    @property
    def has_exact_size(self) -> bool:
        return size_choice.takes_any(self.parameters)

    @cached_property
    def shapes(self) -> list[ShapeChoice]:
        """The available shapes: the model's sizes, or common ratios at its default area."""
        return size_choice.offered(self.parameters, quotas=self.quotas)

    @property
    def shape(self) -> str:
        """The chosen shape's value; the first one unless another of this model is chosen."""
        return size_choice.chosen(
            self.texts.get("shape", ""), among=self.shapes, parameter=self.parameters.get("size")
        )

    @property
    def size(self) -> tuple[int, int] | None:
        """The requested size in px; None if it follows the source image or is not a number."""
        if self.exact and self.has_exact_size:
            width, height = self.texts.get("width", ""), self.texts.get("height", "")
            return (int(width), int(height)) if is_whole(width) and is_whole(height) else None
        return size_of(self.shape) if self.shapes else None

    @property
    def width(self) -> str:
        return self._side("width", 0)

    @property
    def height(self) -> str:
        return self._side("height", 1)

    @property
    def steps(self) -> int | None:
        """The number of steps; None if it is not a number, or the model has no such setting."""
        slider = self.slider("steps")
        return int(slider.value) if slider and is_whole(slider.value) else None

    @property
    def counts(self) -> Iterable[int]:
        return COUNTS

    @property
    def max_count(self) -> int:
        limit = self.quotas.limit("batch") if self.quotas else None
        return BATCH_MAX if limit is None else min(limit, BATCH_MAX)

    @property
    def has_limited_counts(self) -> bool:
        return self.max_count < COUNTS[-1]

    @property
    def has_limited_shapes(self) -> bool:
        """Whether the user's quotas leave some of the sizes out, or make them smaller."""
        return size_choice.are_limited(self.shapes, self.parameters)

    @property
    def count(self) -> int:
        """The number of images; the default if it is not a valid number."""
        text = self.texts.get("count", "")
        count = int(text) if is_whole(text) else 0
        if not 1 <= count <= BATCH_MAX:
            return min(COUNT_DEFAULT, max(1, self.max_count))
        return count

    @property
    def total(self) -> int:
        """The number of images of all prompts."""
        return self.count * self.prompt_count

    @property
    def style(self) -> str:
        return self.texts.get("style", "")

    @property
    def sliders(self) -> list[Slider]:
        return self._sliders(SliderArea.TUNING)

    @property
    def strength(self) -> Slider | None:
        return self.slider("strength")

    @property
    def takes_lora(self) -> bool:
        return "lora_url" in self.parameters

    @property
    def lora_url(self) -> str:
        return self.texts.get("lora_url", "")

    @property
    def lora_url_max_length(self) -> int:
        return LORA_URL_MAX_LENGTH

    @property
    def uses_lora(self) -> bool:
        return self.takes_lora and bool(self.lora_url.strip())

    @property
    def lora_scale(self) -> Slider | None:
        return self.slider("lora_scale")

    @property
    def tuning_open(self) -> bool:
        """Whether the fine tuning contains an error or a value worth showing."""
        tuned = CHECKED - {
            name for name, parameter in SLIDERS.items() if parameter.slider is SliderArea.SOURCES
        }
        wrong = tuned & self.errors.keys()
        return bool(wrong or self.exact or (self.takes_lora and self.lora_url))

    @property
    def instructions(self) -> str:
        """What is added to the prompt about its source images, "" for nothing."""
        sent = self.sources[: self.offer.max_source_images]
        roles = field_texts.roles_of(sent, self.roles)
        if not (self.takes_sources and set(roles) <= set(self.offer.source_roles)):
            return ""
        return source_roles.instructions(roles, self.offer.roles)

    @property
    def in_background(self) -> bool:
        return self.background and self.offer.background_discount is not None

    @property
    def takes_sources(self) -> bool:
        return self.model.max_source_images > 0

    def slider(self, name: str) -> Slider | None:
        return sliders.slider_of(
            name,
            parameters=self.parameters,
            text=self.texts.get(name, ""),
            errors=self.errors.get(name, []),
        )

    def explain(self, refusal: Refusal) -> None:
        """Show a refusal at its fields; what has no field in this form is shown at the button."""
        if not refusal.errors:
            self.errors["form"] = [refusal.message]
        if isinstance(refusal, Moderated) and self.prompt_count > 1:
            text = _("Nothing of the list was created because of “%(prompt)s”.")
            self.errors["form"].append(text % {"prompt": refusal.review.prompt})
        self.review = str(refusal.members.get("review", ""))
        self.can_appeal = bool(refusal.members.get("can_appeal"))
        for error in refusal.errors:
            self.errors.setdefault(
                error.field if error.field in self._shown else "form", []
            ).append(error.detail)

    def wrong_numbers(self) -> list[FieldError]:
        """Return the errors of the fields in CHECKED, even if prompt or source is missing."""
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
    def not_allowed(self) -> str:
        if self.prompt_count > 1 and self.total > LIST_MAX:
            text = _("A list of prompts can have up to %(max)d images. This one has %(count)s.")
            return text % {"max": LIST_MAX, "count": formatting.number(self.total)}
        if self.quotas is None:
            return ""
        width, height = self.size or (0, 0)
        order = OrderSummary(self.total, {self.model.slug: self.model.name}, width * height)
        refused = self.quotas.refusal(order)
        return refused.message if refused else ""

    @property
    def size_errors(self) -> list[str]:
        return list(dict.fromkeys([*self.errors.get("width", []), *self.errors.get("height", [])]))

    # --- what `orders` gets ---

    @property
    def price(self) -> int:
        """The credits of one image."""
        return self.offer.price_of(self.request(), size=self.size)

    def request(self, prompt: str | None = None) -> dict[str, Any]:
        """Return `{"model", …JOB_FIELDS}`; an invalid number stays text, for `Offer.clean`.

        `prompt`: one of `prompts`, instead of the whole text.
        """
        text = self.prompt if prompt is None else prompt
        request: dict[str, Any] = {"model": self.model.slug, "prompt": text}
        if self.original_prompt and text == self.prompt:
            request["original_prompt"] = self.original_prompt
        if self.has_negative_prompt:
            request["negative_prompt"] = self.negative_prompt
        if self.exact and self.has_exact_size:
            request["width"] = whole(self.texts.get("width", ""))
            request["height"] = whole(self.texts.get("height", ""))
        elif size := self.size:
            request["width"], request["height"] = size
        for name, declared in SLIDERS.items():
            if name in self.parameters and self._is_sent(declared):
                number = whole if declared.kind is Kind.INTEGER else decimal
                request[name] = number(self.texts.get(name, ""))
        if self.has_seed:
            request["seed"] = whole(self.seed)
        if self.uses_lora:
            request["lora_url"] = self.lora_url.strip()
        if self.in_background:
            request["background"] = True
        request["style"] = self.style or None
        request["source_images"] = self.sources if self.takes_sources else []
        if self.takes_sources and (roles := field_texts.roles_of(self.sources, self.roles)):
            request["source_roles"] = roles
        return request

    def _sliders(self, area: SliderArea) -> list[Slider]:
        names = (name for name, declared in SLIDERS.items() if declared.slider is area)
        return [slider for name in names if (slider := self.slider(name))]

    def _is_sent(self, declared: JobParameter) -> bool:
        if declared.slider is SliderArea.SOURCES:
            return bool(self.sources)
        return declared.slider is not SliderArea.LORA or bool(self.lora_url.strip())

    def _side(self, name: str, index: int) -> str:
        if self.exact and name in self.texts:
            return self.texts[name]
        return str(self.size[index]) if self.size else ""

    @property
    def _shown(self) -> set[str]:
        shown = {"prompt", "style", "source_images", "source_roles", "seed", *self.parameters}
        return shown | ({"width", "height"} if self.has_exact_size else set())
