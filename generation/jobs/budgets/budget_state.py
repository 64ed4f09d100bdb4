"""What budgets in dollars allow: what is used of each, and until when an order or a job waits.

`lifecycle.parking` parks what does not fit; staff change budgets through `budget_changes`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import DecimalField, TextField
from django.db.models.expressions import RawSQL

from accounts.limits import period_limits
from accounts.models import User
from generation.jobs.queue.queue_positions import QueuePosition
from generation.models import Budget, Job, JobQuerySet, Period

ALARM_SHARE = Decimal("0.8")
"""From this share on, staff are alarmed."""
CACHE_KEY = "jobs.budgets:2:states"
"""Of all states, which `eta.forecast` caches."""


@dataclass(frozen=True)
class BudgetState:
    """A budget, and what is used of it in the present day or month, in dollars."""

    budget: Budget
    spent: Decimal
    """Recorded, or expected of what the provider has not reported."""
    reserved: Decimal
    """Expected of the jobs at the provider."""
    members: frozenset[UUID] = frozenset()
    """Of a group's budget, the members with queued jobs."""

    @property
    def limit(self) -> Decimal:
        return self.budget.limit_usd

    @property
    def used(self) -> Decimal:
        """What is spent, with what is expected of the jobs at the provider."""
        return self.spent + self.reserved

    @property
    def share(self) -> float:
        """The used share; above 1 if jobs cost more than expected."""
        return float(self.used / self.limit) if self.limit else 1.0

    @property
    def is_near(self) -> bool:
        return self.used >= ALARM_SHARE * self.limit

    @property
    def is_reached(self) -> bool:
        """Whether no job fits any more, whatever it costs."""
        return self.spent >= self.limit

    @property
    def ends_at(self) -> datetime:
        return Period(self.budget.period).ends_at

    def concerns(self, *, model_id: int, user_id: UUID) -> bool:
        """Return whether it counts a queued job of this model and user."""
        if self.budget.group_id is not None:
            return user_id in self.members
        return self.budget.model_id in (None, model_id)

    def allows(self, usd: Decimal) -> bool:
        """Return whether a job of `usd` fits into what is spent, jobs at the provider apart."""
        return not self.is_reached and self.spent + usd <= self.limit


def parked_by(state: BudgetState) -> JobQuerySet:
    """Return the parked jobs that do not fit into this budget."""
    jobs, budget = Job.objects.parked(), state.budget
    if budget.group_id is not None:
        jobs = jobs.filter(user__groups=budget.group_id)
    elif budget.model_id is not None:
        jobs = jobs.filter(model=budget.model_id)
    return jobs if state.is_reached else jobs.filter(expected_usd__gt=state.limit - state.spent)


SPENT = """(COALESCE((
    SELECT SUM(spending.usd) FROM generation_spending AS spending
    WHERE spending.period = generation_budget.period
        AND spending.starts_on = CASE generation_budget.period
            WHEN 'day' THEN CAST(%s AS date) ELSE CAST(%s AS date)
        END
        AND spending.group_id = COALESCE(generation_budget.group_id, 0)
        AND (generation_budget.model_id IS NULL OR spending.model_id = generation_budget.model_id)
), 0) + CASE WHEN generation_budget.model_id IS NULL THEN COALESCE((
    SELECT SUM(calls.usd) FROM generation_promptspending AS calls
    WHERE calls.day >= CASE generation_budget.period
            WHEN 'day' THEN CAST(%s AS date) ELSE CAST(%s AS date)
        END
        AND calls.group_id = COALESCE(generation_budget.group_id, 0)
), 0) ELSE 0 END)"""
"""Dollars of jobs, and of calls of the prompt helper, which have no model.

Values: today and the first of its month, twice.
"""
RESERVED = """COALESCE((
    SELECT SUM(job.expected_usd) FROM generation_job AS job
    WHERE job.status IN ('submitted', 'running') AND job.due_at IS NOT NULL
        AND (generation_budget.model_id IS NULL OR job.model_id = generation_budget.model_id)
        AND (generation_budget.group_id IS NULL OR EXISTS (
            SELECT 1 FROM accounts_user_groups AS member
            WHERE member.group_id = generation_budget.group_id AND member.user_id = job.user_id
        ))
), 0)"""
"""Expected dollars of the jobs at the provider."""
MEMBERS = """(
    SELECT string_agg(DISTINCT member.user_id::text, ',')
    FROM accounts_user_groups AS member
    JOIN generation_job AS job ON job.user_id = member.user_id
        AND job.status = 'queued' AND job.due_at IS NOT NULL
    WHERE member.group_id = generation_budget.group_id
)"""
"""The ids of `BudgetState.members`."""


class Dollars(RawSQL):
    """An amount that is computed by a statement of this module."""

    def __init__(self, sql: str, values: Sequence[object] = ()) -> None:
        super().__init__(sql, values, DecimalField(max_digits=20, decimal_places=5))


def _ids(text: str | None) -> frozenset[UUID]:
    return frozenset(map(UUID, text.split(","))) if text else frozenset()


def states() -> list[BudgetState]:
    """Return all budgets with what is used of them, in one query."""
    today = period_limits.today()
    dates = [today, today.replace(day=1)] * 2
    # One statement, and so one state of jobs and sums.
    budgets = Budget.objects.select_related("group", "model").annotate(
        spent=Dollars(SPENT, dates),
        reserved=Dollars(RESERVED),
        members=RawSQL(MEMBERS, [], output_field=TextField()),  # noqa: S611 no input
    )
    return [
        BudgetState(
            budget, spent=budget.spent, reserved=budget.reserved, members=_ids(budget.members)
        )
        for budget in budgets.order_by("pk")
    ]


# --- a new order ----------------------------------------------------------------------------------
Costs = Sequence[tuple[int, Decimal]]
"""Of each image of an order the id of its model and the expected dollars."""


def costs_of(jobs: Sequence[Job]) -> Costs:
    return [(job.model_id, job.expected_usd or Decimal()) for job in jobs]


@dataclass(frozen=True)
class BudgetWait:
    """A new order would wait for a budget."""

    until: datetime
    """When its last image would be considered again."""
    is_partial: bool
    """Whether its first image would not wait, as far as is known."""
    is_spent: bool
    """Whether what is spent, not only the jobs at the provider, leaves its first image no room."""


def wait_of_order(user: User, costs: Costs, *, states: Sequence[BudgetState]) -> BudgetWait | None:
    """Return how a new order of this user would wait for budgets, None if they have room for it.

    `states` are all budgets, of the order's forecast. One query for the user's groups, only if a
    budget of a group is full.
    """
    lacking = _lacking(user, costs, states=states)
    waits = _waits(costs, lacking=lacking)
    until = max((wait for wait in waits if wait), default=None)
    if until is None:
        return None
    is_spent = any(_refuses(state, costs[0]) for state in lacking)
    return BudgetWait(until, is_partial=waits[0] is None, is_spent=is_spent)


def waits_of_order(
    user: User, costs: Costs, *, states: Sequence[BudgetState]
) -> list[datetime | None]:
    """Return until when each image of a new order waits for a budget, None: it does not.

    It waits if the jobs at the provider and the images before it leave no room. As `wait_of_order`.
    """
    return _waits(costs, lacking=_lacking(user, costs, states=states))


def _waits(costs: Costs, *, lacking: Sequence[BudgetState]) -> list[datetime | None]:
    left = {state.budget.pk: state.limit - state.used for state in lacking}
    waits = list[datetime | None]()
    for model_id, usd in costs:
        concerned = [state for state in lacking if state.budget.model_id in {None, model_id}]
        refusing = [state for state in concerned if not fits(left[state.budget.pk], usd)]
        waits.append(max((state.ends_at for state in refusing), default=None))
        if not refusing:
            for state in concerned:
                left[state.budget.pk] -= usd
    return waits


def wait_of_job(
    job: Job, position: QueuePosition, *, states: Sequence[BudgetState]
) -> datetime | None:
    """Return until when a queued job that is not parked waits for a budget, None: it does not.

    It waits if the jobs at the provider and those before it, which cost about as much, leave no
    room. It is parked as soon as that is certain.
    """
    usd = job.expected_usd or Decimal()
    refusing = [
        state
        for state in states
        if state.concerns(model_id=job.model_id, user_id=job.user_id)
        and not fits(
            state.limit
            - state.used
            - usd * (position.before if state.budget.group_id is None else position.own),
            usd,
        )
    ]
    return max((state.ends_at for state in refusing), default=None)


def _lacking(user: User, costs: Costs, *, states: Sequence[BudgetState]) -> list[BudgetState]:
    lacking = [state for state in states if any(_waits(costs, lacking=[state]))]
    if not any(state.budget.group_id for state in lacking):
        return lacking
    groups = set(user.groups.values_list("pk", flat=True))
    return [state for state in lacking if state.budget.group_id in {None, *groups}]


def fits(left: Decimal, usd: Decimal) -> bool:
    """Return whether a job of this price may start with what is left of a budget."""
    return left > 0 and usd <= left


def _refuses(state: BudgetState, cost: tuple[int, Decimal]) -> bool:
    model_id, usd = cost
    return state.budget.model_id in {None, model_id} and not state.allows(usd)


def waits_of_models(
    model_ids: Collection[int], *, states: Sequence[BudgetState]
) -> dict[int, datetime]:
    """Return by model until when new jobs of all users wait; models without a wait are left out."""
    reached = [state for state in states if state.is_reached and state.budget.group_id is None]
    waits = {}
    for model_id in model_ids:
        ends = [state.ends_at for state in reached if state.budget.model_id in {None, model_id}]
        if ends:
            waits[model_id] = max(ends)
    return waits
