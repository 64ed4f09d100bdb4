"""Distributions of durations as equally likely values."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

VALUES = 20  # kept of a distribution
FEW = 4  # with fewer recorded values left, the tail is used
TAIL = (0.1, 0.2, 0.35, 0.6, 1.2)
"""What is left of a job that takes longer than recorded ones, as shares of its time so far."""


@dataclass(frozen=True)
class Distribution:
    """Seconds in ascending order, each equally likely; at least one."""

    values: tuple[float, ...]

    @classmethod
    def of(cls, samples: Iterable[float]) -> "Distribution":
        """Return the distribution of these samples, thinned to VALUES; at least one sample."""
        ordered = tuple(sorted(samples))
        if len(ordered) <= VALUES:
            return cls(ordered)
        return cls(tuple(_quantile(ordered, (n + 1) / (VALUES + 1)) for n in range(VALUES)))

    def quantile(self, share: float) -> float:
        """Return the value below which this share lies.

        Position (n + 1) × share, so that few samples give a careful p90: up to nine, the largest.
        """
        return _quantile(self.values, share)

    @cached_property
    def mean(self) -> float:
        return sum(self.values) / len(self.values)

    def after(self, elapsed: float) -> "Distribution":
        """Return what is left when it has taken `elapsed` seconds so far."""
        if elapsed <= 0:
            return self
        left = [value - elapsed for value in self.values[bisect_right(self.values, elapsed) :]]
        if len(left) < min(FEW, len(self.values)):
            left += [elapsed * share for share in TAIL]
        return Distribution.of(left)


def _quantile(ordered: tuple[float, ...], share: float) -> float:
    rank = share * (len(ordered) + 1) - 1
    if rank <= 0:
        return ordered[0]
    before = int(rank)
    if before >= len(ordered) - 1:
        return ordered[-1]
    return ordered[before] + (rank - before) * (ordered[before + 1] - ordered[before])
