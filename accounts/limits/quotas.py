"""What a user may use: the own value, else the most generous of the groups', else the site's.

A value that is NULL, or an empty list of models, says nothing: the next source decides. 0 allows
nothing. No limit at all is what remains if no source has a value.

The SQL function `artgen_quotas` (migration 0007) decides it for every statement; NULL is no limit.
Orders are checked in the statement that holds their credits (`accounts.credits.holds.HOLD`), which
reads the values then: no copy of them can be outdated. Values in Python are for display and
refusals.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext, gettext_lazy, ngettext

from accounts.models import ANY_MODEL, User
from artgen.refusals import FieldError, Refusal
from artgen.web import formatting

SITE: Mapping[str, str] = {
    "jobs_at_once": "MAX_JOBS_AT_ONCE_PER_USER",
    "jobs_waiting": "MAX_WAITING_PER_USER",
    "jobs_per_day": "MAX_JOBS_PER_DAY",
    "jobs_per_month": "MAX_JOBS_PER_MONTH",
    "credits_per_day": "MAX_CREDITS_PER_DAY",
    "credits_per_month": "MAX_CREDITS_PER_MONTH",
    "cancels_per_day": "MAX_CANCELS_PER_DAY",
    "batch": "",
    "megapixels": "",
}
"""Each quota, and the setting that has the default of the site; "": there is none."""
NAMES = tuple(SITE)
QUOTA_COLUMNS = (*(f"max_{name}" for name in NAMES), "allowed_models")
MEGAPIXEL = 1024 * 1024
ROUNDING = 1.02
"""A size counts as one that is up to 2 % smaller: sides are rounded to multiples of 8 or 32."""


@dataclass(frozen=True)
class OrderSummary:
    """What an order asks for: the number of its jobs, its models by slug, its largest image."""

    count: int
    models: Mapping[str, str] = field(default_factory=dict)
    """The name of each model by its slug."""
    pixels: int = 0

    @property
    def megapixels(self) -> float:
        return self.pixels / MEGAPIXEL / ROUNDING


class OrderNotAllowed(Refusal):
    """The user's quotas never allow such an order; nothing was changed."""

    status = 403

    def __init__(self, text: str, *, fields: tuple[str, ...], **members: Any) -> None:
        errors = [FieldError(name, self.code, text) for name in fields]
        super().__init__(text, errors=errors, **members)


class ModelNotAllowed(OrderNotAllowed):
    code = "model_not_allowed"


class SizeNotAllowed(OrderNotAllowed):
    """The image is larger than the user's images may be."""

    code = "size_not_allowed"


class BatchNotAllowed(OrderNotAllowed):
    """The order has more images than an order of the user may have."""

    code = "batch_not_allowed"


@dataclass(frozen=True)
class Quotas:
    limits: Mapping[str, float | None]
    """By name, for each of NAMES; None: no limit."""
    models: frozenset[str] | None
    """Slugs of the allowed models; None: all."""

    def limit(self, name: str) -> int | None:
        """Return a limit that is a whole number; None: no limit."""
        value = self.limits[name]
        return None if value is None else int(value)

    @property
    def megapixels(self) -> float | None:
        """The size of the largest image; None: no limit."""
        return self.limits["megapixels"]

    def allows_model(self, slug: str) -> bool:
        return self.models is None or slug in self.models

    def allows_size(self, width: int, height: int) -> bool:
        return self.limits["megapixels"] is None or (
            OrderSummary(1, pixels=width * height).megapixels <= self.limits["megapixels"]
        )

    def refusal(self, order: OrderSummary) -> OrderNotAllowed | None:
        """Return why the order is not allowed whatever else is used, None if it is."""
        for slug, name in order.models.items():
            if not self.allows_model(slug):
                return ModelNotAllowed(model_text(name), fields=("model",), model=slug)
        if self.megapixels is not None and order.megapixels > self.megapixels:
            pixels = int(self.megapixels * MEGAPIXEL)
            return SizeNotAllowed(self.size_text(), fields=("width", "height"), limit=pixels)
        batch = self.limit("batch")
        if batch is not None and order.count > batch:
            return BatchNotAllowed(self.batch_text(), fields=("count",), limit=batch)
        return None

    def size_text(self) -> str:
        side = round((self.megapixels or 0) ** 0.5 * 1024)
        text = gettext("Your images can have up to %(size)s, such as %(side)s × %(side)s px.")
        return text % {"size": megapixels_text(self.megapixels or 0), "side": side}

    def batch_text(self) -> str:
        count = self.limit("batch") or 0
        text = ngettext(
            "You can create up to %(count)s image at a time.",
            "You can create up to %(count)s images at a time.",
            count,
        )
        return text % {"count": formatting.number(count)}


def model_text(name: str) -> str:
    return str(NO_ACCESS) % {"model": name}


def megapixels_text(value: float) -> str:
    """Return "1.5 MP" in the active language."""
    return gettext("%(number)s MP") % {"number": formatting.decimal(value)}


NO_ACCESS = gettext_lazy("Your account has no access to %(model)s.")


def of(user: User) -> Quotas:
    """Return what the user may use now; one query."""
    with connection.cursor() as cursor:
        cursor.execute(OF_USER, [site(), user.pk])
        row = cursor.fetchone()
    if row is None:
        raise User.DoesNotExist
    *limits, models = row
    slugs = frozenset(models.split())
    return Quotas(dict(zip(NAMES, limits, strict=True)), None if ANY_MODEL in slugs else slugs)


OF_USER = f"""
SELECT {", ".join(f"quota.{name}" for name in NAMES)}, quota.allowed_models
FROM accounts_user AS account CROSS JOIN LATERAL artgen_quotas(account, %s::jsonb) AS quota
WHERE account.id = %s
"""  # noqa: S608 constants


def site() -> str:
    """Return the site's values for the SQL function `artgen_quotas`; null: no limit."""
    values = {name: getattr(settings, setting) for name, setting in SITE.items() if setting}
    return json.dumps(values)
