"""Rate limits per user of placing, uploading and sharing; nginx limits all requests."""

from rest_framework.request import Request

from accounts import rate_limits


def spend(request: Request, *, group: str, rate: str) -> None:
    """Count this call of the user against a rate such as "20/s"; raise TooManyTries above it."""
    rate_limits.spend_of(str(request.user.pk), group=f"api:{group}", rate=rate)
