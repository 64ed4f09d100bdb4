"""Two-factor authentication: who must use it, and how its secrets are stored.

Whether a session has passed the second factor is part of the session, so checking a request costs
no statement.
"""

from collections.abc import Mapping
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.sessions import encryption

PURPOSE = "accounts.second_factor"  # part of the key of stored rows: never change it

METHODS = "account_authentication_methods"
METHODS_USER = "account_authentication_methods_user"
"""Session keys of allauth: what the user has proved in this session, and the user."""

NOBODY, STAFF, EVERYBODY = "nobody", "staff", "everybody"
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""What counts as a second factor; recovery codes only replace one."""


def is_required(user: User | AnonymousUser) -> bool:
    if not user.is_authenticated:
        return False
    return settings.MFA_REQUIRED == EVERYBODY or (
        settings.MFA_REQUIRED == STAFF and bool(user.is_staff)
    )


def is_passed(session: Mapping[str, Any], user: User | AnonymousUser) -> bool:
    if session.get(METHODS_USER) != str(user.pk):
        return False
    return any(method.get("method") == "mfa" for method in session.get(METHODS) or ())


def is_missing(session: Mapping[str, Any], user: User | AnonymousUser) -> bool:
    return is_required(user) and not is_passed(session, user)


def mark_passed(request: HttpRequest, user: User, *, type: str) -> None:
    """Record that the user has just proved a new factor, so that it is not asked again."""
    record_authentication(request, user, method="mfa", type=type)


def remove_all(user: User) -> int:
    removed: tuple[int, Any] = Authenticator.objects.filter(user=user).delete()
    return removed[0]


class MFAAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("Wrong code."),
        "cannot_delete_authenticator": _(
            "Two-factor authentication is required for your account. Add another factor first."
        ),
    }

    def get_totp_issuer(self) -> str:
        return f"ArtGen ({settings.PUBLIC_URL.partition('://')[2]})"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return the domain that passkeys are bound to."""
        return {"id": context.request.get_host().partition(":")[0], "name": "ArtGen"}

    def generate_authenticator_name(self, user: User, type: object) -> str:
        count = Authenticator.objects.filter(user=user, type=type).count()
        return gettext("Passkey %(number)d") % {"number": count + 1}

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Return False for the last factor of a user who must have one."""
        if not is_required(authenticator.user):
            return True
        factors = Authenticator.objects.filter(user=authenticator.user, type__in=FACTORS)
        return bool(factors.exclude(pk=authenticator.pk).exists())

    def encrypt(self, text: str) -> str:
        """Return the secret as it is stored: a copy of the database alone gives no codes."""
        return encryption.encrypt(text, purpose=PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret; raise InvalidToken if SECRET_KEY has changed."""
        return encryption.decrypt(encrypted_text, purpose=PURPOSE)
