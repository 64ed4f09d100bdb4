"""Secrets of webhooks: what signs, as the receiver gets it, and how it is stored."""

import base64
import secrets

from cryptography.fernet import InvalidToken

from accounts.sessions import encryption

PURPOSE = "accounts.webhooks"  # part of the key of stored rows: never change it
BYTES = 32  # Standard Webhooks: 24 to 64


class Unreadable(Exception):
    """SECRET_KEY has changed since the secret was stored."""


def new() -> str:
    """Return a secret as receivers configure it, `whsec_` and base64."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(BYTES)).decode()}"


def stored(secret: str) -> str:
    return encryption.encrypt(secret, purpose=PURPOSE)


def read(text: str) -> str:
    """Return the secret of a `stored` text; raise Unreadable."""
    try:
        return encryption.decrypt(text, purpose=PURPOSE)
    except InvalidToken as error:
        raise Unreadable from error
