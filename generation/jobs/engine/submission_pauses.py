"""A circuit breaker for each endpoint, in its row: it pauses submissions that the provider rejects.

Open until `submit_after`; then half-open: one job at a time until the provider accepts one. All
processes share it.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models.functions import Greatest
from django.utils import timezone

from generation.models import Endpoint, ImageModel


@dataclass(frozen=True)
class Pauses:
    """First and longest pause; the pause doubles after every `steps` failures in a row."""

    first: timedelta
    longest: timedelta
    steps: int = 1

    def after(self, failures: int) -> timedelta:
        """Return the pause after a failure that follows `failures` others."""
        doubled: int = 2 ** min(failures // self.steps, 10)
        return min(self.first * doubled, self.longest)


REFUSED = Pauses(timedelta(seconds=1), timedelta(seconds=30))
"""After 429 or without a connection: the provider certainly accepted nothing."""

UNCLEAR = Pauses(timedelta(seconds=1), timedelta(seconds=20), steps=3)
"""After 5xx or a timeout. Each attempt may leave one more job of unknown fate, so during a long
outage there are three a minute. Eight bad replies, one at a time, take less than half a minute
(1, 1, 1, 2, 2, 2, 4, 4 s, and a tick for each).
"""

MAX_RETRY_AFTER = timedelta(minutes=5)  # some ask for more, but keep a result for 30 minutes
MAX_FAILURES = 20


def pause(endpoint: Endpoint, *, pauses: Pauses, retry_after: float | None = None) -> None:
    """Pause the endpoint, longer with every failure in a row, at least for `retry_after` seconds.

    A longer pause stays.
    """
    pause = pauses.after(endpoint.submit_failures)
    if retry_after is not None:
        pause = min(max(pause, timedelta(seconds=retry_after)), MAX_RETRY_AFTER)
    failures = min(endpoint.submit_failures + 1, MAX_FAILURES)
    Endpoint.objects.filter(pk=endpoint.pk).update(
        submit_after=Greatest("submit_after", timezone.now() + pause), submit_failures=failures
    )


def reset(endpoint: Endpoint) -> None:
    """End the pause because the endpoint has accepted a job."""
    if endpoint.submit_failures:
        Endpoint.objects.filter(pk=endpoint.pk).update(submit_after=None, submit_failures=0)


def end_pause(model: ImageModel) -> bool:
    """Let one job be submitted now; return False if no endpoint of the model is paused.

    The failures are kept: until the provider accepts a job, the next pause is as long as it would
    be.
    """
    paused = Endpoint.objects.filter(model=model, submit_after__gt=timezone.now())
    return bool(paused.update(submit_after=None))
