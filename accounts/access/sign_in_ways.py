"""Ways to sign in, and which of them open accounts: the password, and services by their name."""

from django.conf import settings

PASSWORD = "password"  # noqa: S105 a way to sign in


def signs_in(way: str) -> bool:
    """Return whether accounts can be entered this way."""
    return not settings.SIGN_IN_WITH or way in settings.SIGN_IN_WITH


def opens_accounts(way: str) -> bool:
    """Return whether a new account can be created this way."""
    return signs_in(way) and (not settings.SIGN_UP_WITH or way in settings.SIGN_UP_WITH)
