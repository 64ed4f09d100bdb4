"""Models and styles as this process last read them.

A snapshot may be stale. What is only displayed takes one of up to DISPLAY_SECONDS. An order takes
one of up to ORDER_SECONDS: the statement that places its jobs checks that the rows have not
changed since (`Catalog.unchanged`), and a refusal counts only if it was made from fresh rows.
"""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Model

from artgen.database import raw_sql
from generation.catalog.offers import Offer
from generation.models.image_models import ImageModel
from generation.models.jobs import Job
from generation.models.styles import Style

DISPLAY_SECONDS = 2.0
ORDER_SECONDS = 60.0


@dataclass(frozen=True)
class Catalog:
    """All models by id, and the enabled styles. `is_fresh`: read for this request."""

    by_id: Mapping[int, ImageModel]
    digests: dict[Model, str] = field(default_factory=dict)
    """Of the rows that were read."""
    read_at: float = field(default_factory=time.monotonic)
    is_fresh: bool = True

    @cached_property
    def models(self) -> dict[str, ImageModel]:
        return {model.slug: model for model in self.by_id.values() if model.enabled}

    @cached_property
    def styles(self) -> dict[str, Style]:
        """The enabled styles by slug, read when first needed: workers need none."""
        return {style.slug: style for style in _read(Style, into=self.digests) if style.enabled}

    @cached_property
    def offers(self) -> dict[str, Offer]:
        return {slug: model.offer for slug, model in self.models.items()}

    def unchanged(self, *, models: Iterable[str], styles: Iterable[str]) -> tuple[str, list[Any]]:
        """Return the SQL condition, and its values, that the rows of these slugs are unchanged.

        And that jobs of the models are still placed for the same endpoint.
        """
        if self.is_fresh:
            return "TRUE", []
        parts, values = [], []
        wanted = [self.models[slug] for slug in models]
        for row in (*wanted, *(self.styles[slug] for slug in styles)):
            table, digest = row._meta.db_table, _digest(type(row))
            parts.append(UNCHANGED.format(table=table, digest=digest))
            values += [row.pk, self.digests[row]]
        for endpoint in (model.endpoint for model in wanted):
            parts.append(SAME_ENDPOINT)
            values += [endpoint.pk, endpoint.endpoint_id]
        return " AND ".join(parts), values


UNCHANGED = "EXISTS (SELECT 1 FROM {table} WHERE id = %s AND {digest} = %s)"
SAME_ENDPOINT = "EXISTS (SELECT 1 FROM generation_endpoint WHERE id = %s AND endpoint_id = %s)"

_last: Catalog | None = None


def read() -> Catalog:
    global _last  # noqa: PLW0603 one for the process
    digests: dict[Model, str] = {}
    models = {model.pk: model for model in _read(ImageModel, into=digests)}
    catalog = Catalog(models, digests)
    _last = replace(catalog, is_fresh=False)
    return catalog


def for_order() -> Catalog:
    """Return the models and styles to place a job with, at most ORDER_SECONDS old."""
    if _last is None or _age(_last) > ORDER_SECONDS:
        return read()
    return _last


def for_display(slug: str = "") -> Catalog:
    """Return the models and styles to show, at most DISPLAY_SECONDS old.

    Read again if they lack the model of a link: another process may just have added it.
    """
    if _last is None or _age(_last) > DISPLAY_SECONDS or (slug and slug not in _last.models):
        return read()
    return _last


def attach(jobs: Iterable[Job]) -> list[Job]:
    """Return the jobs with their models, at most DISPLAY_SECONDS old."""
    jobs_with_models = list(jobs)
    if jobs_with_models:
        models = _for_display({job.model_id for job in jobs_with_models})
        for job in jobs_with_models:
            job.model = models[job.model_id]
    return jobs_with_models


def forget() -> None:
    global _last  # noqa: PLW0603
    _last = None


def _for_display(ids: Collection[int]) -> Mapping[int, ImageModel]:
    by_id = for_display().by_id
    return by_id if set(ids) <= by_id.keys() else read().by_id


def _age(catalog: Catalog) -> float:
    return time.monotonic() - catalog.read_at


class Digest(NamedTuple):
    digest: str


def _read[Row: Model](model: type[Row], *, into: dict[Model, str]) -> Iterator[Row]:
    columns, table = raw_sql.columns(model), model._meta.db_table
    statement = f"SELECT {columns}, {_digest(model)} FROM {table} ORDER BY position, slug"  # noqa: S608 no input
    for row, extras in raw_sql.fetch_with(model, Digest, statement, []):
        into[row] = extras.digest
        yield row


def _digest(model: type[Model]) -> str:
    """Return the SQL of a digest of a row."""
    return f'md5("{model._meta.db_table}"::text)'
