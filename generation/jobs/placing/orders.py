"""What a user can order: a job, a batch, a sheet, a retry. One call each, atomic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.credits import holds, ledger
from accounts.limits import period_limits, quotas
from accounts.models import User
from generation.catalog.offers import BATCH_MAX, InvalidParameters
from generation.files.storage_limits import StorageFull
from generation.jobs import eta
from generation.jobs.budgets import budget_state
from generation.jobs.engine import dispatch
from generation.jobs.placing import admission, creation_switch, drafts, sheet_orders
from generation.jobs.placing.admission import CatalogChanged, TooManyWaiting
from generation.jobs.placing.idempotency import OrderKey, Twin
from generation.jobs.placing.sheet_orders import SheetOrder
from generation.jobs.queue import model_cache
from generation.models import Job
from generation.moderation import reviews
from generation.moderation import rules as moderation_rules
from generation.moderation.reviews import Found, HeldOrder
from generation.studio.presets import own_styles
from generation.studio.presets.own_styles import StyleText


@dataclass(frozen=True)
class Placed:
    """The jobs of an order; `created` is False if its Idempotency-Key had placed them before."""

    jobs: list[Job]
    batch: UUID | None
    created: bool


def place(
    *, user: User, request: Mapping[str, Any], key: str = "", token_id: UUID | None = None
) -> Placed:
    """Hold the credits and queue one job; `request` is `{"model", …JOB_FIELDS}`.

    `token_id` is the API token that places it, if that has a spending limit.

    Raises:
        InvalidParameters, GenerationOff, TooManyWaiting, StorageFull, KeyReused, KeyBusy,
            ledger.TooFewCredits, quotas.NotAllowed, period_limits.PeriodLimitReached: nothing was
            placed.
        moderation.refusals.Moderated: a rule stops the prompt; the request is stored, for an appeal
            or a moderator.
    """
    return _place(
        user=user, requests=[request], batch=False, key=key, actor=user, token_id=token_id
    )


def place_batch(
    *,
    user: User,
    requests: Sequence[Mapping[str, Any]],
    key: str = "",
    listed: bool = False,
    token_id: UUID | None = None,
) -> Placed:
    """Hold the credits and queue all of 1 to BATCH_MAX jobs, or none; raises what `place` raises.

    With `listed`, InvalidParameters names the fields of every invalid request `jobs[2].width`;
    else it names those of the first one.
    """
    return _place(
        user=user,
        requests=requests,
        batch=True,
        key=key,
        actor=user,
        listed=listed,
        token_id=token_id,
    )


def place_sheet(
    *,
    user: User,
    requests: Sequence[Mapping[str, Any]],
    sheet: SheetOrder,
    key: str = "",
    token_id: UUID | None = None,
) -> Placed:
    """Hold the credits and queue all cells of a sheet, row by row, or none; as `place` raises.

    The sheet's id is that of the batch. The key stands for what was asked, not for the cells: those
    with random values differ each time.
    """
    return _place(
        user=user,
        requests=requests,
        batch=True,
        key=key,
        actor=user,
        sheet=sheet,
        token_id=token_id,
    )


def retry(*, user: User, job: Job, token_id: UUID | None = None) -> Job:
    """Queue a new job with the same parameters, seed included; raises what `place` raises.

    In a sheet it takes the place of the old one; raises `sheet_orders.CellReplaced` if another one
    has it.
    """
    return _place(
        user=user,
        requests=[_again(job)],
        batch=False,
        key="",
        actor=user,
        detail=f"again {job.id}",
        token_id=token_id,
        replaces=job,
        kept_style=own_styles.of_job(job),
    ).jobs[0]


def retry_for_owner(*, job: Job, actor: User | None) -> Placed:
    """Queue a job again for its owner, at the owner's cost, on behalf of staff.

    A second call for the same job places nothing and returns `created` False. `actor` is None for
    a command. Raises what `place` raises.
    """
    return _place(
        user=job.user,
        requests=[_again(job)],
        batch=False,
        key=f"retry {job.id}",
        by_staff=True,
        actor=actor,
        detail=f"again {job.id}",
        replaces=job,
        kept_style=own_styles.of_job(job),
    )


def place_reviewed(order: HeldOrder, *, actor: User) -> Placed:
    """Place an order that a moderator has approved; raises what `place` raises, Moderated aside."""
    return _place(
        user=order.user,
        requests=order.requests,
        batch=order.is_batch,
        key=order.key,
        actor=actor,
        detail="approved",
        token_id=order.token_id,
        is_moderated=False,
        sheet=SheetOrder(**order.sheet) if order.sheet else None,
    )


def _again(job: Job) -> dict[str, Any]:
    parameters = job.parameters
    if job.model.offer.sized_by_source:  # its size is read from the source image again
        del parameters["width"], parameters["height"]
    return {"model": job.model.slug, **parameters}


def _place(
    *,
    user: User,
    requests: Sequence[Mapping[str, Any]],
    batch: bool,
    key: str,
    actor: User | None,
    by_staff: bool = False,
    detail: str = "",
    listed: bool = False,
    token_id: UUID | None = None,
    is_moderated: bool = True,
    sheet: SheetOrder | None = None,
    replaces: Job | None = None,
    kept_style: StyleText | None = None,
) -> Placed:
    order_key = None
    if key:
        asked = [sheet.asked] if sheet else requests
        order_key = OrderKey(user=user, key=key, by_staff=by_staff, is_batch=batch, requests=asked)
        if known := order_key.placed():
            return Placed(jobs=known, batch=known[0].batch, created=False)
    catalog, rules = model_cache.for_order(), moderation_rules.for_order()
    held = HeldOrder(
        user,
        requests,
        is_batch=batch,
        key=key,
        token_id=token_id,
        sheet=sheet.as_json() if sheet else None,
    )
    max_count = len(requests) if sheet else BATCH_MAX  # bounded by `studio.sheets.plans`
    sheet_id = sheet_orders.sheet_of(replaces) if replaces else None

    def order() -> Placed:
        drafted = drafts.of_requests(
            requests,
            user=user,
            catalog=catalog,
            listed=listed,
            max_count=max_count,
            kept_style=kept_style,
        )
        jobs = drafted.jobs
        found: Found = {}
        # An own style may have been changed since its text was approved.
        is_judged = is_moderated or any(job.has_own_style for job in jobs)
        if is_judged and not by_staff:
            found = rules.in_prompts(job.written_prompt for job in jobs)
            if found and (stopping := reviews.stopping(found, user=user)):
                raise _Stopped(stopping)
        batch_id = uuid7() if batch else None
        for job in jobs:
            job.batch = batch_id or sheet_id
        forecast = eta.of_jobs(jobs)
        waits = budget_state.waits_of_order(
            user, budget_state.costs_of(jobs), states=forecast.budgets
        )
        parked = {job.id: until for job, until in zip(jobs, waits, strict=True) if until}
        limit = eta.limit_of_order(user, forecast=forecast)
        eta.promise(jobs, forecast=forecast, now=timezone.now(), parked=parked, limit=limit)
        with transaction.atomic():
            if order_key:
                order_key.remember(batch_id or jobs[0].id)
            _hold(user=user, jobs=jobs, by_staff=by_staff, token_id=token_id)
            admission.enqueue(
                user=user,
                drafted=drafted,
                catalog=catalog,
                rules=rules,
                actor=actor,
                detail=detail,
                by_staff=by_staff,
            )
            for job in jobs:
                # For the reply and the event. In the database the job is due: the budget may have
                # been raised since it was read, or jobs at RunPod cost less than expected.
                job.parked_until = parked.get(job.id)
            if sheet and batch_id:
                sheet_orders.store(sheet, user=user, batch_id=batch_id, jobs=jobs)
            if replaces and sheet_id:
                sheet_orders.replace_cell(sheet_id, job=replaces, by=jobs[0])
            if found:
                reviews.flag(held, found, placed=batch_id or jobs[0].id)
            for slug in dict.fromkeys(job.model.slug for job in jobs):
                dispatch.submit(slug)
        return Placed(jobs=jobs, batch=batch_id, created=True)

    try:
        try:
            return order()
        except (InvalidParameters, ledger.TooFewCredits, CatalogChanged, _Stopped):
            if catalog.is_fresh and rules.is_fresh:
                raise
        catalog, rules = model_cache.read(), moderation_rules.current()
        return order()
    except Twin:
        if order_key is None or not (known := order_key.placed()):
            raise
        return Placed(jobs=known, batch=known[0].batch, created=False)
    except _Stopped as stopped:
        creation_switch.refuse_if_paused(user, by_staff=by_staff)
        raise reviews.stopped(held, stopped.found) from None
    except (
        InvalidParameters,
        ledger.TooFewCredits,
        quotas.NotAllowed,
        period_limits.PeriodLimitReached,
        TooManyWaiting,
        StorageFull,
    ):
        # Takes precedence over anything else wrong with the order.
        creation_switch.refuse_if_paused(user, by_staff=by_staff)
        raise


class _Stopped(Exception):
    """Rules refuse or hold what they found."""

    def __init__(self, found: Found) -> None:
        super().__init__()
        self.found = found


def _hold(*, user: User, jobs: Sequence[Job], by_staff: bool, token_id: UUID | None) -> None:
    holds.hold_all(
        user=user,
        order=_asked(jobs),
        by_staff=by_staff,
        token_id=token_id,
        holds=[
            holds.Hold(reference=job.id, amount=job.credits, reason=job.prompt[:80]) for job in jobs
        ],
    )


def _asked(jobs: Sequence[Job]) -> quotas.Order:
    return quotas.Order(
        len(jobs),
        models={job.model.slug: job.model.name for job in jobs},
        pixels=max(job.width * job.height for job in jobs),
    )
