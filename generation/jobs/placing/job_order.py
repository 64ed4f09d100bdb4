"""An order: what is asked for, whose it is, who places it; and the jobs that it became."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

from accounts.models import User
from generation.catalog.offers import BATCH_MAX
from generation.jobs.placing.sheet_orders import SheetOrder
from generation.models import Job, Status
from generation.moderation.prompt_reviews import HeldOrder
from generation.studio.presets import own_styles
from generation.studio.presets.own_styles import StyleText


@dataclass(frozen=True)
class PlacedOrder:
    """The jobs of an order; `created` is False if its Idempotency-Key had placed them before."""

    jobs: list[Job]
    batch: UUID | None
    created: bool


class Placer(Enum):
    """In which role somebody places an order."""

    USER = "user"  # the order is their own
    STAFF = "staff"  # for its user, whose limits do not apply
    MODERATOR = "moderator"  # has approved its prompts


@dataclass(frozen=True)
class JobOrder:
    """An order as it was sent. The jobs belong to `user`, who pays for them."""

    user: User
    requests: Sequence[Mapping[str, Any]]
    """One for each job: `{"model", …JOB_FIELDS}`."""
    is_batch: bool = True
    is_listed: bool = False
    """Whether its requests were sent as a list, so that errors name them: `jobs[2].width`."""
    key: str = ""
    """The Idempotency-Key, "" for none."""
    asked: Mapping[str, Any] | None = None
    """What the key stands for, if not its requests: they differ each time."""
    token_id: UUID | None = None
    """The API token that places it, if that has a spending limit."""
    sheet: SheetOrder | None = None
    """The sheet that its jobs form."""
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
        return len(self.requests) if self.sheet else BATCH_MAX

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

    @property
    def held(self) -> HeldOrder:
        """The order as `moderation` keeps it when rules stop it."""
        return HeldOrder(
            self.user,
            self.requests,
            is_batch=self.is_batch,
            key=self.key,
            token_id=self.token_id,
            sheet=self.sheet.as_json() if self.sheet else None,
        )
