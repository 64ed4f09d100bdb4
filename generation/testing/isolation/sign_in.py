"""Sessions, second factors and devices of a person, as signing in and setting up leave them."""

import time
from typing import Any, ClassVar

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.utils import encrypt
from allauth.usersessions.models import UserSession
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.cache import cache
from django.test import Client
from fido2.cose import ES256
from fido2.utils import sha256, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from accounts.models import User
from accounts.sessions import second_factor_rules, sessions
from artgen.environment import social_apps
from artgen.environment.env import Environment


class _Names(Environment):
    ENVIRON: ClassVar[dict[str, str]] = {
        **dict.fromkeys(
            (f"{name}_CLIENT_ID" for name in ("GOOGLE", "GITHUB", "YANDEX", "VK", "OIDC")), "artgen"
        ),
        "OIDC_SERVER_URL": "http://127.0.0.1:9",  # does not respond
    }


def services() -> dict[str, Any]:
    """Return SOCIALACCOUNT_PROVIDERS with every service."""
    return social_apps.read(_Names())


def session_of(user: User) -> str:
    """Return the key of a session that has just proved the password again.

    So pages that ask for it before a change show the change.
    """
    client = Client()
    client.force_login(user)
    session = client.session
    proved = {"method": "password", "at": time.time(), "reauthenticated": True}
    session.update(
        {second_factor_rules.METHODS: [proved], second_factor_rules.METHODS_USER: str(user.pk)}
    )
    session.save()
    return str(session.session_key)


def halfway_session_of(user: User) -> str:
    """Return the key of a session that has sent the password and waits for the second factor."""
    client = Client(headers={"Accept-Language": "en"})
    response = client.post("/accounts/login/", {"username": user.email, "password": "password"})
    assert response["Location"].startswith("/accounts/2fa/code/"), response["Location"]
    cache.clear()
    return client.cookies["sessionid"].value


def device_of(user: User, *, session: str) -> int:
    """Return the id of this session in the list of the user's devices."""
    device, _created = UserSession.objects.get_or_create(
        user=user,
        session_key=sessions.hash_of(session),
        defaults={"ip": "203.0.113.7", "user_agent": ""},
    )
    return int(device.pk)


def add_app(user: User) -> str:
    """Add an authenticator app, and return its secret."""
    secret: str = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def add_recovery_codes(user: User, *, codes: list[str]) -> None:
    stored = RecoveryCodes.activate(user).instance
    stored.data = {"migrated_codes": [encrypt(code) for code in codes], "used_mask": 0}
    stored.save(update_fields=["data"])


def add_passkey(user: User, *, name: str) -> int:
    """Add a passkey of no device, and return its id."""
    data = {"name": name, "credential": _credential()}
    key = Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data=data)
    return int(key.pk)


def _credential() -> dict[str, Any]:
    """Return what a browser sends of a new passkey."""
    key = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    credential = AttestedCredentialData.create(Aaguid.NONE, b"k" * 16, key)
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.AT
    data = AuthenticatorData.create(sha256(b"testserver"), flags, 0, credential)
    client_data = CollectedClientData.create(
        CollectedClientData.TYPE.CREATE, b"c" * 16, "http://testserver"
    )
    return {
        "id": websafe_encode(b"k" * 16),
        "rawId": websafe_encode(b"k" * 16),
        "type": "public-key",
        "response": {
            "clientDataJSON": websafe_encode(client_data),
            "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
        },
    }
