"""Limit how long, and in how many threads, requests wait for their turn to decode an image."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils.translation import gettext_lazy

from artgen.refusals import Refusal
from generation.files.threads import Threads
from generation.imaging import decoding_turn

RETRY_AFTER_SECONDS = 5


class DecoderBusy(Refusal):
    """This process decodes as many images as it may at once."""

    code = "unavailable"
    status = 503
    text = gettext_lazy("Other images are being processed. Try again in a few seconds.")

    def __init__(self) -> None:
        super().__init__(retry_after=RETRY_AFTER_SECONDS)


_threads = Threads(busy=DecoderBusy, limit=settings.HELD_THREADS)


@contextmanager
def limited() -> Iterator[None]:
    """Allow waiting for `decoding_turn.alone` inside the block, in all threads but one.

    Raises DecoderBusy: the other threads are in use, or the wait was too long.
    """
    with _threads.held():
        try:
            yield
        except decoding_turn.TurnTimeout as error:
            raise DecoderBusy from error
