"""Number, status and duration of requests: counted in each process, summed in Redis.

Requests never wait for it: each process counts in memory, and a thread writes the counts to Redis
every few seconds. `/metrics` and `manage.py monitor` read the sums of all processes and machines.
A killed process loses up to FLUSH_SECONDS.
"""

import atexit
import contextlib
import logging
import os
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import redis
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from artgen.redis.redis_clients import client
from artgen.refusals import Refusal

log = logging.getLogger(__name__)

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the histogram's buckets in seconds; one more bucket is above the last one."""
FLUSH_SECONDS = 5
KEPT_MINUTES = 15
UNCOUNTED = ("healthz", "readyz", "metrics", "static", "media")
KEY = "artgen:traffic"
PAUSED = "paused"
"""The class of a 503 while an operator has paused something: not an error."""


@dataclass
class Times:
    """A histogram of durations: a count per bucket, and the sum of seconds."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0

    @property
    def count(self) -> int:
        return sum(self.counts)

    def __add__(self, other: "Times") -> "Times":
        counts = [sum(pair) for pair in zip(self.counts, other.counts, strict=True)]
        return Times(counts, self.seconds + other.seconds)

    def quantile(self, share: float) -> float | None:
        """Return the quantile in seconds; None without requests.

        Interpolates within a bucket as Prometheus does:
        https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
        """
        rank, before = share * self.count, 0
        for number, count in enumerate(self.counts[:-1]):
            if count and before + count >= rank:
                lower = BOUNDS[number - 1] if number else 0.0
                return lower + (BOUNDS[number] - lower) * (rank - before) / count
            before += count
        return BOUNDS[-1] if self.count else None


Series = tuple[str, str]
"""Kind of request (`kind_of`) and class of its status, such as ("api", "2xx"), or PAUSED."""
RequestCounts = Mapping[Series, Times]


def kind_of(path: str) -> str:
    """Return the kind of a path: api, program, hook, admin, page; empty if it is not counted.

    "program": an API of another service, whose responses contain whole images.
    """
    first = path.lstrip("/").partition("/")[0]
    if first in UNCOUNTED:
        return ""
    if first in ("v1", "sdapi", "t", "mcp"):
        return "program"
    return {"api": "api", "hooks": "hook", "admin": "admin"}.get(first, "page")


def middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Count every request with its duration, including all other middleware."""

    def counted(request: HttpRequest) -> HttpResponseBase:
        start = time.perf_counter()
        response = get_response(request)
        if kind := kind_of(request.path_info):
            seconds = time.perf_counter() - start
            note(kind, response.status_code, seconds, is_deliberate=_is_deliberate(response))
        return response

    return counted


def mark(response: HttpResponseBase, refusal: Refusal) -> None:
    """Do not count this response as an error if an operator caused the refusal."""
    response.is_deliberate = refusal.is_deliberate  # type: ignore[attr-defined]


def _is_deliberate(response: HttpResponseBase) -> bool:
    return bool(getattr(response, "is_deliberate", False))


# --- counting in this process --------------------------------------------------------------------
_lock = threading.Lock()
_flushing = threading.Lock()  # one batch at a time
_counts: Counter[tuple[int, str]] = Counter()  # by minute and field
_flusher: threading.Thread | None = None


def note(kind: str, status: int, seconds: float, *, is_deliberate: bool = False) -> None:
    """Count one request; a deliberate 5xx as "paused"."""
    global _flusher  # noqa: PLW0603 one per process
    number = next((n for n, bound in enumerate(BOUNDS) if seconds <= bound), len(BOUNDS))
    minute = int(time.time()) // 60
    name = f"{kind} {PAUSED if is_deliberate and status >= 500 else f'{status // 100}xx'}"
    with _lock:
        _counts[minute, f"{name} {number}"] += 1
        _counts[minute, f"{name} us"] += round(seconds * 1_000_000)
        if _flusher is None:
            _flusher = threading.Thread(target=_flush_regularly, name="traffic", daemon=True)
            _flusher.start()


def flush() -> None:
    """Write this process's counts to the store; on failure keep them for later."""
    with _flushing:
        with _lock:
            counts = dict(_counts)
            _counts.clear()
        if not counts:
            return
        try:
            _store().add(counts)
        except redis.RedisError as error:
            log.warning("requests not counted yet", extra={"error": repr(error)})
            oldest = int(time.time()) // 60 - KEPT_MINUTES
            with _lock:
                _counts.update(
                    {
                        (minute, name): count
                        for (minute, name), count in counts.items()
                        if minute >= oldest
                    }
                )


def _flush_regularly() -> None:
    while True:
        time.sleep(FLUSH_SECONDS)
        flush()


def _after_fork() -> None:
    global _lock, _flushing, _flusher
    _lock, _flushing, _flusher = threading.Lock(), threading.Lock(), None
    _counts.clear()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(flush)


# --- the sums of all processes -------------------------------------------------------------------
def totals() -> RequestCounts:
    """Return all requests ever counted; raises RedisError."""
    flush()
    return _read(_store().totals())


def recent(minutes: int) -> RequestCounts:
    """Return the requests of the last whole minutes and the current one; raises RedisError."""
    flush()
    now = int(time.time()) // 60
    return _read(_store().of_minutes(range(now - minutes, now + 1)))


def _read(counts: Mapping[str, int]) -> RequestCounts:
    counted: defaultdict[Series, Times] = defaultdict(Times)
    for name, count in counts.items():
        kind, status, what = name.split()
        times = counted[kind, status]
        if what == "us":
            times.seconds += count / 1_000_000
        elif int(what) < len(times.counts):
            times.counts[int(what)] += count
    return counted


class _Store:
    def __init__(self, url: str) -> None:
        self._redis = client(url)

    def add(self, counts: Mapping[tuple[int, str], int]) -> None:
        with self._redis.pipeline(transaction=True) as batch:
            for (minute, name), count in counts.items():
                batch.hincrby(KEY, name, count)
                batch.hincrby(f"{KEY}:{minute}", name, count)
            for minute in {minute for minute, _ in counts}:
                batch.expire(f"{KEY}:{minute}", KEPT_MINUTES * 60)
            batch.execute()

    def totals(self) -> Mapping[str, int]:
        return _decoded(self._redis.hgetall(KEY))

    def of_minutes(self, minutes: Iterable[int]) -> Mapping[str, int]:
        with self._redis.pipeline(transaction=False) as batch:
            for minute in minutes:
                batch.hgetall(f"{KEY}:{minute}")
            return sum((Counter(_decoded(fields)) for fields in batch.execute()), Counter())


def _decoded(fields: Mapping[bytes | str, bytes | str]) -> dict[str, int]:
    counts = {}
    for name, count in fields.items():
        with contextlib.suppress(ValueError):
            counts[name.decode() if isinstance(name, bytes) else name] = int(count)
    return counts


def _store() -> _Store:
    return store_at(settings.REDIS_URL)


@lru_cache(maxsize=4)
def store_at(url: str) -> _Store:
    """Return the counts in Redis at this address."""
    return _Store(url)
