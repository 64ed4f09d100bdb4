"""The next jobs of a model that budgets, limits of jobs at once and price ceilings allow.

Submissions of different models follow each other (`lock`), because they share budgets, and limits
of jobs at once, which are applied together with them. Without any of this, and with one endpoint,
`scheduling.NEXT_JOBS` chooses alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from django.db import connection

from accounts.limits import quotas
from generation.jobs.budgets import budget_state
from generation.jobs.budgets.budget_state import BudgetState
from generation.jobs.queue import model_queues, scheduling
from generation.jobs.queue.endpoint_choice import EndpointChoice
from generation.jobs.queue.scheduling import Openings
from generation.models import Endpoint, ImageModel

LOCK_KEY = 0x41727447656E  # any number that nothing else locks


IS_NEEDED = "(EXISTS (SELECT 1 FROM generation_budget) OR {has_limits})"


def is_needed() -> str:
    """Return the SQL condition that there is a budget, or a limit of jobs at once."""
    return IS_NEEDED.format(has_limits=model_queues.has_limits())


def lock() -> None:
    """Wait until no other submission chooses jobs, until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])


@dataclass(frozen=True)
class UserFacts:
    """What of a user decides: groups, the limit of jobs at once, and jobs at the provider."""

    groups: frozenset[int]
    at_once: int | None
    at_provider: int


UNLIMITED = UserFacts(frozenset(), at_once=None, at_provider=0)


@dataclass(frozen=True)
class ChosenJob:
    id: UUID
    endpoint: Endpoint
    usd: Decimal  # expected there
    is_moved: bool
    """Whether its snapshot has the settings of another endpoint."""


@dataclass(frozen=True)
class NextJobs:
    chosen: list[ChosenJob]
    has_refused: bool
    """Whether a budget does not allow one of those in line, even without jobs at the provider."""
    too_dear: list[UUID]
    """Those that cost too much at every endpoint of the model."""


def next_jobs(openings: Openings, states: Sequence[BudgetState]) -> NextJobs:
    """Return the next jobs of the model by fair scheduling, without those that do not fit.

    Those after them may fit. `states` are of all budgets, read under `lock`.
    """
    loads, candidates = scheduling.candidates(openings)
    choice = EndpointChoice(openings, loads)
    next_jobs = NextJobs([], has_refused=False, too_dear=[])
    if not candidates or (choice.is_full and not states):
        return next_jobs
    is_limited = openings.is_limited
    users = _facts({candidate.user_id for candidate in candidates}) if is_limited else {}
    left = {state.budget.pk: state.limit - state.used for state in states}
    running = {user_id: facts.at_provider for user_id, facts in users.items()}
    has_refused = False
    for candidate in candidates:
        facts = users.get(candidate.user_id, UNLIMITED)
        concerned = [state for state in states if _concerns(state, openings.model, facts)]
        has_refused |= not all(state.allows(candidate.usd) for state in concerned)
        if choice.is_too_dear(candidate):
            next_jobs.too_dear.append(candidate.id)
            continue
        if choice.is_full:
            continue
        if candidate.background and (next_jobs.chosen or any(state.is_near for state in concerned)):
            continue  # one at a time; what is left of a budget is for those who wait
        if facts.at_once is not None and running[candidate.user_id] >= facts.at_once:
            continue

        def fits(usd: Decimal, concerned: Sequence[BudgetState] = concerned) -> bool:
            return all(budget_state.fits(left[state.budget.pk], usd) for state in concerned)

        if (taken := choice.take(candidate, fits=fits)) is None:
            continue
        endpoint, usd = taken
        next_jobs.chosen.append(
            ChosenJob(candidate.id, endpoint, usd, is_moved=candidate.place != endpoint.place)
        )
        if is_limited:
            running[candidate.user_id] += 1
        for state in concerned:
            left[state.budget.pk] -= usd
    return replace(next_jobs, has_refused=has_refused)


def _concerns(state: BudgetState, model: ImageModel, facts: UserFacts) -> bool:
    budget = state.budget
    if budget.group_id is not None:
        return budget.group_id in facts.groups
    return budget.model_id in (None, model.pk)


FACTS = """
    SELECT account.id, (
        SELECT array_agg(member.group_id) FROM accounts_user_groups AS member
        WHERE member.user_id = account.id
    ), quota.jobs_at_once, (
        SELECT COUNT(*) FROM generation_job AS job
        WHERE job.user_id = account.id AND job.due_at IS NOT NULL
            AND job.status IN ('submitted', 'running')
    )
    FROM accounts_user AS account CROSS JOIN LATERAL artgen_quotas(account, %s::jsonb) AS quota
    WHERE account.id = ANY(%s)
"""


def _facts(users: set[UUID]) -> dict[UUID, UserFacts]:
    with connection.cursor() as cursor:
        cursor.execute(FACTS, [quotas.site(), list(users)])
        return {
            user_id: UserFacts(frozenset(groups or ()), at_once=at_once, at_provider=at_provider)
            for user_id, groups, at_once, at_provider in cursor.fetchall()
        }
