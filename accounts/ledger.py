"""The only writer of credits: each change is one entry, with the balance in the same transaction.

Each function may be called inside the caller's `transaction.atomic()`. A refusal rolls back only
its own work and leaves the caller's transaction usable.

Locks: the first write of every function is the conditional UPDATE of the user's row. It serializes
all changes of one user's credits, so two ends of one hold meet there and not at the unique
constraint. A transaction that changes several users' credits takes their rows in the order of
their ids, and takes no lock that others hold while they wait for a user's row.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from django.conf import settings
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Exists, F, IntegerField, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from uuid_utils.compat import uuid7

from accounts import daily_limits
from accounts.models import CreditEntry, User
from artgen import formatting
from artgen.refusals import Refusal

MAX_CREDITS = 1_000_000_000
"""Limit of an account's balance, so that sums fit into 32-bit columns."""
MAX_INTEGER = 2**31 - 1  # of PostgreSQL's type integer

OPENING_REASON = gettext_noop("Starting credits")

ENDS = (CreditEntry.Kind.SETTLE, CreditEntry.Kind.RELEASE)


class TooFewCredits(Refusal):
    """The account's free balance is lower than the amount; nothing was changed."""

    code = "too_few_credits"
    status = 402

    def __init__(self, *, needed: int, available: int) -> None:
        super().__init__(needed=needed, available=available)
        self.needed = needed
        self.available = available

    @property
    def message(self) -> str:
        """How many more credits are needed."""
        return gettext("%(credits)s more needed") % {"credits": formatting.credits(self.short)}

    @property
    def short(self) -> int:
        """How many credits are missing, at least 1."""
        return self.needed - self.available


class TooManyCredits(Refusal):
    """The account would hold more than `MAX_CREDITS`; nothing was changed."""

    code = "too_many_credits"
    status = 409

    @property
    def message(self) -> str:
        """What the limit is."""
        limit = {"limit": formatting.number(MAX_CREDITS)}
        return gettext("An account can hold up to %(limit)s credits.") % limit


class HoldExists(Exception):
    """This reference has a hold already; nothing was changed."""


class NoSuchHold(LookupError):
    """This reference never had a hold."""


class HoldEnded(Exception):
    """The hold of this reference is already settled or released; nothing was changed."""


def open_account(user: User, *, credits: int | None = None) -> CreditEntry | None:
    """Grant the starting credits, by default `DEFAULT_CREDITS`, and return the entry.

    Returns None if there is nothing to write: the account is open already, or starts with 0.
    """
    amount = settings.DEFAULT_CREDITS if credits is None else credits
    with transaction.atomic():
        opened = User.objects.filter(pk=user.pk, opened_at=None).update(opened_at=timezone.now())
        if not opened or amount == 0:
            return None
        return grant(user=user, amount=amount, reason=OPENING_REASON)


def grant(*, user: User, amount: int, reason: str, actor: User | None = None) -> CreditEntry:
    """Add `amount` ≥ 1 credits and return the entry; raise `TooManyCredits`."""
    if amount < 1:
        raise ValueError("A grant must be at least 1 credit.")
    return _adjust(CreditEntry.Kind.GRANT, user, amount, reason, actor)


def adjust(*, user: User, amount: int, reason: str, actor: User | None = None) -> CreditEntry:
    """Add or remove `amount` ≠ 0 credits; raise `TooFewCredits` or `TooManyCredits`."""
    if amount == 0:
        raise ValueError("An adjustment must not be 0.")
    return _adjust(CreditEntry.Kind.ADJUST, user, amount, reason, actor)


def hold(*, user: User, amount: int, reference: uuid.UUID, reason: str = "") -> CreditEntry:
    """Hold `amount` ≥ 0 credits for the job `reference`; raise `TooFewCredits` or `HoldExists`."""
    if amount < 0:
        raise ValueError("The amount of a hold must not be negative.")
    try:
        with transaction.atomic():
            balance, at = _move(user.pk, credits=-amount, held=amount)
            return _write(
                CreditEntry.Kind.HOLD, user.pk, -amount, balance, reason, at=at, reference=reference
            )
    except IntegrityError as error:
        if CreditEntry.objects.filter(reference=reference, kind=CreditEntry.Kind.HOLD).exists():
            raise HoldExists(str(reference)) from error
        raise


@dataclass(frozen=True)
class Hold:
    """Credits to hold for one job."""

    reference: uuid.UUID
    amount: int
    reason: str


def hold_all(*, user: User, holds: Sequence[Hold], by_staff: bool = False) -> None:
    """Hold credits for all of these jobs or for none, and count them for the user's day.

    The references must be new: otherwise the caller's transaction fails with IntegrityError.
    `by_staff`: the user's daily limits do not apply.

    Raises:
        TooFewCredits: for the sum of these jobs.
        daily_limits.DailyLimitReached: too many jobs or credits in one day.
    """
    total = sum(item.amount for item in holds)
    if any(item.amount < 0 for item in holds):
        raise ValueError("The amount of a hold must not be negative.")
    count = daily_limits.counting(unlimited=by_staff, jobs=len(holds), credits=total)
    if connection.vendor == "postgresql":
        if _hold_in_one_statement(user.pk, holds, total=total, count=count):
            return
    else:
        moved = _moved(user.pk, credits=-total, held=total, count=count)
        if moved is not None:
            balance, at = moved
            balance += total
            for number, item in enumerate(holds):
                balance -= item.amount
                _write(
                    CreditEntry.Kind.HOLD,
                    user.pk,
                    -item.amount,
                    balance,
                    item.reason,
                    at=at + timedelta(microseconds=number),
                    reference=item.reference,
                )
            return
    current = User.objects.get(pk=user.pk)
    if current.credits >= total and not by_staff:
        limits = daily_limits.refusal(current, jobs=len(holds), credits=total)
        if limits is not None:
            raise limits
    raise TooFewCredits(needed=total, available=current.credits)


def _hold_in_one_statement(
    user_id: uuid.UUID, holds: Sequence[Hold], *, total: int, count: daily_limits.Counting
) -> bool:
    """Change the balance and write the entries.

    Return False if there are too few credits or a daily limit is reached.
    """
    values: list[Any] = []
    rest = total
    for number, item in enumerate(holds):
        rest -= item.amount
        values += [uuid7(), item.amount, rest, item.reference, item.reason, number]
    rows = ", ".join(["(%s::uuid, %s::int, %s::int, %s::uuid, %s::varchar, %s::int)"] * len(holds))
    with connection.cursor() as cursor:
        # The timestamp is taken under the row lock, so a user's entries sort in their order.
        cursor.execute(
            "WITH moved AS (UPDATE accounts_user SET credits = credits - %s, "  # noqa: S608 constants
            f"held = held + %s, {count.assignments} "
            f"WHERE id = %s AND credits >= %s AND {count.condition} "
            "RETURNING id, credits, clock_timestamp() AS at) "
            "INSERT INTO accounts_creditentry "
            "(id, user_id, kind, amount, balance_after, reference, reason, created_at) "
            "SELECT v.id, moved.id, 'hold', -v.amount, moved.credits + v.rest, v.reference, "
            "v.reason, moved.at + v.number * interval '1 microsecond' FROM moved "
            f"CROSS JOIN (VALUES {rows}) AS v (id, amount, rest, reference, reason, number)",
            [total, total, *count.values, user_id, total, *count.condition_values, *values],
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

    No other change of entries is possible, and on PostgreSQL only for an account being erased.
    """
    # Not the manager: its `update` refuses.
    every: models.QuerySet[CreditEntry] = models.QuerySet(CreditEntry)
    entries = every.filter(user=user, kind=CreditEntry.Kind.HOLD)
    return entries.exclude(reason="").update(reason="")


@dataclass(frozen=True)
class Discrepancy:
    """A difference between a stored value and the entries."""

    email: str
    what: Literal["credits", "held", "end without its hold"]
    stored: int
    entries: int


def check() -> list[Discrepancy]:
    """Return every difference between the entries and the users' rows, in two queries.

    Each query sees one snapshot, so running jobs cause no false difference.
    """
    mine = CreditEntry.objects.filter(user=OuterRef("pk")).order_by().values("user")
    ends = CreditEntry.objects.filter(reference=OuterRef("reference"), kind__in=ENDS)
    users = User.objects.annotate(
        sum_of_entries=_sum(mine),
        sum_of_holds=_sum(mine.filter(~Exists(ends), kind=CreditEntry.Kind.HOLD)),
    ).exclude(credits=F("sum_of_entries"), held=-F("sum_of_holds"))
    found: list[Discrepancy] = []
    for user in users.order_by("email", "id"):
        if user.credits != user.sum_of_entries:
            found.append(Discrepancy(user.email, "credits", user.credits, user.sum_of_entries))
        if user.held != -user.sum_of_holds:
            found.append(Discrepancy(user.email, "held", user.held, -user.sum_of_holds))
    its_hold = CreditEntry.objects.filter(
        reference=OuterRef("reference"), user=OuterRef("user"), kind=CreditEntry.Kind.HOLD
    ).annotate(back=-F("amount"))
    strays = (
        CreditEntry.objects.filter(kind__in=ENDS)
        .annotate(held=Subquery(its_hold.values("back")[:1]))
        .filter(Q(held=None) | Q(amount__gt=F("held")))
    )
    for email, amount, held in strays.order_by("created_at", "id").values_list(
        "user__email", "amount", "held"
    ):
        found.append(Discrepancy(email, "end without its hold", amount, held or 0))
    return found


def _sum(entries: models.QuerySet[CreditEntry, Any]) -> Coalesce:
    return Coalesce(
        Subquery(entries.annotate(total=Sum("amount")).values("total")),
        0,
        output_field=IntegerField(),
    )


def _adjust(
    kind: CreditEntry.Kind, user: User, amount: int, reason: str, actor: User | None
) -> CreditEntry:
    if not reason.strip():
        raise ValueError("A reason is required.")
    with transaction.atomic():
        balance, at = _move(user.pk, credits=amount, held=0)
        return _write(kind, user.pk, amount, balance, reason.strip(), at=at, actor=actor)


def _end(
    kind: CreditEntry.Kind, reference: uuid.UUID, *, price: int | None, reason: str
) -> CreditEntry:
    """Charge `price` credits of a hold, by default all, and return the rest."""
    try:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                entry = _end_in_one_statement(kind, reference, price=price, reason=reason)
                return entry or _end_checked(kind, reference, price=price, reason=reason)
            return _end_checked(kind, reference, price=price, reason=reason)
    except IntegrityError as error:
        # Either constraint can fail first: `held_never_negative` or `a_hold_ends_once`.
        if CreditEntry.objects.filter(reference=reference, kind__in=ENDS).exists():
            raise HoldEnded(str(reference)) from error
        raise


def _end_checked(
    kind: CreditEntry.Kind, reference: uuid.UUID, *, price: int | None, reason: str
) -> CreditEntry:
    """End a hold in three statements; raise `NoSuchHold`, or ValueError for a wrong price."""
    held = CreditEntry.objects.filter(reference=reference, kind=CreditEntry.Kind.HOLD).first()
    if held is None:
        raise NoSuchHold(str(reference))
    price = -held.amount if price is None else price
    if not 0 <= price <= -held.amount:
        raise ValueError(f"The price must be from 0 to the {-held.amount} credits held.")
    back = -held.amount - price
    balance, at = _move(held.user_id, credits=back, held=held.amount)
    return _write(kind, held.user_id, back, balance, reason, at=at, reference=reference)


def _end_in_one_statement(
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


def _move(user_id: uuid.UUID, *, credits: int, held: int) -> tuple[int, datetime]:
    """Lock the user's row, change both amounts, and return the new balance and the time.

    The time is taken under the lock, so a user's entries sort in their order, and is the
    database's: one clock stamps the entries of all machines.
    """
    moved = _moved(user_id, credits=credits, held=held)
    if moved is not None:
        return moved
    available = User.objects.values_list("credits", flat=True).get(pk=user_id)
    if credits < 0:
        raise TooFewCredits(needed=-credits, available=available)
    raise TooManyCredits


def _moved(
    user_id: uuid.UUID, *, credits: int, held: int, count: daily_limits.Counting | None = None
) -> tuple[int, datetime] | None:
    """Do what `_move` does; return None if the balance or the condition of `count` forbids it."""
    # The limit applies to grants and adjustments only: a hold can always be returned.
    limit = MAX_CREDITS - credits if credits > 0 and not held else MAX_INTEGER
    # SQLite's clock is that of the machine, without milliseconds.
    clock = "clock_timestamp()" if connection.vendor == "postgresql" else "NULL"
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_user SET credits = credits + %s, held = held + %s"  # noqa: S608 constants
            f"{f', {count.assignments}' if count else ''} "
            "WHERE id = %s AND credits >= %s AND credits <= %s "
            f"{f'AND {count.condition}' if count else ''} RETURNING credits, {clock}",
            [
                credits,
                held,
                *(count.values if count else ()),
                User._meta.pk.get_db_prep_value(user_id, connection),
                max(0, -credits),
                limit,
                *(count.condition_values if count else ()),
            ],
        )
        row: tuple[int, datetime | None] | None = cursor.fetchone()
    return None if row is None else (row[0], row[1] or timezone.now())


def _write(
    kind: CreditEntry.Kind,
    user_id: uuid.UUID,
    amount: int,
    balance: int,
    reason: str,
    *,
    at: datetime,
    reference: uuid.UUID | None = None,
    actor: User | None = None,
) -> CreditEntry:
    return CreditEntry.objects.create(
        user_id=user_id,
        kind=kind,
        amount=amount,
        balance_after=balance,
        reference=reference,
        reason=reason,
        actor=actor,
        created_at=at,
    )
