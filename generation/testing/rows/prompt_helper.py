"""The prompt helper of tests: the emulator's stand-in for a text endpoint."""

from typing import Any

from django.test import override_settings

from generation.demo.emulator import Emulator

ENDPOINT = "text"


def prompt_helper(emulator: Emulator, **options: Any) -> override_settings:
    """Return settings with the emulator as the text endpoint, and other limits in `options`.

    A translation costs what an enhancement costs.
    """
    settings = {
        "PROMPT_HELPER_URL": f"{emulator.base_url}/{ENDPOINT}/openai/v1",
        "PROMPT_HELPER_MODEL": "stand-in",
        "PROMPT_HELPER_VISION_MODEL": "stand-in that sees",
        "PROMPT_HELPER_TRANSLATE_CREDITS": 1,
    }
    return override_settings(**(settings | options))


def chats(emulator: Emulator) -> list[Any]:
    """Return the bodies of the calls so far."""
    return [call.json for call in emulator.calls if call.call == "chat"]
