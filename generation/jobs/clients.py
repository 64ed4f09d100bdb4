"""This process's providers, made from the settings."""

import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from generation.providers.http.access import HttpLimits
from generation.providers.provider import RUNPOD, WAVESPEED, Facts, Provider
from generation.providers.runpod.provider import RunPod
from generation.providers.status_sweep import SWEEP_SECONDS
from generation.providers.wavespeed.provider import WaveSpeed

try:
    LIMITS = HttpLimits(**settings.HTTP_LIMITS)
except ValueError as error:
    raise ImproperlyConfigured(
        f"The HTTP_… values of the environment do not fit together: {error}."
    ) from error


def of(name: str) -> Provider:
    """Return a provider; all threads of the process share its connections.

    Raises LookupError for one that only another version of ArtGen knows.
    """
    return MAKERS[name]()


def is_set_up(name: str) -> bool:
    """Return whether there is a key of this provider, so that endpoints can be used."""
    keys = {RUNPOD: settings.RUNPOD_API_KEY, WAVESPEED: settings.WAVESPEED_API_KEY}
    return bool(keys[name])


def facts_of(name: str) -> Facts:
    return FACTS[name]()


def runpod() -> RunPod:
    return _runpod(
        settings.RUNPOD_BASE_URL, settings.RUNPOD_BILLING_URL, settings.RUNPOD_API_KEY, os.getpid()
    )


@lru_cache(maxsize=8)
def _runpod(base_url: str, billing_url: str, api_key: str, _pid: int) -> RunPod:
    # One for each process: connections must not be shared with a forked child.
    return RunPod(
        base_url=base_url,
        billing_url=billing_url,
        api_key=api_key,
        limits=LIMITS,
        ttl_seconds=settings.RUNPOD_TTL_SECONDS,
        execution_seconds=settings.RUNPOD_EXECUTION_TIMEOUT_SECONDS,
    )


def _runpod_facts() -> Facts:
    return Facts(longest_life=timedelta(seconds=settings.RUNPOD_TTL_SECONDS), can_cancel=True)


def wavespeed() -> WaveSpeed:
    return _wavespeed(
        settings.WAVESPEED_BASE_URL,
        settings.WAVESPEED_API_KEY,
        settings.WAVESPEED_WEBHOOK_SECRET,
        os.getpid(),
    )


@lru_cache(maxsize=8)
def _wavespeed(base_url: str, api_key: str, webhook_secret: str, _pid: int) -> WaveSpeed:
    return WaveSpeed(
        base_url=base_url, api_key=api_key, webhook_secret=webhook_secret, limits=LIMITS
    )


def _wavespeed_facts() -> Facts:
    """Return the facts; WaveSpeed documents no end of a job, and images take minutes at most."""
    return Facts(longest_life=timedelta(minutes=30), can_cancel=False)


MAKERS: Mapping[str, Callable[[], Provider]] = {RUNPOD: runpod, WAVESPEED: wavespeed}
FACTS: Mapping[str, Callable[[], Facts]] = {
    RUNPOD: _runpod_facts,
    WAVESPEED: _wavespeed_facts,
}
LONGEST_READ = timedelta(seconds=max(SWEEP_SECONDS, LIMITS.longest_seconds))
"""The longest that it takes to read jobs of one provider."""
