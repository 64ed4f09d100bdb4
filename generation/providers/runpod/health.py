"""Counts of an endpoint's unfinished jobs and of its workers, from RunPod's /health."""

from collections.abc import Mapping
from dataclasses import dataclass

from generation.providers.call_errors import CallFailed


@dataclass(frozen=True, slots=True)
class Health:
    """A reply of /health; a count that RunPod omits is 0."""

    in_progress: int
    in_queue: int
    workers: Mapping[str, int]  # by state: idle, running, initializing, ready, throttled …

    @property
    def workers_total(self) -> int:
        """The workers in any state; 0 may mean that the endpoint's maximum is 0."""
        # Ready workers are counted as idle, too.
        return sum(number for state, number in self.workers.items() if state != "ready")


def parse_health(body: object) -> Health:
    """Return the counts in a decoded reply. Raises CallFailed if there are none.

    Source: https://docs.runpod.io/serverless/endpoints/send-requests#health
    """
    if not isinstance(body, dict) or not isinstance(body.get("workers"), dict):
        raise CallFailed("RunPod's reply to /health has no workers")
    jobs = _counts(body.get("jobs"))
    return Health(
        in_progress=jobs.get("inProgress", 0),
        in_queue=jobs.get("inQueue", 0),
        workers=_counts(body["workers"]),
    )


def _counts(value: object) -> dict[str, int]:
    if not isinstance(value, Mapping):
        return {}
    return {k: v for k, v in value.items() if isinstance(v, int) and not isinstance(v, bool)}
