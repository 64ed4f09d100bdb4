"""Positions in the queue of a model: the order in which `scheduling` would submit jobs now."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple
from uuid import UUID

ID_BYTES = 16


class QueuePosition(NamedTuple):
    """How many queued jobs go before a job, and how many of these are of the same user."""

    before: int
    own: int


class Positions(Mapping[UUID, int]):
    """Positions of queued jobs, as one byte string, so that thousands are fast to pickle."""

    def __init__(
        self,
        ids: Iterable[UUID] = (),
        own: Iterable[int] = (),
        ranks: Iterable[int] = (),
    ) -> None:
        self.order = b"".join(job_id.bytes for job_id in ids)
        self.own = array("I", own)
        """Of each job, how many jobs of the same user go before it."""
        self.ranks = array("I", ranks)
        """As in `scheduling.LINE`; ascending."""

    def __getitem__(self, job_id: UUID) -> int:
        at = self.order.find(job_id.bytes)
        while at % ID_BYTES and at >= 0:  # a match across two ids
            at = self.order.find(job_id.bytes, at + 1)
        if at < 0:
            raise KeyError(job_id)
        return at // ID_BYTES

    def __len__(self) -> int:
        return len(self.order) // ID_BYTES

    def __iter__(self) -> Iterator[UUID]:
        return (
            UUID(bytes=self.order[at : at + ID_BYTES]) for at in range(0, len(self.order), ID_BYTES)
        )

    def position_of(self, job_id: UUID) -> QueuePosition | None:
        before = self.get(job_id)
        return None if before is None else QueuePosition(before, self.own[before])

    def of_new(self, *, own: int, busy: int, number: int) -> QueuePosition:
        """Return the position of the `number`-th new job of a user.

        `own` and `busy`: how many jobs the user has queued, and at the provider. The new ones are
        the last of their rank.
        """
        own += number - 1
        return QueuePosition(number - 1 + bisect_right(self.ranks, own + 1 + busy), own)
