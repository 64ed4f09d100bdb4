"""How many threads of this process may wait for the bucket at the same time, so that some always remain for pages.

The limits are those of one process: eight processes have eight times as many.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from django.conf import settings

from artgen.unavailable import BucketAway
from generation.files import bucket_errors

log = logging.getLogger(__name__)

_waiting = threading.BoundedSemaphore(settings.BUCKET_THREADS)
_held = threading.BoundedSemaphore(settings.HELD_THREADS)


def hold() -> bool:
    """Take one of the threads that may be kept busy for longer than a page takes; False when all of these are taken."""
    return _held.acquire(blocking=False)


def let_go() -> None:
    """Give it back."""
    _held.release()


@contextmanager
def reading_or_writing() -> Iterator[None]:
    """Let this request use the bucket inside.

    Raises:
        artgen.unavailable.BucketAway: enough requests wait for the bucket, or it does not answer.
            FileNotFoundError passes.
    """
    if not _waiting.acquire(blocking=False):
        raise BucketAway
    try:
        if not hold():
            raise BucketAway
        try:
            yield
        finally:
            let_go()
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        hint = bucket_errors.hint_for(error)
        log.error("the bucket failed", extra={"error": bucket_errors.said(error), "hint": hint})
        raise BucketAway from error
    finally:
        _waiting.release()
