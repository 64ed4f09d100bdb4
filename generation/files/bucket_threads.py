"""Calls of the bucket inside requests: in few threads, and with one refusal for all failures."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from artgen.web.unavailable_page import BucketAway
from generation.files import bucket_hints
from generation.files.threads import Threads

log = logging.getLogger(__name__)

_threads = Threads(busy=BucketAway)


@contextmanager
def reading_or_writing() -> Iterator[None]:
    """Allow bucket calls inside the block.

    Raises:
        artgen.web.unavailable_page.BucketAway: too many requests wait for the bucket, or a call
            failed. FileNotFoundError passes.
    """
    with _threads.held():
        try:
            yield
        except (BotoCoreError, ClientError, ResponseParserError) as error:
            hint = bucket_hints.hint_for(error)
            log.error("bucket call failed", extra={"error": bucket_hints.said(error), "hint": hint})
            raise BucketAway from error
