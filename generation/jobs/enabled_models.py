"""Models and styles that can be ordered, kept by each process between orders.

What is kept may be out of date. So the statement that places an order checks that the rows are still the same
(`OnOffer.unchanged`), and a refusal counts only if it was made from fresh rows. PostgreSQL numbers each version of a
row (`xmin`); SQLite does not, and there nothing is kept.
https://www.postgresql.org/docs/current/ddl-system-columns.html
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import TextField
from django.db.models.expressions import RawSQL

from generation.catalog.offers import Offer
from generation.models import ImageModel, Style

KEPT_SECONDS = 60


@dataclass(frozen=True)
class OnOffer:
    """Enabled models and styles by slug. `is_fresh`: read for this order."""

    models: Mapping[str, ImageModel]
    styles: Mapping[str, Style]
    read_at: float = field(default_factory=time.monotonic)
    is_fresh: bool = True

    @cached_property
    def offers(self) -> dict[str, Offer]:
        """The models as plain data, by slug."""
        return {slug: model.offer for slug, model in self.models.items()}

    def unchanged(self, *, models: Iterable[str], styles: Iterable[str]) -> tuple[str, list[Any]]:
        """Return the condition in SQL, and its values, that the rows of these slugs are as they were kept."""
        if self.is_fresh:
            return "TRUE", []
        parts, values = [], []
        for rows in (
            [self.models[slug] for slug in models],
            [self.styles[slug] for slug in styles],
        ):
            for row in rows:
                parts.append(
                    f"EXISTS (SELECT 1 FROM {row._meta.db_table} WHERE id = %s AND xmin::text = %s)"  # noqa: S608
                )
                values += [row.pk, vars(row)["row_version"]]
        return " AND ".join(parts), values


_kept: OnOffer | None = None


def read() -> OnOffer:
    """Return what is on offer now."""
    global _kept  # noqa: PLW0603 one for the process
    models, styles = ImageModel.objects.enabled(), Style.objects.filter(enabled=True)
    if connection.vendor != "postgresql":
        return OnOffer(
            {model.slug: model for model in models}, {style.slug: style for style in styles}
        )
    found = OnOffer(
        {model.slug: model for model in models.annotate(row_version=_version(ImageModel))},
        {style.slug: style for style in styles.annotate(row_version=_version(Style))},
    )
    _kept = OnOffer(found.models, found.styles, found.read_at, is_fresh=False)
    return found


def lately() -> OnOffer:
    """Return what was on offer when this process last looked, at most KEPT_SECONDS ago."""
    kept = _kept
    if kept is None or time.monotonic() - kept.read_at > KEPT_SECONDS:
        return read()
    return kept


def _version(model: type[ImageModel] | type[Style]) -> RawSQL:
    return RawSQL(f'"{model._meta.db_table}".xmin::text', [], output_field=TextField())  # noqa: S611 no foreign words
