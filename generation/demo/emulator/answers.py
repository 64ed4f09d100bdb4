"""How each public endpoint answers: as recorded from the real service, unless a test or an operator changes it.

The documentation shows `{"image_url": …}` everywhere. Recordings of 2026 show `{"cost": …,
"result": …}`, a list of one such object, JPEG where PNG was asked for, and two CloudFront hosts
beside image.runpod.ai.
"""

import threading
from dataclasses import dataclass, fields, replace
from typing import Any

SHAPES = ("result", "image_url", "list")  # list: one object with `result` inside a list


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How one public endpoint answers."""

    cost: float = 0.02  # US dollars for one image
    shape: str = "result"  # one of SHAPES
    jpeg: bool = False  # JPEG whatever format was asked for
    cdn: bool = False  # its files are at the second host, where the emulator has one


RECORDED = {
    "black-forest-labs-flux-1-schnell": Answer(cost=0.003, jpeg=True),
    "black-forest-labs-flux-1-dev": Answer(cost=0.012, jpeg=True),
    "black-forest-labs-flux-1-kontext-dev": Answer(cost=0.025, cdn=True),
    "qwen-image-t2i": Answer(cost=0.02),
    "qwen-image-t2i-lora": Answer(cost=0.025),
    "qwen-image-edit": Answer(cost=0.02, cdn=True),
    "qwen-image-edit-2511": Answer(cost=0.025, cdn=True),
    "qwen-image-edit-2511-lora": Answer(cost=0.025, cdn=True),
    "seedream-v4-t2i": Answer(cost=0.027),
    "seedream-v4-edit": Answer(cost=0.027),
    "z-image-turbo": Answer(cost=0.005, shape="list"),
    "p-image-t2i": Answer(cost=0.005),
    "p-image-edit": Answer(cost=0.01),
    "wan-2-6-t2i": Answer(cost=0.03),
    "nano-banana-edit": Answer(cost=0.038),
    "nano-banana-pro-edit": Answer(cost=0.14),
    "google-nano-banana-2-edit": Answer(cost=0.0875),
}
"""By endpoint id. Not recorded are kontext's cost and everything of qwen-image-t2i(-lora), p-image and wan: they have
the documented price. An endpoint that is not in the table answers with the defaults of `Answer`."""

_NAMES = frozenset(field.name for field in fields(Answer))


class Answers:
    """The answer of every endpoint; safe to read and change from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changes: dict[str | None, dict[str, Any]] = {}

    def of(self, endpoint: str) -> Answer:
        """Return how an endpoint answers now: recorded, then changed for all endpoints, then for this one."""
        changes = self._changes
        return replace(
            RECORDED.get(endpoint, Answer()), **(changes.get(None, {}) | changes.get(endpoint, {}))
        )

    def set(self, endpoint: str | None = None, **changes: Any) -> None:
        """Change fields of `Answer` for one endpoint, or for all; None goes back to what was recorded.

        Raises ValueError for an unknown field or value.
        """
        for name, value in changes.items():
            _check(name, value)
        with self._lock:
            changed = self._changes.get(endpoint, {}) | changes
            new = {name: value for name, value in changed.items() if value is not None}
            self._changes = {**self._changes, endpoint: new}


def _check(name: str, value: Any) -> None:
    if name not in _NAMES:
        raise ValueError(f"no field {name!r} of an answer; there are {', '.join(sorted(_NAMES))}")
    if value is None:
        return
    if name == "shape":
        fits = value in SHAPES
    elif name == "cost":
        fits = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    else:
        fits = isinstance(value, bool)
    if not fits:
        raise ValueError(f"{name} cannot be {value!r}")
