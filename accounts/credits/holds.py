"""Holds: credits reserved for a job until it ends, when they are charged or returned.

Each hold and each end is one entry of the ledger. Whether a hold has ended is known by the entry
alone: a unique constraint lets it end once.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import Any, NoReturn

from django.db import IntegrityError, connection, models
from django.utils.translation import gettext
from uuid_utils.compat import uuid7

from accounts.credits.ledger import ENDS, TooFewCredits
from accounts.limits import period_limits, quotas
from accounts.limits.quotas import OrderSummary
from accounts.models import ApiToken, CreditEntry, User, WebhookTopic
from accounts.webhooks import outbox
from artgen.refusals import Acceptance, Refusal
from artgen.web import formatting

MAX_CREDITS_FIELD = "max_credits"
"""Of bodies and forms: the price that was shown."""


class TokenLimitReached(TooFewCredits):
    """The API token may not spend that many credits; nothing was changed."""

    code = "token_limit_reached"

    @property
    def message(self) -> str:
        text = gettext("The token can spend %(credits)s more.")
        return text % {"credits": formatting.credits(self.available)}


class PriceTooHigh(Refusal):
    """The order costs more than its sender agreed to; nothing was changed."""

    code = "price_too_high"
    status = 402

    def __init__(self, *, price: int, max_credits: int) -> None:
        super().__init__(needed=price, limit=max_credits)
        self.price, self.max_credits = price, max_credits

    @property
    def message(self) -> str:
        price, shown = formatting.credits(self.price), formatting.number(self.max_credits)
        return gettext("The price is now %(price)s, not %(shown)s.") % {
            "price": price,
            "shown": shown,
        }

    @property
    def acceptance(self) -> Acceptance:
        label = gettext("Create for %(credits)s") % {"credits": formatting.credits(self.price)}
        return Acceptance(MAX_CREDITS_FIELD, str(self.price), label)


class NoSuchHold(LookupError):
    """This reference never had a hold."""


class HoldEnded(Exception):
    """The hold of this reference is already settled or released; nothing was changed."""


@dataclass(frozen=True)
class Hold:
    reference: uuid.UUID
    amount: int
    reason: str


# One statement, so that a refusal of any kind changes nothing and needs no savepoint.
# - The token's row is locked and its limit checked first, then the balance changes, and only if
#   both suffice the token is charged.
# - The conditions of the user's row are read again under its lock, so concurrent orders of one
#   user cannot exceed a limit together. `accounts.limits.quotas` says which value counts.
# - Counters start again with their day or month. A machine whose clock is behind does not reset
#   them a second time.
# - The timestamp is taken under the lock, so a user's entries sort in their order.
HOLD = """
WITH token AS MATERIALIZED (
    SELECT id FROM accounts_apitoken
    WHERE id = %(token_id)s AND revoked_at IS NULL
        AND (credit_limit IS NULL OR credit_limit >= credits_spent + %(credits)s)
    FOR UPDATE
),
moved AS (
    UPDATE accounts_user SET
        credits = credits - %(credits)s,
        held = held + %(credits)s,
        counted_on = GREATEST(counted_on, %(day)s),
        cancels_today = artgen_count(cancels_today, counted_on, %(day)s),
        jobs_today = artgen_count(jobs_today, counted_on, %(day)s) + %(jobs)s,
        jobs_this_month = artgen_count(jobs_this_month, counted_on, %(month)s) + %(jobs)s,
        credits_today = artgen_count(credits_today, counted_on, %(day)s) + %(credits)s,
        credits_this_month = artgen_count(credits_this_month, counted_on, %(month)s) + %(credits)s
    WHERE id = %(user_id)s
        AND credits >= %(credits)s
        AND (%(token_id)s::uuid IS NULL OR EXISTS (SELECT 1 FROM token))
        AND (%(is_unlimited)s OR (
            SELECT
                (%(jobs)s = 0 OR (
                    artgen_count(jobs_today, counted_on, %(day)s) + %(jobs)s
                        <= quota.jobs_per_day
                    AND artgen_count(jobs_this_month, counted_on, %(month)s) + %(jobs)s
                        <= quota.jobs_per_month
                ))
                AND (%(credits)s = 0 OR (
                    artgen_count(credits_today, counted_on, %(day)s) + %(credits)s
                        <= quota.credits_per_day
                    AND artgen_count(credits_this_month, counted_on, %(month)s) + %(credits)s
                        <= quota.credits_per_month
                ))
                AND %(images)s <= quota.batch
                AND %(size)s <= quota.megapixels
                AND (
                    string_to_array(quota.allowed_models, ' ') && '{*}'
                    OR string_to_array(quota.allowed_models, ' ') @> %(models)s::text[]
                )
            FROM artgen_quotas(accounts_user, %(site)s::jsonb) AS quota
        ) IS NOT FALSE)
    RETURNING id, credits, webhook_topics, clock_timestamp() AS at
),
charged AS (
    UPDATE accounts_apitoken SET credits_spent = credits_spent + %(credits)s
    WHERE id = %(token_id)s AND EXISTS (SELECT 1 FROM moved)
),
written AS (
    INSERT INTO accounts_creditentry
        (id, user_id, kind, amount, balance_after, reference, reason, created_at)
    SELECT
        hold.id, moved.id, 'hold', -hold.amount, moved.credits + hold.rest, hold.reference,
        hold.reason, moved.at + (hold.number - 1) * interval '1 microsecond'
    FROM moved CROSS JOIN UNNEST(
        %(ids)s::uuid[], %(amounts)s::int[], %(rests)s::int[], %(references)s::uuid[],
        %(reasons)s::text[]
    ) WITH ORDINALITY AS hold (id, amount, rest, reference, reason, number)
)
SELECT credits, webhook_topics FROM moved
"""


def hold_all(
    *,
    user: User,
    holds: Sequence[Hold],
    order: OrderSummary | None = None,
    by_staff: bool = False,
    token_id: uuid.UUID | None = None,
    max_credits: int | None = None,
) -> None:
    """Hold credits for all of these jobs or for none, and count them for day and month.

    The references must be new: otherwise the caller's transaction fails with IntegrityError.

    Args:
        user: who pays.
        holds: one for each job.
        order: what the user's quotas must allow, besides jobs and credits.
        by_staff: the user's quotas do not apply.
        token_id: the API token with a spending limit that pays: the sum counts against its limit.
        max_credits: the most that all of them may cost; None: whatever they cost.

    Raises:
        PriceTooHigh: they cost more.
        TooFewCredits: for the sum of these jobs.
        TokenLimitReached: the token may not spend that much.
        quotas.OrderNotAllowed: the quotas never allow such an order.
        period_limits.PeriodLimitReached: too many jobs or credits in one day or month.
    """
    if any(hold.amount < 0 for hold in holds):
        raise ValueError("The amount of a hold must not be negative.")
    total = sum(hold.amount for hold in holds)
    if max_credits is not None and total > max_credits:
        raise PriceTooHigh(price=total, max_credits=max_credits)
    with connection.cursor() as cursor:
        cursor.execute(
            HOLD,
            {
                **_values_of(holds),
                **_values_of_quotas(order),
                "user_id": user.pk,
                "token_id": token_id,
                "is_unlimited": by_staff,
            },
        )
        held = cursor.fetchone()
    if not held:
        if token_id is not None:
            _check_token(token_id, total)
        current = User.objects.get(pk=user.pk)
        raise _refusal(current, order, jobs=len(holds), credits=total, by_staff=by_staff)
    balance, topics = held
    if outbox.wants(topics, WebhookTopic.CREDITS):
        outbox.write_credits_low(user.pk, before=balance + total, after=balance)


def _values_of(holds: Sequence[Hold]) -> Mapping[str, int | list[Any]]:
    """Return the rows of HOLD as columns, and their sums."""
    sums = list(accumulate(hold.amount for hold in holds))
    return {
        "jobs": len(holds),
        "credits": sums[-1],
        "ids": [uuid7() for _ in holds],
        "amounts": [hold.amount for hold in holds],
        "rests": [sums[-1] - paid for paid in sums],
        "references": [hold.reference for hold in holds],
        "reasons": [hold.reason for hold in holds],
    }


def _values_of_quotas(order: OrderSummary | None) -> Mapping[str, date | float | str | list[Any]]:
    """Return what HOLD compares with the user's quotas, and the site's values."""
    summary, day = order or OrderSummary(count=0), period_limits.today()
    return {
        "day": day,
        "month": day.replace(day=1),
        "images": summary.count,
        "size": summary.megapixels,
        "models": list(summary.models),
        "site": quotas.site(),
    }


def _refusal(
    user: User, order: OrderSummary | None, *, jobs: int, credits: int, by_staff: bool
) -> Refusal:
    """Return why HOLD has held nothing for this user, as just read."""
    if not by_staff:
        allowed = quotas.of(user)
        if order is not None and (refused := allowed.refusal(order)):
            return refused
        if user.credits >= credits and (
            reached := period_limits.refusal(user, allowed, jobs=jobs, credits=credits)
        ):
            return reached
    return TooFewCredits(needed=credits, available=user.credits)


def _check_token(token_id: uuid.UUID, total: int) -> None:
    """Raise TokenLimitReached if the token may not spend `total` more."""
    limit, spent = ApiToken.objects.values_list("credit_limit", "credits_spent").get(pk=token_id)
    if limit is not None and spent + total > limit:
        raise TokenLimitReached(needed=total, available=max(0, limit - spent))


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
        entry = _end_if_held(kind, reference, price=price, reason=reason)
    except IntegrityError as error:
        # Another transaction has ended it at the same moment, which also ends the caller's. Either
        # constraint can fail first.
        if any(name in str(error) for name in ENDS_ONCE):
            raise HoldEnded(str(reference)) from error
        raise
    return entry or _refuse_end(reference, price=price)


def _refuse_end(reference: uuid.UUID, *, price: int | None) -> NoReturn:
    """Raise NoSuchHold, HoldEnded, or ValueError for a wrong price."""
    kinds = {entry.kind: entry for entry in CreditEntry.objects.filter(reference=reference)}
    if (held := kinds.get(CreditEntry.Kind.HOLD)) is None:
        raise NoSuchHold(str(reference))
    if not kinds.keys().isdisjoint(ENDS):
        raise HoldEnded(str(reference))
    raise ValueError(f"The price must be from 0 to the {-held.amount} credits held, not {price}.")


ENDS_ONCE = ("a_hold_ends_once", "held_never_negative")
# One statement, which refuses what has ended, so a refusal needs no savepoint. The timestamp is
# taken under the row lock, so a user's entries sort in their order.
END = """
WITH held AS (
    SELECT user_id, -amount AS amount FROM accounts_creditentry
    WHERE reference = %(reference)s AND kind = 'hold' AND NOT EXISTS (
        SELECT 1 FROM accounts_creditentry
        WHERE reference = %(reference)s AND kind IN ('settle', 'release')
    )
),
ended AS (
    SELECT user_id, amount, amount - COALESCE(%(price)s::int, amount) AS back FROM held
),
moved AS (
    UPDATE accounts_user SET credits = credits + back, held = held - amount
    FROM ended WHERE accounts_user.id = user_id AND back BETWEEN 0 AND amount
    RETURNING user_id, back, credits, webhook_topics, clock_timestamp() AS at
),
written AS (
    INSERT INTO accounts_creditentry
        (id, user_id, kind, amount, balance_after, reference, reason, created_at)
    SELECT %(id)s, user_id, %(kind)s, back, credits, %(reference)s, %(reason)s, at FROM moved
)
SELECT user_id, back, credits, at, webhook_topics FROM moved
"""


def _end_if_held(
    kind: CreditEntry.Kind, reference: uuid.UUID, *, price: int | None, reason: str
) -> CreditEntry | None:
    """Change the balance and write the entry; return None if no such hold is open."""
    entry = CreditEntry(kind=kind, reference=reference, reason=reason)
    with connection.cursor() as cursor:
        cursor.execute(
            END,
            {
                "id": entry.pk,
                "kind": kind.value,
                "reference": reference,
                "price": price,
                "reason": reason,
            },
        )
        row = cursor.fetchone()
    if row is None:
        return None
    entry.user_id, entry.amount, entry.balance_after, entry.created_at, topics = row
    entry.webhook_topics = topics
    return entry
