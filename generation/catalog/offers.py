"""The models on offer as plain data: parameters with their limits, price rules, and the check of what a user asks for.

Knows neither the database nor RunPod; `generation.models.ImageModel` is the same as rows, `catalog.toml` as a file.
"""

import json
import math
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

CATALOG_FILE = Path(__file__).with_name("catalog.toml")
PROMPT_MAX_LENGTH = 2000
LORA_URL_MAX_LENGTH = 500
SEED_MAX = 2**31 - 1
BATCH_MAX = 8
MAX_PRICE = Decimal(1_000_000)
JOB_FIELDS = (
    "prompt",
    "negative_prompt",
    "width",
    "height",
    "steps",
    "guidance",
    "seed",
    "style",
    "source_images",
    "strength",
    "lora_url",
    "lora_scale",
)
"""What a user may say of one picture, besides the model."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a model: `default`, `min`, `max`, `step` for numbers, `choices` for a closed list."""

    default: Any = None
    min: float | None = None
    max: float | None = None
    step: float | None = None
    choices: tuple[Any, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the parameter as `GET /api/v1/models/` shows it."""
        return {
            "default": self.default,
            "min": self.min,
            "max": self.max,
            "step": self.step,
            "choices": list(self.choices) or None,
        }


@dataclass(frozen=True)
class Price:
    """What one picture costs: `max(minimum, ceil(per_image + per_megapixel × megapixels))` whole credits."""

    per_image: Decimal = Decimal(0)
    per_megapixel: Decimal = Decimal(0)
    minimum: int = 1

    def of(self, *, width: int, height: int) -> int:
        """Return the price of one picture of this size in credits."""
        exact = self.per_image + self.per_megapixel * width * height / 1_000_000
        return max(self.minimum, math.ceil(exact))

    def as_json(self) -> dict[str, Any]:
        """Return the rule as `GET /api/v1/models/` shows it."""
        return {
            "per_image": float(self.per_image),
            "per_megapixel": float(self.per_megapixel),
            "minimum": self.minimum,
        }


@dataclass(frozen=True)
class Cost:
    """What RunPod is expected to charge for one image, in dollars: `per_image + per_megapixel × megapixels`."""

    per_image: Decimal = Decimal(0)
    per_megapixel: Decimal = Decimal(0)

    def of(self, *, images: int, pixels: int) -> Decimal:
        """Return the dollars of so many images with so many pixels together."""
        return self.per_image * images + self.per_megapixel * pixels / 1_000_000

    def price(self, *, credit_usd: Decimal, margin: Decimal) -> Price:
        """Return the price rule that follows from it; `margin` is a factor, `credit_usd` what one credit is worth."""
        factor = margin / credit_usd
        return Price(per_image=self.per_image * factor, per_megapixel=self.per_megapixel * factor)


@dataclass(frozen=True)
class FieldError:
    """One thing wrong with one field: a stable `code` for programs, a translated `detail` for people."""

    field: str
    code: str
    detail: str


class InvalidParameters(ValueError):
    """What was asked for is outside the model's limits; `errors` says which field and which limit.

    Of a batch, `by_request` has the errors of every request at fault by its index, and `errors` those of the first.
    """

    def __init__(
        self, errors: list[FieldError], *, by_request: Mapping[int, list[FieldError]] | None = None
    ) -> None:
        super().__init__("; ".join(f"{error.field}: {error.detail}" for error in errors))
        self.errors = errors
        self.by_request = by_request or {}


@dataclass(frozen=True)
class Offer:
    """A model on offer: who draws (endpoint, dialect), what it takes (parameters) and what it costs (price)."""

    slug: str
    name: str
    endpoint_id: str
    dialect: str
    description_en: str = ""
    description_ru: str = ""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    min_source_images: int = 0
    max_source_images: int = 0
    request_format: Mapping[str, Any] | None = None
    price: Price = field(default_factory=Price)
    max_in_flight: int = 4
    typical_seconds: int = 20
    enabled: bool = True

    @property
    def sized_by_source(self) -> bool:
        """Whether the picture becomes as large as its first source picture: the model takes no size."""
        return "size" not in self.parameters and "width" not in self.parameters

    def price_of(self, parameters: Mapping[str, Any]) -> int:
        """Return the credits one picture with these cleaned parameters costs."""
        return self.price.of(width=parameters["width"], height=parameters["height"])

    def clean(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return all of JOB_FIELDS with defaults filled in; `seed` None means: draw one.

        `width` and `height` are None where the model is `sized_by_source`.

        Raises:
            InvalidParameters: a field is unknown, of a wrong type or outside this model's limits.
        """
        return _Cleaning(offer=self, given=given).run()


def parameter_from(raw: Mapping[str, Any]) -> Parameter:
    """Return the parameter that a JSON or TOML table describes; raises ValueError for unknown keys."""
    unknown = set(raw) - {"default", "min", "max", "step", "choices"}
    if unknown:
        raise ValueError(f"unknown key {sorted(unknown)[0]!r}")
    return Parameter(**{**raw, "choices": tuple(raw.get("choices") or ())})


def price_from(raw: Mapping[str, Any]) -> Price:
    """Return the price rule that a JSON or TOML table describes; raises ValueError for unknown keys or bad numbers."""
    unknown = set(raw) - {"per_image", "per_megapixel", "minimum"}
    if unknown:
        raise ValueError(f"unknown key {sorted(unknown)[0]!r}")
    price = Price(
        per_image=_amount(raw.get("per_image", 0)),
        per_megapixel=_amount(raw.get("per_megapixel", 0)),
        minimum=int(raw.get("minimum", 1)),
    )
    if not 0 <= price.minimum <= MAX_PRICE:
        raise ValueError("prices are not negative")
    return price


def cost_from(raw: Mapping[str, Any]) -> Cost:
    """Return the expected cost that a JSON or TOML table describes; raises ValueError for unknown keys or numbers."""
    unknown = set(raw) - {"per_image", "per_megapixel"}
    if unknown:
        raise ValueError(f"unknown key {sorted(unknown)[0]!r}")
    cost = Cost(
        per_image=_amount(raw.get("per_image", 0)),
        per_megapixel=_amount(raw.get("per_megapixel", 0)),
    )
    if not cost.per_image and not cost.per_megapixel:
        raise ValueError("give per_image or per_megapixel, in dollars")
    return cost


def _amount(value: Any) -> Decimal:
    amount = Decimal(str(value))
    if not amount.is_finite() or not 0 <= amount <= MAX_PRICE:
        raise ValueError("prices are not negative")
    return amount


def read_catalog(path: Path = CATALOG_FILE) -> dict[str, list[dict[str, Any]]]:
    """Return the file as `{"models": [table…], "styles": [table…]}`; raises ValueError for broken TOML or JSON."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    models = [
        {**table, "workflow": json.loads(table["workflow"])} if "workflow" in table else table
        for table in raw.get("models", [])
    ]
    return {"models": models, "styles": raw.get("styles", [])}


def size_like(
    *, width: int, height: int, pixels: int = 1024 * 1024, multiple: int = 8
) -> tuple[int, int]:
    """Return width and height of this shape with about so many pixels, both multiples of `multiple`."""
    scale = math.sqrt(pixels / (width * height))
    return (
        max(multiple, round(width * scale / multiple) * multiple),
        max(multiple, round(height * scale / multiple) * multiple),
    )


class _Cleaning:
    """One check of one request: collects every error instead of stopping at the first."""

    def __init__(self, *, offer: Offer, given: Mapping[str, Any]) -> None:
        self.offer = offer
        self.given = given
        self.errors: list[FieldError] = []

    def run(self) -> dict[str, Any]:
        sized = "size" in self.offer.parameters
        for name in self.given:
            if name not in JOB_FIELDS:
                self.fail(str(name)[:100], "unknown_field", _("There is no such field."))
        cleaned = {
            "prompt": self.text("prompt", required=True),
            "negative_prompt": self.supported(
                "negative_prompt", lambda: self.text("negative_prompt")
            )
            or "",
            "width": None if sized else self.number("width", int),
            "height": None if sized else self.number("height", int),
            "steps": self.number("steps", int),
            "guidance": self.number("guidance", float),
            "seed": self.seed(),
            "style": self.slug("style"),
            "source_images": self.source_images(),
            "strength": self.number("strength", float),
            "lora_url": self.supported("lora_url", self.lora_url) or "",
            "lora_scale": self.number("lora_scale", float),
        }
        self.size(cleaned)
        if not cleaned["lora_url"]:
            self.without_lora(cleaned)
        if self.errors:
            raise InvalidParameters(self.errors)
        return cleaned

    def fail(self, name: str, code: str, detail: str) -> None:
        self.errors.append(FieldError(field=name, code=code, detail=detail))

    def supported(self, name: str, read: Callable[[], Any]) -> Any:
        """Return what `read` gives, or None where the model has no such parameter; giving it then is an error."""
        if name in self.offer.parameters:
            return read()
        if self.given.get(name) not in (None, ""):
            self.fail(
                name,
                "not_supported",
                _("%(model)s has no such setting.") % {"model": self.offer.name},
            )
        return None

    def text(self, name: str, *, required: bool = False) -> str:
        value = self.given.get(name)
        if value is None:
            value = ""
        if not isinstance(value, str):
            self.fail(name, "invalid", _("This must be text."))
            return ""
        value = unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()
        if any(unicodedata.category(char) in {"Cc", "Cs"} and char not in "\n\t" for char in value):
            self.fail(name, "control_characters", _("Control characters are not allowed."))
        elif len(value) > PROMPT_MAX_LENGTH:
            self.fail(
                name,
                "max_length",
                ngettext(
                    "At most %(max)d character.", "At most %(max)d characters.", PROMPT_MAX_LENGTH
                )
                % {"max": PROMPT_MAX_LENGTH},
            )
        elif required and not value:
            self.fail(name, "required", _("Describe the picture first."))
        return value

    def slug(self, name: str) -> str | None:
        value = self.given.get(name)
        if value in (None, ""):
            return None
        if not isinstance(value, str) or len(value) > 50:
            self.fail(name, "invalid", _("This must be the name of a style."))
            return None
        return value

    def number(self, name: str, kind: type[int] | type[float]) -> Any:
        return self.supported(name, lambda: self._number(name, kind))

    def _number(self, name: str, kind: type[int] | type[float]) -> int | float | None:
        parameter = self.offer.parameters[name]
        value = self.given.get(name)
        if value is None:
            return None if parameter.default is None else kind(parameter.default)
        right_type = isinstance(value, int) or (
            kind is float and isinstance(value, float) and math.isfinite(value)
        )
        if isinstance(value, bool) or not right_type:
            self.fail(
                name,
                "invalid",
                _("This must be a whole number.") if kind is int else _("This must be a number."),
            )
            return None
        names = {
            "model": self.offer.name,
            "min": _plain(parameter.min),
            "max": _plain(parameter.max),
        }
        if parameter.min is not None and value < parameter.min:
            self.fail(name, "min_value", _("%(model)s takes %(min)s to %(max)s.") % names)
        elif parameter.max is not None and value > parameter.max:
            self.fail(name, "max_value", _("%(model)s takes %(min)s to %(max)s.") % names)
        elif kind is int and parameter.step and (value - (parameter.min or 0)) % parameter.step:
            self.fail(
                name,
                "step",
                _("%(model)s takes multiples of %(step)s.")
                % {**names, "step": _plain(parameter.step)},
            )
        elif parameter.choices and value not in parameter.choices:
            choices = ", ".join(_plain(choice) for choice in parameter.choices)
            self.fail(
                name,
                "choices",
                _("%(model)s takes one of: %(choices)s.") % {**names, "choices": choices},
            )
        else:
            return kind(value)
        return None

    def seed(self) -> int | None:
        value = self.given.get("seed")
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            self.fail("seed", "invalid", _("This must be a whole number."))
        elif not 0 <= value <= SEED_MAX:
            code = "min_value" if value < 0 else "max_value"
            self.fail("seed", code, _("A seed is a number from 0 to %(max)d.") % {"max": SEED_MAX})
        else:
            return value
        return None

    def source_images(self) -> list[str]:
        value = self.given.get("source_images")
        if value is None:
            value = []
        least, most = self.offer.min_source_images, self.offer.max_source_images
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.fail("source_images", "invalid", _("This must be a list of picture ids."))
        elif value and most == 0:
            self.fail(
                "source_images",
                "not_supported",
                _("%(model)s takes no source picture.") % {"model": self.offer.name},
            )
        elif len(value) > most:
            self.fail(
                "source_images",
                "max_length",
                ngettext(
                    "%(model)s takes at most %(max)d source picture.",
                    "%(model)s takes at most %(max)d source pictures.",
                    most,
                )
                % {"model": self.offer.name, "max": most},
            )
        elif len(value) < least:
            self.fail(
                "source_images",
                "required",
                _("%(model)s needs a source picture.") % {"model": self.offer.name},
            )
        else:
            return value
        return []

    def lora_url(self) -> str:
        """Return the https address of a LoRA, "" for none. RunPod fetches it, ArtGen never does."""
        value = self.given.get("lora_url")
        if value is None:
            return ""
        if not isinstance(value, str):
            self.fail("lora_url", "invalid", _("This must be text."))
            return ""
        value = value.strip()
        if len(value) > LORA_URL_MAX_LENGTH:
            detail = ngettext(
                "At most %(max)d character.", "At most %(max)d characters.", LORA_URL_MAX_LENGTH
            )
            self.fail("lora_url", "max_length", detail % {"max": LORA_URL_MAX_LENGTH})
        elif value and not _is_https(value):
            detail = _(
                "This must be an https:// address, without a user name, a password or spaces."
            )
            self.fail("lora_url", "invalid", detail)
        else:
            return value
        return ""

    def without_lora(self, cleaned: dict[str, Any]) -> None:
        """Leave out the scale of a LoRA that is not given; a scale on its own is a mistake."""
        alone = (
            self.given.get("lora_url") in (None, "") and self.given.get("lora_scale") is not None
        )
        if alone and "lora_url" in self.offer.parameters:
            self.fail("lora_url", "required", _("Give the address of the LoRA as well."))
        cleaned["lora_scale"] = None

    def size(self, cleaned: dict[str, Any]) -> None:
        """Fill in and check `size` models: their width and height come only in the pairs of `choices`."""
        size = self.offer.parameters.get("size")
        if size is None:
            return
        pairs = [tuple(int(side) for side in str(choice).split("x")) for choice in size.choices]
        default = tuple(int(side) for side in str(size.default).split("x"))
        for name, fallback in zip(("width", "height"), default, strict=True):
            value = self.given.get(name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
                self.fail(name, "invalid", _("This must be a whole number."))
                return
            cleaned[name] = fallback if value is None else value
        if (cleaned["width"], cleaned["height"]) not in pairs:
            choices = ", ".join(f"{width} × {height}" for width, height in pairs)
            for name in ("width", "height"):
                self.fail(
                    name,
                    "choices",
                    _("%(model)s takes these sizes: %(choices)s.")
                    % {"model": self.offer.name, "choices": choices},
                )


def _plain(value: float | None) -> str:
    """Return a number without a needless `.0`."""
    return "∞" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _is_https(address: str) -> bool:
    """Tell whether this is an https address that can be shown to others: it names a host and holds no password."""
    if not address.isascii() or not address.isprintable() or " " in address:
        return False
    try:
        parts = urlsplit(address)
        named = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    return parts.scheme == "https" and named and "@" not in parts.netloc
