"""This process's clients for RunPod, made from the settings."""

import os
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from generation.runpod.access import HttpLimits
from generation.runpod.client import RunPodClient
from generation.runpod.status_sweep import Sweep

try:
    LIMITS = HttpLimits(**settings.HTTP_LIMITS)
except ValueError as error:
    raise ImproperlyConfigured(
        f"The HTTP_… values of the environment do not fit together: {error}."
    ) from error


def client() -> RunPodClient:
    """Return the client for single calls. All threads of the process share its pool."""
    return _client(settings.RUNPOD_BASE_URL, settings.RUNPOD_API_KEY, os.getpid())


def sweep() -> Sweep:
    return _sweep(settings.RUNPOD_BASE_URL, settings.RUNPOD_API_KEY, os.getpid())


@lru_cache(maxsize=8)
def _client(base_url: str, api_key: str, _pid: int) -> RunPodClient:
    # One for each process: connections must not be shared with a forked child.
    return RunPodClient(base_url=base_url, api_key=api_key, limits=LIMITS)


@lru_cache(maxsize=8)
def _sweep(base_url: str, api_key: str, _pid: int) -> Sweep:
    return Sweep(base_url=base_url, api_key=api_key, limits=LIMITS)
