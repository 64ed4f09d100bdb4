"""Whether others can call an address of ours: PUBLIC_URL for webhooks, the bucket for source images."""

from django.conf import settings

from generation.runpod import reachability


def from_outside(address: str) -> bool:
    """Tell whether the internet reaches `address`: as RUNPOD_REACHES_US says, else as far as the address tells."""
    told: bool | None = settings.RUNPOD_REACHES_US
    return reachability.is_public_address(address) if told is None else told


def by_runpod(address: str) -> bool:
    """Tell whether RunPod, or the emulator at RUNPOD_BASE_URL, reaches `address`; as `from_outside` otherwise."""
    told: bool | None = settings.RUNPOD_REACHES_US
    return reachability.reaches(settings.RUNPOD_BASE_URL, address) if told is None else told
