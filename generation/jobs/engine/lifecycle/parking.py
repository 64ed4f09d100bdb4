"""Queued jobs that wait for money.

Parked ones until the day or month of a budget ends, others until they cost less or may cost more.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from generation.jobs.budgets.budget_state import BudgetState
from generation.jobs.engine.lifecycle import transitions
from generation.jobs.engine.lifecycle.transition import change, publish, run
from generation.models import TOO_DEAR, ImageModel, Job, model_cache

LOOK_AGAIN = timedelta(minutes=1)
MAX_AT_ONCE = 1000  # the next submission parks the next ones

# A budget without `usd_left` allows no job, whatever it costs. The deadline moves, so that a parked
# job has as much time afterwards as it has now.
PARK = """
WITH refused AS (
    SELECT id FROM generation_job AS job
    WHERE status = 'queued' AND model_id = %(model_id)s AND due_at <= %(now)s AND EXISTS (
        SELECT 1 FROM unnest(%(group_ids)s::int[], %(usd_left)s::numeric[])
            AS budget (group_id, usd_left)
        WHERE (
            budget.usd_left IS NULL OR COALESCE(job.expected_usd, 0) > budget.usd_left
        )
        AND (budget.group_id IS NULL OR EXISTS (
            SELECT 1 FROM accounts_user_groups AS member
            WHERE member.group_id = budget.group_id AND member.user_id = job.user_id
        ))
    )
    ORDER BY created_at, id LIMIT %(limit)s
),
changed AS (
    UPDATE generation_job SET
        version = version + 1,
        due_at = %(until)s,
        parked_until = %(until)s,
        deadline_at = deadline_at
            + (%(until)s - GREATEST(%(now)s, COALESCE(parked_until, %(now)s))),
        promised_p50_at = NULL,
        promised_p90_at = NULL
    WHERE status = 'queued' AND id IN (SELECT id FROM refused)
    RETURNING *, '' AS detail
)"""


def park(model: ImageModel, states: Sequence[BudgetState]) -> list[Job]:
    """Park the due QUEUED jobs of the model that do not fit into a budget, and return them.

    A job is due again when the last of its budgets starts again. Its deadline moves as far, and the
    promise of its placing ends. What only jobs at the provider leave no room for is not parked:
    they may be cheaper than expected. The caller has locked the model's row.
    """
    parked: list[Job] = []
    # The budget that ends last decides.
    for ends_at, budgets in groupby(
        sorted(states, key=lambda state: state.ends_at, reverse=True),
        key=lambda state: state.ends_at,
    ):
        parked += _park(model, list(budgets), until=ends_at)
    return parked


def _park(model: ImageModel, states: Sequence[BudgetState], *, until: datetime) -> list[Job]:
    values = {
        "model_id": model.pk,
        "now": timezone.now(),
        "until": until,
        "group_ids": [state.budget.group_id for state in states],
        "usd_left": [None if state.is_reached else state.limit - state.spent for state in states],
        "limit": MAX_AT_ONCE,
    }
    with transaction.atomic():
        jobs = [job for job, _noted in run(PARK, "parked", values)]
        for job in jobs:
            job.model = model
        publish(jobs)
    return jobs


# `error_code` says why the job is parked. Its line of history comes once.
SET_ASIDE = """
WITH changed AS (
    UPDATE generation_job AS job SET
        version = job.version + CASE WHEN seen.is_new THEN 1 ELSE 0 END,
        due_at = %(until)s,
        parked_until = %(until)s,
        deadline_at = job.deadline_at
            + (%(until)s - GREATEST(%(now)s, COALESCE(job.parked_until, %(now)s))),
        error_code = %(code)s,
        promised_p50_at = NULL,
        promised_p90_at = NULL
    FROM (
        SELECT id, error_code <> %(code)s AS is_new FROM generation_job WHERE id = ANY(%(ids)s)
    ) AS seen
    WHERE job.status = 'queued' AND job.id = seen.id
    RETURNING job.*, CASE WHEN seen.is_new THEN '' END AS detail
)"""


def set_aside(model: ImageModel, ids: Sequence[UUID], *, now: datetime) -> None:
    """Park jobs that cost too much at every endpoint, until they are looked at again.

    The caller has locked the model's row.
    """
    values = {"ids": list(ids), "until": now + LOOK_AGAIN, "now": now, "code": TOO_DEAR}
    with transaction.atomic():
        rows = run(SET_ASIDE, "set_aside", values)
        for job, _noted in rows:
            job.model = model
        publish([job for job, noted in rows if noted.has_line])


def unpark(*, too_dear_at: ImageModel | None = None) -> list[Job]:
    """Make parked jobs due now, because budgets or prices have changed, and return them.

    All of them, or those that cost too much at every endpoint of this model. The next submission
    parks those again that still do not fit.
    """
    parked = Job.objects.parked().only(*("id", "status", "attempt", "due_at", "model_id"))
    if too_dear_at:
        parked = parked.filter(model=too_dear_at, error_code=TOO_DEAR)
    return change(transitions.UNPARKED, [(job, {}) for job in model_cache.attach(parked)])
