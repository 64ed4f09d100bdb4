"""This process's client for the text endpoint, made from the settings."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy

from artgen.refusals import Refusal
from generation.files.threads import Threads
from generation.providers.text_client import TextClient


def is_on() -> bool:
    return bool(settings.PROMPT_HELPER_URL and settings.PROMPT_HELPER_MODEL)


def can_see() -> bool:
    """Return whether the endpoint has a model that sees images."""
    return is_on() and bool(settings.PROMPT_HELPER_VISION_MODEL)


def client(*, sees: bool = False) -> TextClient:
    """Return the client; raise ValueError for settings that the system check reports.

    `sees`: of the model that sees images.
    """
    return _client(
        settings.PROMPT_HELPER_URL,
        settings.PROMPT_HELPER_VISION_MODEL if sees else settings.PROMPT_HELPER_MODEL,
        _key(),
        settings.PROMPT_HELPER_SECONDS,
        repr(sorted(settings.PROMPT_HELPER_OPTIONS.items())),
    )


def runpod_endpoint() -> str:
    """Return the id of the endpoint at RunPod, "" if it is at another server or there is none."""
    start, address = f"{settings.RUNPOD_BASE_URL}/", settings.PROMPT_HELPER_URL
    return address.removeprefix(start).split("/")[0] if address.startswith(start) else ""


def _key() -> str:
    """Return the key of the endpoint: its own, or RunPod's if the endpoint is at RunPod."""
    key: str = settings.PROMPT_HELPER_API_KEY
    return key or (settings.RUNPOD_API_KEY if runpod_endpoint() else "")


@lru_cache(maxsize=8)
def _client(url: str, model: str, key: str, seconds: float, options: str) -> TextClient:
    request_options: dict[str, Any] = dict(settings.PROMPT_HELPER_OPTIONS)
    return TextClient(
        base_url=url, model=model, api_key=key, seconds=seconds, options=request_options
    )


RETRY_AFTER_SECONDS = 5


class HelperBusy(Refusal):
    """This process makes as many calls as it may at once."""

    code = "unavailable"
    status = 503
    text = gettext_lazy(
        "The prompt helper is busy. Your prompt is unchanged and nothing was charged. Try again "
        "in a few seconds."
    )

    def __init__(self) -> None:
        super().__init__(retry_after=RETRY_AFTER_SECONDS)


waiting = Threads(busy=HelperBusy)
"""Limits how many threads of this process wait for the text endpoint, which may take long."""
