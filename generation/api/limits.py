"""How often one user may place and upload through the API; the limit of all requests is nginx's."""

from rest_framework.request import Request

from accounts import limits
from artgen.problems import Problem


def spend(request: Request, *, group: str, rate: str) -> None:
    """Count this POST of the user against a rate such as "20/s"; raises Problem with Retry-After."""
    try:
        limits.spend(
            request._request, group=f"api:{group}", key=lambda _group, _request: str(request.user.pk), rate=rate
        )
    except limits.TooManyTries as refused:
        raise Problem("too_many_requests", headers={"Retry-After": str(refused.seconds)}) from refused
