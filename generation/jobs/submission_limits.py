"""Which of the next jobs may be submitted while there are budgets or limits of jobs at once.

Submissions of different models then follow each other (`lock`), because they share both. Without
budgets and limits nothing of this runs: `scheduling.next_jobs` chooses alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from accounts import quotas
from generation.jobs import scheduling, spending
from generation.jobs.scheduling import Candidate
from generation.jobs.spending import BudgetState
from generation.models import ImageModel

LOCK_KEY = 0x41727447656E  # any number that nothing else locks


def is_needed() -> str:
    """Return the SQL condition that there is a budget, or a limit of jobs at once."""
    if settings.MAX_JOBS_AT_ONCE_PER_USER is not None:
        return "TRUE"
    return (
        "(EXISTS (SELECT 1 FROM generation_budget) "
        "OR EXISTS (SELECT 1 FROM accounts_user WHERE max_jobs_at_once IS NOT NULL) "
        "OR EXISTS (SELECT 1 FROM accounts_groupquota WHERE max_jobs_at_once IS NOT NULL))"
    )


def lock() -> None:
    """Wait until no other submission chooses jobs, until this transaction ends."""
    if connection.vendor == "postgresql":  # SQLite has one writer at a time
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])


def leave_nothing(model: ImageModel) -> bool:
    """Return whether jobs of the model wait only for budgets or limits of jobs at once."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {is_needed()}")
        if not cursor.fetchone()[0]:
            return False
    return not admitted(model, spending.states())


@dataclass(frozen=True)
class UserFacts:
    """What of a user decides: groups, the limit of jobs at once, and jobs at RunPod."""

    groups: frozenset[int]
    at_once: int | None
    at_runpod: int


def admitted(model: ImageModel, states: Sequence[BudgetState]) -> list[UUID]:
    """Return the next jobs of the model by fair scheduling, without those that do not fit.

    Those after them may fit. `states` are all budgets, read under `lock`.
    """
    room, candidates = scheduling.candidates(model)
    if not candidates or room < 1:
        return []
    users = _facts({candidate.user_id for candidate in candidates})
    left = {state.budget.pk: state.limit - state.used for state in states}
    running = {user_id: facts.at_runpod for user_id, facts in users.items()}
    chosen: list[UUID] = []
    for candidate in candidates:
        if len(chosen) == room:
            break
        facts = users[candidate.user_id]
        if facts.at_once is not None and running[candidate.user_id] >= facts.at_once:
            continue
        concerned = [state for state in states if _concerns(state, model, facts)]
        if not all(_fits(left[state.budget.pk], candidate) for state in concerned):
            continue
        chosen.append(candidate.id)
        running[candidate.user_id] += 1
        for state in concerned:
            left[state.budget.pk] -= candidate.usd
    return chosen


def _fits(left: Decimal, candidate: Candidate) -> bool:
    return left > 0 and candidate.usd <= left


def _concerns(state: BudgetState, model: ImageModel, facts: UserFacts) -> bool:
    budget = state.budget
    if budget.group_id is not None:
        return budget.group_id in facts.groups
    return budget.model_id in (None, model.pk)


FACTS = """
    SELECT account.id, {groups}, COALESCE(
        account.max_jobs_at_once,
        (SELECT MAX(quota.max_jobs_at_once) FROM accounts_groupquota AS quota
            JOIN accounts_user_groups AS member ON member.group_id = quota.group_id
            WHERE member.user_id = account.id),
        %s
    ), (
        SELECT COUNT(*) FROM generation_job AS job
        WHERE job.user_id = account.id AND job.status IN ('submitted', 'running')
    )
    FROM accounts_user AS account WHERE account.id IN ({users})
"""


def _facts(users: set[UUID]) -> dict[UUID, UserFacts]:
    joined = (
        "string_agg(member.group_id::text, ' ')"
        if connection.vendor == "postgresql"
        else "group_concat(member.group_id, ' ')"
    )
    groups = (
        f"(SELECT {joined} FROM accounts_user_groups AS member "  # noqa: S608 no input
        "WHERE member.user_id = account.id)"
    )
    statement = FACTS.format(groups=groups, users=", ".join(["%s"] * len(users)))
    values: list[Any] = [quotas.UNLIMITED, *map(scheduling.user_value, users)]
    site = settings.MAX_JOBS_AT_ONCE_PER_USER
    values[0] = quotas.UNLIMITED if site is None else site
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return {
            scheduling.as_uuid(user_id): UserFacts(
                groups=frozenset(map(int, (text or "").split())),
                at_once=at_once,
                at_runpod=at_runpod,
            )
            for user_id, text, at_once, at_runpod in cursor.fetchall()
        }
