"""How each endpoint of a model did lately, side by side, so that staff can choose."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    Count,
    DecimalField,
    DurationField,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Sum,
)
from django.db.models.functions import Coalesce

from generation.models import ImageModel, Job, Status
from generation.operations.status.service import FAULTS_OF_REQUEST, Percentile

PERIOD = timedelta(days=7)
ZERO = Decimal(0)
SECONDS = ExpressionWrapper(F("finished_at") - F("submitted_at"), output_field=DurationField())
"""From the submission of an attempt to its image."""


@dataclass(frozen=True)
class EndpointFigures:
    """Jobs of PERIOD that ended at an endpoint; trials and faults of requests do not count."""

    succeeded: int = 0
    failed: int = 0
    seconds: float | None = None  # median, from the submission to the image
    usd: Decimal = ZERO  # recorded, else expected; also of jobs without an image
    is_expected: bool = False  # whether a part of it is expected only

    @property
    def success_percent(self) -> float | None:
        ended = self.succeeded + self.failed
        return 100 * self.succeeded / ended if ended else None

    @property
    def usd_per_image(self) -> Decimal | None:
        return self.usd / self.succeeded if self.succeeded else None


def of_model(model: ImageModel, *, now: datetime) -> Mapping[int, EndpointFigures]:
    """Return the figures by id of the endpoint, in two queries on partial indexes."""
    ended = Job.objects.filter(
        model=model, finished_at__gte=now - PERIOD, is_trial=False, endpoint__isnull=False
    ).order_by()
    done = {row["endpoint"]: row for row in _sums(ended.filter(status=Status.SUCCEEDED))}
    failed = {
        row["endpoint"]: row
        for row in _sums(
            ended.filter(status=Status.FAILED).exclude(error_code__in=FAULTS_OF_REQUEST)
        )
    }
    return {pk: _figures(done.get(pk), failed.get(pk)) for pk in done.keys() | failed.keys()}


def _sums(jobs: "QuerySet[Job]") -> "QuerySet[Job, Any]":
    amount = DecimalField(max_digits=20, decimal_places=5)
    return jobs.values("endpoint").annotate(
        jobs=Count("id"),
        usd=Sum(Coalesce("cost", ZERO) + Coalesce("unreported_usd", ZERO), output_field=amount),
        expected=Count("id", filter=Q(unreported_usd__gt=0)),
        p50=Percentile(SECONDS, fraction="0.5"),
    )


def _figures(done: dict[str, Any] | None, failed: dict[str, Any] | None) -> EndpointFigures:
    rows = [row for row in (done, failed) if row]
    return EndpointFigures(
        succeeded=done["jobs"] if done else 0,
        failed=failed["jobs"] if failed else 0,
        seconds=done["p50"].total_seconds() if done else None,
        usd=sum((row["usd"] for row in rows), ZERO),
        is_expected=any(row["expected"] for row in rows),
    )
