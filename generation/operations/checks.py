"""System checks of settings for external services, at start rather than at the first job."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from generation.prompt_helper import clients
from generation.runpod.access import header_key

MAX_CALL_USD = 100


@register
def runpod_key(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
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
def prompt_helper(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Reject an address, a key or options that no call could use. The key is not shown."""
    if not isinstance(settings.PROMPT_HELPER_OPTIONS, dict):
        problem = "PROMPT_HELPER_OPTIONS must be a JSON object."
    elif not settings.PROMPT_HELPER_URL:
        return []
    else:
        try:
            clients.client()
        except ValueError as error:
            problem = f"PROMPT_HELPER_URL, _MODEL or _API_KEY: {error}."
        else:
            return []
    return [Error(problem, hint="See deploy/env.example.", id="generation.E003")]


@register
def prices(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Reject an invalid CREDIT_USD or PRICE_MARGIN."""
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
def price_of_calls(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Reject an invalid PROMPT_HELPER_CALL_USD."""
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
