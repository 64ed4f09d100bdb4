"""This process's providers, made from the settings."""

import os
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import uuid5

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from artgen.database import pooling
from generation.providers.access import BearerAccess, HttpLimits, OwnKeys, address_of
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


def longest_life(name: str) -> timedelta:
    """Return after how long a submission without an answer is over, by the provider's clock."""
    return timedelta(seconds=LONGEST_LIVES[name]())


def own_id(job: "Job") -> str:
    """Return the id by which one of OWN_SERVERS knows this attempt; "" at other providers."""
    return str(uuid5(job.id, str(job.attempt))) if job.place.provider in OWN_SERVERS else ""


def runpod() -> RunPod:
    return _kept(
        RunPod,
        base_url=settings.RUNPOD_BASE_URL,
        billing_url=settings.RUNPOD_BILLING_URL,
        api_key=settings.RUNPOD_API_KEY,
        limits=LIMITS,
        ttl_seconds=settings.RUNPOD_TTL_SECONDS,
        execution_seconds=settings.RUNPOD_EXECUTION_TIMEOUT_SECONDS,
    )


def wavespeed() -> WaveSpeed:
    return _kept(
        WaveSpeed,
        base_url=settings.WAVESPEED_BASE_URL,
        api_key=settings.WAVESPEED_API_KEY,
        webhook_secret=settings.WAVESPEED_WEBHOOK_SECRET,
        limits=LIMITS,
    )


UNKEPT = {"Connection": "close"}
"""Headers of image servers: a kept connection may break when the next call is sent."""


def yandex() -> ImageServer:
    folder = settings.YANDEX_FOLDER_ID
    headers = {"OpenAI-Project": folder, **UNKEPT}
    return _kept(
        ImageServer,
        name="Yandex AI Studio",
        access=BearerAccess(settings.YANDEX_BASE_URL, settings.YANDEX_API_KEY, "Api-Key", headers),
        limits=_image_limits(),
        model_prefix=f"art://{folder}/",
        lists_models=False,
    )


def image_server() -> ImageServer:
    address, key = settings.IMAGE_SERVER_URL, settings.IMAGE_SERVER_API_KEY
    headers = settings.IMAGE_SERVER_HEADERS | UNKEPT
    return _kept(
        ImageServer,
        name="The image server",
        access=BearerAccess(address, key, more_headers=headers),
        limits=_image_limits(),
        own_keys=_own_keys(IMAGE_SERVER),
    )


def comfyui() -> ComfyUI:
    address, key = settings.COMFYUI_URL, settings.COMFYUI_API_KEY
    headers = settings.COMFYUI_HEADERS | UNKEPT
    access = BearerAccess(address, key, more_headers=headers)
    return _kept(ComfyUI, access=access, limits=LIMITS, own_keys=_own_keys(COMFYUI))


def _own_keys(name: str) -> OwnKeys:
    """Return the keys of single endpoints, read each time: staff may have changed one."""
    endpoints: EndpointQuerySet = apps.get_model("generation.Endpoint").objects.all()
    try:
        return tuple(sorted(endpoints.filter(provider=name).own_keys().items()))
    finally:
        pooling.give_back()


def _image_limits() -> HttpLimits:
    return replace(LIMITS, run_seconds=settings.IMAGE_CALL_SECONDS)


def _kept[T](make: Callable[..., T], **values: Hashable) -> T:
    """Return what `make` has made of these values before, in this process.

    Connections must not be shared with a forked child.
    """
    made: T = _made(make, os.getpid(), **values)
    return made


@lru_cache(maxsize=40)
def _made(make: Callable[..., Any], _pid: int, **values: Hashable) -> Any:
    return make(**values)


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
LONGEST_LIVES: Mapping[str, Callable[[], float]] = {
    RUNPOD: lambda: settings.RUNPOD_TTL_SECONDS,
    WAVESPEED: lambda: 30 * 60,  # it documents no end of a job, and images take minutes at most
    YANDEX: lambda: settings.IMAGE_CALL_SECONDS,
    IMAGE_SERVER: lambda: settings.IMAGE_CALL_SECONDS,
    # What the server does not have 30 s after the POST, it never got or lost; source images are
    # uploaded before, for as long as a POST may take.
    COMFYUI: lambda: 30 + LIMITS.run_seconds,
}
LONGEST_READ = timedelta(seconds=max(SWEEP_SECONDS, LIMITS.longest_seconds))
"""The longest that it takes to read jobs of one provider."""
