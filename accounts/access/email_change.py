"""Change of an account's email: a link, sent to the new address, confirms it.

`User.email` is the only record of an account's address; until the link is used, nothing is stored.
"""

import hashlib
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from accounts.emails import outbox, security_notices, texts
from accounts.models import User, fold
from accounts.sessions import socket_access
from artgen.refusals import Refusal

SALT = "accounts.email_change"


class LinkEnded(Refusal):
    """The link is incomplete, too old or used, a new password or the end of all sessions has ended
    it, or the new address has an account by now."""

    code = "link_ended"
    status = 410
    text = gettext_lazy("This link is no longer valid")


@dataclass(frozen=True)
class EmailChange:
    """What a link confirms."""

    user: User
    new_email: str


def ask(*, user: User, new_email: str) -> None:
    """Send the link to the new address; nothing is sent if it has an account.

    Both cases do the same work, so the response does not reveal accounts.
    """
    address = fold(new_email)
    is_taken = User.objects.filter(email=address).exists()
    email = texts.email_change(user=user, new_email=address, token=token_of(user, address))
    outbox.enqueue(email, discard=is_taken)


def read(token: str) -> EmailChange:
    """Return what the link confirms; raise `LinkEnded`."""
    try:
        pk, old, new, access = signing.loads(
            token, salt=SALT, max_age=settings.PASSWORD_RESET_TIMEOUT
        )
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise LinkEnded from error
    user = User.objects.filter(pk=pk, email=old, is_active=True).first()
    if user is None or access != _access(user):
        raise LinkEnded
    return EmailChange(user, new)


def apply(change: EmailChange, *, request: HttpRequest) -> None:
    """Change the address and tell the owner at the old one; raise `LinkEnded`."""
    old = change.user.email
    try:
        with transaction.atomic():
            rows = User.objects.filter(
                pk=change.user.pk,
                email=old,
                is_active=True,
                password=change.user.password,
                session_epoch=change.user.session_epoch,
            )
            if not rows.update(email=change.new_email):
                raise LinkEnded
            socket_access.close_all(change.user.pk)
            security_notices.send(
                security_notices.Change.EMAIL_CHANGED,
                user=change.user,
                request=request,
                to=old,
                old=old,
                new=change.new_email,
            )
    except IntegrityError as error:
        raise LinkEnded from error


def token_of(user: User, new_email: str) -> str:
    """Return the token of the link; a new password or the end of all sessions ends it."""
    return signing.dumps([str(user.pk), user.email, new_email, _access(user)], salt=SALT)


def _access(user: User) -> str:
    return hashlib.sha256(f"{user.password}.{user.session_epoch}".encode()).hexdigest()
