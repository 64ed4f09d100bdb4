"""Jobs, waiting times, money and people of the last 24 hours, for the admin's start page."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from artgen.database.ids import first_id
from generation.models import Job, Status
from generation.operations.status.service import WAIT, Percentile

PERIOD = timedelta(hours=24)
FAILURES_PERIOD = timedelta(hours=1)


@dataclass(frozen=True)
class Activity:
    """Jobs that users placed in the last 24 hours; trials of models by staff are apart."""

    jobs: int
    succeeded: int
    failed: int
    credits: int
    dollars: Decimal
    """Reported by the provider, also for jobs without an image."""
    people: int
    p50: timedelta | None
    """From placing a job to its image."""
    p90: timedelta | None
    trials: int
    trial_dollars: Decimal

    @property
    def success_rate(self) -> float | None:
        """Share of the jobs with an image among those that ended in an image or an error."""
        ended = self.succeeded + self.failed
        return self.succeeded / ended if ended else None


def last_day() -> Activity:
    """Return the last 24 hours, in one query by the primary key: ids begin with their time."""
    since = timezone.now() - PERIOD
    of_users = Q(is_trial=False)
    succeeded = of_users & Q(status=Status.SUCCEEDED)
    jobs = Job.objects.filter(id__gte=first_id(since), created_at__gte=since).order_by()
    return Activity(
        **jobs.annotate(wait=WAIT).aggregate(
            jobs=Count("id", filter=of_users),
            succeeded=Count("id", filter=succeeded),
            failed=Count("id", filter=of_users & Q(status=Status.FAILED)),
            credits=Sum("credits", filter=succeeded, default=0),
            dollars=Sum("cost", filter=of_users, default=Decimal(0)),
            people=Count("user", distinct=True, filter=of_users),
            p50=Percentile(F("wait"), fraction="0.5", filter=succeeded),
            p90=Percentile(F("wait"), fraction="0.9", filter=succeeded),
            trials=Count("id", filter=~of_users),
            trial_dollars=Sum("cost", filter=~of_users, default=Decimal(0)),
        )
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
