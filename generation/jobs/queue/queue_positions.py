"""Positions in the queue of a model: the order in which `scheduling` would submit jobs now."""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

ID_BYTES = 16

Waiting = Mapping[UUID, Sequence[tuple[Any, UUID]]]
"""By user: time of placement and id of each queued job, oldest first."""


FIRST_POSITION = """(
    SELECT (
        WITH line AS (
            SELECT user_id, COUNT(*) FILTER (WHERE status = 'queued') AS queued,
                COUNT(*) FILTER (WHERE status <> 'queued') AS busy
            FROM generation_job
            WHERE model_id = own.model_id AND due_at IS NOT NULL AND status <> 'storing'
                AND (parked_until IS NULL OR parked_until <= CURRENT_TIMESTAMP)
            GROUP BY user_id
        ),
        mine AS (
            SELECT own.number + COALESCE(SUM(queued + busy), 0) AS rank,
                own.number - 1 + COALESCE(SUM(queued), 0) AS own_before
            FROM line WHERE user_id = own.user_id
        )
        SELECT ARRAY[
            own.number - 1 + COALESCE(SUM(LEAST(queued, GREATEST(0, rank - busy))), 0),
            MAX(own_before)
        ]::int[] FROM mine LEFT JOIN line ON TRUE
    )
    FROM (
        SELECT id, model_id, user_id,
            ROW_NUMBER() OVER (PARTITION BY model_id ORDER BY id) AS number
        FROM given
    ) AS own
    WHERE own.id = job_id
)"""
"""SQL of the `QueuePosition` of a job that `lifecycle.insert` inserts, as `model_queues` finds it.

Of each user, the jobs go before it that would be submitted while that user had no more jobs at
the provider than the new job's user has before the new one.
"""


class QueuePosition(NamedTuple):
    """How many queued jobs go before a job, and how many of these are of the same user."""

    before: int
    own: int


def position_of_next(
    users: Mapping[UUID, tuple[int, int]], user_id: UUID | None, *, number: int
) -> QueuePosition:
    """Return the position of the `number`-th job that this user would create now.

    FIRST_POSITION is the same in SQL.

    `users`: how many jobs each has queued, and at the provider.
    """
    queued, busy = users.get(user_id, (0, 0)) if user_id else (0, 0)
    own, rank = queued + number - 1, queued + busy + number
    others = sum(
        min(theirs, max(0, rank - at_work))
        for other, (theirs, at_work) in users.items()
        if other != user_id
    )
    return QueuePosition(own + others, own)


class Positions(Mapping[UUID, int]):
    """Positions of queued jobs, as one byte string, so that thousands are fast to pickle."""

    def __init__(self, ids: Iterable[UUID] = (), own: Iterable[int] = ()) -> None:
        self.order = b"".join(job_id.bytes for job_id in ids)
        self.own = array("H", own)
        """Of each job, how many jobs of the same user go before it."""

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


def in_order(waiting: Waiting, busy: Mapping[UUID, int]) -> Positions:
    """Return the position of each queued job; `busy` counts each user's jobs at the providers.

    The order is that of `scheduling.ORDERED`: what is submitted next is the head of this.
    """
    line = sorted(
        (number + busy.get(user_id, 0), created_at, user_id, job_id, number)
        for user_id, own in waiting.items()
        for number, (created_at, job_id) in enumerate(own)
    )
    return Positions([job_id for *_, job_id, _ in line], [number for *_, number in line])
