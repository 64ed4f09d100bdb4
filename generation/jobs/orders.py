"""What a user can request: a quote, a job, a batch, a cancel, a retry. One call each, atomic."""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

from accounts import ledger
from accounts.models import User
from artgen import formatting
from artgen.refusals import FieldError, Refusal
from generation.catalog.offers import BATCH_MAX, InvalidParameters, size_like
from generation.catalog.parameters import SEED_MAX
from generation.jobs import bulk_update, dispatch, enabled_models, eta, lifecycle, sources
from generation.jobs.enabled_models import EnabledModels
from generation.jobs.eta import Eta
from generation.models import GenerationSwitch, IdempotencyKey, Job, Status
from generation.runpod.payloads import dialect_of

CANCEL_TRIES = 5
PAUSED_RETRY_SECONDS = 60
ROOM = "(SELECT COUNT(*) FROM generation_job WHERE user_id = %s AND status = 'queued') + %s <= %s"
NOT_OFF = 'NOT EXISTS (SELECT 1 FROM generation_generationswitch WHERE NOT "on")'


class GenerationOff(Refusal):
    """Staff have paused all spending; `message` is their text, or a general one."""

    code = "generation_off"
    status = 503
    text = gettext_lazy("Image creation is paused. Your text is saved.")

    def __init__(self, message: str) -> None:
        super().__init__(message, retry_after=PAUSED_RETRY_SECONDS)


class TooManyWaiting(Refusal):
    """The user has as many queued jobs as one user may have.

    `retry_after` are the seconds until the next one is probably submitted.
    """

    code = "too_many_waiting"
    status = 429

    def __init__(self, *, limit: int, retry_after: int) -> None:
        super().__init__(retry_after=retry_after, limit=limit)
        self.limit = limit

    @property
    def message(self) -> str:
        """What the limit is, and when to try again."""
        values = {
            "limit": formatting.number(self.limit),
            "duration": formatting.duration(self.retry_after or 0),
        }
        text = _("The limit of %(limit)s queued images is reached. Try again in %(duration)s.")
        return text % values


class KeyRefused(Refusal):
    """Nothing can be placed with this Idempotency-Key."""

    text = gettext_lazy("Use a new Idempotency-Key for a new request.")


class KeyReused(KeyRefused):
    """The Idempotency-Key has been used for another request."""

    code = "idempotency_key_reused"
    status = 422


class KeyBusy(KeyRefused):
    """The request with this Idempotency-Key was placed, and its jobs have been deleted since."""

    code = "idempotency_key_busy"
    status = 409


class AlreadyFinal(Refusal):
    """The job has finished, or is being saved: it cannot be canceled."""

    code = "already_final"
    status = 409
    text = gettext_lazy("It has finished or is being saved and can’t be canceled.")


@dataclass(frozen=True)
class Quote:
    """Price and wait time of an order that is not placed."""

    credits: int
    eta: Eta


@dataclass(frozen=True)
class Placed:
    """The jobs of an order; `created` is False if its Idempotency-Key had placed them before."""

    jobs: list[Job]
    batch: UUID | None
    created: bool


def quote(*, user: User, requests: Sequence[Mapping[str, Any]], listed: bool = False) -> Quote:
    """Return price and wait time of these requests, as `place_batch` takes them; place nothing.

    Raises InvalidParameters as `place_batch` does.
    """
    jobs = _draft(user=user, requests=requests, offered=enabled_models.read(), listed=listed)
    counts: dict[int, int] = {}
    for job in jobs:
        counts[job.model_id] = counts.get(job.model_id, 0) + 1
    models = {job.model_id: job.model for job in jobs}
    forecast = eta.forecast(models.values())
    etas = [forecast.of_order(models[pk], count=count) for pk, count in counts.items()]
    return Quote(
        credits=sum(job.credits for job in jobs),
        eta=Eta(max(one.p50 for one in etas), max(one.p90 for one in etas)),
    )


def place(
    *, user: User, request: Mapping[str, Any], key: str = "", token_id: UUID | None = None
) -> Placed:
    """Hold the credits and queue one job; `request` is `{"model", …JOB_FIELDS}`.

    `token_id` is the API token that places it, if that has a spending limit.

    Raises:
        InvalidParameters, GenerationOff, TooManyWaiting, KeyReused, KeyBusy,
            ledger.TooFewCredits: nothing was placed.
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


def repeated(request: Mapping[str, Any], *, count: int) -> list[dict[str, Any]]:
    """Return `count` requests from one; a given seed counts up, so that the images differ."""
    seed = request.get("seed")
    if isinstance(seed, bool) or not isinstance(seed, int):
        return [dict(request) for _n in range(count)]
    return [
        {**request, "seed": (seed + n) % (SEED_MAX + 1) if 0 <= seed <= SEED_MAX else seed}
        for n in range(count)
    ]


def cancel(*, job: Job, actor: User | None) -> Job:
    """Cancel a queued or running job, return its credits, and have RunPod stop it.

    `actor` is None for a command.

    Raises:
        AlreadyFinal: it has finished or is being saved.
    """
    for _try in range(CANCEL_TRIES):
        current = Job.objects.select_related("model").get(id=job.id)
        if not current.is_cancelable:
            break
        try:
            with transaction.atomic():
                ended = lifecycle.canceled(current, actor=actor)
                dispatch.stop()
                dispatch.submit(ended.model.slug)
        except lifecycle.Stale:
            continue
        return ended
    raise AlreadyFinal


def look_again(*, job: Job, actor: User | None) -> bool:
    """Make a job due now, whatever it waits for; return False if there is nothing to check."""
    with transaction.atomic():
        if not lifecycle.requested_check(job, actor=actor):
            return False
        if job.status == Status.QUEUED:
            dispatch.submit(job.model.slug)
        elif job.status == Status.STORING:
            dispatch.store()
        else:
            dispatch.check(job.model.slug)
    return True


def retry(*, user: User, job: Job, token_id: UUID | None = None) -> Job:
    """Queue a new job with the same parameters, seed included; raises what `place` raises."""
    return _place(
        user=user,
        requests=[_again(job)],
        batch=False,
        key="",
        actor=user,
        detail=f"again {job.id}",
        token_id=token_id,
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
) -> Placed:
    body = _digest([batch, *requests]) if key else ""
    own_key = {"user": user, "key": key, "by_staff": by_staff}
    if key and (known := IdempotencyKey.objects.filter(**own_key).first()):
        return _replay(known, user=user, body=body, batch=batch)
    offered = enabled_models.recent()

    def order() -> Placed:
        jobs = _draft(user=user, requests=requests, offered=offered, listed=listed)
        batch_id = uuid7() if batch else None
        for job in jobs:
            job.batch = batch_id
        with transaction.atomic():
            if key:
                _remember(own_key, body=body, placed=batch_id or jobs[0].id)
            _hold(user=user, jobs=jobs, token_id=token_id)
            _queue(user=user, jobs=jobs, offered=offered, actor=actor, detail=detail)
            for slug in {job.model.slug for job in jobs}:
                dispatch.submit(slug)
        return Placed(jobs=jobs, batch=batch_id, created=True)

    try:
        try:
            return order()
        except (InvalidParameters, ledger.TooFewCredits, _Changed):
            if offered.is_fresh:
                raise
        offered = enabled_models.read()
        return order()
    except _Twin:
        return _replay(IdempotencyKey.objects.get(**own_key), user=user, body=body, batch=batch)
    except (InvalidParameters, ledger.TooFewCredits, TooManyWaiting):
        _refuse_if_off()  # takes precedence over anything else wrong with the order
        raise


def _digest(order: list[Any]) -> str:
    return hashlib.sha256(json.dumps(order, sort_keys=True, default=str).encode()).hexdigest()


def _refuse_if_off() -> None:
    if switch := GenerationSwitch.objects.filter(on=False).first():
        raise GenerationOff(switch.message)


class _Changed(Exception):
    """A model or style has changed since this process cached it."""


class _Twin(Exception):
    """Another request with the same Idempotency-Key is being placed."""


def _remember(own_key: Mapping[str, Any], *, body: str, placed: UUID) -> None:
    # The unique constraint lets a twin wait for the first one's commit, then fail here.
    try:
        with transaction.atomic():
            IdempotencyKey.objects.create(
                **own_key, body_sha256=body, placed=placed, created_at=timezone.now()
            )
    except IntegrityError as error:
        raise _Twin from error


def _replay(known: IdempotencyKey, *, user: User, body: str, batch: bool) -> Placed:
    if known.body_sha256 != body:
        raise KeyReused
    own = Job.objects.of(user).with_all()
    jobs = list(
        (own.filter(batch=known.placed) if batch else own.filter(id=known.placed)).order_by("id")
    )
    if not jobs:
        raise KeyBusy
    return Placed(jobs=jobs, batch=jobs[0].batch, created=False)


def _hold(*, user: User, jobs: Sequence[Job], token_id: UUID | None) -> None:
    ledger.hold_all(
        user=user,
        token_id=token_id,
        holds=[
            ledger.Hold(reference=job.id, amount=job.credits, reason=job.prompt[:80])
            for job in jobs
        ],
    )


def _queue(
    *, user: User, jobs: Sequence[Job], offered: EnabledModels, actor: User | None, detail: str
) -> None:
    """Insert the jobs unless generation is off, too many wait or the catalog has changed.

    One statement.
    """
    most = settings.MAX_WAITING_PER_USER
    same, versions = offered.unchanged(
        models={job.model.slug for job in jobs}, styles={job.style for job in jobs if job.style}
    )
    # The hold has locked the user's row, so orders of one user are counted one at a time.
    user_id = bulk_update.prepared("user", user.pk)
    guard = (f"{ROOM} AND {NOT_OFF} AND {same}", user_id, len(jobs), most, *versions)
    if lifecycle.placed(jobs, actor=actor, detail=detail, guard=guard):
        return
    _refuse_if_off()
    if offered.is_fresh or Job.objects.of(user).queued().count() + len(jobs) > most:
        raise TooManyWaiting(limit=most, retry_after=eta.speed(jobs[0].model).p50)
    raise _Changed


def _draft(
    *, user: User, requests: Sequence[Mapping[str, Any]], offered: EnabledModels, listed: bool
) -> list[Job]:
    """Return unsaved jobs: validated, with defaults, a seed each, a price and a snapshot."""
    if not 1 <= len(requests) <= BATCH_MAX:
        detail = _("Must be 1–%(max)d images.") % {"max": BATCH_MAX}
        raise InvalidParameters([FieldError(field="count", code="max_value", detail=detail)])
    jobs: list[Job] = []
    errors: list[FieldError] = []
    for index, request in enumerate(requests):
        try:
            jobs.append(_draft_one(user=user, request=request, offered=offered))
        except InvalidParameters as refused:
            if not listed:
                raise
            errors += [
                replace(error, field=f"jobs[{index}].{error.field}") for error in refused.errors
            ]
    if errors:
        raise InvalidParameters(errors)
    return jobs


def _draft_one(*, user: User, request: Mapping[str, Any], offered: EnabledModels) -> Job:
    slug = request.get("model")
    model = offered.models.get(slug) if isinstance(slug, str) else None
    if model is None:
        code, detail = (
            ("does_not_exist", _("Model not found."))
            if slug
            else ("required", _("Choose a model."))
        )
        raise InvalidParameters([FieldError(field="model", code=code, detail=detail)])
    offer = offered.offers[model.slug]
    cleaned = offer.clean({name: value for name, value in request.items() if name != "model"})
    style = offered.styles.get(cleaned["style"]) if cleaned["style"] else None
    if cleaned["style"] and style is None:
        raise InvalidParameters(
            [FieldError(field="style", code="does_not_exist", detail=_("Style not found."))]
        )
    known = sources.check(user=user, ids=cleaned["source_images"])
    cleaned["source_images"] = [str(source.id) for source in known]
    if offer.sized_by_source:
        cleaned["width"], cleaned["height"] = size_like(
            width=known[0].width, height=known[0].height
        )
    cleaned["style"] = cleaned["style"] or ""
    if cleaned["seed"] is None:
        cleaned["seed"] = secrets.randbelow(SEED_MAX + 1)
    snapshot = {
        "slug": offer.slug,
        "endpoint_id": offer.endpoint_id,
        "dialect": offer.dialect,
        "request_format": offer.request_format,
        "workflow": model.workflow,
        "style_template": style.template if style else None,
        "price": offer.price.as_json(),
    }
    dialect = dialect_of(offer.dialect, offer.request_format)
    if sources.transport(known, dialect=dialect, beside={**cleaned, **snapshot}).reduced:
        snapshot["sources_reduced"] = True
    return Job(
        id=uuid7(),
        user=user,
        model=model,
        credits=offer.price_of(cleaned),
        snapshot=snapshot,
        **cleaned,
    )
