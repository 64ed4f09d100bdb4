"""Deletion of an account: it is locked at once and erased some days later, unless it is restored.

The row itself remains without personal data, because the ledger refers to it: no address, name,
password or permissions. Ledger entries keep amount, time and kind, but lose the text of prompts.
What other apps store of the user, they delete before they call `anonymize`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import make_password
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.cached_db import SessionStore
from django.contrib.sessions.models import Session
from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.credits import holds, ledger
from accounts.models import ApiToken, Invitation, OutgoingEmail, User
from accounts.sessions import socket_access
from accounts.tokens import token_cache
from artgen.admin import audit
from artgen.refusals import Refusal

GRACE = timedelta(days=settings.ERASE_DAYS)
"""How long a closed account can be restored."""

SALT = "accounts.closing.keep"
ALLAUTH_MODELS: tuple[Any, ...] = (Authenticator, EmailAddress, SocialAccount, UserSession)
"""Rows of a user in allauth's tables."""

REASON = gettext_noop("Account erased")


class LastSuperuser(Refusal):
    """It is the last superuser's account; nothing was changed."""

    code = "last_superuser"
    status = 409
    text = gettext_lazy(
        "This is the only administrator. Give another account full permissions first."
    )


class AlreadyErased(Refusal):
    """There is nothing left to close; nothing was changed."""

    code = "already_erased"
    status = 410
    text = gettext_lazy("The account is already deleted.")


class CannotKeep(Refusal):
    """The account is not scheduled for deletion, or its deletion has started."""

    code = "cannot_keep"
    status = 410
    text = gettext_lazy("The account isn’t scheduled for deletion, or its deletion has started.")


class StillBusy(Exception):
    """Credits are held for jobs in progress; nothing was changed."""


@dataclass(frozen=True)
class ClosedAccount:
    """The account that a link restores, and when it will be erased."""

    user: User
    erase_at: datetime


def close(*, user: User, after: timedelta) -> datetime:
    """Lock the account, end its sessions, and return the time from which it may be erased.

    Closing it again changes that time. Raises `LastSuperuser` or `AlreadyErased`.
    """
    now = timezone.now()
    with transaction.atomic():
        # Locks the rows, so that the last two superusers cannot both be closed.
        superusers = (
            User.objects.filter(is_superuser=True, is_active=True)
            .order_by("id")
            .select_for_update()
        )
        if [superuser.pk for superuser in superusers] == [user.pk]:
            raise LastSuperuser
        rows = User.objects.filter(pk=user.pk, erased_at=None)
        if not rows.update(is_active=False, erase_at=now + after):
            raise AlreadyErased
        socket_access.close_all(user.pk)
    end_sessions(user)
    user.is_active, user.erase_at = False, now + after
    return user.erase_at


def keep_token(user: User) -> str:
    """Return the token with which the owner can restore the account until it is erased."""
    return signing.dumps(
        [str(user.pk), user.erase_at.isoformat() if user.erase_at else ""], salt=SALT
    )


def account_of(token: str) -> ClosedAccount:
    """Return the account that a token of `keep_token` restores; raise `CannotKeep`."""
    try:
        pk, at = signing.loads(token, salt=SALT)
        erase_at = parse_datetime(at)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise CannotKeep from error
    user = User.objects.filter(pk=pk, erase_at=erase_at, erased_at=None).first()
    if user is None or erase_at is None or erase_at <= timezone.now():
        raise CannotKeep
    return ClosedAccount(user, erase_at)


def keep(user: User) -> None:
    """Unlock an account whose erasure has not begun; raise `CannotKeep`."""
    rows = User.objects.filter(pk=user.pk, erased_at=None, erase_at__gt=timezone.now())
    if not rows.update(is_active=True, erase_at=None):
        raise CannotKeep
    token_cache.forget(user.pk)
    user.is_active, user.erase_at = True, None


def due_ids() -> list[UUID]:
    closed = User.objects.filter(erased_at=None, erase_at__lte=timezone.now()).order_by(
        "erase_at", "id"
    )
    return list(closed.values_list("id", flat=True))


def anonymize(user_id: UUID) -> None:
    """Remove personal data from the row, after everything else was deleted; raise `StillBusy`.

    Idempotent. An adjustment entry removes the remaining credits.
    """
    user = User.objects.get(pk=user_id)
    end_sessions(user)
    address = f"{user_id}@erased.invalid"  # RFC 2606: cannot exist
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user_id)
        if user.held:
            raise StillBusy
        if user.credits:
            ledger.adjust(user=user, amount=-user.credits, reason=REASON)
        holds.clear_hold_reasons(user=user)
        tokens = list(ApiToken.objects.filter(user=user).values_list("pk", flat=True))
        _rename_in_log(User, [user_id], address)
        _rename_in_log(ApiToken, tokens, "")
        audit.forget_address(old=user.email, new=address)
        ApiToken.objects.filter(user=user).delete()
        for model in ALLAUTH_MODELS:
            model.objects.filter(user=user).delete()
        OutgoingEmail.objects.filter(recipient=user.email).delete()
        Invitation.objects.filter(email=user.email).delete()
        user.groups.clear()
        user.user_permissions.clear()
        User.objects.filter(pk=user_id).update(
            email=address,
            name="",
            password=make_password(None),
            language="",
            time_zone="",
            prompt_help="",
            webhook_topics="",
            accepted_documents={},
            last_login=None,
            is_staff=False,
            is_superuser=False,
            is_active=False,
            banned_at=None,
            banned_until=None,
            ban_reason="",
            staff_note="",
            erased_at=user.erased_at or timezone.now(),
        )


def end_sessions(user: User) -> None:
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator(chunk_size=1000):
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            SessionStore(session.session_key).delete()


def _rename_in_log(model: type[User] | type[ApiToken], ids: list[UUID], name: str) -> None:
    """Remove addresses and names from the admin's log, which stores the names of rows."""
    kind = ContentType.objects.get_for_model(model)
    LogEntry.objects.filter(content_type=kind, object_id__in=[str(pk) for pk in ids]).update(
        object_repr=name
    )
