"""Enabled models and styles, cached by each process.

The cache may be stale. So the statement that places a job checks that the rows have not changed
(`EnabledModels.unchanged`), and a refusal counts only if it was made from fresh rows. PostgreSQL
has a version of each row (`xmin`); SQLite has none, so nothing is cached there.
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

MAX_AGE_SECONDS = 60


@dataclass(frozen=True)
class EnabledModels:
    """Enabled models and styles by slug. `is_fresh`: read for this request."""

    models: Mapping[str, ImageModel]
    styles: Mapping[str, Style]
    read_at: float = field(default_factory=time.monotonic)
    is_fresh: bool = True

    @cached_property
    def offers(self) -> dict[str, Offer]:
        """The models as plain data, by slug."""
        return {slug: model.offer for slug, model in self.models.items()}

    def unchanged(self, *, models: Iterable[str], styles: Iterable[str]) -> tuple[str, list[Any]]:
        """Return the SQL condition, and its values, that the rows of these slugs are unchanged."""
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


_cached: EnabledModels | None = None


def read() -> EnabledModels:
    """Read the enabled models and styles."""
    global _cached  # noqa: PLW0603 one for the process
    models, styles = ImageModel.objects.enabled(), Style.objects.filter(enabled=True)
    if connection.vendor != "postgresql":
        return EnabledModels(
            {model.slug: model for model in models}, {style.slug: style for style in styles}
        )
    found = EnabledModels(
        {model.slug: model for model in models.annotate(row_version=_version(ImageModel))},
        {style.slug: style for style in styles.annotate(row_version=_version(Style))},
    )
    _cached = EnabledModels(found.models, found.styles, found.read_at, is_fresh=False)
    return found


def recent() -> EnabledModels:
    """Return the enabled models and styles, at most MAX_AGE_SECONDS old."""
    cached = _cached
    if cached is None or time.monotonic() - cached.read_at > MAX_AGE_SECONDS:
        return read()
    return cached


def _version(model: type[ImageModel] | type[Style]) -> RawSQL:
    return RawSQL(f'"{model._meta.db_table}".xmin::text', [], output_field=TextField())  # noqa: S611 no input
