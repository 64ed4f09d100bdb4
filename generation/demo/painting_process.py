"""The work of a painting process. It does not import the emulator, to save memory."""

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from multiprocessing.queues import SimpleQueue

from .painter import PaintRequest, encode, paint

Progress = SimpleQueue[tuple[int, float] | None]
"""Number and progress 0..1 of images that are being painted; None ends it."""

_queue: Progress


def begin(queue: Progress) -> None:
    """Initialize a painting process: it ignores Ctrl-C and exits with its parent."""
    global _queue  # noqa: PLW0603  (one queue a process, handed over as it begins)
    _queue = queue
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def paint_and_encode(number: int, request: PaintRequest) -> bytes:
    """Return an encoded image; put (number, progress 0..1) into the queue meanwhile."""
    image = paint(request, on_progress=lambda value: _queue.put((number, value)))
    return encode(image, request)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(0)
