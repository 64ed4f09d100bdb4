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
