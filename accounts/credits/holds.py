"""Holds: credits reserved for a job until it ends, when they are charged or returned.

Each hold and each end is one entry of the ledger. Whether a hold has ended is known by the entry
alone: a unique constraint lets it end once.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from django.db import IntegrityError, connection, models, transaction
from django.utils.translation import gettext
from uuid_utils.compat import uuid7

from accounts.credits.ledger import ENDS, TooFewCredits
from accounts.limits import period_limits, quotas
from accounts.limits.quotas import Order
from accounts.models import ApiToken, CreditEntry, User
from artgen.web import formatting


class TokenLimitReached(TooFewCredits):
    """The API token may not spend that many credits; nothing was changed."""

    code = "token_limit_reached"

    @property
    def message(self) -> str:
        """How many credits the token may still spend."""
        text = gettext("The token can spend %(credits)s more.")
        return text % {"credits": formatting.credits(self.available)}


class NoSuchHold(LookupError):
    """This reference never had a hold."""


class HoldEnded(Exception):
    """The hold of this reference is already settled or released; nothing was changed."""


@dataclass(frozen=True)
class Hold:
    """Credits to hold for one job."""

    reference: uuid.UUID
    amount: int
    reason: str


def hold_all(
    *,
    user: User,
    holds: Sequence[Hold],
    order: Order | None = None,
    by_staff: bool = False,
    token_id: uuid.UUID | None = None,
) -> None:
    """Hold credits for all of these jobs or for none, and count them for day and month.

    The references must be new: otherwise the caller's transaction fails with IntegrityError.

    Args:
        user: who pays.
        holds: one for each job.
        order: what the user's quotas must allow, besides jobs and credits.
        by_staff: the user's quotas do not apply.
        token_id: the API token with a spending limit that pays: the sum counts against its limit.

    Raises:
        TooFewCredits: for the sum of these jobs.
        TokenLimitReached: the token may not spend that much.
        quotas.NotAllowed: the quotas never allow such an order.
        period_limits.PeriodLimitReached: too many jobs or credits in one day or month.
    """
    total = sum(item.amount for item in holds)
    if any(item.amount < 0 for item in holds):
        raise ValueError("The amount of a hold must not be negative.")
    count = period_limits.counting(
        user.pk, order=order, unlimited=by_staff, jobs=len(holds), credits=total
    )
    if _hold(user.pk, holds, total=total, count=count, token_id=token_id):
        return
    if token_id is not None:
        _check_token(token_id, total)
    current = User.objects.get(pk=user.pk)
    if not by_staff:
        check(current, order=order, jobs=len(holds), credits=total)
    raise TooFewCredits(needed=total, available=current.credits)


def check(user: User, *, order: Order | None, jobs: int, credits: int) -> None:
    """Raise what `hold_all` would raise for this user, as just read; hold nothing."""
    allowed = quotas.of(user)
    if order is not None and (refused := allowed.refusal(order)):
        raise refused
    if user.credits < credits:
        raise TooFewCredits(needed=credits, available=user.credits)
    if reached := period_limits.refusal(user, allowed, jobs=jobs, credits=credits):
        raise reached


def _check_token(token_id: uuid.UUID, total: int) -> None:
    """Raise TokenLimitReached if the token may not spend `total` more."""
    limit, spent = ApiToken.objects.values_list("credit_limit", "credits_spent").get(pk=token_id)
    if limit is not None and spent + total > limit:
        raise TokenLimitReached(needed=total, available=max(0, limit - spent))


# The token's row is locked and its limit checked first, then the balance is changed, and only if
# both suffice the token is charged: a refusal changes nothing, without a savepoint.
WITHIN_LIMIT = (
    "allowed AS MATERIALIZED (SELECT id FROM accounts_apitoken WHERE id = %s "
    "AND revoked_at IS NULL AND (credit_limit IS NULL OR credit_limit >= credits_spent + %s) "
    "FOR UPDATE), "
)
AND_ALLOWED = " AND EXISTS (SELECT 1 FROM allowed)"
CHARGED = (
    ", charged AS (UPDATE accounts_apitoken SET credits_spent = credits_spent + %s "
    "WHERE id = %s AND EXISTS (SELECT 1 FROM moved)) "
)


def _hold(
    user_id: uuid.UUID,
    holds: Sequence[Hold],
    *,
    total: int,
    count: period_limits.Counting,
    token_id: uuid.UUID | None,
) -> bool:
    """Change the balance and write the entries.

    Return False if there are too few credits, or the quotas or the token do not allow it.
    """
    values: list[Any] = []
    rest = total
    for number, item in enumerate(holds):
        rest -= item.amount
        values += [uuid7(), item.amount, rest, item.reference, item.reason, number]
    rows = ", ".join(["(%s::uuid, %s::int, %s::int, %s::uuid, %s::varchar, %s::int)"] * len(holds))
    is_limited = token_id is not None
    limit, charge = ([token_id, total], [total, token_id]) if is_limited else ([], [])
    with connection.cursor() as cursor:
        # The timestamp is taken under the row lock, so a user's entries sort in their order.
        cursor.execute(
            f"WITH {WITHIN_LIMIT if is_limited else ''}{count.given}, "  # noqa: S608 constants
            "moved AS (UPDATE accounts_user SET credits = credits - %s, "
            f"held = held + %s, {count.assignments} "
            f"WHERE id = %s AND credits >= %s AND {count.condition}"
            f"{AND_ALLOWED if is_limited else ''} "
            "RETURNING id, credits, clock_timestamp() AS at)"
            f"{CHARGED if is_limited else ' '}"
            "INSERT INTO accounts_creditentry "
            "(id, user_id, kind, amount, balance_after, reference, reason, created_at) "
            "SELECT v.id, moved.id, 'hold', -v.amount, moved.credits + v.rest, v.reference, "
            "v.reason, moved.at + v.number * interval '1 microsecond' FROM moved "
            f"CROSS JOIN (VALUES {rows}) AS v (id, amount, rest, reference, reason, number)",
            [
                *limit,
                *count.given_values,
                *(total, total),
                *count.values,
                *(user_id, total),
                *count.condition_values,
                *charge,
                *values,
            ],
        )
        return bool(cursor.rowcount)


def settle(*, reference: uuid.UUID, price: int | None = None, reason: str = "") -> CreditEntry:
    """Charge the hold of `reference` and return the entry; a `price` below it returns the rest.

    Raises `NoSuchHold`, `HoldEnded`, and ValueError for a price below 0 or above what is held.
    """
    return _end(CreditEntry.Kind.SETTLE, reference, price=price, reason=reason)


def release(*, reference: uuid.UUID, reason: str) -> CreditEntry:
    """Return the whole hold of `reference`; raise `NoSuchHold` or `HoldEnded`."""
    return _end(CreditEntry.Kind.RELEASE, reference, price=0, reason=reason)


def clear_hold_reasons(*, user: User) -> int:
    """Empty the reasons of a user's holds, which quote prompts, and return their number.

    No other change of entries is possible, and this one only for an account being erased.
    """
    # Not the manager: its `update` refuses.
    every: models.QuerySet[CreditEntry] = models.QuerySet(CreditEntry)
    entries = every.filter(user=user, kind=CreditEntry.Kind.HOLD)
    return entries.exclude(reason="").update(reason="")


def _end(
    kind: CreditEntry.Kind, reference: uuid.UUID, *, price: int | None, reason: str
) -> CreditEntry:
    """Charge `price` credits of a hold, by default all, and return the rest."""
    try:
        with transaction.atomic():
            entry = _end_if_held(kind, reference, price=price, reason=reason)
            return entry or _refuse_end(reference, price=price)
    except IntegrityError as error:
        # Either constraint can fail first: `held_never_negative` or `a_hold_ends_once`.
        if CreditEntry.objects.filter(reference=reference, kind__in=ENDS).exists():
            raise HoldEnded(str(reference)) from error
        raise


def _refuse_end(reference: uuid.UUID, *, price: int | None) -> NoReturn:
    """Raise NoSuchHold, or ValueError for a wrong price."""
    held = CreditEntry.objects.filter(reference=reference, kind=CreditEntry.Kind.HOLD).first()
    if held is None:
        raise NoSuchHold(str(reference))
    raise ValueError(f"The price must be from 0 to the {-held.amount} credits held, not {price}.")


def _end_if_held(
    kind: CreditEntry.Kind, reference: uuid.UUID, *, price: int | None, reason: str
) -> CreditEntry | None:
    """Change the balance and write the entry; return None if there is no hold of this price."""
    entry_id = uuid7()
    with connection.cursor() as cursor:
        # The timestamp is taken under the row lock, so a user's entries sort in their order.
        cursor.execute(
            "WITH held AS (SELECT user_id, -amount AS amount FROM accounts_creditentry "
            "WHERE reference = %s AND kind = 'hold'), "
            "ended AS (SELECT user_id, amount, amount - COALESCE(%s::int, amount) AS back "
            "FROM held), "
            "moved AS (UPDATE accounts_user SET credits = credits + back, held = held - amount "
            "FROM ended WHERE accounts_user.id = user_id AND back BETWEEN 0 AND amount "
            "RETURNING user_id, back, credits, clock_timestamp() AS at) "
            "INSERT INTO accounts_creditentry "
            "(id, user_id, kind, amount, balance_after, reference, reason, created_at) "
            "SELECT %s, user_id, %s, back, credits, %s, %s, at FROM moved "
            "RETURNING user_id, amount, balance_after, created_at",
            [reference, price, entry_id, kind.value, reference, reason],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    user_id, amount, balance, at = row
    return CreditEntry(
        id=entry_id,
        user_id=user_id,
        kind=kind,
        amount=amount,
        balance_after=balance,
        reference=reference,
        reason=reason,
        created_at=at,
    )
