"""The section `webhooks` of the OpenAPI document: the requests that users' webhooks are sent."""

from typing import Any, TypedDict

from accounts.webhooks.outbox import CreditsLowJson
from artgen.api.json_types import MomentText
from artgen.api.openapi import OperationSchema, schema_of
from generation.jobs.engine.end_events import BatchEndJson, JobEndJson
from generation.user_data.exports import ExportReadyJson

DATA: dict[str, Any] = {
    **dict.fromkeys(("job.succeeded", "job.failed", "job.canceled"), JobEndJson),
    "batch.ended": BatchEndJson,
    "credits.low": CreditsLowJson,
    "export.ready": ExportReadyJson,
}
"""The shape of `data`, by type of event."""
HEADERS = {
    "webhook-id": "The same for each attempt.",
    "webhook-timestamp": "Seconds, of this attempt.",
    "webhook-signature": "One signature, or two for a day after a new secret: `v1,` and base64.",
}


class EventJson[Data](TypedDict):
    """What has happened."""

    type: str
    timestamp: MomentText
    data: Data


def describe(result: dict[str, Any], generator: Any, **_context: object) -> dict[str, Any]:
    """Add the section. A postprocessing hook of drf-spectacular, whose own support for webhooks
    needs serializers.
    """
    shapes = OperationSchema()
    shapes.registry = generator.registry
    result["webhooks"] = {
        type: {"post": _request(type, schema_of(EventJson[data], shapes))}  # type: ignore[valid-type]
        for type, data in DATA.items()
    }
    result["components"]["schemas"] |= generator.registry.build({})["schemas"]
    return result


def _request(type: str, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": type,
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": True,
                "description": description,
                "schema": {"type": "string"},
            }
            for name, description in HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "2XX": {"description": "Received."},
            "410": {"description": "Turns the webhook off."},
            "default": {"description": "Sent again for three days."},
        },
    }
