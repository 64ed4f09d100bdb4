"""Vouchers: codes that add credits to an account, each account once.

A code has 79 bits, so it cannot be guessed; attempts are limited all the same, by the page.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.credits import ledger
from accounts.models import CreditEntry, User, Voucher, VoucherState, VoucherUse
from artgen.admin import audit
from artgen.refusals import Refusal

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0, 1, I, L and O, which look alike."""
CYRILLIC = str.maketrans("АВЕКМНРСТУХ", "ABEKMHPCTYX")
"""What a code becomes that is copied from paper with a Russian keyboard."""
CODE_LENGTH = 16
GROUP = 4  # characters between two hyphens, as codes are shown
MAX_AT_ONCE = 1000
MAX_AMOUNT = 1_000_000
MAX_USES = 1_000_000
REASON = gettext_noop("Voucher")


class NoSuchVoucher(Refusal):
    """There is no voucher of this code; nothing was changed."""

    code = "no_such_voucher"
    status = 404
    text = gettext_lazy("This code isn’t valid. Check it and try again.")


class VoucherEnded(Refusal):
    """The voucher is used up or revoked, or has expired; nothing was changed."""

    code = "voucher_ended"
    status = 410
    text = gettext_lazy("This voucher is used up, or it is no longer valid.")


class AlreadyRedeemed(Refusal):
    """The account has redeemed the voucher before; nothing was changed."""

    code = "voucher_already_redeemed"
    status = 409
    text = gettext_lazy("You have already redeemed this voucher.")


class AlreadyRevoked(Refusal):
    """The voucher is revoked already; nothing was changed."""

    code = "voucher_already_revoked"
    status = 409
    text = gettext_lazy("The voucher is already revoked.")


def fold_code(text: str) -> str:
    """Return a code as it is stored: upper-case Latin letters and digits, without separators."""
    return "".join(letter for letter in text.upper() if letter.isalnum()).translate(CYRILLIC)


def shown_code(code: str) -> str:
    """Return a code in groups: "ABCD-EFGH-JKMN-PQRS"."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


@dataclass(frozen=True)
class VoucherTerms:
    """What a voucher is worth, to how many accounts, and until when."""

    amount: int
    max_uses: int = 1
    expires_at: datetime | None = None
    note: str = ""


def create(terms: VoucherTerms, *, count: int = 1, actor: User | None = None) -> list[Voucher]:
    """Create `count` vouchers with codes of their own, all or none."""
    amount, max_uses = terms.amount, terms.max_uses
    if not (1 <= amount <= MAX_AMOUNT and 1 <= max_uses <= MAX_USES and 1 <= count <= MAX_AT_ONCE):
        raise ValueError("Amount, uses and number of vouchers must be positive and within limits.")
    now = timezone.now()
    with transaction.atomic():
        created = Voucher.objects.bulk_create(
            Voucher(
                code="".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)),
                amount=amount,
                max_uses=max_uses,
                expires_at=terms.expires_at,
                note=terms.note.strip(),
                created_at=now,
                created_by=actor,
            )
            for _ in range(count)
        )
        if actor is not None:
            text = f"created {count} vouchers: {amount} credits, {max_uses} uses each"
            audit.record(actor=actor, row=created[0], text=text)
    return created


def redeem(*, user: User, code: str) -> CreditEntry:
    """Add the voucher's credits to the account and return the entry.

    Raises `NoSuchVoucher`, `VoucherEnded`, `AlreadyRedeemed` or `ledger.TooManyCredits`.
    """
    voucher = of_code(code)
    valid = Voucher.objects.filter(in_state(VoucherState.VALID), pk=voucher.pk)
    try:
        with transaction.atomic():
            # First the voucher's row, then the user's: everybody takes them in this order.
            if not valid.update(uses=F("uses") + 1):
                raise VoucherEnded
            VoucherUse.objects.create(voucher=voucher, user=user)
            return ledger.grant(
                user=user,
                amount=voucher.amount,
                reason=REASON,
                external_reference=f"voucher:{voucher.pk}:{user.pk}",
            )
    except (IntegrityError, VoucherEnded):
        if VoucherUse.objects.filter(voucher=voucher, user=user).exists():
            raise AlreadyRedeemed from None
        raise


def revoke(voucher: Voucher, *, actor: User | None = None) -> None:
    """End the voucher; what it has added stays. Raises `AlreadyRevoked`."""
    with transaction.atomic():
        rows = Voucher.objects.filter(pk=voucher.pk, revoked_at=None)
        if not rows.update(revoked_at=timezone.now()):
            raise AlreadyRevoked
        if actor is not None:
            audit.record(actor=actor, row=voucher, text="revoked")


def forget_ended(*, before: datetime) -> int:
    """Delete vouchers that expired or were revoked before then, with their uses; return how many.

    Of those that are used up and have no end, the uses say who may not use them again.
    """
    ended = Voucher.objects.filter(Q(expires_at__lt=before) | Q(revoked_at__lt=before))
    return ended.delete()[1].get("accounts.Voucher", 0)


def of_code(code: str) -> Voucher:
    """Return the voucher of this code, whatever its state; raise `NoSuchVoucher`."""
    voucher = Voucher.objects.filter(code=fold_code(code)).first()
    if voucher is None:
        raise NoSuchVoucher
    return voucher


def in_state(state: VoucherState) -> Q:
    """Return the condition of this state, as `Voucher.state` computes it."""
    is_over = Q(expires_at__isnull=False, expires_at__lte=timezone.now())
    is_used = Q(uses__gte=F("max_uses"))
    is_kept = Q(revoked_at=None)
    return {
        VoucherState.REVOKED: ~is_kept,
        VoucherState.USED: is_kept & is_used,
        VoucherState.EXPIRED: is_kept & ~is_used & is_over,
        VoucherState.VALID: is_kept & ~is_used & ~is_over,
    }[state]
