"""A pause of a model whose submissions RunPod does not take cleanly: a circuit breaker in the model's row.

Open until `submit_after`; then one job is tried at a time (half-open) until one is taken. All processes see it.
"""

from datetime import timedelta

from django.utils import timezone

from generation.models import ImageModel

REFUSED = (timedelta(seconds=1), timedelta(seconds=30))
"""The first and the longest pause after 429 or no connection: RunPod has certainly taken nothing."""

UNCLEAR = (timedelta(seconds=2), timedelta(seconds=20))
"""The same after a 5xx or a time-out: each try may leave one more job of unknown fate."""

MAX_RETRY_AFTER = timedelta(minutes=5)  # RunPod may ask for more, but a result lives 30 minutes
MAX_FAILURES = 20


def opened(model: ImageModel, *, pauses: tuple[timedelta, timedelta], retry_after: float | None = None) -> None:
    """Pause the model, twice as long with every failure in a row; at least for `retry_after` seconds."""
    first, longest = pauses
    pause = min(first * 2 ** min(model.submit_failures, 10), longest)
    if retry_after is not None:
        pause = min(max(pause, timedelta(seconds=retry_after)), MAX_RETRY_AFTER)
    failures = min(model.submit_failures + 1, MAX_FAILURES)
    ImageModel.objects.filter(pk=model.pk).update(submit_after=timezone.now() + pause, submit_failures=failures)


def closed(model: ImageModel) -> None:
    """Note that RunPod has taken a job of the model."""
    if model.submit_failures:
        ImageModel.objects.filter(pk=model.pk).update(submit_after=None, submit_failures=0)
