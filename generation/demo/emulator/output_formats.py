"""The output format of each public endpoint, as recorded, unless changed at runtime.

The documentation shows `{"image_url": …}` everywhere. Recordings of 2026 show `{"cost": …,
"result": …}`, a list of one such object, JPEG instead of PNG, and two more CloudFront hosts.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .worker_rules import HOSTED

FURTHER_SHAPES = {
    "b64_json": '{"data": [{"b64_json": …}]}, as servers in the format of OpenAI',
    "data_b64": '{"data_b64": …, "content_type": …}, as runpod/worker-vllm-omni',
    "image_base64": '{"image_base64": …}',
    "outputs": '{"outputs": [URL]}',
    "artifacts": '{"artifacts": [{"payload": …}]}, which ArtGen does not know',
    "video": '{"video": …}, an mp4 in base64',
    "mp4_in_images": '{"images": […]}, an mp4 in base64',
}


DISCOUNT_RATE = 90
"""Percent of WaveSpeed's price that the account pays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFormat:
    cost: float = 0.02  # US dollars for one image
    shape: str = (
        "result"  # or image_url, list (an object with `result` in a list), one of FURTHER_SHAPES
    )
    jpeg: bool = False  # JPEG regardless of the requested format
    cdn: bool = False  # files are on the second host, if the emulator has one


RECORDED = {
    endpoint: OutputFormat(**{name: one[name] for name in one if name != "rules"})
    for table in ("runpod", "wavespeed", "image_server")
    for endpoint, one in HOSTED[table].items()
}
"""By endpoint id."""


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
        """Return the dollars of one image of this request, as listed."""
        megapixels = body.get("target_megapixels", 1)
        size = megapixels if isinstance(megapixels, int | float) else 1
        return round(self.of(endpoint).cost * size, 6)

    def charge(self, endpoint: str, body: Mapping[str, Any]) -> float:
        """Return the dollars that the account pays: at WaveSpeed it has a discount."""
        rate = DISCOUNT_RATE if endpoint in HOSTED["wavespeed"] else 100
        return round(self.cost(endpoint, body) * rate / 100, 6)

    def set(self, endpoint: str | None = None, **changes: object) -> None:
        """Change fields of one endpoint's format, or of all."""
        with self._lock:
            changed = self._changes.get(endpoint, {}) | changes
            new = {name: value for name, value in changed.items() if value is not None}
            self._changes = {**self._changes, endpoint: new}
