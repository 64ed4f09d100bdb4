"""System checks of what ArtGen needs of the outside, found at the start rather than by the first job."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from generation.runpod.access import header_key


@register
def runpod_key(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Refuse a key that no header can carry, such as one pasted with a space; what it says stays unsaid."""
    try:
        header_key(settings.RUNPOD_API_KEY)
    except ValueError:
        return [
            Error(
                "RUNPOD_API_KEY has spaces, line breaks or other characters that no key of RunPod has.",
                hint="Paste the key alone, without quotes or words around it.",
                id="generation.E001",
            )
        ]
    return []


@register
def prices(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Refuse a credit or a margin from which no price follows."""
    return [
        Error(
            f"{name} is {value}: it must be a number above 0.",
            hint="See deploy/env.example for what it means.",
            id="generation.E002",
        )
        for name, value in (
            ("CREDIT_USD", settings.CREDIT_USD),
            ("PRICE_MARGIN", settings.PRICE_MARGIN),
        )
        if not (value.is_finite() and value > 0)
    ]
