"""Models on offer as plain data: limits of their parameters, price.

Independent of database and RunPod; `generation.models.ImageModel` has the same as rows,
`catalog.toml` as a file.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict

from artgen.refusals import FieldError, Refusal
from generation.catalog import source_roles
from generation.catalog.job_parameters import PROMPT_MAX_LENGTH
from generation.catalog.prices import Price
from generation.catalog.request_validation import RequestValidation
from generation.catalog.source_roles import EDIT, RoleFormat
from generation.providers.payloads.request_format import SIDES

BATCH_MAX = 10
USUAL_SIZE = (1024, 1024)
"""Of an image whose size is not known yet."""


class ParameterJson(TypedDict):
    """One parameter: `min`, `max`, `step` of a number, `max` characters of a text, or the closed
    list `choices`.
    """

    default: Any
    min: float | None
    max: float | None
    step: float | None
    choices: list[Any] | None


@dataclass(frozen=True)
class Parameter:
    """Limits of one parameter: `default`, `min`, `max`, `step`, or a closed list of `choices`.

    A text has `max`, its characters; `prompt` is a parameter of models with a limit of their own.
    """

    default: Any = None
    min: float | None = None
    max: float | None = None
    step: float | None = None
    choices: tuple[Any, ...] = ()

    def as_json(self) -> ParameterJson:
        """Return the parameter as `GET /api/v1/models/` shows it."""
        return {
            "default": self.default,
            "min": self.min,
            "max": self.max,
            "step": self.step,
            "choices": list(self.choices) or None,
        }


class InvalidParameters(Refusal):
    """A request is outside the model's limits; `errors` say which fields, and which limits."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(errors=errors)

    def __str__(self) -> str:
        return "; ".join(f"{error.field}: {error.detail}" for error in self.errors)


@dataclass(frozen=True)
class Offer:
    """A model on offer: its dialect, its parameters with their limits, its price."""

    slug: str
    name: str
    dialect: str
    description_en: str = ""
    description_ru: str = ""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    min_source_images: int = 0
    max_source_images: int = 0
    roles: Mapping[str, RoleFormat] = field(default_factory=dict)
    """How the model learns what a source image is for, unless it is to be edited."""
    languages: tuple[str, ...] = ()
    """Codes of `catalog.languages`, the preferred one first; empty: not known."""
    request_format: Mapping[str, Any] | None = None
    price: Price = field(default_factory=Price)
    background_discount: int | None = None
    """Percent, for jobs that wait until nothing else of the model does; None: not offered."""
    typical_seconds: int = 20
    enabled: bool = True

    @property
    def sized_by_source(self) -> bool:
        """Whether the size is that of the first source image: the model has no size parameter."""
        return "size" not in self.parameters and "width" not in self.parameters

    @property
    def sides_sent(self) -> tuple[int, int]:
        """Least and most px of a side that requests may have, as far as their format says."""
        return self._size_sent.get("min", 1), self._size_sent.get("max", SIDES[1])

    @property
    def makes_megapixels(self) -> bool:
        """Whether requests have the size as a number of megapixels."""
        return self._size_sent.get("mode") == "megapixels"

    @property
    def _size_sent(self) -> Mapping[str, Any]:
        size: Mapping[str, Any] = (self.request_format or {}).get("size", {})
        return size

    @property
    def source_roles(self) -> list[str]:
        """What its source images can be for; a slot or field of its own is for its role alone."""
        slots = [how for how in self.roles.values() if how.slot]
        edits = self.max_source_images > len(slots) and not self.own_role
        return [*([EDIT] if edits else []), *source_roles.names_of(self.roles)]

    @property
    def own_role(self) -> str:
        """The role of all its source images if the endpoint's field for them says it, else ""."""
        roles = (role for role, how in self.roles.items() if not how.text and not how.slot)
        return next(roles, "")

    def usual_roles(self, count: int) -> list[str]:
        """Return roles with which the model takes as many source images, [] if it edits all."""
        if self.own_role:
            return [self.own_role] * count
        by_slot = {how.slot: role for role, how in self.roles.items() if how.slot}
        return [by_slot.get(number, EDIT) for number in range(1, count + 1)] if by_slot else []

    @property
    def upscales(self) -> bool:
        """Whether the model makes images larger, without a prompt."""
        return "scale" in self.parameters

    @property
    def takes_mask(self) -> bool:
        """Whether the model can change a part of an image."""
        return "mask" in self.parameters

    def max_length(self, name: str, *, usual: int | None = PROMPT_MAX_LENGTH) -> int | None:
        """Return how many characters this text may have: the model's limit, else the usual one."""
        own = self.parameters.get(name)
        return int(own.max) if own and own.max is not None else usual

    @property
    def needs_mask(self) -> bool:
        """Whether each job needs a mask: a ComfyUI graph loads one if it has its slot."""
        return self.takes_mask and self.dialect == "comfyui"

    @property
    def is_tool(self) -> bool:
        """Whether the model only works on an existing image: the composer does not show it."""
        return self.upscales or self.needs_mask

    def price_of(self, request: Mapping[str, Any], *, size: tuple[int, int] | None = None) -> int:
        """Return the credits of one image of a request, which may be incomplete.

        Its size is `size`, by default that of the request, else USUAL_SIZE.
        """
        width, height = size or (request.get("width"), request.get("height"))
        if not isinstance(width, int) or not isinstance(height, int):
            width, height = USUAL_SIZE
        credits = self.price.of(width=width, height=height)
        if request.get("background") is True:
            return math.ceil(credits * (100 - (self.background_discount or 0)) / 100)
        return credits

    def accepts(self, request: Mapping[str, Any]) -> bool:
        validation = RequestValidation(offer=self, request=request)
        validation.run()
        return not validation.errors

    def clean(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return all of JOB_FIELDS with defaults filled in; `seed` None means a random one.

        `width` and `height` are None if the model is `sized_by_source`.

        Raises:
            InvalidParameters: fields are unknown, of a wrong type or outside this model's limits.
        """
        validation = RequestValidation(offer=self, request=request)
        cleaned = validation.run()
        if validation.errors:
            raise InvalidParameters(validation.errors)
        return cleaned


def parameter_from(raw: Mapping[str, Any]) -> Parameter:
    """Return the parameter of a JSON or TOML table; raise ValueError for unknown keys."""
    unknown = set(raw) - {"default", "min", "max", "step", "choices"}
    if unknown:
        raise ValueError(f"unknown key {sorted(unknown)[0]!r}")
    return Parameter(**{**raw, "choices": tuple(raw.get("choices") or ())})
