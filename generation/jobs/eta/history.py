"""What the last jobs of a model show: how long each part took, and how many ran at once."""

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from generation.jobs.eta.distributions import Distribution

WARM_SECONDS = 60.0
"""After the end of a job, the next one starts warm; as `model_queues.WARM_FOR`."""
MIN_OF_SIZE = 5  # jobs of a size before they are used instead of all of the model
MIN_OF_KIND = 3  # starts of a kind before they are used instead of all starts
LAST_STARTS = 24  # that show how many run at once
MOMENT = 0.05  # seconds by which an end and the start that it allows may be measured apart


@dataclass(frozen=True, slots=True)
class Record:
    """A job that has succeeded; moments in seconds since the epoch, durations in seconds."""

    size: int  # `size_of`
    submitted_at: float  # of the last attempt
    delay: float  # in the provider's queue, a cold start included
    execution: float
    finished_at: float

    @property
    def started_at(self) -> float:
        return self.submitted_at + self.delay

    @property
    def ended_at(self) -> float:
        return min(self.submitted_at + self.delay + self.execution, self.finished_at)


@dataclass(frozen=True)
class History:
    """Durations in seconds; a part without recorded jobs is None or empty."""

    service: Distribution | None = None  # from a worker's start to the stored image
    by_size: Mapping[int, Distribution] = field(default_factory=dict)
    storing: Distribution | None = None  # from a worker's end to the stored image
    starts: Mapping[bool, Distribution] = field(default_factory=dict)
    """In the provider's queue, for jobs that find a free slot: whether a worker was active."""
    at_once: int | None = None  # jobs that run at once while others wait; None: never seen


def size_of(width: int | None, height: int | None, steps: int | None) -> int:
    """Return the class of jobs that take about as long: half octaves of pixels × steps."""
    work = max(1, width or 0) * max(1, height or 0) * max(1, steps or 1)
    return round(2 * math.log2(work))


def history_of(records: Sequence[Record], *, limit: int) -> History:
    """Return what these jobs of one model show; `limit` is its `max_in_flight`."""
    if not records:
        return History()
    records = sorted(records, key=lambda job: job.started_at)
    sizes: dict[int, list[float]] = {}
    for job in records:
        sizes.setdefault(job.size, []).append(job.finished_at - job.started_at)
    line = _Line(records)
    at_once = line.at_once(limit)
    return History(
        service=Distribution.of(seconds for values in sizes.values() for seconds in values),
        by_size={
            size: Distribution.of(values)
            for size, values in sizes.items()
            if len(values) >= MIN_OF_SIZE
        },
        storing=Distribution.of(job.finished_at - job.ended_at for job in records),
        starts=line.starts(at_once or limit),
        at_once=at_once,
    )


class _Line:
    """How many jobs were where at any moment, from the records in order of their starts."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.records = records
        self.sent = sorted(job.submitted_at for job in records)
        self.started = [job.started_at for job in records]
        self.ended = sorted(job.ended_at for job in records)

    def running(self, moment: float) -> int:
        return bisect_right(self.started, moment) - bisect_right(self.ended, moment)

    def at_once(self, limit: int) -> int | None:
        """Return how many usually ran right after a start that an end had made possible."""
        seen = [self.running(job.started_at + MOMENT) for job in self.records if self.was_held(job)]
        last = sorted(seen[-LAST_STARTS:])
        return max(1, min(limit, last[len(last) * 3 // 4])) if last else None

    def was_held(self, job: Record) -> bool:
        """Return whether another job has ended while it waited."""
        ended = bisect_right(self.ended, job.started_at + MOMENT)
        return ended > bisect_right(self.ended, job.submitted_at)

    def starts(self, at_once: int) -> dict[bool, Distribution]:
        """Return the delays of jobs that found a free slot, by whether a worker was active."""
        seen: dict[bool, list[float]] = {True: [], False: []}
        together = Counter[float]()  # jobs that were submitted at once
        for job in self.records:
            moment = job.submitted_at
            before = (
                bisect_left(self.sent, moment) + together[moment] - bisect_right(self.ended, moment)
            )
            together[moment] += 1
            if before < at_once and bisect_right(self.ended, moment):
                seen[self.is_warm(moment)].append(job.delay)
            # The others waited for others; or nothing is known about the time before.
        every = seen[True] + seen[False]
        kinds = {kind: own if len(own) >= MIN_OF_KIND else every for kind, own in seen.items()}
        return {kind: Distribution.of(used) for kind, used in kinds.items() if used}

    def is_warm(self, moment: float) -> bool:
        """Return whether a job was running, or had ended in the last WARM_SECONDS."""
        stopped = bisect_left(self.ended, moment - WARM_SECONDS)
        return bisect_right(self.started, moment) > stopped
