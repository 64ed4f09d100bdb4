"""The table of all changes of a job: event, from what, to which status, with which columns.

The status before is what the caller has read: see the functions that use a transition.
"""

from dataclasses import replace

from artgen.database import raw_sql
from generation.jobs.engine.lifecycle.transition import Transition
from generation.models import Image, Status

LEASED = "job.due_at = seen.lease"
"""The caller still has its lease: no webhook, person or process has made the job due since."""
NOT_RUNNING = {"progress": "NULL", "step": "NULL", "step_count": "NULL", "missing_since": "NULL"}
UNSENT = {"submitted_at": "NULL", "started_at": "NULL", "runpod_id": "''", "candidate_id": "''"}

# --- at the provider ------------------------------------------------------------------------------
# SUBMITTED: the provider took it. A webhook that was faster than the reply to /run says that the
# job has ended: it is checked now. One that was adopted is being checked already, and stays due.
ACCEPTED = Transition(
    event="submitted",
    given=("runpod_id", "due_at"),
    columns={
        "due_at": """CASE WHEN job.candidate_id <> '' THEN %(now)s
            WHEN job.runpod_id = '' THEN seen.due_at ELSE job.due_at END""",
        "candidate_id": "''",
        "unknown_since": "NULL",
    },
    guard="job.runpod_id IN ('', seen.runpod_id)",
    detail="job.runpod_id",
)
# SUBMITTED: the provider may have taken it. `unknown_since` says that the POST has ended, so
# another submission of the model may begin. A webhook that was faster makes the job due now.
UNKNOWN = Transition(
    event="unknown",
    given=("due_at", "detail"),
    columns={
        "due_at": """CASE WHEN job.candidate_id <> '' THEN %(now)s
            ELSE LEAST(job.due_at, seen.due_at) END""",
        "unknown_since": "%(now)s",
    },
    guard="job.runpod_id = ''",
    detail="seen.detail",
)
# SUBMITTED: the provider has it, as it has confirmed.
ADOPTED = Transition(
    event="adopted",
    given=("runpod_id", "candidate_id"),
    columns={"candidate_id": "''", "due_at": "%(now)s"},
    guard="job.runpod_id = '' AND job.candidate_id = seen.candidate_id",
    detail="job.runpod_id",
)
REJECTED = Transition(
    given=("due_at",), columns={"candidate_id": "''"}, guard=f"{LEASED} AND job.runpod_id = ''"
)
# SUBMITTED | RUNNING, not taken. The deadline runs from the first submission that the provider may
# have taken.
DEFERRED = Transition(
    event="deferred",
    to=Status.QUEUED,
    given=("due_at", "runpod_id", "detail"),
    columns=UNSENT
    | {
        "deadline_at": "CASE WHEN job.attempt = 1 THEN NULL ELSE job.deadline_at END",
        "refusals": "LEAST(job.refusals + 1, 1000)",
    },
    guard="job.runpod_id = seen.runpod_id",
    detail="seen.detail",
)
MOVED = Transition(given=("snapshot",))
POSTPONED = Transition(given=("due_at",), columns={"is_claimed": "FALSE"}, guard=LEASED)
MISSING = Transition(
    given=("due_at",),
    columns={"missing_since": "COALESCE(job.missing_since, %(now)s)"},
    guard=LEASED,
)
# SUBMITTED: an image server's call begins. Its id says so; providers do not see it.
CALLED = Transition(
    event="running",
    to=Status.RUNNING,
    given=("runpod_id", "due_at"),
    columns={"submitted_at": "%(now)s", "started_at": "%(now)s"},
)
# SUBMITTED | RUNNING. Only jobs that have just begun get a line of history. A job whose webhook
# came during the check stays as it is: due, and probably finished.
RUNNING = Transition(
    event="running",
    to=Status.RUNNING,
    given=("due_at", "progress", "step", "step_count"),
    columns={"started_at": "COALESCE(job.started_at, %(now)s)", "missing_since": "NULL"},
    guard=LEASED,
    detail="CASE WHEN seen.status = 'submitted' THEN '' END",
)

# --- ends of an attempt ---------------------------------------------------------------------------
# SUBMITTED | RUNNING. `started_at` is used if no check has seen the job running.
STORING = Transition(
    event="storing",
    to=Status.STORING,
    given=(
        *("due_at", "started_at", "delay_ms", "execution_ms", "result", "result_host"),
        *("error_code", "error_detail"),
    ),
    columns=NOT_RUNNING | {"started_at": "COALESCE(job.started_at, seen.started_at)"},
    ends_attempt=True,
)
UNREAD = replace(STORING, event="unread", detail="seen.error_detail")
# STORING: the history gets a line only when the reason changes.
NOT_STORED = Transition(
    event="not_stored",
    given=("due_at", "error_code", "host_failed", "error_detail", "detail"),
    columns={"error_detail": "seen.detail", "is_claimed": "FALSE"},
    guard=LEASED,
    detail="CASE WHEN seen.detail <> seen.error_detail THEN seen.detail END",
)
# SUBMITTED | RUNNING. Without a report of its end a webhook may just have said more.
LOST = Transition(
    event="lost",
    to=Status.QUEUED,
    given=("has_report", "detail"),
    columns=UNSENT
    | NOT_RUNNING
    | {
        "attempt": "job.attempt + 1",
        "due_at": "%(now)s",
        "error_detail": "''",
        "result": "NULL",
        "refusals": "0",
        "unknown_since": "NULL",
    },
    guard=f"seen.has_report OR {LEASED}",
    detail="seen.detail",
    ends_attempt=True,
)

# --- ends of a job --------------------------------------------------------------------------------
SUCCEEDED = Transition(
    event="succeeded",
    to=Status.SUCCEEDED,
    columns={
        "due_at": "NULL",
        "finished_at": "%(now)s",
        "result": "NULL",
        "error_code": "''",
        "error_detail": "''",
    },
    also="""stored AS (
    INSERT INTO generation_image ({columns})
    SELECT {columns} FROM json_populate_recordset(NULL::generation_image, %(images)s)
    WHERE EXISTS (SELECT FROM changed)
)""".replace("{columns}", raw_sql.columns(Image)),
)
# Any active. `runpod_id` of the row: the reply to /run may have been stored since the job was read.
FAILED = Transition(
    event="failed",
    to=Status.FAILED,
    given=("has_report", "may_run", "error_code", "error_detail", "detail"),
    columns=NOT_RUNNING
    | {
        "due_at": "NULL",
        "finished_at": "%(now)s",
        "result": "NULL",
        "stop_pending": "seen.may_run AND job.runpod_id <> ''",
    },
    guard=f"seen.has_report OR {LEASED}",
    detail="seen.detail",
    ends_attempt=True,
)
# QUEUED | SUBMITTED | RUNNING, whatever has happened since it was read.
CANCELED = replace(FAILED, event="canceled", to=Status.CANCELED, guard="TRUE")
STOPPED = Transition(columns={"stop_pending": "FALSE"}, guard="job.stop_pending", ends_attempt=True)

# --- QUEUED: waits for money ----------------------------------------------------------------------
UNPARKED = Transition(
    event="unparked",
    columns={
        "due_at": "%(now)s",
        "deadline_at": "job.deadline_at - (job.parked_until - %(now)s)",
        "parked_until": "NULL",
        "error_code": "''",
    },
    guard="job.parked_until > %(now)s",
)
