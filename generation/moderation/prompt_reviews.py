"""Requests that rules stopped or flagged: stored, appealed, decided.

A request that is not placed has no job: no status, no held credits, nothing to submit.
It is a `PromptReview` with the request as it was sent; an approval places it as if it were sent
then (`generation.jobs.placing.reviewed_orders`). Only this module writes these rows.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.emails import outbox
from accounts.limits import rate_limits
from accounts.models import User
from generation.models import PromptReview, ReviewState, RuleAction
from generation.moderation import decision_emails, trusted_authors
from generation.moderation.refusals import (
    AlreadyDecided,
    HeldForReview,
    Moderated,
    PromptNotAllowed,
    PromptRejected,
    TooManyReviews,
)
from generation.moderation.rule_matching import Match, strongest
from generation.moderation.text_folding import folded

MAX_WAITING = 20
"""Requests of one user under review at the same time."""
MAX_OBSTACLE_LENGTH = 300
KNOWN = (ReviewState.REFUSED, ReviewState.WAITING, ReviewState.REJECTED)
APPROVABLE = (ReviewState.WAITING, ReviewState.REFUSED, ReviewState.REJECTED)

MatchesByPrompt = Mapping[str, Sequence[Match]]
"""What rules found in each prompt."""


@dataclass(frozen=True)
class HeldOrder:
    """An order as it was sent, which may be placed later."""

    user: User
    requests: Sequence[Mapping[str, Any]]
    """One for each job: `{"model", …JOB_FIELDS}`."""
    is_batch: bool = True
    key: str = ""
    """The Idempotency-Key, "" for none."""
    token_id: UUID | None = None
    """The API token that places it, if that has a spending limit."""
    max_credits: int | None = None
    """The price that its sender agreed to; a higher one is refused. None: any."""
    sheet: Mapping[str, Any] | None = None
    """The sheet that its jobs form: a `sheet_orders.SheetOrder`."""


def stopping_matches(found_matches: MatchesByPrompt, *, user: User) -> MatchesByPrompt:
    """Return those of the prompts that may not be placed now.

    Rules that hold do not stop trusted authors, and an approval counts for the same prompts of the
    same user from then on. The database is read only if a rule has found something.
    """
    stopped = {
        prompt: matches
        for prompt, matches in found_matches.items()
        if strongest(matches) in (RuleAction.HOLD, RuleAction.REFUSE)
    }
    if not stopped:
        return {}
    approved = PromptReview.objects.filter(
        user=user, digest=digest_of(stopped), state=ReviewState.APPROVED
    )
    if approved.exists():
        return {}
    if _action(stopped) == RuleAction.HOLD and trusted_authors.is_trusted(user.pk):
        return {}
    return stopped


def store_stopped(order: HeldOrder, matches: MatchesByPrompt) -> Moderated:
    """Store the order and return the refusal to raise; the same order again is stored once.

    Raises:
        TooManyReviews: to be held, while MAX_WAITING of the user's requests wait.
        TooManyTries: too many of the user's requests were stopped in an hour or a day.
    """
    holds = _action(matches) == RuleAction.HOLD
    digest = digest_of(matches)
    requests = [dict(request) for request in order.requests]
    same = PromptReview.objects.filter(user=order.user, digest=digest, state__in=KNOWN)
    known = same.order_by("-id").first()
    if known and known.state == ReviewState.REJECTED:
        return PromptRejected(known)
    if known and known.state == ReviewState.WAITING:
        return HeldForReview(known, is_another=requests != known.requests)
    if holds:
        _check_room(order.user)
    columns = {
        "requests": requests,
        "is_batch": order.is_batch,
        "key": order.key,
        "token_id": order.token_id,
        "max_credits": order.max_credits,
        "sheet": order.sheet,
        "matches": _as_json(matches),
        "prompt": "\n\n".join(matches),
        "created_at": timezone.now(),
    }
    state = ReviewState.WAITING if holds else ReviewState.REFUSED
    rate_limits.spend("refusals", order.user.pk)
    try:
        with transaction.atomic():
            review = _store(known, user=order.user, digest=digest, state=state, **columns)
    except IntegrityError:  # the same request at the same time
        review = same.filter(state=ReviewState.WAITING).order_by("-id")[0]
    return HeldForReview(review) if holds else PromptNotAllowed(review)


def flag(order: HeldOrder, matches: MatchesByPrompt, *, placed: UUID) -> None:
    """Note for staff what rules found in an order that is placed in the same transaction."""
    PromptReview.objects.create(
        user=order.user,
        state=ReviewState.FLAGGED,
        prompt="\n\n".join(matches),
        digest=digest_of(matches),
        matches=_as_json(matches),
        placed=placed,
        created_at=timezone.now(),
    )


def appeal(review: PromptReview) -> None:
    """Ask a moderator to decide about a refused request.

    Raises:
        AlreadyDecided, TooManyReviews.
    """
    _check_room(review.user)
    now = timezone.now()
    try:
        with transaction.atomic():
            _change(review, (ReviewState.REFUSED,), state=ReviewState.WAITING, appealed_at=now)
    except IntegrityError as error:  # another request with this prompt waits
        raise AlreadyDecided from error


def cancel(review: PromptReview) -> None:
    """Withdraw a request that waits; raise AlreadyDecided."""
    _change(review, (ReviewState.WAITING,), state=ReviewState.CANCELED)


def approve(review: PromptReview, *, by: User) -> None:
    """Allow the prompt to its author; raise AlreadyDecided."""
    _change(
        review,
        APPROVABLE,
        state=ReviewState.APPROVED,
        decided_at=timezone.now(),
        decided_by=by,
        reason="",
    )


def note_placed(review: PromptReview, *, placed: UUID | None, obstacle: str, path: str) -> None:
    """Store what became of an approved request, and write to its author.

    `obstacle` says in the author's language why nothing could be placed; "" if `placed`.
    """
    obstacle = obstacle[:MAX_OBSTACLE_LENGTH]
    _change(review, (ReviewState.APPROVED,), placed=placed, obstacle=obstacle)
    outbox.enqueue(decision_emails.prompt_approved(review, path=path))


def reject(review: PromptReview, *, by: User, reason: str) -> None:
    """Reject a request that waits, and write to its author; raise AlreadyDecided."""
    with transaction.atomic():
        _change(
            review,
            (ReviewState.WAITING,),
            state=ReviewState.REJECTED,
            decided_at=timezone.now(),
            decided_by=by,
            reason=reason,
        )
        outbox.enqueue(decision_emails.prompt_rejected(review))


def mark_seen(review: PromptReview, *, by: User) -> None:
    """Take a flagged request from the list of staff; raise AlreadyDecided."""
    _change(
        review,
        (ReviewState.FLAGGED,),
        state=ReviewState.SEEN,
        decided_at=timezone.now(),
        decided_by=by,
    )


def forget(*, created_before: datetime) -> None:
    """Delete the reviews from before then, except those that wait."""
    old = PromptReview.objects.filter(created_at__lt=created_before)
    old.exclude(state=ReviewState.WAITING).delete()


def digest_of(prompts: Iterable[str]) -> str:
    """Return a digest of these prompts, whatever their order and upper or lower case."""
    text = "\n".join(sorted(folded(prompt) for prompt in prompts))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _action(matches_by_prompt: MatchesByPrompt) -> str:
    return strongest(match for matches in matches_by_prompt.values() for match in matches)


def _as_json(matches_by_prompt: MatchesByPrompt) -> list[dict[str, Any]]:
    merged: dict[tuple[int, str], dict[str, Any]] = {}
    for matches in matches_by_prompt.values():
        for match in matches:
            entry = merged.setdefault((match.rule, match.action), {**match.as_json(), "words": []})
            entry["words"] += [word for word in match.words if word not in entry["words"]]
    return list(merged.values())


def _store(known: PromptReview | None, **columns: object) -> PromptReview:
    """Write the columns to the known row if it is still refused, else to a new one."""
    if known:
        refused = PromptReview.objects.filter(id=known.id, state=ReviewState.REFUSED)
        if refused.update(**columns):
            known.refresh_from_db()
            return known
    return PromptReview.objects.create(**columns)


def _check_room(user: User) -> None:
    waiting = PromptReview.objects.filter(user=user, state=ReviewState.WAITING)
    if waiting.count() >= MAX_WAITING:
        raise TooManyReviews(MAX_WAITING)


def _change(review: PromptReview, states: Sequence[str], **values: object) -> None:
    if not PromptReview.objects.filter(id=review.id, state__in=states).update(**values):
        raise AlreadyDecided
    for name, value in values.items():
        setattr(review, name, value)
