"""How often jobs ended as early as it was promised when they were placed, by model."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Avg, Count, F, Q

from artgen.database.ids import first_id
from generation.models import Job, Status


@dataclass(frozen=True)
class KeptPromises:
    """Jobs of a model that have succeeded, and how many of them by the promised moments."""

    slug: str
    jobs: int
    before_p50: int
    inside_p90: int
    promised_p50: float  # mean seconds from placing
    promised_p90: float
    waited: float

    @property
    def p50_share(self) -> float | None:
        """The share that ended by the promised median; half is right. None without jobs."""
        return self.before_p50 / self.jobs if self.jobs else None

    @property
    def p90_share(self) -> float | None:
        """The share that ended by the promised p90; nine in ten is right. None without jobs."""
        return self.inside_p90 / self.jobs if self.jobs else None

    def as_json(self) -> dict[str, Any]:
        return {
            "slug": self.slug,
            "jobs": self.jobs,
            "inside_p90": _rounded(self.p90_share, 4),
            "before_p50": _rounded(self.p50_share, 4),
            "promised_seconds": {
                "p50": _rounded(self.promised_p50, 1),
                "p90": _rounded(self.promised_p90, 1),
            },
            "waited_seconds": _rounded(self.waited, 1),
        }


def kept_since(since: datetime) -> list[KeptPromises]:
    """Return the models whose jobs were placed since then, the one with most jobs first.

    Jobs without an image and those without a promise (trials, jobs placed during an outage or by an
    earlier version) do not count. One query, on the ids of this period.
    """
    jobs = Job.objects.filter(
        id__gte=first_id(since), status=Status.SUCCEEDED, promised_p90_at__isnull=False
    )
    rows = (
        jobs.order_by()
        .values("model__slug")
        .annotate(
            jobs=Count("id"),
            before_p50=Count("id", filter=Q(finished_at__lte=F("promised_p50_at"))),
            inside_p90=Count("id", filter=Q(finished_at__lte=F("promised_p90_at"))),
            promised_p50=Avg(F("promised_p50_at") - F("created_at")),
            promised_p90=Avg(F("promised_p90_at") - F("created_at")),
            waited=Avg(F("finished_at") - F("created_at")),
        )
    )
    models = [
        KeptPromises(
            slug=row["model__slug"],
            jobs=row["jobs"],
            before_p50=row["before_p50"],
            inside_p90=row["inside_p90"],
            promised_p50=row["promised_p50"].total_seconds(),
            promised_p90=row["promised_p90"].total_seconds(),
            waited=row["waited"].total_seconds(),
        )
        for row in rows
    ]
    return sorted(models, key=lambda model: (-model.jobs, model.slug))


def total(models: Collection[KeptPromises]) -> KeptPromises:
    """Return the figures of all these models together, under the slug ""."""
    jobs = sum(model.jobs for model in models)

    def mean(name: str) -> float:
        return sum(getattr(model, name) * model.jobs for model in models) / jobs if jobs else 0.0

    return KeptPromises(
        slug="",
        jobs=jobs,
        before_p50=sum(model.before_p50 for model in models),
        inside_p90=sum(model.inside_p90 for model in models),
        promised_p50=mean("promised_p50"),
        promised_p90=mean("promised_p90"),
        waited=mean("waited"),
    )


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
