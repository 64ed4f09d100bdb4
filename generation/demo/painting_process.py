"""The work of a painting process. It does not import the emulator, to save memory."""

import io
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from typing import Any, Literal

from PIL import Image

from .painter import encode, paint

_queue: Any = None


def begin(queue: Any) -> None:
    """Initialize a painting process: it ignores Ctrl-C and exits with its parent."""
    global _queue  # noqa: PLW0603  (one queue a process, handed over as it begins)
    _queue = queue
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def draw(
    number: int,
    *,
    prompt: str,
    width: int,
    height: int,
    model: str,
    seed: int,
    negative_prompt: str,
    sources: tuple[bytes, ...],
    mask: bytes | None,
    scale: int,
    strength: float | None,
    format: Literal["jpeg", "png"],
) -> bytes:
    """Return an encoded image; put (number, progress 0..1) into the queue meanwhile."""
    image = paint(
        prompt=prompt,
        width=width,
        height=height,
        model=model,
        seed=seed,
        negative_prompt=negative_prompt,
        sources=[Image.open(io.BytesIO(data)).convert("RGB") for data in sources],
        mask=Image.open(io.BytesIO(mask)).convert("L") if mask is not None else None,
        scale=scale,
        strength=strength,
        on_progress=lambda value: _queue.put((number, value)),
    )
    return encode(image, prompt=prompt, seed=seed, format=format)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(0)
