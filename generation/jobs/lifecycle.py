"""The life of a job: the only writer of `Job.status` and `Job.due_at`.

Each transition is one guarded UPDATE (id, status, attempt) whose rows are read: of one job, no row means `Stale`,
never silence; of several at once, those that have moved on are missing in what is returned. History, money and pictures
move in the same transaction; the events to the browser leave after the commit.

    QUEUED --submitting--> SUBMITTED --running--> RUNNING --storing--> STORING --succeeded--> SUCCEEDED
       ^_____deferred____________|                    |                    |
       ^_____lost (attempt + 1)__|____________________|____________________|
    QUEUED | SUBMITTED | RUNNING --canceled--> CANCELED         any active --failed--> FAILED

Locks are taken in the order model on offer, job, user.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from accounts import ledger
from accounts.models import User
from generation.jobs import bulk_update, events, model_cache, scheduling
from generation.jobs.bulk_update import History
from generation.models import ACTIVE, AT_RUNPOD, Image, ImageModel, Job, JobQuerySet, Status

FIRST_LOOK = timedelta(seconds=2)  # from a submission to the first look at it
STOPPED_BY_STAFF = "stopped_by_staff"


ADDED_COST = "CASE WHEN v_cost IS NULL THEN cost ELSE COALESCE(cost, 0) + v_cost END"
"""SQL of a job's cost with that of one more attempt."""


class Stale(Exception):
    """The job is no longer where the caller saw it; somebody else has moved it. Look again or let it be."""


@dataclass(frozen=True)
class Drawn:
    """How far a drawing is: `progress` from 0 to 1, `step` of `step_count`; None where the worker does not tell."""

    progress: float | None
    step: int | None
    step_count: int | None


# --- birth -----------------------------------------------------------------------------------------------------------
def placed(
    jobs: Sequence[Job],
    *,
    actor: User | None,
    detail: str = "",
    guard: bulk_update.Expression = ("TRUE",),
) -> bool:
    """Insert new jobs as QUEUED and due; the caller's transaction holds their credits. No actor: a command did it.

    `guard` is a condition in SQL and the values for its `%s`: where it does not hold, nothing is inserted and False
    returned.
    """
    now = timezone.now()
    for job in jobs:
        job.status, job.due_at, job.created_at = Status.QUEUED, now, now
    history = History("placed", now, dict.fromkeys((job.id for job in jobs), _storable(detail)))
    if not bulk_update.insert(jobs, guard=guard, history=history, actor=actor):
        return False
    if reduced := [job for job in jobs if job.snapshot.get("sources_reduced")]:
        why = "they do not fit into RunPod's 10 MB as they are"
        _record(reduced, name="sources_reduced", at=now, detail=why)
    _publish(jobs)
    return True


# --- leases: whoever pushes due_at ahead has the job for that long ---------------------------------------------------
def claim_due(slug: str, *, limit: int, lease: timedelta) -> list[Job]:
    """Return at most `limit` due jobs of the model at RunPod, oldest due first; nobody else gets them for `lease`.

    None while RunPod cannot be asked about the model.
    """
    where = (
        "model_id = (SELECT id FROM generation_imagemodel AS model "
        "WHERE slug = %s AND NOT EXISTS (SELECT 1 FROM generation_provideroutage AS outage "
        "WHERE outage.kind = 'key_refused' OR outage.endpoint_id = model.endpoint_id)) "
        "AND status IN ('submitted', 'running')"
    )
    return sorted(_claim(where, [slug], limit=limit, lease=lease), key=lambda job: job.id)


def claim_storing(
    *,
    lease: timedelta,
    except_hosts: Collection[str] = (),
    except_pairs: Collection[tuple[str, UUID]] = (),
) -> Job | None:
    """Return a due STORING job, leased; None when there is none.

    Left out are those whose images are at one of these hosts, or at a host that its user has to wait for.
    """
    where, parameters = "status = 'storing'", list[Any](except_hosts)
    if except_hosts:
        where += f" AND result_host NOT IN ({', '.join(['%s'] * len(except_hosts))})"
    for host, user_id in except_pairs:
        where += " AND NOT (result_host = %s AND user_id = %s)"
        parameters += [host, bulk_update.prepared("user", user_id)]
    for job in _claim(where, parameters, limit=1, lease=lease):
        return job
    return None


def _claim(where: str, parameters: list[Any], *, limit: int, lease: timedelta) -> list[Job]:
    now = timezone.now()
    lock = (
        " FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
    )
    due, until = bulk_update.prepared("due_at", now), bulk_update.prepared("due_at", now + lease)
    chosen = f"SELECT id FROM {bulk_update.TABLE} WHERE {where} AND due_at <= %s ORDER BY due_at, id LIMIT %s{lock}"  # noqa: S608
    jobs = bulk_update.update(
        "due_at = %s",
        [until, *parameters, due, limit],
        where=f"WHERE id IN ({chosen})",
        history=None,
    )
    return model_cache.attached(jobs)


def postponed(jobs: Sequence[Job], *, until: datetime) -> int:
    """Ask for the next look at `until`; nothing else changes. Returns for how many: the others have moved on."""
    alike: dict[tuple[str, int], list[UUID]] = {}
    for job in jobs:
        alike.setdefault((job.status, job.attempt), []).append(job.id)
    return sum(
        Job.objects.filter(id__in=ids, status=status, attempt=attempt).update(due_at=until)
        for (status, attempt), ids in alike.items()
    )


def webhook_received(job_id: UUID, *, attempt: int) -> str | None:
    """Mark the attempt due because its webhook arrived, and return its model's slug.

    None when no RunPod job is known yet that the webhook could be about, or the attempt is over.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {bulk_update.TABLE} SET due_at = %s WHERE id = %s AND attempt = %s "  # noqa: S608 no foreign words
            "AND status IN ('submitted', 'running') AND runpod_id <> '' "
            "RETURNING (SELECT slug FROM generation_imagemodel AS model WHERE model.id = model_id)",
            [
                bulk_update.prepared("due_at", timezone.now()),
                bulk_update.prepared("id", job_id),
                attempt,
            ],
        )
        row: tuple[str] | None = cursor.fetchone()
    return row[0] if row else None


def hurried(job: Job, *, actor: User | None) -> bool:
    """Make a job due at once because staff want it looked at; False when there is nothing to look at.

    That is so when it has ended, and while it is unknown whether RunPod took it: only its webhook can tell.
    """
    now = timezone.now()
    with transaction.atomic():
        known = (
            Job.objects.active().filter(id=job.id).exclude(status=Status.SUBMITTED, runpod_id="")
        )
        if not known.update(due_at=now):
            return False
        _record([Job.objects.get(id=job.id)], name="hurried", at=now, actor=actor)
    return True


# --- to RunPod and back ----------------------------------------------------------------------------------------------
def submitting(model: ImageModel) -> list[Job]:
    """Take all jobs out of the queue that fit, before their POST: until a reply says otherwise their fate is unknown.

    They become due again only after RunPod's ttl, when an accepted job would be gone for certain, or at their deadline.
    No event: the reply, within seconds, brings one. The caller has locked the model's row and checked that submissions
    are possible.
    """
    now = timezone.now()
    gone_at = now + timedelta(seconds=settings.RUNPOD_TTL_SECONDS) + scheduling.UNKNOWN_MARGIN
    deadline_at = now + timedelta(seconds=settings.JOB_DEADLINE_SECONDS)
    chosen, parameters = scheduling.next_jobs(model, now=now)
    moments = (now, gone_at, deadline_at, min(gone_at, deadline_at))
    at, gone, last, first = (bulk_update.prepared("due_at", moment) for moment in moments)
    with transaction.atomic():
        jobs = bulk_update.update(
            "status = 'submitted', version = version + 1, submitted_at = %s, missing_since = NULL, candidate_id = '', "
            "refusals = 0, deadline_at = COALESCE(deadline_at, %s), "
            "due_at = CASE WHEN deadline_at IS NULL THEN %s WHEN deadline_at < %s THEN deadline_at ELSE %s END",
            [*parameters, at, last, first, gone, gone],
            given=chosen,
            where="WHERE status = 'queued' AND id IN (SELECT id FROM chosen)",
            history=History("submitting", now),
        )
        for job in jobs:
            job.model = model
        jobs.sort(key=lambda job: (job.created_at, job.id))
    return jobs


def submitted(accepted: Sequence[tuple[Job, str]]) -> list[Job]:
    """Note the RunPod job of each attempt and return those that still wait for it.

    What is missing in the answer was canceled meanwhile.
    """
    now = timezone.now()
    changes: list[bulk_update.Change] = [
        (job, {"runpod_id": runpod_id}) for job, runpod_id in accepted
    ]
    with transaction.atomic():
        moved = bulk_update.update_each(
            changes,
            fields=["runpod_id"],
            same={"refusals": 0, "candidate_id": ""},
            expressions={
                "version": ("version + 1",),
                # Its webhook was there before the reply: it has ended.
                "due_at": (
                    "CASE WHEN candidate_id <> '' THEN %s ELSE %s END",
                    now,
                    now + FIRST_LOOK,
                ),
            },
            guard="runpod_id IN ('', v_runpod_id)",
            history=History("submitted", now, {job.id: runpod_id for job, runpod_id in accepted}),
        )
        _with_models(moved, accepted)
        _publish(moved)
    return moved


def is_unknown(job_id: UUID, *, attempt: int) -> bool:
    """Tell whether nobody knows (yet) which RunPod job this attempt is, if any."""
    return _unknown(job_id, attempt).exists()


def candidate(job_id: UUID, *, attempt: int, runpod_id: str) -> bool:
    """Note which RunPod job a webhook named for an attempt of unknown fate; True if the attempt is one.

    It is looked at once the POST /run has ended: its reply tells better which job it is.
    """
    after = timezone.now()
    return bool(
        _unknown(job_id, attempt).update(
            candidate_id=runpod_id,
            due_at=Greatest(Value(after), F("submitted_at") + scheduling.SUBMISSION),
        )
    )


def adopted(job: Job) -> Job:
    """Make the candidate, which RunPod has confirmed, the RunPod job of this attempt.

    Raises Stale, also when it is that of another attempt or job.
    """
    now = timezone.now()
    try:
        return _moved(
            job,
            Status.SUBMITTED,
            event="adopted",
            at=now,
            detail=job.candidate_id,
            guard=Q(runpod_id="", candidate_id=job.candidate_id),
            runpod_id=job.candidate_id,
            candidate_id="",
            due_at=now,
        )
    except IntegrityError as error:  # runpod_job_belongs_to_one_job
        raise Stale from error


def no_candidate(job: Job, *, until: datetime) -> None:
    """Forget a candidate that RunPod does not know, or that belongs to another job. Raises Stale."""
    _only(_same(job).filter(runpod_id="").update(candidate_id="", due_at=until))


def unknown(jobs: Sequence[tuple[Job, str]]) -> None:
    """Write into the history, with a detail each, that nobody can tell whether RunPod took the job.

    `submitting` has set when it is due. `refusals` says from now on that the POST has ended: another may begin.
    """
    with transaction.atomic():
        moved = bulk_update.update_each(
            [(job, {}) for job, _ in jobs],
            fields=[],
            same={"refusals": 1},
            expressions={},
            guard="runpod_id = ''",
            history=_history("unknown", timezone.now(), jobs),
        )
        _with_models(moved, jobs)
        _publish(moved)


def deferred(jobs: Sequence[tuple[Job, str]], *, until: datetime) -> list[Job]:
    """Put jobs that RunPod certainly did not take back into the queue, same attempt, with a detail each."""
    now = timezone.now()
    with transaction.atomic():
        moved = bulk_update.update_each(
            [(job, {}) for job, _ in jobs],
            fields=[],
            same={
                "status": Status.QUEUED,
                "due_at": until,
                "submitted_at": None,
                "candidate_id": "",
            },
            expressions={
                "version": ("version + 1",),
                "refusals": ("CASE WHEN refusals < 1000 THEN refusals + 1 ELSE refusals END",),
                # The deadline runs from the first submission that RunPod may have taken; this one it did not.
                "deadline_at": ("CASE WHEN attempt = 1 THEN NULL ELSE deadline_at END",),
            },
            guard="runpod_id = ''",
            history=_history("deferred", now, jobs),
        )
        _with_models(moved, jobs)
        _publish(moved)
    return moved


def moved_endpoint(job: Job, *, endpoint_id: str) -> None:
    """Send a waiting job to another endpoint than when it was placed: its model has a new one. Raises Stale."""
    _only(_same(job).update(snapshot={**job.snapshot, "endpoint_id": endpoint_id}))


def followed(seen: Sequence[tuple[Job, Drawn]], *, until: datetime) -> list[Job]:
    """Note that GPUs work on these, and how far they are; a line in the history for each that has just begun."""
    now = timezone.now()
    begun = {job.id: "" for job, _ in seen if job.status == Status.SUBMITTED}
    changes: list[bulk_update.Change] = [
        (job, {"progress": drawn.progress, "step": drawn.step, "step_count": drawn.step_count})
        for job, drawn in seen
    ]
    with transaction.atomic():
        moved = bulk_update.update_each(
            changes,
            fields=["progress", "step", "step_count"],
            same={"status": Status.RUNNING, "due_at": until, "missing_since": None},
            expressions={
                "version": ("version + 1",),
                "started_at": ("COALESCE(started_at, %s)", now),
            },
            history=History("running", now, begun) if begun else None,
        )
        _with_models(moved, seen)
        _publish(moved)
    return moved


def missing(job: Job, *, until: datetime) -> None:
    """Note that RunPod answers 404, since now or since earlier. Raises Stale."""
    _only(
        _same(job).update(missing_since=Coalesce(F("missing_since"), timezone.now()), due_at=until)
    )


@dataclass(frozen=True)
class Finished:
    """What RunPod said of a finished job: seconds it drew for, `Result.as_json()`, its host, and dollars."""

    drawn_for: timedelta
    result: dict[str, Any] | None
    host: str
    cost: Decimal | None


def storing(finished: Sequence[tuple[Job, Finished]]) -> list[Job]:
    """Note that the images are ready to be fetched; at once due for that."""
    now = timezone.now()
    # When the drawing began, where nobody looked in between.
    changes: list[bulk_update.Change] = [
        (
            job,
            {
                "started_at": now - one.drawn_for,
                "result": one.result,
                "result_host": one.host,
                "cost": one.cost,
            },
        )
        for job, one in finished
    ]
    with transaction.atomic():
        moved = bulk_update.update_each(
            changes,
            fields=["started_at", "result", "result_host", "cost"],
            same={
                "status": Status.STORING,
                "due_at": now,
                "progress": None,
                "step": None,
                "step_count": None,
                "missing_since": None,
                "error_detail": "",
            },
            expressions={
                "version": ("version + 1",),
                "started_at": ("COALESCE(started_at, v_started_at)",),
                "cost": (ADDED_COST,),
            },
            history=History("storing", now),
        )
        _with_models(moved, finished)
        _publish(moved)
    return moved


def not_stored(job: Job, *, until: datetime, detail: str) -> None:
    """Note why the images of a STORING job are not in the bucket yet, and try again at `until`. Raises Stale.

    The history gets a line when the reason changes, not with every try.
    """
    with transaction.atomic():
        detail = _storable(detail)
        _only(_same(job).update(due_at=until, error_detail=detail))
        if detail != job.error_detail:
            _record([job], name="not_stored", at=timezone.now(), detail=detail)


def lost(job: Job, *, code: str, detail: str, cost: Decimal | None = None) -> Job:
    """Give the job another attempt at our cost, or fail it with `code` when none remains. Raises Stale.

    `cost`: what RunPod charged for the attempt that ends here, in dollars.
    """
    now = timezone.now()
    if job.attempt >= settings.JOB_MAX_ATTEMPTS or (job.deadline_at and job.deadline_at <= now):
        return failed(job, code=code, detail=detail, cost=cost)
    return _moved(
        job,
        Status.QUEUED,
        event="lost",
        at=now,
        detail=f"{code}: {detail}" if detail else code,
        attempt=F("attempt") + 1,
        cost=_with_cost(cost),
        error_detail="",
        result=None,
        due_at=now,
        runpod_id="",
        candidate_id="",
        refusals=0,
        submitted_at=None,
        missing_since=None,
        started_at=None,
        progress=None,
        step=None,
        step_count=None,
    )


# --- ends: each moves the money once ---------------------------------------------------------------------------------
def succeeded(job: Job, *, images: Sequence[Image], cost: Decimal | None) -> Job:
    """End the job with its stored pictures and charge what was held. Raises Stale."""
    with transaction.atomic():
        now = timezone.now()
        ended = _succeeded(job, images=images, cost=cost, at=now)
        Image.objects.bulk_create(images)
        ledger.settle(reference=job.id)
    return ended


def _succeeded(job: Job, *, images: Sequence[Image], cost: Decimal | None, at: datetime) -> Job:
    moved = bulk_update.update_each(
        [(job, {"cost": cost})],
        fields=["cost"],
        same={
            "status": Status.SUCCEEDED,
            "due_at": None,
            "finished_at": at,
            "error_detail": "",
            "result": None,
        },
        expressions={"version": ("version + 1",), "cost": (ADDED_COST,)},
        history=History("succeeded", at),
    )
    _only(len(moved))
    (ended,) = moved
    ended.model = job.model
    _with_images(ended, images)
    _publish(moved)
    return ended


def failed(
    job: Job, *, code: str, detail: str = "", actor: User | None = None, cost: Decimal | None = None
) -> Job:
    """End the job without a picture and return what was held; what RunPod may still do is stopped. Raises Stale.

    `cost`: what RunPod charged for it all the same, in dollars.
    """
    return _ended_without_picture(
        job, Status.FAILED, code=code, detail=detail, actor=actor, cost=cost
    )


def canceled(job: Job, *, actor: User | None, detail: str = "") -> Job:
    """End a job that is not yet being stored because somebody wants it no more; returns what was held. Raises Stale.

    No actor: a command did it. Unless it was its owner, the job says so by its code.
    """
    if not job.is_cancelable:
        raise Stale
    code = "" if actor is not None and actor.id == job.user_id else STOPPED_BY_STAFF
    return _ended_without_picture(job, Status.CANCELED, code=code, detail=detail, actor=actor)


def orphaned(job: Job, *, runpod_id: str) -> None:
    """Note that RunPod took a job whose row has ended or moved on meanwhile: it must be told to stop."""
    ended = Job.objects.filter(id=job.id, runpod_id="").exclude(status__in=ACTIVE)
    ended.update(runpod_id=runpod_id, stop_pending=True)


def stopped(job: Job, *, cost: Decimal | None = None) -> None:
    """Note that RunPod has been told to stop an ended job, and what it charged for it."""
    Job.objects.filter(id=job.id, stop_pending=True).update(
        stop_pending=False, cost=_with_cost(cost)
    )


def not_there_to_stop(job: Job, *, give_up_after: timedelta) -> None:
    """Note that RunPod does not know an ended job that is to be stopped: one 404 proves nothing, many do."""
    now = timezone.now()
    pending = Job.objects.filter(id=job.id, stop_pending=True)
    if job.missing_since and now - job.missing_since >= give_up_after:
        pending.update(stop_pending=False)
    else:
        pending.update(missing_since=Coalesce(F("missing_since"), now))


def extend_deadlines(*, by: timedelta, endpoint_id: str | None = None) -> int:
    """Give active jobs, of one endpoint or all, the time back in which nobody could ask RunPod; returns how many."""
    running = Job.objects.active().filter(deadline_at__isnull=False)
    if endpoint_id is not None:
        running = running.filter(snapshot__endpoint_id=endpoint_id)
    return running.update(deadline_at=F("deadline_at") + by)


def _with_cost(cost: Decimal | None) -> Any:
    """Return the job's cost with that of one more attempt."""
    return F("cost") if cost is None else Coalesce(F("cost"), Decimal(0)) + cost


def _ended_without_picture(
    job: Job, to: Status, *, code: str, detail: str, actor: User | None, cost: Decimal | None = None
) -> Job:
    now, detail = timezone.now(), _storable(detail)
    # Read from the row, not from `job`: the reply to /run may have been noted since the caller looked.
    known_to_runpod = Case(When(runpod_id="", then=False), default=True)
    with transaction.atomic():
        ended = _moved(
            job,
            to,
            event=to.value,
            at=now,
            detail=f"{code}: {detail}" if code and detail else code or detail,
            actor=actor,
            due_at=None,
            finished_at=now,
            error_code=code,
            error_detail=detail,
            cost=_with_cost(cost),
            result=None,
            missing_since=None,
            stop_pending=known_to_runpod if job.status in AT_RUNPOD else False,
            progress=None,
            step=None,
            step_count=None,
        )
        ledger.release(reference=job.id, reason=code or to.value)
    return ended


# --- the mechanism ---------------------------------------------------------------------------------------------------
def _moved(
    job: Job,
    to: str,
    *,
    event: str,
    at: datetime,
    detail: str = "",
    actor: User | None = None,
    guard: Q | None = None,
    **fields: Any,
) -> Job:
    """Do one guarded UPDATE with its line of history and return the row as it is now."""
    with transaction.atomic():
        _only(_same(job).filter(guard or Q()).update(status=to, version=F("version") + 1, **fields))
        moved = Job.objects.select_related("model").get(id=job.id)
        _record([moved], name=event, at=at, detail=detail, actor=actor)
        _publish([moved])
    return moved


def _with_models(moved: Sequence[Job], seen: Sequence[tuple[Job, Any]]) -> None:
    models = {job.model_id: job.model for job, _ in seen}
    for job in moved:
        job.model = models[job.model_id]


def _with_images(job: Job, images: Sequence[Image]) -> None:
    """Let `job.images.all()` be these, as after `with_all`, without a query: the event shows them."""
    known = Image.objects.filter(job=job).order_by("position")
    known._result_cache = list(images)
    job._prefetched_objects_cache = {"images": known}  # type: ignore[attr-defined]


def _unknown(job_id: UUID, attempt: int) -> JobQuerySet:
    return Job.objects.filter(id=job_id, attempt=attempt, status=Status.SUBMITTED, runpod_id="")


def _same(job: Job) -> JobQuerySet:
    return Job.objects.filter(id=job.id, status=job.status, attempt=job.attempt)


def _only(count: int) -> None:
    if count != 1:
        raise Stale


def _record(
    jobs: Sequence[Job], *, name: str, at: datetime, detail: str = "", actor: User | None = None
) -> None:
    history = History(name, at, dict.fromkeys((job.id for job in jobs), _storable(detail)))
    bulk_update.insert_history(jobs, history, actor=actor)


def _history(name: str, at: datetime, jobs: Sequence[tuple[Job, str]]) -> History:
    return History(name, at, {job.id: _storable(detail) for job, detail in jobs})


def _storable(text: str) -> str:
    """Return foreign words without what PostgreSQL cannot keep: NUL, and halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _publish(jobs: Sequence[Job]) -> None:
    if jobs:
        transaction.on_commit(partial(events.publish, jobs), robust=True)
