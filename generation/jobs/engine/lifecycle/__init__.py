"""The life of a job. Only this package writes `Job.status` and `Job.due_at`.

Each transition is one guarded UPDATE (id, status, attempt) whose row count is read. For a single
job, no row raises `Stale`; for several jobs, those that have moved on are missing from the result.
History, credits and images change in the same transaction; events are sent after the commit.

    QUEUED -submitting-> SUBMITTED -running-> RUNNING -storing-> STORING -succeeded-> SUCCEEDED
       ^____deferred_________|                   |        unread
       ^____lost (attempt + 1)___________________|
    QUEUED -parked, unparked-> QUEUED: it waits for a budget, and is due when that starts again
    QUEUED | SUBMITTED | RUNNING -canceled-> CANCELED      any active -failed-> FAILED

Locks are taken in the order model on offer, job, user.
"""

from generation.jobs.engine.lifecycle.endings import canceled, failed, lost, succeeded
from generation.jobs.engine.lifecycle.leases import (
    claim_due,
    claim_storing,
    extend_deadlines,
    postponed,
    requested_check,
    webhook_received,
)
from generation.jobs.engine.lifecycle.parking import parked, unparked
from generation.jobs.engine.lifecycle.placement import placed
from generation.jobs.engine.lifecycle.progress import (
    UNREADABLE,
    Finished,
    Progress,
    missing,
    not_stored,
    running,
    storing,
    unread,
)
from generation.jobs.engine.lifecycle.stopping import not_there_to_stop, orphaned, stopped
from generation.jobs.engine.lifecycle.submission import (
    adopted,
    candidate_received,
    candidate_rejected,
    deferred,
    is_unknown,
    moved_endpoint,
    submitted,
    submitting,
    unknown,
)
from generation.jobs.engine.lifecycle.transition import Stale, record
