"""The end of an account: locked at once, erased some days later, or kept after all.

What remains for good is a row without a person, because the ledger names it: no address, no name, no password, no
rights. The entries keep their amounts, times and kinds; the words of prompts go. Whatever else belongs to a user is
erased by the app that keeps it before `anonymize` is called.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

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

from accounts import ledger, sockets, token_cache
from accounts.models import ApiToken, User
from artgen.refusals import Refusal

GRACE = timedelta(days=settings.ERASE_DAYS)
"""How long a closed account can still be kept."""

SALT = "accounts.closing.keep"
REASON = gettext_noop("Account erased")


class LastSuperuser(Refusal):
    """Without this account nobody could administer ArtGen; nothing was changed."""

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
    """Credits are held, so something of the user is still being made; nothing was changed."""


@dataclass(frozen=True)
class Kept:
    """What the link of a letter is about."""

    user: User
    erase_at: datetime


def close(*, user: User, after: timedelta) -> datetime:
    """Lock the account, end its sessions, and return the moment from which on it may be erased.

    Closing again moves the moment. Raises `LastSuperuser` or `AlreadyErased`.
    """
    now = timezone.now()
    with transaction.atomic():
        # One after the other, so that two last superusers cannot both go.
        superusers = (
            User.objects.filter(is_superuser=True, is_active=True)
            .order_by("id")
            .select_for_update()
        )
        if [one.pk for one in superusers] == [user.pk]:
            raise LastSuperuser
        rows = User.objects.filter(pk=user.pk, erased_at=None)
        if not rows.update(is_active=False, erase_at=now + after):
            raise AlreadyErased
        sockets.hang_up(user.pk)
    end_sessions(user)
    user.is_active, user.erase_at = False, now + after
    return user.erase_at


def keep_token(user: User) -> str:
    """Return the text with which the owner may keep the account, until it is erased."""
    return signing.dumps(
        [str(user.pk), user.erase_at.isoformat() if user.erase_at else ""], salt=SALT
    )


def kept_by(token: str) -> Kept:
    """Return whose account this text of `keep_token` would keep; raise `CannotKeep`."""
    try:
        pk, at = signing.loads(token, salt=SALT)
        erase_at = parse_datetime(at)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise CannotKeep from error
    user = User.objects.filter(pk=pk, erase_at=erase_at, erased_at=None).first()
    if user is None or erase_at is None or erase_at <= timezone.now():
        raise CannotKeep
    return Kept(user, erase_at)


def keep(user: User) -> None:
    """Unlock an account that has not begun to be erased; raise `CannotKeep`."""
    rows = User.objects.filter(pk=user.pk, erased_at=None, erase_at__gt=timezone.now())
    if not rows.update(is_active=True, erase_at=None):
        raise CannotKeep
    token_cache.forget(user.pk)
    user.is_active, user.erase_at = True, None


def due() -> list[UUID]:
    """Return the ids of accounts whose time to be erased has come."""
    found = User.objects.filter(erased_at=None, erase_at__lte=timezone.now()).order_by(
        "erase_at", "id"
    )
    return list(found.values_list("id", flat=True))


def anonymize(user_id: UUID) -> None:
    """Take the person out of the row, once everything else is gone; raise `StillBusy`. Doing it again changes nothing.

    Credits that nobody can spend any more leave the books with an entry of their own.
    """
    user = User.objects.get(pk=user_id)
    end_sessions(user)
    address = f"{user_id}@erased.invalid"  # RFC 2606: never anybody's
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user_id)
        if user.held:
            raise StillBusy
        if user.credits:
            ledger.adjust(user=user, amount=-user.credits, reason=REASON)
        ledger.forget_words(user=user)
        tokens = list(ApiToken.objects.filter(user=user).values_list("pk", flat=True))
        _rename_in_log(User, [user_id], address)
        _rename_in_log(ApiToken, tokens, "")
        ApiToken.objects.filter(user=user).delete()
        user.groups.clear()
        user.user_permissions.clear()
        User.objects.filter(pk=user_id).update(
            email=address,
            name="",
            password=make_password(None),
            language="",
            time_zone="",
            last_login=None,
            is_staff=False,
            is_superuser=False,
            is_active=False,
            erased_at=user.erased_at or timezone.now(),
        )


def end_sessions(user: User) -> None:
    """End every session of the user, on whatever device."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator(chunk_size=1000):
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            SessionStore(session.session_key).delete()


def _rename_in_log(model: type[User] | type[ApiToken], ids: list[UUID], name: str) -> None:
    """Take addresses and names out of the admin's log, which keeps what rows were called."""
    kind = ContentType.objects.get_for_model(model)
    LogEntry.objects.filter(content_type=kind, object_id__in=[str(one) for one in ids]).update(
        object_repr=name
    )
