"""What a user can order: a job, a batch, a sheet, a list of runs. One call, atomic."""

from itertools import zip_longest

from django.db import transaction

from accounts.credits import holds, ledger
from accounts.limits import quotas
from artgen.refusals import Refusal
from generation.catalog.offers import InvalidParameters
from generation.jobs import eta
from generation.jobs.placing import admission, creation_switch, drafts, sheet_orders
from generation.jobs.placing.admission import TermsChanged
from generation.jobs.placing.idempotency import OrderKey, Twin
from generation.jobs.placing.job_order import JobOrder, PlacedOrder, Placer, Stopped
from generation.jobs.placing.job_request import UserCatalog
from generation.jobs.placing.judgement import Terms, judge
from generation.moderation import prompt_reviews


def place(order: JobOrder) -> PlacedOrder:
    """Hold the credits and queue all jobs of an order, or none; or return what its key has placed.

    Raises:
        InvalidParameters, GenerationOff, TooManyWaiting, StorageFull, KeyReused, KeyBusy,
            holds.PriceTooHigh, ledger.TooFewCredits, quotas.OrderNotAllowed,
            period_limits.PeriodLimitReached, sheet_orders.CellReplaced: nothing was placed.
        moderation.refusals.Moderated: a rule stops a prompt; the request, of a list its run, is
            stored, for an appeal or a moderator.
    """
    key = OrderKey(order) if order.key else None
    try:
        return _place_new(order, key)
    except (Twin, Stopped, Refusal) as refused:
        # Only now: nearly every key is new.
        if key and (placed := key.placed()):
            return placed
        if isinstance(refused, Twin):
            raise
        # A pause takes precedence over anything else wrong with the order.
        creation_switch.refuse_if_paused(order.user, by_staff=order.by_staff)
        if isinstance(refused, Stopped):
            raise prompt_reviews.store_stopped(refused.order, refused.matches) from None
        raise


def _place_new(order: JobOrder, key: OrderKey | None) -> PlacedOrder:
    """Place by the terms that were read last; a refusal counts only by those of now."""
    terms = Terms()
    while True:
        try:
            return _place_by(terms, order, key)
        except (
            InvalidParameters,
            holds.PriceTooHigh,
            ledger.TooFewCredits,
            TermsChanged,
            Stopped,
        ):
            if terms.is_fresh:
                raise
        terms = Terms(are_of_now=True)


def _place_by(terms: Terms, order: JobOrder, key: OrderKey | None) -> PlacedOrder:
    catalog = UserCatalog(terms.catalog, order.user, order.kept_style)
    drafted = drafts.of_requests(
        order.requests,
        catalog=catalog,
        is_listed=order.is_listed,
        max_count=order.max_count,
        is_again=bool(order.repeats) or order.placer is Placer.MODERATOR,
    )
    jobs = drafted.jobs
    matches = judge(order, jobs, rules=terms.rules)
    batches = order.new_batches()
    batch_id = batches[0] if batches else None
    for job, batch in zip_longest(jobs, batches):
        job.batch = batch or order.sheet_id
        if order.endpoint_wanted:
            job.snapshot["wanted_endpoint"] = order.endpoint_wanted
    parked_until = eta.promise_order(order.user, jobs)
    with transaction.atomic():
        if key:
            key.remember(batch_id or jobs[0].id)
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
                holds.Hold(reference=job.id, amount=job.credits, reason=job.prompt[:80])
                for job in jobs
            ],
        )
        admission.enqueue(order, drafted, terms)
        for job in jobs:
            # For the reply and the event. In the database the job is due: the budget may have
            # been raised since it was read, or jobs at the provider cost less than expected.
            job.parked_until = parked_until.get(job.id)
        if order.sheet and batch_id:
            sheet_orders.store(order.sheet, user=order.user, batch_id=batch_id, jobs=jobs)
        if order.repeats and order.sheet_id:
            sheet_orders.replace_cell(order.sheet_id, job=order.repeats, by=jobs[0])
        if matches:
            prompt_reviews.flag(order, matches, placed=batch_id or jobs[0].id)
    return PlacedOrder(jobs, batch=batch_id, created=True)
