"""Invitations by email: staff send them, each creates one account.

The link in the email shows that the address is the person's own. It is the same in each email of
one invitation and works until the account exists, the invitation ends or staff revoke it.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.emails import outbox, texts
from accounts.models import Invitation, User
from artgen.admin import audit
from artgen.database.ids import parse_uuid
from artgen.refusals import Refusal

DAYS = 14
"""How long an invitation is valid, unless staff choose another end."""
MAX_AT_ONCE = 500
SALT = "accounts.invitations"


class InvitationEnded(Refusal):
    """The invitation was used or revoked, has expired, or does not exist."""

    code = "invitation_ended"
    status = 410
    text = gettext_lazy("The invitation was used or revoked, or it has expired.")


class NotPending(Refusal):
    """The invitation was used or revoked; nothing was changed."""

    code = "invitation_not_pending"
    status = 409
    text = gettext_lazy("The invitation was used or revoked.")


class SignUpIsClosed(Refusal):
    """SIGN_UP is `closed`, so the links would lead nowhere; nothing was sent."""

    code = "sign_up_closed"
    status = 409
    text = gettext_lazy("Sign-up is closed, so invitations would not work. Change SIGN_UP.")


@dataclass(frozen=True)
class Invited:
    """What became of a list of addresses."""

    sent: list[Invitation] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    """Addresses that have an account."""
    pending: list[str] = field(default_factory=list)
    """Addresses with an invitation that is still valid."""


def invite(
    *, addresses: Collection[str], credits: int, expires_at: datetime, language: str, actor: User
) -> Invited:
    """Write one invitation and one email to each address that needs one, all or none.

    The addresses are normalized (`models.fold`). Raises `SignUpIsClosed`.
    """
    _check_mode()
    result = Invited()
    now = timezone.now()
    with transaction.atomic():
        members = set(User.objects.filter(email__in=addresses).values_list("email", flat=True))
        open_ones = _open().filter(email__in=addresses)
        pending = set(open_ones.filter(expires_at__gt=now).values_list("email", flat=True))
        # In one order: staff who invite the same people at once would wait for each other forever.
        expired = open_ones.filter(expires_at__lte=now).order_by("email").select_for_update()
        ended = [invitation.pk for invitation in expired]
        Invitation.objects.filter(pk__in=ended).update(revoked_at=now)
        for address in sorted(dict.fromkeys(addresses)):
            if address in members:
                result.members.append(address)
            elif address in pending or not (
                invitation := _create(address, credits, expires_at, language, actor)
            ):
                result.pending.append(address)
            else:
                outbox.enqueue(texts.invitation(invitation, token=token_of(invitation)))
                audit.record(
                    actor=actor, row=invitation, text=f"invited with {credits} starting credits"
                )
                result.sent.append(invitation)
    return result


def _create(
    address: str, credits: int, expires_at: datetime, language: str, actor: User
) -> Invitation | None:
    """Return the new invitation, None if other staff have just invited the address."""
    try:
        with transaction.atomic():
            return Invitation.objects.create(
                email=address,
                credits=credits,
                expires_at=expires_at,
                language=language,
                invited_by=actor,
            )
    except IntegrityError:
        return None


def resend(invitation: Invitation, *, actor: User) -> None:
    """Send the email again; an invitation that has expired is valid for DAYS more.

    Raises `NotPending`, `SignUpIsClosed`.
    """
    _check_mode()
    now = timezone.now()
    end = invitation.expires_at
    if end <= now:
        end = now + timedelta(days=DAYS)
    with transaction.atomic():
        if not _open().filter(pk=invitation.pk).update(sent_at=now, expires_at=end):
            raise NotPending
        invitation.sent_at, invitation.expires_at = now, end
        outbox.enqueue(texts.invitation(invitation, token=token_of(invitation)))
        audit.record(actor=actor, row=invitation, text="sent again")


def revoke(invitation: Invitation, *, actor: User) -> None:
    """End the invitation: its link no longer works. Raises `NotPending`."""
    with transaction.atomic():
        if not _open().filter(pk=invitation.pk).update(revoked_at=timezone.now()):
            raise NotPending
        audit.record(actor=actor, row=invitation, text="revoked")


def token_of(invitation: Invitation) -> str:
    return signing.Signer(salt=SALT).sign_object(str(invitation.pk))


def of_token(token: str) -> Invitation:
    """Return the invitation of a link, used or not; raise `InvitationEnded` for a wrong link."""
    try:
        id: UUID | None = parse_uuid(str(signing.Signer(salt=SALT).unsign_object(token)))
    except signing.BadSignature as error:
        raise InvitationEnded from error
    invitation = Invitation.objects.filter(pk=id).first() if id else None
    if invitation is None:
        raise InvitationEnded
    return invitation


def pending_for(email: str) -> Invitation | None:
    """Return the invitation of this address that is valid now."""
    return _open().filter(email=email, expires_at__gt=timezone.now()).first()


def accept(invitation: Invitation, *, user: User) -> None:
    """Use the invitation up; raise `InvitationEnded` if it ended in the meantime."""
    now = timezone.now()
    rows = _open().filter(pk=invitation.pk, expires_at__gt=now)
    if not rows.update(accepted_at=now, user=user):
        raise InvitationEnded


def forget_ended(*, before: datetime) -> int:
    """Delete invitations that were revoked or expired before then; return how many."""
    unused = Invitation.objects.filter(accepted_at=None)
    revoked = unused.filter(revoked_at__lt=before).delete()[0]
    return revoked + unused.filter(expires_at__lt=before).delete()[0]


def _open() -> QuerySet[Invitation]:
    """Return the invitations that are neither used nor revoked; they may have expired."""
    return Invitation.objects.filter(accepted_at=None, revoked_at=None)


def _check_mode() -> None:
    if settings.SIGN_UP == "closed":
        raise SignUpIsClosed
