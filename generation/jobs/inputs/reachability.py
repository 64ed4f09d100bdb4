"""Whether our addresses can be reached: PUBLIC_URL for webhooks, the bucket for source images."""

from django.conf import settings

from artgen.http import reachability


def from_outside(address: str) -> bool:
    """Return whether the internet reaches `address`, by RUNPOD_REACHES_US or the address itself."""
    setting: bool | None = settings.RUNPOD_REACHES_US
    return reachability.is_public_address(address) if setting is None else setting


def by_runpod(address: str) -> bool:
    """Return whether RunPod, or the emulator at RUNPOD_BASE_URL, reaches `address`.

    RUNPOD_REACHES_US decides if it is set.
    """
    setting: bool | None = settings.RUNPOD_REACHES_US
    return reachability.reaches(settings.RUNPOD_BASE_URL, address) if setting is None else setting


def is_demo() -> bool:
    """Return whether an emulator takes RunPod's place: RUNPOD_BASE_URL is in a private network."""
    return not reachability.is_public_address(settings.RUNPOD_BASE_URL)
