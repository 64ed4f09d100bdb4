"""The output format of each public endpoint, as recorded, unless changed at runtime.

The documentation shows `{"image_url": …}` everywhere. Recordings of 2026 show `{"cost": …,
"result": …}`, a list of one such object, JPEG instead of PNG, and two more CloudFront hosts.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

FURTHER_SHAPES = {
    "b64_json": '{"data": [{"b64_json": …}]}, as servers in the format of OpenAI',
    "data_b64": '{"data_b64": …, "content_type": …}, as runpod/worker-vllm-omni',
    "image_base64": '{"image_base64": …}',
    "outputs": '{"outputs": [URL]}',
    "artifacts": '{"artifacts": [{"payload": …}]}, which ArtGen does not know',
    "video": '{"video": …}, an mp4 in base64',
    "mp4_in_images": '{"images": […]}, an mp4 in base64',
}
SHAPES = ("result", "image_url", "list", *FURTHER_SHAPES)
"""list: one object with `result` inside a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFormat:
    cost: float = 0.02  # US dollars for one image
    shape: str = "result"  # one of SHAPES
    jpeg: bool = False  # JPEG regardless of the requested format
    cdn: bool = False  # files are on the second host, if the emulator has one


RECORDED = {
    "black-forest-labs-flux-1-schnell": OutputFormat(cost=0.003, jpeg=True),
    "black-forest-labs-flux-1-dev": OutputFormat(cost=0.012, jpeg=True),
    "black-forest-labs-flux-1-kontext-dev": OutputFormat(cost=0.025, cdn=True),
    "qwen-image-t2i": OutputFormat(cost=0.02),
    "qwen-image-t2i-lora": OutputFormat(cost=0.025),
    "qwen-image-edit": OutputFormat(cost=0.02, cdn=True),
    "qwen-image-edit-2511": OutputFormat(cost=0.025, cdn=True),
    "qwen-image-edit-2511-lora": OutputFormat(cost=0.025, cdn=True),
    "seedream-v4-t2i": OutputFormat(cost=0.027),
    "seedream-v4-edit": OutputFormat(cost=0.027),
    "z-image-turbo": OutputFormat(cost=0.005, shape="list"),
    "p-image-t2i": OutputFormat(cost=0.005),
    "p-image-edit": OutputFormat(cost=0.01),
    "wan-2-6-t2i": OutputFormat(cost=0.03),
    "nano-banana-edit": OutputFormat(cost=0.038),
    "nano-banana-pro-edit": OutputFormat(cost=0.14),
    "google-nano-banana-2-edit": OutputFormat(cost=0.0875),
    # At WaveSpeed.
    "wavespeed-ai/flux-schnell": OutputFormat(cost=0.003),
    "wavespeed-ai/flux-dev": OutputFormat(cost=0.012),
    "wavespeed-ai/qwen-image/text-to-image": OutputFormat(cost=0.02),
    "wavespeed-ai/flux-2-dev/text-to-image": OutputFormat(cost=0.012),
    "wavespeed-ai/flux-2-klein-9b/text-to-image": OutputFormat(cost=0.01),
    "wavespeed-ai/flux-2-klein-9b/edit": OutputFormat(cost=0.016),
    "wavespeed-ai/flux-2-pro/text-to-image": OutputFormat(cost=0.03),
    "wavespeed-ai/flux-2-pro/edit": OutputFormat(cost=0.06),
    "wavespeed-ai/flux-2-max/text-to-image": OutputFormat(cost=0.07),
    "wavespeed-ai/z-image/turbo": OutputFormat(cost=0.005),
    "bytedance/seedream-v5.0-pro": OutputFormat(cost=0.045),
    "bytedance/seedream-v5.0-pro/edit": OutputFormat(cost=0.045),
    "google/nano-banana-2/text-to-image": OutputFormat(cost=0.07),
    "google/nano-banana-2/edit": OutputFormat(cost=0.07),
    "google/nano-banana-pro/edit": OutputFormat(cost=0.14),
    "wavespeed-ai/qwen-image/edit-2511": OutputFormat(cost=0.02),
    "alibaba/qwen-image-3.0/text-to-image": OutputFormat(cost=0.03),
    "alibaba/qwen-image-3.0/edit": OutputFormat(cost=0.03),
    "openai/gpt-image-2.5-flare/text-to-image": OutputFormat(cost=0.024),
    "openai/gpt-image-2.5-flare/edit": OutputFormat(cost=0.039),
    "ideogram-ai/ideogram-v4": OutputFormat(cost=0.05),
    "clarity-ai/crystal-upscaler": OutputFormat(cost=0.0125),  # each megapixel
    "clarity-ai/creative-upscaler": OutputFormat(cost=0.0125),  # each megapixel
    "wavespeed-ai/image-background-remover": OutputFormat(cost=0.01),
    # By the emulated image server.
    "aliceai-image-art-3.0/latest": OutputFormat(shape="b64_json", jpeg=True),
    "sd-3.5-large": OutputFormat(shape="b64_json"),
}
"""By endpoint id. Where the cost was not recorded (kontext, qwen-image-t2i, qwen-image-t2i-lora,
p-image, wan), it is the documented price. Other endpoints have the defaults of `OutputFormat`."""

_NAMES = frozenset(field.name for field in fields(OutputFormat))


class OutputFormats:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changes: dict[str | None, dict[str, Any]] = {}

    def of(self, endpoint: str) -> OutputFormat:
        """Return the format of an endpoint: as recorded, changed for all, changed for this one."""
        changes = self._changes
        return replace(
            RECORDED.get(endpoint, OutputFormat()),
            **(changes.get(None, {}) | changes.get(endpoint, {})),
        )

    def cost(self, endpoint: str, body: Mapping[str, Any]) -> float:
        """Return the dollars of one image of this request."""
        return round(self.of(endpoint).cost * float(body.get("target_megapixels", 1)), 6)

    def set(self, endpoint: str | None = None, **changes: object) -> None:
        """Change fields of one endpoint's format, or of all; None restores the recorded value.

        Raise ValueError for an unknown field or value.
        """
        for name, value in changes.items():
            _check(name, value)
        with self._lock:
            changed = self._changes.get(endpoint, {}) | changes
            new = {name: value for name, value in changed.items() if value is not None}
            self._changes = {**self._changes, endpoint: new}


def _check(name: str, value: object) -> None:
    if name not in _NAMES:
        raise ValueError(f"unknown field {name!r}; fields are {', '.join(sorted(_NAMES))}")
    if value is None:
        return
    if name == "shape":
        fits = value in SHAPES
    elif name == "cost":
        fits = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    else:
        fits = isinstance(value, bool)
    if not fits:
        raise ValueError(f"invalid {name}: {value!r}")
