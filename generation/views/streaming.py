"""Responses created while they are sent."""

from collections.abc import Generator

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from generation.gallery.archive_limits import Slot


class ArchiveResponse(StreamingHttpResponse):
    """A ZIP response; its slot is released when it is sent, fails, or the client disconnects."""

    def __init__(self, pieces: Generator[bytes], *, slot: Slot, name: str) -> None:
        self._pieces, self._slot = pieces, slot
        super().__init__(_releasing(pieces, slot), content_type="application/zip")
        self["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
        self["Cache-Control"] = "private, no-store"
        self["X-Content-Type-Options"] = "nosniff"
        # Otherwise nginx buffers the file on disk for slow clients.
        self["X-Accel-Buffering"] = "no"

    def close(self) -> None:
        """Stop creating pieces and release the slot."""
        super().close()
        self._pieces.close()
        self._slot.release()


def _releasing(pieces: Generator[bytes], slot: Slot) -> Generator[bytes]:
    try:
        yield from pieces
    finally:
        slot.release()
