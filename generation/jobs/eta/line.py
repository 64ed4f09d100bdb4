"""The wait for a place: how long until the jobs that go before have started."""

import heapq
from collections.abc import Sequence


def mean_wait(waiting: int, *, busy: int, starts: Sequence[float], place: float) -> float:
    """Return the seconds until `waiting` jobs and then another one can start.

    Each job goes to the place that is free first and keeps it for `place` seconds.

    Args:
        waiting: jobs that go before and do not run yet.
        busy: places with a running job, each anywhere in its time.
        starts: for each free place, how long its worker takes to start.
        place: seconds.
    """
    ready = [place * (number + 1) / (busy + 1) for number in range(busy)] + list(starts)
    heapq.heapify(ready)
    rounds = max(0, waiting // len(ready) - 2)  # whole ones, which change nothing but the time
    for _number in range(waiting - rounds * len(ready)):
        heapq.heapreplace(ready, ready[0] + place)
    return ready[0] + rounds * place
