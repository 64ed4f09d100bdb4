"""Credits of a proposal: held before the call, charged for a proposal, returned without a change.

A row of `PromptCall` stands for each hold whose call is under way. So credits of a process that was
killed are found and returned, and no hold is ended twice: whoever deletes the row ends the hold.
"""

import logging
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.credits import holds
from accounts.credits.ledger import TooFewCredits
from accounts.models import User
from generation.models import PromptCall
from generation.studio.prompt_helper.instructions import ProposalKind

log = logging.getLogger(__name__)

GRACE = timedelta(minutes=1)  # beyond the time that a call may take
REASONS = {
    ProposalKind.TRANSLATE: gettext_noop("Prompt translation"),
    ProposalKind.ENHANCE: gettext_noop("Prompt enhancement"),
    ProposalKind.DESCRIBE: gettext_noop("Prompt from an image"),
}
NO_PROPOSAL, UNCHANGED = "no_proposal", "proposal_unchanged"
"""Why credits are returned."""


def price_of(kind: ProposalKind) -> int:
    prices: dict[ProposalKind, int] = {
        ProposalKind.TRANSLATE: settings.PROMPT_HELPER_TRANSLATE_CREDITS,
        ProposalKind.ENHANCE: settings.PROMPT_HELPER_ENHANCE_CREDITS,
        ProposalKind.DESCRIBE: settings.PROMPT_HELPER_DESCRIBE_CREDITS,
    }
    return prices[kind]


def hold(
    *,
    user: User,
    kind: ProposalKind,
    price: int,
    token_id: UUID | None,
    max_credits: int | None = None,
) -> PromptCall | None:
    """Hold the price for a call and return the call, None if it is free.

    The site pays for free calls: they are for accounts that have credits, held ones included.

    Raises:
        PriceTooHigh, TooFewCredits, TokenLimitReached, PeriodLimitReached: nothing was held.
    """
    if not price:
        if user.credits + user.held < 1:
            raise TooFewCredits(needed=1, available=0)
        return None
    expires_at = timezone.now() + timedelta(seconds=settings.PROMPT_HELPER_SECONDS) + GRACE
    with transaction.atomic():
        call = PromptCall(user=user, expires_at=expires_at)
        held = holds.Hold(reference=call.id, amount=price, reason=REASONS[kind])
        holds.hold_all(user=user, holds=[held], token_id=token_id, max_credits=max_credits)
        call.save(force_insert=True)
    return call


def settle(call: PromptCall | None) -> bool:
    """Charge for the proposal; return False if there is nothing to charge, or not any more."""
    if call is None:
        return False
    with transaction.atomic():
        if not _delete(call):
            log.warning("a proposal came after its credits were returned")
            return False
        holds.settle(reference=call.id)
    return True


def release(call: PromptCall | None, *, reason: str = NO_PROPOSAL) -> bool:
    """Return the credits of a call without a change, unless that has been done."""
    if call is None:
        return False
    with transaction.atomic():
        if not _delete(call):
            return False
        holds.release(reference=call.id, reason=reason)
    return True


def release_expired() -> int:
    """Return the credits of calls whose process was killed; return how many calls."""
    expired = PromptCall.objects.filter(expires_at__lt=timezone.now()).order_by("expires_at", "id")
    return sum(release(call) for call in expired)


def release_all(user: User) -> None:
    """Return the credits of all calls of a user whose account is erased."""
    for call in PromptCall.objects.filter(user=user).order_by("id"):
        release(call)


def _delete(call: PromptCall) -> bool:
    """Delete the row; False: another process has ended the call."""
    return bool(PromptCall.objects.filter(pk=call.pk).delete()[0])
