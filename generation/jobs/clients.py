"""This process's providers, made from the settings."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from uuid import uuid5

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from artgen.database import pooling
from generation.providers.access import BearerAccess, HttpLimits, OwnKey, address_of
from generation.providers.comfyui.provider import ComfyUI
from generation.providers.image_server.provider import ImageServer
from generation.providers.provider import (
    ADDRESSED,
    COMFYUI,
    IMAGE_SERVER,
    OWN_SERVERS,
    RUNPOD,
    WAVESPEED,
    YANDEX,
    Facts,
    Provider,
)
from generation.providers.runpod.provider import RunPod
from generation.providers.status_sweep import SWEEP_SECONDS
from generation.providers.wavespeed.provider import WaveSpeed

if TYPE_CHECKING:  # the settings are checked before there are models
    from generation.models import EndpointQuerySet, Job

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


def is_set_up(name: str, endpoint_id: str = "") -> bool:
    """Return whether there is a key of this provider, so that endpoints can be used."""
    return not missing_settings(name, endpoint_id)


def missing_settings(name: str, endpoint_id: str = "") -> list[str]:
    """Return the settings without which its endpoints cannot be used, and that are empty.

    An endpoint with an address of its own needs none.
    """
    has_own = name in ADDRESSED and address_of(endpoint_id)
    needed = () if has_own else NEEDED[name]
    return [setting for setting in needed if not getattr(settings, setting)]


def facts_of(name: str) -> Facts:
    return FACTS[name]()


def own_id(job: "Job") -> str:
    """Return the id by which one of OWN_SERVERS knows this attempt; "" at other providers."""
    return str(uuid5(job.id, str(job.attempt))) if job.place.provider in OWN_SERVERS else ""


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
    return Facts(longest_life=timedelta(seconds=settings.RUNPOD_TTL_SECONDS))


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
    return Facts(longest_life=timedelta(minutes=30))


UNKEPT = {"Connection": "close"}
"""Headers of image servers: a kept connection may break when the next call is sent."""


def yandex() -> ImageServer:
    return _yandex(
        settings.YANDEX_BASE_URL, settings.YANDEX_API_KEY, settings.YANDEX_FOLDER_ID, os.getpid()
    )


@lru_cache(maxsize=8)
def _yandex(base_url: str, api_key: str, folder: str, _pid: int) -> ImageServer:
    headers = {"OpenAI-Project": folder, **UNKEPT}
    access = BearerAccess(base_url, api_key, scheme="Api-Key", more_headers=headers)
    return ImageServer(
        name="Yandex AI Studio",
        access=access,
        limits=_image_limits(),
        model_prefix=f"art://{folder}/",
        lists_models=False,
    )


def image_server() -> ImageServer:
    headers = settings.IMAGE_SERVER_HEADERS
    return _image_server(
        settings.IMAGE_SERVER_URL,
        settings.IMAGE_SERVER_API_KEY,
        tuple(sorted(headers.items())),
        _own_keys(IMAGE_SERVER),
        os.getpid(),
    )


Pairs = tuple[tuple[str, str], ...]
OwnKeys = tuple[tuple[str, OwnKey], ...]


def _own_keys(name: str) -> OwnKeys:
    """Return the keys of single endpoints, read each time: staff may have changed one."""
    endpoints: EndpointQuerySet = apps.get_model("generation.Endpoint").objects.all()
    try:
        return tuple(sorted(endpoints.filter(provider=name).own_keys().items()))
    finally:
        pooling.give_back()


@lru_cache(maxsize=8)
def _image_server(
    base_url: str, api_key: str, headers: Pairs, own_keys: OwnKeys, _pid: int
) -> ImageServer:
    access = BearerAccess(base_url, api_key, more_headers=dict(headers) | UNKEPT)
    limits = _image_limits()
    return ImageServer(
        name="The image server", access=access, limits=limits, own_keys=dict(own_keys)
    )


def _image_limits() -> HttpLimits:
    return replace(LIMITS, run_seconds=settings.IMAGE_CALL_SECONDS)


def _image_server_facts() -> Facts:
    return Facts(longest_life=timedelta(seconds=settings.IMAGE_CALL_SECONDS))


def comfyui() -> ComfyUI:
    return _comfyui(
        settings.COMFYUI_URL,
        settings.COMFYUI_API_KEY,
        tuple(sorted(settings.COMFYUI_HEADERS.items())),
        _own_keys(COMFYUI),
        os.getpid(),
    )


@lru_cache(maxsize=8)
def _comfyui(base_url: str, api_key: str, headers: Pairs, own_keys: OwnKeys, _pid: int) -> ComfyUI:
    access = BearerAccess(base_url, api_key, more_headers=dict(headers) | UNKEPT)
    return ComfyUI(access=access, limits=LIMITS, own_keys=dict(own_keys))


def _comfyui_facts() -> Facts:
    """Return the facts; what the server does not have after this time, it never got or lost.

    30 s after the POST, before which source images are uploaded for as long as a POST may take.
    """
    return Facts(longest_life=timedelta(seconds=30 + LIMITS.run_seconds))


NEEDED: Mapping[str, tuple[str, ...]] = {
    RUNPOD: ("RUNPOD_API_KEY",),
    WAVESPEED: ("WAVESPEED_API_KEY",),
    YANDEX: ("YANDEX_API_KEY", "YANDEX_FOLDER_ID"),
    IMAGE_SERVER: ("IMAGE_SERVER_URL",),
    COMFYUI: (),
}
MAKERS: Mapping[str, Callable[[], Provider]] = {
    RUNPOD: runpod,
    WAVESPEED: wavespeed,
    YANDEX: yandex,
    IMAGE_SERVER: image_server,
    COMFYUI: comfyui,
}
FACTS: Mapping[str, Callable[[], Facts]] = {
    RUNPOD: _runpod_facts,
    WAVESPEED: _wavespeed_facts,
    YANDEX: _image_server_facts,
    IMAGE_SERVER: _image_server_facts,
    COMFYUI: _comfyui_facts,
}
LONGEST_READ = timedelta(seconds=max(SWEEP_SECONDS, LIMITS.longest_seconds))
"""The longest that it takes to read jobs of one provider."""
