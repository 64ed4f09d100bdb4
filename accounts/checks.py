"""System checks of the settings of sign-up."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from accounts import sign_up_modes


@register()
def sign_up(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Refuse a SIGN_UP that is unknown or lacks its domains."""
    return list(_errors())


def _errors() -> Iterator[CheckMessage]:
    if settings.SIGN_UP not in sign_up_modes.ALL:
        modes = ", ".join(sign_up_modes.ALL)
        yield Error(f"SIGN_UP is {settings.SIGN_UP!r}, not one of {modes}.", id="accounts.E001")
    elif settings.SIGN_UP == sign_up_modes.DOMAIN and not settings.SIGN_UP_DOMAINS:
        yield Error(
            "SIGN_UP=domain needs SIGN_UP_DOMAINS.",
            hint="Such as SIGN_UP_DOMAINS=example.org,example.com",
            id="accounts.E002",
        )
    for name in ("DEFAULT_CREDITS", "INVITATION_CREDITS", "DOMAIN_CREDITS"):
        if getattr(settings, name) < 0:
            yield Error(f"{name} must not be negative.", id="accounts.E003")
