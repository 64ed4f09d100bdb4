"""Jobs, waiting times, money and people of the last 24 hours, for the admin's start page.

Trials of models by staff are apart: the service pays for them.

Only rows of this period are read, by the primary key: ids begin with their time.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncHour
from django.utils import timezone

from artgen.ids import first_id
from generation.models import Job, Status

HOURS = 24
SAMPLE_SIZE = 10_000  # newest finished jobs, of which the waiting times are taken
FAILURES_PERIOD = timedelta(hours=1)


@dataclass(frozen=True)
class Waits:
    """Seconds from placing a job to its image; None without any."""

    p50: float | None
    p90: float | None


@dataclass(frozen=True)
class Hour:
    """Jobs that were placed in one hour."""

    start: datetime
    succeeded: int
    failed: int
    canceled: int
    unfinished: int
    credits: int
    dollars: Decimal
    waits: Waits

    @property
    def jobs(self) -> int:
        return self.succeeded + self.failed + self.canceled + self.unfinished


@dataclass(frozen=True)
class Activity:
    """The last 24 hours, by hour and in total."""

    hours: list[Hour]
    waits: Waits
    people: int
    trials: int
    """Jobs by which staff tried models."""
    trial_dollars: Decimal

    @property
    def jobs(self) -> int:
        return sum(hour.jobs for hour in self.hours)

    @property
    def success_rate(self) -> float | None:
        """Share of the jobs with an image among those that ended in an image or an error."""
        succeeded = sum(hour.succeeded for hour in self.hours)
        ended = succeeded + sum(hour.failed for hour in self.hours)
        return succeeded / ended if ended else None

    @property
    def credits(self) -> int:
        return sum(hour.credits for hour in self.hours)

    @property
    def dollars(self) -> Decimal:
        """Dollars that RunPod has reported for jobs of users, also for those without an image."""
        return sum((hour.dollars for hour in self.hours), Decimal(0))


def last_day() -> Activity:
    """Return the last 24 hours, the current one included, in three queries."""
    now = timezone.localtime()
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    all_jobs = Job.objects.filter(id__gte=first_id(first), created_at__gte=first).order_by()
    jobs = all_jobs.of_users()
    rows = (
        jobs.annotate(hour=TruncHour("created_at"))
        .values_list("hour", "status")
        .annotate(Count("id"), Sum("credits"), Sum("cost"))
    )
    by_hour: dict[datetime, dict[str, tuple[int, int, Decimal]]] = defaultdict(dict)
    for hour, status, count, credits, dollars in rows:
        by_hour[hour][status] = (count, credits or 0, dollars or Decimal(0))
    waited: dict[datetime, list[float]] = defaultdict(list)
    ended = jobs.filter(status=Status.SUCCEEDED).order_by("-id")
    for created_at, finished_at in ended.values_list("created_at", "finished_at")[:SAMPLE_SIZE]:
        hour = timezone.localtime(created_at).replace(minute=0, second=0, microsecond=0)
        if finished_at:  # every job with an image has one
            waited[hour].append((finished_at - created_at).total_seconds())
    starts = [first + timedelta(hours=number) for number in range(HOURS)]
    totals = all_jobs.aggregate(
        people=Count("user", distinct=True, filter=Q(is_trial=False)),
        trials=Count("id", filter=Q(is_trial=True)),
        trial_dollars=Sum("cost", filter=Q(is_trial=True)),
    )
    return Activity(
        hours=[_hour(start, by_hour.get(start, {}), waited.get(start, [])) for start in starts],
        waits=_waits([seconds for hour in waited.values() for seconds in hour]),
        people=totals["people"],
        trials=totals["trials"],
        trial_dollars=totals["trial_dollars"] or Decimal(0),
    )


def failures() -> list[tuple[str, int]]:
    """Return code and number of the failures of the last hour, the most frequent first."""
    since = timezone.now() - FAILURES_PERIOD
    failed = Job.objects.of_users().filter(status=Status.FAILED, finished_at__gte=since)
    return list(
        failed.values_list("error_code")
        .annotate(number=Count("id"))
        .order_by("-number", "error_code")
    )


def _hour(
    start: datetime, by_status: dict[str, tuple[int, int, Decimal]], waited: Sequence[float]
) -> Hour:
    counts = {status: row[0] for status, row in by_status.items()}
    final = Status.SUCCEEDED, Status.FAILED, Status.CANCELED
    return Hour(
        start=start,
        succeeded=counts.get(Status.SUCCEEDED, 0),
        failed=counts.get(Status.FAILED, 0),
        canceled=counts.get(Status.CANCELED, 0),
        unfinished=sum(count for status, count in counts.items() if status not in final),
        credits=by_status.get(Status.SUCCEEDED, (0, 0, Decimal(0)))[1],
        dollars=sum((row[2] for row in by_status.values()), Decimal(0)),
        waits=_waits(waited),
    )


def _waits(seconds: Sequence[float]) -> Waits:
    if not seconds:
        return Waits(None, None)
    ordered = sorted(seconds)
    return Waits(*(ordered[min(len(ordered) - 1, int(len(ordered) * q))] for q in (0.5, 0.9)))
