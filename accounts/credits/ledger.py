"""The only writer of credits: each change is one entry, with the balance in the same transaction.

`accounts.credits.holds` writes the entries of jobs.

Each function may be called inside the caller's `transaction.atomic()`. A refusal rolls back only
its own work and leaves the caller's transaction usable.

Locks: the first write of every function is the conditional UPDATE of the user's row. It serializes
all changes of one user's credits, so two ends of one hold meet there and not at the unique
constraint. A transaction that changes several users' credits takes their rows in the order of
their ids, and takes no lock that others hold while they wait for a user's row.
"""

from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from accounts.models import CreditEntry, User, WebhookTopic
from accounts.webhooks import outbox
from artgen.refusals import Refusal
from artgen.web import formatting

MAX_CREDITS = 1_000_000_000
"""Limit of an account's balance, so that sums fit into 32-bit columns."""
MAX_REFERENCE_LENGTH = 200
MAX_INTEGER = 2**31 - 1  # of PostgreSQL's type integer

OPENING_REASON = gettext_noop("Starting credits")

Kind = CreditEntry.Kind
ENDS = (Kind.SETTLE, Kind.RELEASE)

CHANGE_BALANCE = """
UPDATE accounts_user SET credits = credits + %s
WHERE id = %s AND credits >= %s AND credits <= %s
RETURNING credits, clock_timestamp(), webhook_topics
"""


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
        limit = {"limit": formatting.number(MAX_CREDITS)}
        return gettext("An account can hold up to %(limit)s credits.") % limit


class NothingToTake(Refusal):
    """The account has no free credits; nothing was changed."""

    code = "nothing_to_take"
    status = 409
    text = gettext_lazy("The account has no free credits.")


class ReferenceUsed(Refusal):
    """The reference was granted to another user, or in another amount; nothing was changed."""

    code = "reference_used"
    status = 409
    text = gettext_lazy("This reference was granted to another account or with another amount.")


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


def grant(
    *,
    user: User,
    amount: int,
    reason: str,
    actor: User | None = None,
    external_reference: str | None = None,
) -> CreditEntry:
    """Add `amount` ≥ 1 credits and return the entry; raise `TooManyCredits`.

    With an `external_reference`, such as "shop:order-17", the credits are added once, however often
    and from however many processes this is called: later calls return the first entry. So a
    purchase is one call, from the webhook of a payment provider as well as from the page that the
    customer returns to. Raises `ReferenceUsed` if the reference was for another user or amount.
    """
    if amount < 1:
        raise ValueError("A grant must be at least 1 credit.")
    entry = CreditEntry(
        user_id=user.pk,
        kind=Kind.GRANT,
        amount=amount,
        reason=reason,
        actor=actor,
        external_reference=external_reference,
    )
    if external_reference is None:
        return _write(entry)
    if not 0 < len(external_reference) <= MAX_REFERENCE_LENGTH:
        raise ValueError(f"A reference has 1 to {MAX_REFERENCE_LENGTH} characters.")
    if (earlier := _granted(external_reference, user, amount)) is not None:
        return earlier
    try:
        return _write(entry)
    except IntegrityError:  # another call has just granted it
        earlier = _granted(external_reference, user, amount)
        if earlier is None:
            raise
        return earlier


def _granted(reference: str, user: User, amount: int) -> CreditEntry | None:
    """Return the grant of this reference, None without one; raise `ReferenceUsed`."""
    entry = CreditEntry.objects.filter(external_reference=reference).first()
    if entry is not None and (entry.user_id, entry.amount) != (user.pk, amount):
        raise ReferenceUsed
    return entry


def adjust(*, user: User, amount: int, reason: str, actor: User | None = None) -> CreditEntry:
    """Add or remove `amount` ≠ 0 credits; raise `TooFewCredits` or `TooManyCredits`."""
    if amount == 0:
        raise ValueError("An adjustment must not be 0.")
    return _write(
        CreditEntry(user_id=user.pk, kind=Kind.ADJUST, amount=amount, reason=reason, actor=actor)
    )


def take_back(
    *, user: User, amount: int, reason: str, actor: User | None = None, at_most: bool = False
) -> CreditEntry:
    """Remove `amount` ≥ 1 of the free credits and return the entry.

    The balance is never below zero, and credits held for jobs stay with these jobs: what they
    return can be taken later. With `at_most` fewer credits are removed if there are fewer. Raises
    `TooFewCredits`, or `NothingToTake` if there are none.
    """
    if amount < 1:
        raise ValueError("At least 1 credit must be taken.")
    if not at_most:
        return adjust(user=user, amount=-amount, reason=reason, actor=actor)
    with transaction.atomic():
        # The lock: the balance that is read here is the one that is reduced below.
        row = User.objects.select_for_update(no_key=True).only("credits").get(pk=user.pk)
        if not row.credits:
            raise NothingToTake
        return adjust(user=user, amount=-min(amount, row.credits), reason=reason, actor=actor)


def _write(entry: CreditEntry) -> CreditEntry:
    """Change the balance and store the entry, which is complete but for balance and time."""
    if not entry.reason.strip():
        raise ValueError("A reason is required.")
    # The limit of an account applies to grants and adjustments only: a hold can always be returned.
    most = MAX_CREDITS - entry.amount if entry.amount > 0 else MAX_INTEGER
    with transaction.atomic():
        # The time is taken under the lock, so a user's entries sort in their order, and is the
        # database's: one clock stamps the entries of all machines.
        with connection.cursor() as cursor:
            cursor.execute(
                CHANGE_BALANCE, [entry.amount, entry.user_id, max(0, -entry.amount), most]
            )
            row: tuple[int, datetime, str] | None = cursor.fetchone()
        if row is None:
            available = User.objects.values_list("credits", flat=True).get(pk=entry.user_id)
            if entry.amount < 0:
                raise TooFewCredits(needed=-entry.amount, available=available)
            raise TooManyCredits
        entry.balance_after, entry.created_at, topics = row
        entry.reason = entry.reason.strip()
        entry.save()
        if entry.amount < 0 and outbox.wants(topics, WebhookTopic.CREDITS):
            before = entry.balance_after - entry.amount
            outbox.write_credits_low(entry.user_id, before=before, after=entry.balance_after)
        return entry
