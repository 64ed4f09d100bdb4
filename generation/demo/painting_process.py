"""What a painting process does. It knows nothing of the emulator, whose server each process would load for nothing."""

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
    """Prepare a painting process: Ctrl-C is its parent's business, and it ends when its parent does."""
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
    seed: int,
    negative_prompt: str,
    sources: tuple[bytes, ...],
    strength: float | None,
    format: Literal["jpeg", "png"],
) -> bytes:
    """Return an encoded picture; rising values 0..1 go into the queue with the number meanwhile."""
    image = paint(
        prompt=prompt,
        width=width,
        height=height,
        seed=seed,
        negative_prompt=negative_prompt,
        sources=[Image.open(io.BytesIO(data)).convert("RGB") for data in sources],
        strength=strength,
        on_progress=lambda value: _queue.put((number, value)),
    )
    return encode(image, prompt=prompt, seed=seed, format=format)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(0)
