"""The emails to users: each is a function here and its templates of the same name.

The templates are `accounts/templates/accounts/emails/NAME.txt` and `NAME_subject.txt`. Emails about
changes of an account's access are in `accounts.emails.security_notices`; `accounts.emails.outbox`
sends them all.
"""

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode

from accounts.emails import password_reset_links, sign_up_links
from accounts.emails.rendering import absolute_url, compose, localized_for, minute
from accounts.models import CreditRequest, Invitation, User, WebhookAddress, WebhookOff
from accounts.user_data import deletion
from artgen.web import formatting


def sign_up(*, email: str, next_page: str = "") -> EmailMessage:
    """Return the email to a new address; its link confirms the address and continues sign-up."""
    path = reverse("signup_finish", args=[sign_up_links.make_token(email)])
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
            end=minute(invitation.expires_at),
        )


def account_exists(*, user: User) -> EmailMessage:
    """Return the email to an address that tries to sign up but already has an account."""
    return compose(
        "accounts/emails/account_exists",
        to=user.email,
        sign_in=absolute_url(reverse("login")),
        reset=absolute_url(reverse("password_reset")),
    )


def password_reset(*, user: User) -> EmailMessage:
    """Return the email with a link to set a new password.

    The link works once, for `PASSWORD_RESET_TIMEOUT` seconds.
    """
    path = reverse("password_reset_confirm", args=[user.pk, password_reset_links.make_token(user)])
    with translation.override(user.language or translation.get_language()):
        return compose("accounts/emails/password_reset", to=user.email, link=absolute_url(path))


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
    with localized_for(user):
        return compose(
            "accounts/emails/banned",
            to=user.email,
            reason=user.ban_reason,
            end=minute(user.banned_until) if user.banned_until else "",
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
    with localized_for(request.user):
        return compose(
            "accounts/emails/credits_granted",
            to=request.user.email,
            credits=formatting.credits(request.amount or 0),
            answer=request.answer,
            link=absolute_url(reverse("get_credits")),
        )


def credits_declined(*, request: CreditRequest) -> EmailMessage:
    with localized_for(request.user):
        return compose(
            "accounts/emails/credits_declined",
            to=request.user.email,
            answer=request.answer,
            link=absolute_url(reverse("get_credits")),
        )


def refunded(*, user: User, amount: int, reason: str) -> EmailMessage:
    with localized_for(user):
        return compose(
            "accounts/emails/refunded",
            to=user.email,
            credits=formatting.credits(amount),
            reason=reason,
            link=absolute_url(reverse("ledger")),
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


def webhook_off(*, address: WebhookAddress, reason: WebhookOff) -> EmailMessage:
    """Return the email about a webhook that was turned off because of its receiver."""
    with localized_for(address.user):
        return compose(
            "accounts/emails/webhook_off",
            to=address.user.email,
            to_host=address.host,
            is_gone=reason is WebhookOff.GONE,
            link=absolute_url(reverse("webhook", args=[address.pk])),
        )
