"""Emails to the owner after each change of what gives access to an account."""

from collections.abc import Collection, Mapping
from enum import Enum

from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.emails import outbox
from accounts.emails.rendering import absolute_url, compose, localized_for, minute
from accounts.models import User
from accounts.sessions import browser_names
from accounts.tokens import tokens


class Change(Enum):
    """What has changed: the name that allauth has for it, the subject, and the sentence."""

    PASSWORD_CHANGED = (
        "account/email/password_changed",
        _("Your ArtGen password was changed"),
        _("The password of your ArtGen account was changed."),
    )
    PASSWORD_RESET = (
        "account/email/password_reset",
        _("Your ArtGen password was changed"),
        _("The password of your ArtGen account was changed with a link from an email."),
    )
    PASSWORD_SET = (
        "account/email/password_set",
        _("Your ArtGen account now has a password"),
        _("A password was added to your ArtGen account."),
    )
    APP_ADDED = (
        "mfa/email/totp_activated",
        _("Two-factor authentication is on for your ArtGen account"),
        _("An authenticator app was added to your ArtGen account."),
    )
    APP_REMOVED = (
        "mfa/email/totp_deactivated",
        _("The authenticator app was removed from your ArtGen account"),
        _("The authenticator app was removed from your ArtGen account."),
    )
    PASSKEY_ADDED = (
        "mfa/email/webauthn_added",
        _("A passkey was added to your ArtGen account"),
        _("A passkey was added to your ArtGen account."),
    )
    PASSKEY_REMOVED = (
        "mfa/email/webauthn_removed",
        _("A passkey was removed from your ArtGen account"),
        _("A passkey was removed from your ArtGen account."),
    )
    RECOVERY_CODES = (
        "mfa/email/recovery_codes_generated",
        _("New recovery codes for your ArtGen account"),
        _("New recovery codes were created for your ArtGen account. The earlier ones are invalid."),
    )
    SECOND_FACTOR_RESET = (
        "",
        _("Two-factor authentication is off for your ArtGen account"),
        _("An administrator removed two-factor authentication from your ArtGen account."),
    )
    SERVICE_CONNECTED = (
        "socialaccount/email/account_connected",
        _("A service was connected to your ArtGen account"),
        _("Another service can now sign you in to your ArtGen account."),
    )
    SERVICE_DISCONNECTED = (
        "socialaccount/email/account_disconnected",
        _("A service was disconnected from your ArtGen account"),
        _("A service was disconnected from your ArtGen account and can no longer sign you in."),
    )
    EMAIL_CHANGED = (
        "",
        _("The email of your ArtGen account was changed"),
        _("The email of your ArtGen account was changed from %(old)s to %(new)s."),
    )
    SIGNED_OUT_EVERYWHERE = (
        "",
        _("All other devices were signed out of ArtGen"),
        _("All other devices were signed out of your ArtGen account."),
    )
    SIGNED_OUT_BY_STAFF = (
        "",
        _("You were signed out of ArtGen on all devices"),
        _("An administrator signed you out of ArtGen on all devices."),
    )
    TOKEN_CREATED = (
        "",
        _("A new API token for your ArtGen account"),
        _("The API token “%(name)s” was created. It can: %(scopes)s."),
    )
    TOKEN_REVOKED = (
        "",
        _("An API token of your ArtGen account was revoked"),
        _("The API token “%(name)s” was revoked."),
    )
    TOKENS_REVOKED = (
        "",
        _("All API tokens of your ArtGen account were revoked"),
        _("All API tokens of your ArtGen account were revoked."),
    )
    WEBHOOK_ADDED = (
        "",
        _("A new webhook for your ArtGen account"),
        _("A webhook was added to your ArtGen account. Events are sent to %(host)s."),
    )

    def __init__(self, name_of_allauth: str, subject: Promise, sentence: Promise) -> None:
        self.name_of_allauth = name_of_allauth
        self.subject = subject
        self.sentence = sentence


_BY_NAME_OF_ALLAUTH = {
    change.name_of_allauth: change for change in Change if change.name_of_allauth
}


def send(
    change: Change, *, user: User, request: HttpRequest | None = None, to: str = "", **values: str
) -> None:
    """Write the email to the outbox.

    `request` adds the address and the browser of the change; `to` is the recipient if it is not
    the user's present address, `values` fill the sentence.
    """
    outbox.enqueue(
        security_notice(change, user=user, to=to or user.email, request=request, values=values)
    )


def send_for(name: str, *, user: User, request: HttpRequest | None) -> None:
    """Send the email for a change that allauth reports; raise KeyError for an unknown one."""
    send(_BY_NAME_OF_ALLAUTH[name], user=user, request=request)


def send_token_created(
    *, user: User, name: str, scopes: Collection[str], request: HttpRequest | None = None
) -> None:
    with localized_for(user):
        labels = ", ".join(tokens.scope_labels(scopes)).lower()
    send(Change.TOKEN_CREATED, user=user, request=request, name=name, scopes=labels)


def security_notice(
    change: Change, *, user: User, to: str, request: HttpRequest | None, values: Mapping[str, str]
) -> EmailMessage:
    """Return the email that tells the owner of a change to the account's access."""
    agent = request.headers.get("User-Agent", "") if request else ""
    with localized_for(user):
        return compose(
            "accounts/emails/security_notice",
            to=to,
            title=change.subject,
            sentence=str(change.sentence) % values,
            at=minute(timezone.now()),
            ip=request.META.get("REMOTE_ADDR", "") if request else "",
            browser=browser_names.describe(agent),
            reset=absolute_url(reverse("password_reset")),
        )
