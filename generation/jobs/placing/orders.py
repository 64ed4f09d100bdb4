"""What a user can order: a job, a batch, a sheet. One call each, atomic. Again: `retries`."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.credits import holds, ledger
from accounts.limits import quotas
from accounts.models import User
from artgen.refusals import Refusal
from generation.catalog.offers import InvalidParameters
from generation.jobs import eta
from generation.jobs.placing import admission, creation_switch, drafts, sheet_orders
from generation.jobs.placing.admission import TermsChanged
from generation.jobs.placing.client_calls import ClientCall
from generation.jobs.placing.idempotency import OrderKey, Twin
from generation.jobs.placing.job_order import JobOrder, PlacedOrder, Placer
from generation.jobs.placing.job_request import UserCatalog
from generation.jobs.placing.judgement import Stopped, Terms, judge
from generation.jobs.placing.sheet_orders import SheetOrder
from generation.models import Job
from generation.moderation import prompt_reviews
from generation.moderation.prompt_reviews import HeldOrder


def place(
    *,
    user: User,
    request: Mapping[str, Any],
    key: str = "",
    token_id: UUID | None = None,
    max_credits: int | None = None,
) -> PlacedOrder:
    """Hold the credits and queue one job; `request` is `{"model", …JOB_FIELDS}`.

    `token_id` is the API token that places it, if that has a spending limit. `max_credits` is the
    price that the user agreed to.

    Raises:
        InvalidParameters, GenerationOff, TooManyWaiting, StorageFull, KeyReused, KeyBusy,
            holds.PriceTooHigh, ledger.TooFewCredits, quotas.OrderNotAllowed,
            period_limits.PeriodLimitReached: nothing was placed.
        moderation.refusals.Moderated: a rule stops the prompt; the request is stored, for an appeal
            or a moderator.
    """
    return place_order(
        JobOrder(
            user, [request], is_batch=False, key=key, token_id=token_id, max_credits=max_credits
        )
    )


def place_batch(
    *,
    user: User,
    requests: Sequence[Mapping[str, Any]],
    key: str = "",
    is_listed: bool = False,
    token_id: UUID | None = None,
    max_credits: int | None = None,
) -> PlacedOrder:
    """Hold the credits and queue all of 1 to BATCH_MAX jobs, or none; raises what `place` raises.

    With `is_listed`, InvalidParameters names the fields of every invalid request `jobs[2].width`;
    else it names those of the first one.
    """
    return place_order(
        JobOrder(
            user,
            requests,
            is_listed=is_listed,
            key=key,
            token_id=token_id,
            max_credits=max_credits,
        )
    )


def place_list(
    *,
    user: User,
    runs: Sequence[Sequence[Mapping[str, Any]]],
    key: str = "",
    max_credits: int | None = None,
) -> PlacedOrder:
    """Hold the credits and queue all jobs of several runs, or none; raises what `place` raises.

    Each run is a batch of its own. A rule that stops one of the prompts stores that run.
    """
    requests = [request for run in runs for request in run]
    lengths = [len(run) for run in runs]
    return place_order(
        JobOrder(user, requests, run_lengths=lengths, key=key, max_credits=max_credits)
    )


def place_call(
    *,
    user: User,
    requests: Sequence[Mapping[str, Any]],
    call: ClientCall,
    token_id: UUID | None = None,
    max_credits: int | None = None,
) -> PlacedOrder:
    """Place a batch as `place_batch` does, once however often the client sends the call."""
    return place_order(
        JobOrder(
            user,
            requests,
            key=call.key,
            call=call,
            token_id=token_id,
            max_credits=max_credits,
        )
    )


def placed_by_call(user: User, call: ClientCall) -> PlacedOrder | None:
    """Return what this call has placed before; raises as `idempotency.OrderKey.placed`."""
    return OrderKey(JobOrder(user, [], key=call.key, call=call)).placed()


def place_sheet(
    *,
    user: User,
    requests: Sequence[Mapping[str, Any]],
    sheet: SheetOrder,
    key: str = "",
    token_id: UUID | None = None,
    max_credits: int | None = None,
) -> PlacedOrder:
    """Hold the credits and queue all cells of a sheet, row by row, or none; as `place` raises.

    The sheet's id is that of the batch.
    """
    return place_order(
        JobOrder(user, requests, sheet=sheet, key=key, token_id=token_id, max_credits=max_credits)
    )


def place_reviewed(held: HeldOrder, *, actor: User) -> PlacedOrder:
    """Place an order that a moderator has approved; raises what `place` raises, Moderated aside."""
    order = JobOrder(
        held.user,
        held.requests,
        is_batch=held.is_batch,
        key=held.key,
        token_id=held.token_id,
        max_credits=held.max_credits,
        sheet=SheetOrder(**held.sheet) if held.sheet else None,
        placer=Placer.MODERATOR,
        placed_by=actor,
    )
    return place_order(order)


def place_order(order: JobOrder) -> PlacedOrder:
    """Place what the order asks for, or what its key has placed before; raises as `place` does."""
    key = OrderKey(order) if order.key else None
    try:
        sheet_id = sheet_orders.sheet_of(order.repeats) if order.repeats else None
        return _place_new(order, key, sheet_id=sheet_id)
    except (Twin, Stopped, Refusal) as refused:
        # Only now: nearly every key is new.
        if key and (placed := key.placed()):
            return placed
        if isinstance(refused, Twin):
            raise
        # A pause takes precedence over anything else wrong with the order.
        creation_switch.refuse_if_paused(order.user, by_staff=order.by_staff)
        if isinstance(refused, Stopped):
            raise prompt_reviews.store_stopped(refused.order.held, refused.matches) from None
        raise


def _place_new(order: JobOrder, key: OrderKey | None, *, sheet_id: UUID | None) -> PlacedOrder:
    """Place by the terms that were read last; a refusal counts only by those of now."""
    terms = Terms()
    try:
        return _place_by(terms, order, key, sheet_id=sheet_id)
    except (
        InvalidParameters,
        holds.PriceTooHigh,
        ledger.TooFewCredits,
        TermsChanged,
        Stopped,
    ):
        if terms.is_fresh:
            raise
    return _place_by(Terms(are_of_now=True), order, key, sheet_id=sheet_id)


def _place_by(
    terms: Terms, order: JobOrder, key: OrderKey | None, *, sheet_id: UUID | None
) -> PlacedOrder:
    catalog = UserCatalog(terms.catalog, order.user, order.kept_style)
    drafted = drafts.of_requests(
        order.requests,
        catalog=catalog,
        is_listed=order.is_listed,
        max_count=order.max_count,
        is_again=bool(order.repeats) or order.placer is Placer.MODERATOR,
    )
    jobs = drafted.jobs
    judgement = judge(order, jobs, rules=terms.rules)
    batches = order.new_batches()
    batch_id = batches[0] if batches else None
    for job, batch in zip_longest(jobs, batches):
        job.batch = batch or sheet_id
        if order.endpoint_wanted:
            job.snapshot["wanted_endpoint"] = order.endpoint_wanted
    parked_until = eta.promise_order(order.user, jobs)
    with transaction.atomic():
        if key:
            key.remember(batch_id or jobs[0].id)
        _hold_credits(order, jobs)
        admission.enqueue(order, drafted, judgement)
        for job in jobs:
            # For the reply and the event. In the database the job is due: the budget may have
            # been raised since it was read, or jobs at the provider cost less than expected.
            job.parked_until = parked_until.get(job.id)
        if order.sheet and batch_id:
            sheet_orders.store(order.sheet, user=order.user, batch_id=batch_id, jobs=jobs)
        if order.repeats and sheet_id:
            sheet_orders.replace_cell(sheet_id, job=order.repeats, by=jobs[0])
        if judgement.matches:
            prompt_reviews.flag(order.held, judgement.matches, placed=batch_id or jobs[0].id)
    return PlacedOrder(jobs, batch=batch_id, created=True)


def _hold_credits(order: JobOrder, jobs: Sequence[Job]) -> None:
    holds.hold_all(
        user=order.user,
        order=quotas.OrderSummary(
            len(jobs),
            models={job.model.slug: job.model.name for job in jobs},
            pixels=max(job.width * job.height for job in jobs),
        ),
        by_staff=order.by_staff,
        token_id=order.token_id,
        max_credits=order.max_credits,
        holds=[
            holds.Hold(reference=job.id, amount=job.credits, reason=job.prompt[:80]) for job in jobs
        ],
    )
