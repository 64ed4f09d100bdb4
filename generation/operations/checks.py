"""System checks of settings for external services, at start rather than at the first job."""

import re
from collections.abc import Iterator, Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from generation.imaging import origin_key
from generation.operations.alerts import webhook_address
from generation.operations.backup.encryption import Sealing, recipients
from generation.operations.backup.refusal import BackupRefused
from generation.providers.access import header_key
from generation.studio.prompt_helper import helper_client

MAX_CALL_USD = 100
HOST = re.compile(r"(\*|\.?[\w.-]+|\[[0-9a-fA-F:.]+\])(:\d+)?")


@register
def runpod_key(app_configs: Sequence[AppConfig] | None, **_: object) -> list[CheckMessage]:
    """Reject a key that no header can carry. The message does not contain it."""
    try:
        header_key(settings.RUNPOD_API_KEY)
    except ValueError:
        return [
            Error(
                "RUNPOD_API_KEY contains spaces, line breaks or other invalid characters.",
                hint="Set only the key, without quotes or other text.",
                id="generation.E001",
            )
        ]
    return []


@register
def prompt_helper(app_configs: Sequence[AppConfig] | None, **_: object) -> list[CheckMessage]:
    """Reject an address, a key or options that no call could use. The key is not shown."""
    if not isinstance(settings.PROMPT_HELPER_OPTIONS, dict):
        problem = "PROMPT_HELPER_OPTIONS must be a JSON object."
    elif not settings.PROMPT_HELPER_URL:
        return []
    else:
        try:
            helper_client.client()
        except ValueError as error:
            problem = f"PROMPT_HELPER_URL, _MODEL or _API_KEY: {error}."
        else:
            return []
    return [Error(problem, hint="See deploy/env.example.", id="generation.E003")]


@register
def addresses(app_configs: Sequence[AppConfig] | None, **_: object) -> list[CheckMessage]:
    return [
        Error(problem, hint="See deploy/env.example.", id="generation.E005")
        for problem in _wrong_addresses()
    ]


def _wrong_addresses() -> Iterator[str]:
    if settings.ALERT_WEBHOOK_URL and not webhook_address.is_valid(settings.ALERT_WEBHOOK_URL):
        yield "ALERT_WEBHOOK_URL must begin with https://."  # it has a secret
    for address in settings.ALERT_EMAILS:
        try:
            validate_email(address if address != "none" else "none@example.org")
        except ValidationError:
            yield f"ALERT_EMAILS: {address!r} is not an email address."
    for name in ("ALLOWED_HOSTS", "RUNPOD_IMAGE_HOSTS", "WEBHOOK_HOSTS"):
        for host in getattr(settings, name):
            if not HOST.fullmatch(host.strip()):
                yield f"{name}: {host!r} is not a host name."
    try:
        origin_key.current()
    except origin_key.KeyInvalid as error:
        yield f"ORIGIN_KEY: {error}."
    try:
        Sealing(recipients(settings.BACKUP_RECIPIENTS))
    except BackupRefused as error:
        yield str(error)


@register
def prices(app_configs: Sequence[AppConfig] | None, **_: object) -> list[CheckMessage]:
    return [
        Error(
            f"{name} is {value}: it must be a number above 0.",
            hint="See deploy/env.example.",
            id="generation.E002",
        )
        for name, value in (
            ("CREDIT_USD", settings.CREDIT_USD),
            ("PRICE_MARGIN", settings.PRICE_MARGIN),
        )
        if not (value.is_finite() and value > 0)
    ]


@register
def price_of_calls(app_configs: Sequence[AppConfig] | None, **_: object) -> list[CheckMessage]:
    value = settings.PROMPT_HELPER_CALL_USD
    if value.is_finite() and 0 <= value <= MAX_CALL_USD:
        return []
    return [
        Error(
            f"PROMPT_HELPER_CALL_USD is {value}: it must be from 0 to {MAX_CALL_USD}.",
            hint="See deploy/env.example.",
            id="generation.E004",
        )
    ]
