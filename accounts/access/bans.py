"""Bans: staff refuse a user until a given time or for good, with a reason that the person sees.

A ban ends without any work, because it is compared with the clock. Sessions end when it begins;
API tokens and new sockets are refused while it lasts and work again afterwards. Jobs in progress
and shared images stay: other actions of the admin end them.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import staff_rights
from accounts.emails import outbox, texts
from accounts.models import User
from accounts.sessions import sessions
from accounts.tokens import token_cache
from accounts.user_data import deletion
from artgen.admin import audit
from artgen.api.times import optional_time_json
from artgen.refusals import Refusal
from artgen.web import formatting

MAX_REASON_LENGTH = 300


class Banned(Refusal):
    """The person is banned at present; nothing was done."""

    code = "account_banned"
    status = 403

    def __init__(self, user: User) -> None:
        super().__init__(reason=user.ban_reason, until=optional_time_json(user.banned_until))
        self.user = user

    @property
    def message(self) -> str:
        if self.user.banned_until is None:
            text = _("Your account is banned. Reason: %(reason)s")
            return text % {"reason": self.user.ban_reason}
        text = _("Your account is banned until %(end)s. Reason: %(reason)s")
        return text % {
            "end": formatting.moment(self.user.banned_until),
            "reason": self.user.ban_reason,
        }


class CannotBanYourself(Refusal):
    """Staff would sign themselves out; nothing was changed."""

    code = "cannot_ban_yourself"
    status = 409
    text = gettext_lazy("You can’t ban yourself.")


class NotBanned(Refusal):
    """There is no ban to lift; nothing was changed."""

    code = "not_banned"
    status = 409
    text = gettext_lazy("The user isn’t banned.")


def check(user: User) -> None:
    if user.is_banned:
        raise Banned(user)


def ban(*, user: User, reason: str, until: datetime | None, actor: User) -> None:
    """Ban the user until then, or without an end, and tell the user by email.

    Another ban replaces the present one.

    Raises:
        CannotBanYourself, staff_rights.StaffProtected, deletion.AlreadyErased: nothing was changed.
        ValueError: the reason is empty or too long, or the end is not in the future.
    """
    now = timezone.now()
    reason = reason.strip()
    if not 0 < len(reason) <= MAX_REASON_LENGTH:
        raise ValueError("The reason is empty or too long.")
    if until is not None and until <= now:
        raise ValueError("The end of a ban must be in the future.")
    if actor.pk == user.pk:
        raise CannotBanYourself
    staff_rights.check(actor, user)
    with transaction.atomic():
        rows = User.objects.filter(pk=user.pk, erased_at=None)
        if not rows.update(banned_at=now, banned_until=until, ban_reason=reason):
            raise deletion.AlreadyErased
        user.banned_at, user.banned_until, user.ban_reason = now, until, reason
        sessions.end_all(user)
        end = f"until {until:%Y-%m-%d %H:%M %Z}" if until else "without an end"
        audit.record(actor=actor, row=user, text=f"banned {end}: {reason}")
        if user.is_active:
            outbox.enqueue(texts.banned(user=user))


def lift(*, user: User, actor: User) -> None:
    """End the user's ban now.

    Raises:
        NotBanned, staff_rights.StaffProtected: nothing was changed.
    """
    staff_rights.check(actor, user)
    if not user.is_banned:
        raise NotBanned
    with transaction.atomic():
        rows = User.objects.filter(pk=user.pk, banned_at=user.banned_at)
        if not rows.update(banned_at=None, banned_until=None, ban_reason=""):
            raise NotBanned
        token_cache.forget(user.pk)
        audit.record(actor=actor, row=user, text=f"ban lifted; its reason was: {user.ban_reason}")
    user.banned_at, user.banned_until, user.ban_reason = None, None, ""
