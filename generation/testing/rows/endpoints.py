"""Further endpoints of the model that most tests place jobs for."""

from typing import Any

from generation.models import Endpoint, ImageModel

MODEL = "flux-schnell"
FORMATS: dict[str, dict[str, Any]] = {
    "wavespeed": {
        "size": {"mode": "size"},
        "steps": "num_inference_steps",
        "guidance": "guidance_scale",
        "seed": "seed",
    },
    "image_server": {
        "size": {"mode": "size", "separator": "x"},
        "steps": "steps",
        "guidance": "guidance",
        "seed": "seed",
        "fixed": {"response_format": "b64_json"},
    },
}
STREAMED = FORMATS["image_server"] | {
    "fixed": {"response_format": "b64_json", "stream": True, "partial_images": 2}
}
"""The request format of an image server that streams."""


def add_endpoint(*, provider: str = "runpod", **fields: Any) -> Endpoint:
    """Give the model an endpoint after its first one; one of another provider has its format."""
    values = {"provider": provider, "preference": 1, "max_in_flight": 4, **fields}
    if provider in FORMATS:
        values = {"dialect": "public", "request_format": FORMATS[provider], **values}
    return Endpoint.objects.create(model=ImageModel.objects.get(slug=MODEL), **values)
