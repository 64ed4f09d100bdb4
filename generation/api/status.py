"""Whether image creation works: public, without users."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from artgen.api.views import Endpoint, query_of
from generation.api import docs_status
from generation.api.shapes_status import ServiceShape
from generation.status import announcements, service


class Status(Endpoint):
    """`/api/v1/status/`."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(**docs_status.STATUS)
    def get(self, request: Request) -> Response:
        """Return the state of image creation, current announcements, and each model's figures."""
        query_of(request)
        found = service.read()
        return Response(ServiceShape(_json(found)).data)


def _json(found: service.ServiceStatus) -> dict[str, Any]:
    return {
        "creation": found.creation.value,
        "message": found.message,
        "expected_end": found.switch.until if found.message else None,
        "announcements": [
            {
                "level": one.level,
                "text": one.text,
                "starts_at": one.starts_at,
                "ends_at": one.ends_at,
            }
            for one in announcements.current()
        ],
        "models": [
            {
                "slug": one.slug,
                "name": one.name,
                "state": one.state.value,
                "eta_seconds": one.eta,
                "parked_until": one.parked_until,
                "last_hour": {
                    "succeeded": one.last_hour.succeeded,
                    "failed": one.last_hour.failed,
                    "success_rate": _rounded(one.last_hour.success_rate),
                    "wait_seconds": one.last_hour.wait,
                },
            }
            for one in found.models
        ],
        "measured_at": found.measured_at,
    }


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
