"""A new job becomes a row: QUEUED and due."""

from collections.abc import Sequence
from functools import lru_cache

from django.db import connection
from django.utils import timezone

from accounts.models import User
from artgen.database import raw_sql
from artgen.database.raw_sql import Condition
from artgen.http.untrusted import storable
from artgen.logs import log_context
from generation.jobs.engine.lifecycle.transition import (
    HistoryLine,
    insert_history,
    log_history,
    publish,
)
from generation.jobs.queue import scheduling
from generation.jobs.queue.queue_positions import QueuePosition
from generation.models import Job, Status

# The guard is the caller's: all that an order needs, such as room in the queue. In the statement
# that inserts, nothing can change between the check and the jobs. They join the line as it was
# before: each is the last of its rank.
INSERT = """
WITH given AS (SELECT * FROM json_populate_recordset(NULL::generation_job, %s)),
{line},
new (id, model_id, number, own, rank) AS (
    SELECT id, model_id, number, number - 1 + queued, number + queued + COALESCE(jobs, 0)
        + CASE WHEN background THEN {background} ELSE 0 END
    FROM (
        SELECT *,
            ROW_NUMBER() OVER (PARTITION BY model_id, background ORDER BY id) AS number,
            (
                SELECT COUNT(*) FROM waiting
                WHERE waiting.model_id = given.model_id AND waiting.user_id = given.user_id
                    AND (waiting.rank >= {background}) = given.background
            ) AS queued
        FROM given
    ) AS own LEFT JOIN busy USING (model_id, user_id)
),
inserted AS (
    INSERT INTO generation_job ({columns})
    SELECT {columns} FROM given WHERE {guard}
    RETURNING id, status, attempt
)
INSERT INTO generation_jobevent (job_id, at, name, status, attempt, detail, actor_id)
SELECT id, %s, 'placed', status, attempt, %s, %s FROM inserted ORDER BY id
RETURNING job_id, (
    SELECT ARRAY[
        number - 1 + (
            SELECT COUNT(*) FROM waiting
            WHERE waiting.model_id = new.model_id AND waiting.rank <= new.rank
        ),
        own
    ]::int[] FROM new WHERE new.id = job_id
)
"""


def insert(
    jobs: Sequence[Job],
    *,
    actor: User | None,
    detail: str = "",
    guard: Condition = ("TRUE",),
) -> bool:
    """Insert new jobs as QUEUED and due; the caller's transaction holds their credits.

    Args:
        jobs: unsaved rows.
        actor: who placed them; None for a command.
        detail: for the history.
        guard: SQL condition and the values for its `%s`. If it is false, nothing is inserted and
            False is returned.
    """
    now = timezone.now()
    for job in jobs:
        job.status, job.due_at, job.created_at = Status.QUEUED, now, now
        job.request_id = log_context.fields().get("request_id", "")
    condition, *guard_values = guard
    values = [
        raw_sql.as_json(jobs),
        *guard_values,
        now,
        storable(detail),
        actor.pk if actor else None,
    ]
    with connection.cursor() as cursor:
        cursor.execute(_statement(condition), values)
        positions = dict(cursor.fetchall())
    if not positions:
        return False
    for job in jobs:
        job._state.adding, job._state.db = False, connection.alias
        position = positions[job.id]
        job.first_position = QueuePosition(*position) if position else None
    log_history(jobs, "placed")
    if reduced := [job for job in jobs if job.snapshot.get("sources_reduced")]:
        why = "they do not fit into RunPod's 10 MB as they are"
        insert_history(reduced, HistoryLine("sources_reduced", now, why))
    publish(jobs)
    return True


@lru_cache(maxsize=64)
def _statement(guard: str) -> str:
    columns = raw_sql.columns(Job)
    line = scheduling.line(
        models="SELECT model_id FROM given", now="(SELECT MAX(created_at) FROM given)"
    )
    background = scheduling.BACKGROUND
    return INSERT.format(columns=columns, guard=guard, line=line, background=background)
