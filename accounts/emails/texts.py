"""The texts of emails, in the recipient's language; `accounts.emails.outbox` sends them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import urlencode

from accounts.emails import reset_links
from accounts.models import CreditRequest, Invitation, User
from accounts.sessions.time_zones import zone_of
from accounts.user_data import deletion
from artgen.web import formatting

SIGN_UP_SALT = "accounts.letters.sign_up"
INVITATION_SALT = "accounts.invitations"


def sign_up(*, email: str, next_page: str = "") -> EmailMessage:
    """Return the email to a new address; its link confirms the address and continues sign-up."""
    token = signing.dumps({"email": email}, salt=SIGN_UP_SALT)
    path = reverse("signup_finish", args=[token])
    if next_page:
        path += "?" + urlencode({"next": next_page})
    return compose("accounts/emails/sign_up", to=email, link=absolute_url(path))


def invitation(invitation: Invitation, *, token: str) -> EmailMessage:
    """Return the email that invites an address; `token` is that of `invitations.token_of`."""
    with translation.override(invitation.language):
        return compose(
            "accounts/emails/invitation",
            to=invitation.email,
            link=absolute_url(reverse("invitation", args=[token])),
            credits=invitation.credits,
            end=_minute(invitation.expires_at),
        )


def account_exists(*, user: User) -> EmailMessage:
    """Return the email to an address that tries to sign up but already has an account."""
    return compose(
        "accounts/emails/have_account",
        to=user.email,
        sign_in=absolute_url(reverse("login")),
        reset=absolute_url(reverse("password_reset")),
    )


def password_reset(*, user: User) -> EmailMessage:
    """Return the email with a link to set a new password.

    The link works once, for `PASSWORD_RESET_TIMEOUT` seconds.
    """
    path = reverse("password_reset_confirm", args=[user.pk, reset_links.make_token(user)])
    with translation.override(user.language or translation.get_language()):
        return compose("accounts/emails/reset_password", to=user.email, link=absolute_url(path))


def account_closed(*, user: User) -> EmailMessage:
    """Return the email about an account that will be erased, with the link that restores it."""
    with localized_for(user):
        return compose(
            "accounts/emails/account_closed",
            to=user.email,
            email=user.email,
            day=formatting.day(user.erase_at) if user.erase_at else "",
            link=absolute_url(reverse("keep_account", args=[deletion.keep_token(user)])),
        )


def account_erased(*, user: User) -> EmailMessage:
    with localized_for(user):
        return compose(
            "accounts/emails/account_erased", to=user.email, sign_up=absolute_url(reverse("signup"))
        )


def banned(*, user: User) -> EmailMessage:
    """Return the email about a ban: its reason and its end."""
    with localized_for(user):
        return compose(
            "accounts/emails/banned",
            to=user.email,
            reason=user.ban_reason,
            end=_minute(user.banned_until) if user.banned_until else "",
            contact=settings.CONTACT,
        )


def credits_asked(*, request: CreditRequest, staff: User) -> EmailMessage:
    with localized_for(staff):
        return compose(
            "accounts/emails/credits_asked",
            to=staff.email,
            email=request.user.email,
            balance=formatting.credits(request.user.credits),
            note=request.note,
            link=absolute_url(reverse("admin:accounts_creditrequest_decide", args=[request.pk])),
        )


def credits_granted(*, request: CreditRequest) -> EmailMessage:
    """Return the email about credits that were added on request."""
    return _decided(request, "accounts/emails/credits_granted")


def credits_declined(*, request: CreditRequest) -> EmailMessage:
    """Return the email about a request for credits that was declined, with the reason."""
    return _decided(request, "accounts/emails/credits_declined")


def _decided(request: CreditRequest, template: str) -> EmailMessage:
    with localized_for(request.user):
        return compose(
            template,
            to=request.user.email,
            credits=formatting.credits(request.amount or 0),
            answer=request.answer,
            link=absolute_url(reverse("get_credits")),
        )


def email_change(*, user: User, new_email: str, token: str) -> EmailMessage:
    """Return the email to a new address of the user; its link confirms the address."""
    with localized_for(user):
        return compose(
            "accounts/emails/email_change",
            to=new_email,
            old=user.email,
            link=absolute_url(reverse("confirm_email", args=[token])),
        )


def security_notice(
    *, user: User, to: str, subject: Any, sentence: Any, ip: str, browser: str, values: Any
) -> EmailMessage:
    """Return the email that tells the owner of a change to the account's access.

    `subject` and `sentence` are lazy translations, the sentence with `%(name)s` for `values`.
    """
    with localized_for(user):
        return compose(
            "accounts/emails/security_notice",
            to=to,
            title=subject,
            sentence=str(sentence) % values,
            at=_minute(timezone.now()),
            ip=ip,
            browser=browser,
            reset=absolute_url(reverse("password_reset")),
        )


def confirmed_address(token: str) -> str:
    """Return the address that a link of `sign_up` confirms; raise `signing.BadSignature`."""
    content = signing.loads(token, salt=SIGN_UP_SALT, max_age=settings.PASSWORD_RESET_TIMEOUT)
    return str(content["email"])


def compose(template: str, *, to: str, **context: Any) -> EmailMessage:
    """Render `TEMPLATE.txt` and `TEMPLATE_subject.txt` in the active language."""
    context["host"] = settings.PUBLIC_URL.partition("://")[2]
    subject = " ".join(render_to_string(f"{template}_subject.txt", context).split())
    return EmailMessage(subject, render_to_string(f"{template}.txt", context), to=[to])


def absolute_url(path: str) -> str:
    # Not from the Host header: its sender could put another host into another user's email.
    return f"{settings.PUBLIC_URL}{path}"


def _minute(at: datetime) -> str:
    """Return the time with its zone: an email may be read on any day."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M %Z}"


@contextmanager
def localized_for(user: User) -> Iterator[None]:
    """Activate the language and time zone that the user has chosen."""
    with (
        translation.override(user.language or translation.get_language()),
        timezone.override(zone_of(user.time_zone)),
    ):
        yield
