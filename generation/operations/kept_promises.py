"""How often jobs ended as early as it was promised when they were placed, by model."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q

from artgen.database.ids import first_id
from generation.models import Job, Status


@dataclass(frozen=True)
class KeptPromises:
    """Jobs of a model that have succeeded, and how many of them by the promised moments."""

    slug: str
    jobs: int
    before_p50: int
    inside_p90: int

    @property
    def p50_share(self) -> float | None:
        """The share that ended by the promised median; half is right. None without jobs."""
        return self.before_p50 / self.jobs if self.jobs else None

    @property
    def p90_share(self) -> float | None:
        """The share that ended by the promised p90; nine in ten is right. None without jobs."""
        return self.inside_p90 / self.jobs if self.jobs else None


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
        )
    )
    models = [
        KeptPromises(
            slug=row["model__slug"],
            jobs=row["jobs"],
            before_p50=row["before_p50"],
            inside_p90=row["inside_p90"],
        )
        for row in rows
    ]
    return sorted(models, key=lambda model: (-model.jobs, model.slug))
