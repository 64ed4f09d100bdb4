"""The life of a job. Only this package writes `Job.status` and `Job.due_at`.

Each transition is one guarded UPDATE (id, status, attempt) whose row count is read. For a single
job, no row raises `Stale`; for several jobs, those that have moved on are missing from the result.
History, credits and images change in the same transaction; events are sent after the commit.

    command           event in the history   status
    insert            placed                 -> QUEUED
    begin_submission  submitting             QUEUED -> SUBMITTED, before the POST
    store_accepted    submitted              SUBMITTED: the provider took it
    begin_call        running                SUBMITTED -> RUNNING, before an image server's call
    put_back          deferred               SUBMITTED | RUNNING -> QUEUED: it was not taken
    store_unknown     unknown                SUBMITTED: the provider may have taken it
    adopt_candidate   adopted                SUBMITTED: the provider took it, as its webhook said
    store_progress    running                SUBMITTED -> RUNNING
    begin_storing     storing                SUBMITTED | RUNNING -> STORING
    store_unread      unread                 the same, and its images are not found yet
    retry_storing     not_stored             STORING
    retry_attempt     lost                   SUBMITTED | RUNNING -> QUEUED, attempt + 1
    succeed           succeeded              STORING -> SUCCEEDED
    fail              failed                 any active -> FAILED
    cancel            canceled               QUEUED | SUBMITTED | RUNNING -> CANCELED
    park              parked                 QUEUED: waits for a budget, is due when that restarts
    set_aside         set_aside              QUEUED: costs too much everywhere, is due in a minute
    unpark            unparked               QUEUED: is due now, because budgets or prices changed

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
