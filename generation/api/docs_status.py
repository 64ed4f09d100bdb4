"""OpenAPI description of the service's status: arguments of `extend_schema`."""

from typing import Any

from artgen.api.openapi import answer, problems
from generation.api.shapes_status import ServiceShape

EXAMPLE = {
    "creation": "available",
    "message": "",
    "expected_end": None,
    "announcements": [
        {
            "level": "information",
            "text": "New model: FLUX.1 Kontext.",
            "starts_at": "2025-11-24T09:00:00.000Z",
            "ends_at": "2025-12-01T09:00:00.000Z",
        }
    ],
    "models": [
        {
            "slug": "flux-dev",
            "name": "FLUX.1 dev",
            "state": "available",
            "eta_seconds": {"p50": 18, "p90": 41, "basis": "model"},
            "parked_until": None,
            "last_hour": {
                "succeeded": 412,
                "failed": 3,
                "success_rate": 0.9928,
                "wait_seconds": {"p50": 19, "p90": 38},
            },
        }
    ],
    "measured_at": "2025-11-24T16:05:21.402Z",
}
STATUS: dict[str, Any] = {
    "operation_id": "get_status",
    "tags": ["status"],
    "summary": "Get the service status",
    "description": "Needs no token. The figures are up to 10 s old.",
    "responses": {
        200: answer(ServiceShape(), "The status", EXAMPLE),
        **{key: value for key, value in problems("invalid").items() if key[0] not in (401, 403)},
    },
}
