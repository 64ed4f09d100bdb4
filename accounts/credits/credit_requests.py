"""Requests for credits: a user asks, staff grant or decline, and each side gets an email.

Staff with the right to decide get emails, at most 20 an hour: the queue on the admin's
start page has all requests in any case.
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.credits import ledger
from accounts.emails import outbox, texts
from accounts.limits import rate_limits
from accounts.models import CreditPage, CreditRequest, CreditRequestState, User
from artgen.admin import audit
from artgen.refusals import Refusal

REASON = gettext_noop("Credits on request")
RIGHT = "change_creditrequest"
MAX_STAFF = 20  # who get an email
SHOWN = 10  # requests on the user's page

State = CreditRequestState


class AlreadyAsked(Refusal):
    """The user's earlier request is still open; nothing was changed."""

    code = "already_asked"
    status = 409
    text = gettext_lazy("Your earlier request is still open.")


class NotTaken(Refusal):
    """The operator does not accept requests for credits; nothing was changed."""

    code = "credit_requests_off"
    status = 403
    text = gettext_lazy("Requests for credits are turned off.")


class NotOpen(Refusal):
    """The request was decided or withdrawn; nothing was changed."""

    code = "credit_request_not_open"
    status = 409
    text = gettext_lazy("The request was already decided or withdrawn.")


def page() -> CreditPage:
    """Return what the page says; the default row where staff have saved none."""
    return CreditPage.objects.first() or CreditPage()


def latest_of(user: User) -> list[CreditRequest]:
    """Return the user's last requests, newest first."""
    return list(CreditRequest.objects.filter(user=user).order_by("-created_at", "-id")[:SHOWN])


def ask(*, user: User, note: str) -> CreditRequest:
    """Store the request and write to staff.

    Raises `NotTaken`, `AlreadyAsked` or `rate_limits.TooManyTries`.
    """
    if not page().takes_requests:
        raise NotTaken
    if CreditRequest.objects.filter(user=user, state=State.OPEN).exists():
        raise AlreadyAsked
    rate_limits.spend("credit_request", user.pk)
    try:
        with transaction.atomic():
            request = CreditRequest.objects.create(user=user, note=note)
            _tell_staff(request)
    except IntegrityError as error:  # the same form was sent twice
        if CreditRequest.objects.filter(user=user, state=State.OPEN).exists():
            raise AlreadyAsked from error
        raise
    return request


def withdraw(*, user: User) -> None:
    """End the user's open request; raise `NotOpen`."""
    rows = CreditRequest.objects.filter(user=user, state=State.OPEN)
    if not rows.update(state=State.WITHDRAWN, decided_at=timezone.now()):
        raise NotOpen


def grant(request: CreditRequest, *, amount: int, answer: str = "", actor: User) -> None:
    """Add the credits and write to the user; raise `NotOpen` or `ledger.TooManyCredits`."""
    answer = answer.strip()
    with transaction.atomic():
        _decide(request, state=State.GRANTED, amount=amount, answer=answer, actor=actor)
        ledger.grant(
            user=request.user,
            amount=amount,
            reason=answer or REASON,
            actor=actor,
            external_reference=f"request:{request.pk}",
        )
        audit.record(actor=actor, row=request, text=f"granted {amount} credits")
        outbox.enqueue(texts.credits_granted(request=request))


def decline(request: CreditRequest, *, reason: str, actor: User) -> None:
    """End the request with a reason, which is emailed to the user; raise `NotOpen`."""
    reason = reason.strip()
    if not reason:
        raise ValueError("A reason is required.")
    with transaction.atomic():
        _decide(request, state=State.DECLINED, amount=None, answer=reason, actor=actor)
        audit.record(actor=actor, row=request, text=f"declined: {reason}")
        outbox.enqueue(texts.credits_declined(request=request))


def forget_decided(*, before: datetime) -> int:
    """Delete requests that ended before then; return how many. The ledger has what was added."""
    return CreditRequest.objects.filter(decided_at__lt=before).delete()[0]


def _decide(
    request: CreditRequest, *, state: State, amount: int | None, answer: str, actor: User
) -> None:
    fields = {
        "state": state,
        "amount": amount,
        "answer": answer,
        "decided_at": timezone.now(),
        "decided_by": actor,
    }
    # The condition decides between two members of staff, and against a withdrawal.
    if not CreditRequest.objects.filter(pk=request.pk, state=State.OPEN).update(**fields):
        raise NotOpen
    for name, value in fields.items():
        setattr(request, name, value)


def _tell_staff(request: CreditRequest) -> None:
    try:
        rate_limits.spend("credit_request_email", "staff")
    except rate_limits.TooManyTries:
        return
    for user in _who_decide():
        outbox.enqueue(texts.credits_asked(request=request, staff=user))


def _who_decide() -> list[User]:
    permission = {"codename": RIGHT, "content_type__app_label": "accounts"}
    may = Q(is_superuser=True)
    for path in ("user_permissions", "groups__permissions"):
        may |= Q(**{f"{path}__{name}": value for name, value in permission.items()})
    users = User.objects.filter(may, is_staff=True, is_active=True, banned_at=None)
    return list(users.distinct().order_by("id")[:MAX_STAFF])
