"""What an image costs: the price in credits, and what the provider is expected to charge."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, TypedDict

MAX_PRICE = Decimal(1_000_000)


class PriceJson(TypedDict):
    """Credits per image.

    max(minimum, ceil(per_image + per_megapixel × width × height / 1,000,000))
    """

    per_image: float
    per_megapixel: float
    minimum: int


@dataclass(frozen=True)
class Price:
    """Credits per image: `max(minimum, ceil(per_image + per_megapixel × megapixels))`."""

    per_image: Decimal = Decimal(0)
    per_megapixel: Decimal = Decimal(0)
    minimum: int = 1

    def of(self, *, width: int, height: int) -> int:
        """Return the price of one image of this size in pixels, in credits."""
        exact = self.per_image + self.per_megapixel * width * height / 1_000_000
        return max(self.minimum, math.ceil(exact))

    def as_json(self) -> PriceJson:
        """Return the rule as `GET /api/v1/models/` shows it."""
        return {
            "per_image": float(self.per_image),
            "per_megapixel": float(self.per_megapixel),
            "minimum": self.minimum,
        }


@dataclass(frozen=True)
class Cost:
    """Expected charge per image in USD: `per_image + per_megapixel × megapixels`."""

    per_image: Decimal = Decimal(0)
    per_megapixel: Decimal = Decimal(0)

    def of(self, *, images: int, pixels: int) -> Decimal:
        """Return the USD of `images` with `pixels` in total."""
        return self.per_image * images + self.per_megapixel * pixels / 1_000_000

    def price(self, *, credit_usd: Decimal, margin: Decimal) -> Price:
        """Return the price rule for a margin (a factor) and the value of one credit in USD."""
        factor = margin / credit_usd
        return Price(per_image=self.per_image * factor, per_megapixel=self.per_megapixel * factor)


def price_from(raw: Mapping[str, Any]) -> Price:
    """Return the price of a JSON or TOML table; raise ValueError for unknown keys or numbers."""
    price = Price(**_amounts(raw, "minimum"), minimum=int(raw.get("minimum", 1)))
    if not 0 <= price.minimum <= MAX_PRICE:
        raise ValueError("prices are not negative")
    return price


def cost_from(raw: Mapping[str, Any]) -> Cost:
    """Return the cost of a JSON or TOML table; raise ValueError for unknown keys or numbers."""
    cost = Cost(**_amounts(raw))
    if not cost.per_image and not cost.per_megapixel:
        raise ValueError("give per_image or per_megapixel, in dollars")
    return cost


def _amounts(raw: Mapping[str, Any], *others: str) -> dict[str, Decimal]:
    """Return the amounts; the keys are those of a `Cost`, and these others."""
    known = {*Cost.__dataclass_fields__, *others}
    if not isinstance(raw, Mapping):  # staff may enter any JSON
        raise ValueError(f"{raw!r} is not an object with the keys {', '.join(sorted(known))}")
    if unknown := set(raw) - known:
        raise ValueError(f"unknown key {sorted(unknown)[0]!r}")
    return {name: _amount(raw.get(name, 0)) for name in Cost.__dataclass_fields__}


def _amount(value: object) -> Decimal:
    try:
        amount = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is not a number") from error
    if not amount.is_finite() or not 0 <= amount <= MAX_PRICE:
        raise ValueError("prices are not negative")
    return amount
