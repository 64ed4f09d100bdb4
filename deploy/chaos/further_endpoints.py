"""Further endpoints for models, at providers whose APIs the emulator speaks beside RunPod's."""

from dataclasses import dataclass
from typing import Any

from generation.demo.emulator.wavespeed_replies import WEBHOOK_SECRET
from generation.testing.servers.stack import Stack

ADD = """
from generation.models import Endpoint, ImageModel
Endpoint.objects.filter(model__slug={model!r}).update(preference=1)
Endpoint.objects.create(
    model=ImageModel.objects.get(slug={model!r}),
    provider={provider!r},
    endpoint_id={id!r},
    max_in_flight={max_in_flight},
    dialect="public",
    request_format={format!r},
    expected_cost={{"per_image": "0.003"}},
)
"""


@dataclass(frozen=True)
class FurtherEndpoint:
    model: str
    provider: str
    id: str
    format: dict[str, Any]

    def add(self, stack: Stack, *, max_in_flight: int) -> None:
        """Put it before the model's endpoint at RunPod."""
        program = ADD.format(**vars(self), max_in_flight=max_in_flight)
        stack.command("shell", "--command", program)


WAVESPEED = FurtherEndpoint(
    model="flux-schnell",
    provider="wavespeed",
    id="wavespeed-ai/flux-schnell",
    format={
        "size": {"mode": "size"},
        "steps": "num_inference_steps",
        "guidance": "guidance_scale",
        "seed": "seed",
    },
)
IMAGE_SERVER = FurtherEndpoint(
    model="qwen-image",
    provider="image_server",
    id="sd-3.5-large",
    format={
        "size": {"mode": "size", "separator": "x"},
        "negative_prompt": "negative_prompt",
        "seed": "seed",
    },
)


def wavespeed_settings(address: str) -> dict[str, str]:
    """Return the settings with which WaveSpeed is at this address."""
    return {
        "WAVESPEED_API_KEY": "test",
        "WAVESPEED_BASE_URL": f"{address}/api/v3",
        "WAVESPEED_WEBHOOK_SECRET": WEBHOOK_SECRET,
    }


def image_server_settings(address: str) -> dict[str, str]:
    """Return the settings with which the image server is at this address."""
    return {"IMAGE_SERVER_URL": f"{address}/v1", "IMAGE_SERVER_API_KEY": "test"}
