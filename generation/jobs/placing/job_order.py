"""An order: what is asked for, whose it is, who places it; and the jobs that it became."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from itertools import accumulate, pairwise
from uuid import UUID

from uuid_utils.compat import uuid7

from accounts.models import User
from generation.catalog.offers import BATCH_MAX
from generation.jobs.placing import sheet_orders
from generation.jobs.placing.client_calls import ClientCall
from generation.models import Job, Status
from generation.moderation.prompt_reviews import HeldOrder, MatchesByPrompt
from generation.studio.presets import own_styles
from generation.studio.presets.own_styles import StyleText

LIST_MAX = 64
"""Jobs of a list of runs."""


@dataclass(frozen=True)
class PlacedOrder:
    """The jobs of an order; `created` is False if its Idempotency-Key had placed them before.

    `batch` is the first one of a list of runs; of such a list a known key returns only that.
    """

    jobs: list[Job]
    batch: UUID | None
    created: bool


class Placer(Enum):
    """In which role somebody places an order."""

    USER = "user"  # the order is their own
    STAFF = "staff"  # for its user, whose limits do not apply
    MODERATOR = "moderator"  # has approved its prompts


@dataclass(frozen=True)
class JobOrder(HeldOrder):
    """An order as it was sent. The jobs belong to `user`, who pays for them."""

    is_listed: bool = False
    """Whether its requests were sent as a list, so that errors name them: `jobs[2].width`."""
    call: ClientCall | None = None
    """The call that the key stands for, in place of its requests: they differ each time."""
    run_lengths: Sequence[int] = ()
    """Of a list of runs: how many of the requests each of them has, in their order."""
    repeats: Job | None = None
    """The job that it queues again."""
    placer: Placer = Placer.USER
    placed_by: User | None = None
    """Who of staff or moderators places it; None for a command."""

    @property
    def actor(self) -> User | None:
        return self.user if self.placer is Placer.USER else self.placed_by

    @property
    def by_staff(self) -> bool:
        return self.placer is Placer.STAFF

    @property
    def max_count(self) -> int:
        """How many jobs it may have; `studio.comparisons` bounds those of a sheet."""
        if self.run_lengths:
            return LIST_MAX
        return len(self.requests) if self.sheet else BATCH_MAX

    def new_batches(self) -> list[UUID]:
        """Return an id for the batch of each request; [] if they form none."""
        if not self.is_batch:
            return []
        lengths = self.run_lengths or [len(self.requests)]
        return [batch for length in lengths for batch in [uuid7()] * length]

    def run_at(self, index: int) -> "JobOrder":
        """Return the order of the run that this request is in: all of it, unless it has several."""
        if len(self.run_lengths) < 2:
            return self
        for start, end in pairwise(accumulate(self.run_lengths, initial=0)):
            if start <= index < end:  # not with the key of the list, which is sent again
                return replace(self, requests=self.requests[start:end], run_lengths=(), key="")
        return self

    @cached_property
    def sheet_id(self) -> UUID | None:
        """The sheet in which it queues a cell again; raises CellReplaced."""
        return sheet_orders.sheet_of(self.repeats) if self.repeats else None

    @property
    def kept_style(self) -> StyleText | None:
        """The own style of the job that it repeats, as it was then."""
        return own_styles.of_job(self.repeats) if self.repeats else None

    @property
    def endpoint_wanted(self) -> int | None:
        """The endpoint that made what it repeats: the same seed gives other pixels elsewhere."""
        is_made = self.repeats and self.repeats.status == Status.SUCCEEDED
        return self.repeats.endpoint_id if self.repeats and is_made else None

    @property
    def detail(self) -> str:
        """What the history of its jobs says about it."""
        if self.repeats:
            return f"again {self.repeats.id}"
        return "approved" if self.placer is Placer.MODERATOR else ""


class Stopped(Exception):
    """Rules stop an order, or of a list of runs this one."""

    def __init__(self, order: JobOrder, matches: MatchesByPrompt) -> None:
        super().__init__()
        self.order, self.matches = order, matches
