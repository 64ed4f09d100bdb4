"""Limit how many threads of this process wait for the bucket, to keep threads free for pages.

The limits apply to each process.
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
    """Reserve a thread for a long transfer; return False when all are in use."""
    return _held.acquire(blocking=False)


def let_go() -> None:
    """Release the thread reserved by `hold`."""
    _held.release()


@contextmanager
def reading_or_writing() -> Iterator[None]:
    """Allow bucket calls inside the block.

    Raises:
        artgen.unavailable.BucketAway: too many requests wait for the bucket, or a call failed.
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
        log.error("bucket call failed", extra={"error": bucket_errors.said(error), "hint": hint})
        raise BucketAway from error
    finally:
        _waiting.release()
