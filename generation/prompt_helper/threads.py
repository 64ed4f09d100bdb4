"""Limit how many threads of this process wait for the text endpoint, which may take long.

At most half of them, and one thread stays that waits for nothing: pages go on while the endpoint
hangs. The limits apply to each process.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils.translation import gettext_lazy

from artgen.refusals import Refusal
from generation.files import bucket_threads

RETRY_AFTER_SECONDS = 5

_waiting = threading.BoundedSemaphore(settings.PROMPT_HELPER_THREADS)


class HelperBusy(Refusal):
    """This process makes as many calls as it may at once."""

    code = "unavailable"
    status = 503
    text = gettext_lazy(
        "The prompt helper is busy. Your prompt is unchanged and nothing was charged. Try again "
        "in a few seconds."
    )

    def __init__(self) -> None:
        super().__init__(retry_after=RETRY_AFTER_SECONDS)


@contextmanager
def limited() -> Iterator[None]:
    """Allow a call inside the block; raise HelperBusy at once if there is no thread for it."""
    if not _waiting.acquire(blocking=False):
        raise HelperBusy
    try:
        if not bucket_threads.hold():
            raise HelperBusy
        try:
            yield
        finally:
            bucket_threads.let_go()
    finally:
        _waiting.release()
