"""The ZIP download of selected images."""

from collections.abc import Generator
from uuid import UUID

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import content_disposition_header

from accounts.access.request_user import user_of
from artgen.refusals import Refusal
from generation.gallery import own_images, zip_archive, zip_slots
from generation.gallery.zip_slots import ArchiveSlot
from generation.views.gallery.selection import gone_text, on_selection
from generation.views.partials import wants_part

KINDS = ("original", "webp")


class ArchiveResponse(StreamingHttpResponse):
    """A ZIP response; its slot is released when it is sent, fails, or the client disconnects."""

    def __init__(self, pieces: Generator[bytes], *, slot: ArchiveSlot, name: str) -> None:
        self._pieces, self._slot = pieces, slot
        super().__init__(_releasing(pieces, slot), content_type="application/zip")
        self["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
        self["Cache-Control"] = "private, no-store"
        self["X-Content-Type-Options"] = "nosniff"
        # Otherwise nginx buffers the file on disk for slow clients.
        self["X-Accel-Buffering"] = "no"

    def close(self) -> None:
        super().close()
        self._pieces.close()
        self._slot.release()


@on_selection
def download(request: HttpRequest, ids: list[UUID]) -> HttpResponseBase:
    """Send the selected images as one ZIP, as they are or (`as=webp`) as WebP.

    Scripts get 204 if a download can start, else the reason. They then post the form, so that the
    browser saves the file.
    """
    user, kind = user_of(request), request.POST.get("as", "original")
    if kind not in KINDS:
        raise BadRequest
    own_ids = own_images.ids_of(user=user, ids=ids)
    if not own_ids:
        raise Refusal(gone_text())
    if wants_part(request):
        if not zip_slots.is_free(user):
            raise zip_slots.ArchiveBusy(yours=True)
        return HttpResponse(status=204)
    slot = zip_slots.take(user)
    pieces = zip_archive.pack(own_images.each(user=user, ids=own_ids), as_webp=kind == "webp")
    name = f"artgen-{timezone.localdate():%Y-%m-%d}-{len(own_ids)}.zip"
    return ArchiveResponse(pieces, slot=slot, name=name)


def _releasing(pieces: Generator[bytes], slot: ArchiveSlot) -> Generator[bytes]:
    try:
        yield from pieces
    finally:
        slot.release()
