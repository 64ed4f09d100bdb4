"""Queued jobs that a budget does not allow: parked until its day or month ends."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import transaction
from django.utils import timezone

from generation.jobs.budgets.budget_state import BudgetState
from generation.jobs.engine.lifecycle.transition import publish
from generation.jobs.queue import model_cache
from generation.jobs.sql import bulk_update
from generation.jobs.sql.bulk_update import History
from generation.models import ImageModel, Job

MAX_AT_ONCE = 1000  # the next submission parks the next ones


def park(model: ImageModel, states: Sequence[BudgetState]) -> list[Job]:
    """Park the due QUEUED jobs of the model that do not fit into a budget, and return them.

    A job is due again when the last of its budgets starts again. Its deadline moves as far, and the
    promise of its placing ends. What only jobs at RunPod leave no room for is not parked: they may
    be cheaper than expected. The caller has locked the model's row.
    """
    found: list[Job] = []
    # The budget that ends last decides.
    for ends_at, budgets in groupby(
        sorted(states, key=lambda state: state.ends_at, reverse=True),
        key=lambda state: state.ends_at,
    ):
        found += _parked(model, list(budgets), until=ends_at)
    return found


def _parked(model: ImageModel, states: Sequence[BudgetState], *, until: datetime) -> list[Job]:
    now = timezone.now()
    conditions, values = zip(*map(_refusing, states), strict=True)
    with transaction.atomic():
        jobs = bulk_update.update(
            f"due_at = %s, version = version + 1, deadline_at = {MOVED_DEADLINE}, "
            "parked_until = %s, promised_p50_at = NULL, promised_p90_at = NULL",
            [
                *(model.pk, now),
                *(value for some in values for value in some),
                MAX_AT_ONCE,
                *(until, until, now, now, until),
            ],
            given=f"refused (id) AS (SELECT id FROM generation_job AS job "  # noqa: S608 no input
            "WHERE status = 'queued' AND model_id = %s AND due_at <= %s "
            f"AND ({' OR '.join(conditions)}) ORDER BY created_at, id LIMIT %s)",
            where="WHERE status = 'queued' AND id IN (SELECT id FROM refused)",
            history=History("parked", now),
        )
        for job in jobs:
            job.model = model
        publish(jobs)
    return jobs


def _refusing(state: BudgetState) -> tuple[str, list[Any]]:
    """Return the SQL condition, and its values, that a budget does not allow the row `job`."""
    condition, values = "TRUE", list[Any]()
    if not state.is_reached:
        condition = "COALESCE(job.expected_usd, 0) > CAST(%s AS numeric)"
        values = [state.limit - state.spent]
    if state.budget.group_id is not None:
        condition += (
            " AND EXISTS (SELECT 1 FROM accounts_user_groups AS member "
            "WHERE member.group_id = %s AND member.user_id = job.user_id)"
        )
        values.append(state.budget.group_id)
    return f"({condition})", values


MOVED_DEADLINE = "deadline_at + (%s - GREATEST(%s, COALESCE(parked_until, %s)))"
"""SQL of the deadline that leaves a parked job as much time as it has now: for when it is parked
until, and now twice."""


def unpark() -> list[Job]:
    """Make all parked jobs due now, because budgets have changed, and return them.

    The next submission parks those again that still do not fit.
    """
    now = timezone.now()
    with transaction.atomic():
        jobs = bulk_update.update(
            "due_at = %s, version = version + 1, "
            "deadline_at = deadline_at - (parked_until - %s), parked_until = NULL",
            [now, now, now],
            where="WHERE status = 'queued' AND due_at IS NOT NULL AND parked_until > %s",
            history=History("unparked", now),
        )
        publish(model_cache.attach(jobs))
    return jobs
