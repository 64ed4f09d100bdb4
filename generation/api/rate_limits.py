"""How often one user may place and upload through the API; the limit of all requests is nginx's."""

from rest_framework.request import Request

from accounts import rate_limits
from artgen.api.problems import Problem


def spend(request: Request, *, group: str, rate: str) -> None:
    """Count this call of the user against a rate such as "20/s"; raises Problem with Retry-After."""
    try:
        rate_limits.spend_of(str(request.user.pk), group=f"api:{group}", rate=rate)
    except rate_limits.TooManyTries as refused:
        raise Problem(
            "too_many_requests", headers={"Retry-After": str(refused.seconds)}
        ) from refused
