"""The life of a job. Only this package writes `Job.status` and `Job.due_at`.

`transitions` is the table of all changes. Each is one guarded UPDATE (id, status, attempt) whose
row count is read. Of a single job, no row raises `Stale`; of several jobs, those that have moved
on are missing from the result. History, credits and images change in the same transaction; events
are sent after the commit.

Locks are taken in the order model on offer, job, user.
"""

from generation.jobs.engine.lifecycle.endings import (
    cancel,
    fail,
    request_stop,
    retry_attempt,
    retry_stop,
    store_stop,
    succeed,
)
from generation.jobs.engine.lifecycle.insertion import insert
from generation.jobs.engine.lifecycle.leases import (
    StoringClaim,
    claim_due,
    claim_storing,
    extend_deadlines,
    postpone,
    receive_webhook,
    request_check,
)
from generation.jobs.engine.lifecycle.parking import park, unpark
from generation.jobs.engine.lifecycle.progress import (
    UNREADABLE,
    Finished,
    JobProgress,
    begin_storing,
    retry_storing,
    store_missing,
    store_progress,
    store_unread,
)
from generation.jobs.engine.lifecycle.submission import (
    adopt_candidate,
    begin_call,
    begin_submission,
    move_to,
    provider_of_unknown,
    put_back,
    reject_candidate,
    store_accepted,
    store_candidate,
    store_unknown,
)
from generation.jobs.engine.lifecycle.transition import HistoryLine, Stale, insert_history
