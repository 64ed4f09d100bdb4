"""The wait for a slot at the provider: how long until the jobs that go before have started."""

import heapq
from collections.abc import Sequence


def mean_wait(waiting: int, *, busy: int, starts: Sequence[float], slot_seconds: float) -> float:
    """Return the seconds until `waiting` jobs and then another one can start.

    Each job goes to the slot that is free first and keeps it for `slot_seconds`.

    Args:
        waiting: jobs that go before and do not run yet.
        busy: slots with a running job, each anywhere in its time.
        starts: for each free slot, how long its worker takes to start.
        slot_seconds: how long a job keeps its slot.
    """
    ready = [slot_seconds * (number + 1) / (busy + 1) for number in range(busy)] + list(starts)
    heapq.heapify(ready)
    rounds = max(0, waiting // len(ready) - 2)  # whole ones, which change nothing but the time
    for _number in range(waiting - rounds * len(ready)):
        heapq.heapreplace(ready, ready[0] + slot_seconds)
    return ready[0] + rounds * slot_seconds
