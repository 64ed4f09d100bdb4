"""What the last jobs of a model show: how long each part took, and how many ran at once."""

import enum
import math
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from uuid import UUID

from generation.jobs.eta.distributions import Distribution
from generation.jobs.eta.mean_wait import mean_wait
from generation.jobs.queue.queue_positions import position_of_next

WARM_SECONDS = 60.0
"""After the end of a job, the next one starts warm; as `model_queues.WARM_FOR`."""
MIN_OF_SIZE = 5  # jobs of a size before they are used instead of all of the model
MIN_OF_KIND = 3  # starts of a kind before they are used instead of all starts
LAST_STARTS = 24  # that show how many run at once
MIN_PROMISED = 20  # jobs before the last promises correct the next ones
CORRECTION, MAX_CORRECTION, MAX_SHARE = 0.8, 0.15, 0.97
LAST_WAITS = 60  # that show how far computed waits in line are off; batches are alike
MINUTE = 60.0
MOMENT = 0.05  # seconds by which an end and the start that it allows may be measured apart
SLOW = 2.5  # times as long as usual took the jobs of a slow minute
PAST = 0.1  # of its weight, once it is over


@dataclass(frozen=True, slots=True)
class Record:
    """A job that has succeeded; moments in seconds since the epoch, durations in seconds."""

    user_id: UUID
    size: int  # `size_of`
    created_at: float
    submitted_at: float  # of the last attempt
    delay: float  # in the provider's queue, a cold start included
    execution: float
    finished_at: float
    promised_p50_at: float | None = None
    promised_p90_at: float | None = None
    is_limited: bool = False  # whether the user has a limit of jobs at once

    @property
    def waits_from(self) -> float:
        """From when on only other jobs can keep it from starting: before, a limit may hold it."""
        return self.submitted_at if self.is_limited else self.created_at

    @property
    def started_at(self) -> float:
        return self.submitted_at + self.delay

    @property
    def ended_at(self) -> float:
        return min(self.submitted_at + self.delay + self.execution, self.finished_at)


class Start(enum.Enum):
    """How a job that finds a free slot starts at the provider."""

    WARM = "warm"  # a worker is idle
    FURTHER = "further"  # all active workers are busy; another one has to start
    COLD = "cold"  # no worker is active


@dataclass(frozen=True)
class History:
    """Durations in seconds; a part without recorded jobs is None or empty."""

    typical: int = 0  # seconds of a job that staff entered in the catalog
    service: Distribution | None = None  # from a worker's start to the stored image
    by_size: Mapping[int, Distribution] = field(default_factory=dict)
    storing: Distribution | None = None  # from a worker's end to the stored image
    starts: Mapping[Start, Distribution] = field(default_factory=dict)  # in the provider's queue
    at_once: int | None = None  # jobs that run at once while others wait; None: never seen
    place: Distribution | None = None  # from a start to the next one of the same worker
    waits: Distribution | None = None  # real waits in line as multiples of computed ones
    shares: tuple[float, float] = (0.5, 0.9)  # of the distributions, that are shown as p50 and p90
    line_shares: tuple[float, float] = (0.5, 0.9)  # those of jobs that wait in line
    peaks: tuple[tuple[float, int], ...] = ()  # for the last jobs: its end, how many ran with it
    sums: dict[tuple[int, Start], Distribution] = field(
        default_factory=dict, repr=False, compare=False
    )
    """Sums that `Forecast` has computed: they last as long as this history in memory."""

    def peak(self, moment: float) -> int:
        """Return how many jobs ran at once in the last WARM_SECONDS, as far as they have ended."""
        return _peak(self.peaks, moment)


def size_of(width: int | None, height: int | None, steps: int | None) -> int:
    """Return the class of jobs that take about as long: half octaves of pixels × steps."""
    work = max(1, width or 0) * max(1, height or 0) * max(1, steps or 1)
    return round(2 * math.log2(work))


def history_of(records: Sequence[Record], *, limit: int) -> History:
    """Return what these jobs of one model show; `limit` is its `max_in_flight`."""
    if not records:
        return History()
    records = sorted(records, key=lambda job: job.started_at)
    weights = _weights(records)
    sizes: dict[int, list[tuple[float, float]]] = {}
    for job, weight in zip(records, weights, strict=True):
        sizes.setdefault(job.size, []).append((job.finished_at - job.started_at, weight))
    service = Distribution.weighted(value for values in sizes.values() for value in values)
    line = _Line(records, weights)
    at_once = line.at_once(limit)
    starts, slot_time = line.starts(at_once or limit), line.slot_time()
    promised = [pair for pair in zip(records, weights, strict=True) if not pair[0].is_limited]
    return History(
        service=service,
        by_size={
            size: Distribution.weighted(values)
            for size, values in sizes.items()
            if len(values) >= MIN_OF_SIZE
        },
        storing=line.of_each(lambda job: job.finished_at - job.ended_at),
        starts=starts,
        at_once=at_once,
        place=slot_time,
        shares=_shares([pair for pair in promised if not line.was_held(pair[0])]),
        line_shares=_shares([pair for pair in promised if line.was_held(pair[0])]),
        waits=line.waits(at_once or limit, starts=starts, slot_seconds=slot_time.mean),
        peaks=tuple(line.peaks[-LAST_STARTS:]),
    )


def _weights(records: Sequence[Record]) -> list[float]:
    """Return how much each job counts: each minute in which jobs were placed alike.

    So a burst in which everything was slow counts as little as one slow job, and less once it is
    over: later minutes are as fast as usual.
    """
    of_size: dict[int, list[float]] = defaultdict(list)
    for job in records:
        of_size[job.size].append(job.finished_at - job.started_at)
    usual = {size: max(1.0, median(seconds)) for size, seconds in of_size.items()}
    minutes = _minutes(records)
    paces: dict[int, list[float]] = defaultdict(list)
    for job, minute in zip(records, minutes, strict=True):
        paces[minute].append((job.finished_at - job.started_at) / usual[job.size])
    over = _slow_and_over(paces, limit=SLOW)
    return [(PAST if minute in over else 1) / len(paces[minute]) for minute in minutes]


def _slow_and_over(values: Mapping[int, Sequence[float]], *, limit: float) -> set[int]:
    """Return the minutes whose median is above this limit, unless no later one is below."""
    over = set[int]()
    is_over = False
    for minute in sorted(values, reverse=True):
        if median(values[minute]) <= limit:
            is_over = True
        elif is_over:
            over.add(minute)
    return over


def _minutes(records: Sequence[Record]) -> list[int]:
    """Return for each the number of the minute in which it was placed."""
    numbers = [0] * len(records)
    number, begin = -1, -math.inf
    for index in sorted(range(len(records)), key=lambda index: records[index].created_at):
        if records[index].created_at - begin >= MINUTE:
            number, begin = number + 1, records[index].created_at
        numbers[index] = number
    return numbers


def _shares(records: Sequence[tuple[Record, float]]) -> tuple[float, float]:
    """Return which shares of the distributions to promise as p50 and p90.

    Corrected by how often the last promises were kept, as in adaptive conformal inference
    (Gibbs and Candès, 2021): what recorded jobs cannot show, such as fewer workers from now on,
    breaks promises. The correction is smaller than the error, so that it settles.
    """
    shares = []
    for share, kept in (
        (
            0.5,
            [
                (job.finished_at <= job.promised_p50_at, weight)
                for job, weight in records
                if job.promised_p50_at
            ],
        ),
        (
            0.9,
            [
                (job.finished_at <= job.promised_p90_at, weight)
                for job, weight in records
                if job.promised_p90_at
            ],
        ),
    ):
        error = 0.0
        if len(kept) >= MIN_PROMISED:
            of_all = sum(weight for _is_kept, weight in kept)
            error = share - sum(weight for is_kept, weight in kept if is_kept) / of_all
        correction = max(-MAX_CORRECTION, min(MAX_CORRECTION, CORRECTION * error))
        shares.append(min(MAX_SHARE, share + correction))
    return shares[0], shares[1]


def _peak(peaks: Iterable[tuple[float, int]], moment: float) -> int:
    since = moment - WARM_SECONDS
    return max((count for ended_at, count in peaks if ended_at >= since), default=0)


class _Line:
    """How many jobs were where at any moment, from the records in order of their starts."""

    def __init__(self, records: Sequence[Record], weights: Sequence[float]) -> None:
        self.records, self.weights = records, weights
        self.minutes = _minutes(records)
        self.created = sorted(job.created_at for job in records)
        self.waits_from = sorted(job.waits_from for job in records)
        self.sent = sorted(job.submitted_at for job in records)
        self.started = [job.started_at for job in records]
        self.ended = sorted(job.ended_at for job in records)
        self.peaks = [(job.ended_at, self.running(job.started_at)) for job in records]

    def of_each(self, seconds: Callable[[Record], float]) -> Distribution:
        return Distribution.weighted(zip(map(seconds, self.records), self.weights, strict=True))

    def of_some(self, samples: Sequence[tuple[int, float]], *, usual: float) -> Distribution:
        """Return the distribution of values of these records, by their numbers.

        Minutes in which they were SLOW times as long as usual count less once they are over.
        """
        values: dict[int, list[float]] = defaultdict(list)
        for number, value in samples:
            values[self.minutes[number]].append(value)
        over = _slow_and_over(values, limit=SLOW * max(1.0, usual))
        return Distribution.weighted(
            (value, self.weights[number] * (PAST if self.minutes[number] in over else 1))
            for number, value in samples
        )

    def running(self, moment: float) -> int:
        return bisect_right(self.started, moment) - bisect_right(self.ended, moment)

    def waiting(self, moment: float) -> int:
        return bisect_right(self.waits_from, moment) - bisect_right(self.started, moment)

    def at_once(self, limit: int) -> int | None:
        """Return how many usually ran right after a start while others waited.

        Only starts that an end has made possible: of a burst that finds free workers, the first
        ones run alone until the others are there, too.
        """
        seen = [
            self.running(job.started_at + MOMENT)
            for job in self.records
            if self.waiting(job.started_at + MOMENT) > 0 and self.was_held(job)
        ]
        last = sorted(seen[-LAST_STARTS:])
        return max(1, min(limit, last[len(last) * 3 // 4])) if last else None

    def was_held(self, job: Record) -> bool:
        """Return whether another job has ended while it waited."""
        ended = bisect_right(self.ended, job.started_at + MOMENT)
        return ended > bisect_right(self.ended, job.waits_from)

    def slot_time(self) -> Distribution:
        """Return how long a job keeps its slot: on the worker, and until the next one starts."""
        between = []
        for end in self.ended:
            next_start = bisect_right(self.started, end)
            if next_start < len(self.started) and self.waiting(end) > 0:
                between.append(self.started[next_start] - end)
        turnaround = Distribution.of(between[-LAST_STARTS:]).quantile(0.5) if between else 0.0
        return self.of_each(lambda job: job.ended_at - job.started_at + turnaround)

    def starts(self, at_once: int) -> dict[Start, Distribution]:
        """Return the delays of jobs that found a free slot, by kind."""
        seen: dict[Start, list[tuple[int, float]]] = {kind: [] for kind in Start}
        together = Counter[float]()  # jobs that were submitted at once
        for number, job in enumerate(self.records):
            moment = job.submitted_at
            before = (
                bisect_left(self.sent, moment) + together[moment] - bisect_right(self.ended, moment)
            )
            together[moment] += 1
            if before >= at_once or not bisect_right(self.ended, moment):
                continue  # it waited for others; or nothing is known about the time before
            peaks = self.peaks[: bisect_right(self.started, moment)]
            seen[start_kind(peak=_peak(peaks, moment), before=before)].append((number, job.delay))
        every = [delay for delays in seen.values() for delay in delays]
        # A cold start may be taken for a warm one: what is as fast as another kind is not slow.
        of_kinds = [median(delay for _number, delay in kind) for kind in seen.values() if kind]
        usual = max(of_kinds, default=0.0)
        starts = {}
        for kind, delays in seen.items():
            used = delays if len(delays) >= MIN_OF_KIND else every
            if used:
                starts[kind] = self.of_some(used, usual=usual)
        return starts

    def sent_by(self, moment: float) -> int:
        """Return how many jobs were at the provider and did not run yet."""
        return bisect_right(self.sent, moment) - bisect_right(self.started, moment)

    def jobs_before(self, job: Record) -> int:
        """Return how many jobs fair scheduling put before the job when it was placed."""
        moment = job.created_at
        users: dict[UUID, tuple[int, int]] = {}
        number = 1
        for record in self.records:
            if record.created_at > moment or record.ended_at <= moment:
                continue
            if record.created_at == moment:  # of the same order
                number += record.user_id == job.user_id and record.started_at < job.started_at
                continue
            queued, busy = users.get(record.user_id, (0, 0))
            is_sent = record.submitted_at <= moment
            users[record.user_id] = queued + (not is_sent), busy + is_sent
        return position_of_next(users, job.user_id, number=number).before

    def waits(
        self, at_once: int, *, starts: Mapping[Start, Distribution], slot_seconds: float
    ) -> Distribution | None:
        """Return the waits of jobs that found no free slot, as multiples of computed ones."""
        typical = {kind: start.quantile(0.5) for kind, start in starts.items()}
        ratios: list[tuple[int, float]] = []
        for index, record in reversed(list(enumerate(self.records))):
            moment = record.created_at
            ended = bisect_right(self.ended, moment)
            if not ended or bisect_right(self.created, moment) - ended <= at_once:
                continue  # even with all others of its order it found a free slot
            if record.is_limited:
                continue
            before = self.jobs_before(record) + self.sent_by(moment)
            if before + self.running(moment) < at_once:
                continue
            busy = min(self.running(moment), at_once)
            peak = _peak(self.peaks[: bisect_right(self.started, moment)], moment)
            kinds = [start_kind(peak=peak, before=number) for number in range(busy, at_once)]
            computed = mean_wait(
                before,
                busy=busy,
                starts=[typical.get(kind, 0.0) for kind in kinds],
                slot_seconds=slot_seconds,
            )
            real = record.started_at - moment + slot_seconds
            ratios.append((index, real / max(1.0, computed + slot_seconds)))
            if len(ratios) == LAST_WAITS:
                break
        return self.of_some(ratios, usual=1.0) if len(ratios) >= MIN_OF_SIZE else None


def start_kind(*, peak: int, before: int) -> Start:
    """Return how a job starts, given the number of jobs before it at the provider.

    `peak`: how many ran at once in the last minute. As many workers are still active.
    """
    if not peak:
        return Start.COLD
    return Start.WARM if before < peak else Start.FURTHER
