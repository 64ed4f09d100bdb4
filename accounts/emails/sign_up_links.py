"""The tokens of links that confirm the address of a new account."""

from django.conf import settings
from django.core import signing

SALT = "accounts.letters.sign_up"


def make_token(email: str) -> str:
    return signing.dumps({"email": email}, salt=SALT)


def confirmed_address(token: str) -> str:
    """Return the address that a link confirms; raise `signing.BadSignature`."""
    content = signing.loads(token, salt=SALT, max_age=settings.PASSWORD_RESET_TIMEOUT)
    return str(content["email"])
