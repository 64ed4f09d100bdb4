"""What the owner does with one image: favorite, trash, restore, download."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from artgen.web.redirects import next_url
from generation.files import bucket_threads, decoder_threads, storage
from generation.files.download_names import filename
from generation.gallery import favorites
from generation.gallery import trash as own_trash
from generation.imaging import image_copies, metadata
from generation.models import Image
from generation.views.image.image_page import neighbors, own_image, page_of, variants_of
from generation.views.partials import wants_part
from generation.views.undo import with_undo


@login_required
@require_POST
def favorite(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Mark the image as a favorite (`favorite=1`) or unmark it."""
    is_favorite = request.POST.get("favorite") == "1"
    favorites.set_favorite(own_image(request, image_id), favorite=is_favorite)
    return _done(request, image_id)


@login_required
@require_POST
def trash(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Move the image to the trash, with an undo.

    Without `next`, the page is of the image that stood beside it, or the gallery.
    """
    image = own_image(request, image_id)
    own_trash.move_to_trash(image)
    if wants_part(request):
        return _done(request, image_id)
    undo = reverse("restore_image", args=[image_id])
    messages.success(request, with_undo(_("Moved to trash."), action=undo))
    if next_url(request):
        return _done(request, image_id)
    others = variants_of(image).exclude(id=image.id)
    variants = list(others.values_list("id", flat=True))
    following = [variant_id for variant_id in variants if variant_id > image.id] or variants[-1:]
    beside = [page_of(following[0])] if following else neighbors(image)[::-1]
    return HttpResponseRedirect(next((page for page in beside if page), reverse("gallery")))


@login_required
@require_POST
def restore(request: HttpRequest, image_id: UUID) -> HttpResponse:
    own_trash.restore(own_image(request, image_id))
    if not wants_part(request):
        messages.success(request, _("Restored."))
    return _done(request, image_id)


@login_required
@require_safe
def download(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Redirect to the file, to be saved under a descriptive name.

    `as=webp` sends a WebP copy; `as=bare` the file without parameters, under a neutral name.
    """
    image, kind = own_image(request, image_id), request.GET.get("as", "original")
    if kind not in ("original", "webp", "bare"):
        raise Http404
    if kind == "bare":
        data = metadata.without_parameters(_read(image))
        name = f"artgen.{image.key.rpartition('.')[2]}"
        return _attachment(data, content_type=image.content_type, name=name)
    if kind == "webp" and image.content_type != "image/webp":
        name = filename(image, extension="webp")
        data = _read(image)
        with decoder_threads.limited():
            copy = image_copies.as_webp(data, wait_seconds=settings.UPLOAD_WAIT_SECONDS)
        return _attachment(copy, content_type="image/webp", name=name)
    response = HttpResponseRedirect(storage.download_url(image.key, filename=filename(image)))
    response["Cache-Control"] = "private, no-store"
    return response


def _read(image: Image) -> bytes:
    try:
        with bucket_threads.reading_or_writing():
            return storage.read(image.key)
    except FileNotFoundError as error:
        raise Http404 from error


def _attachment(data: bytes, *, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _done(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Return 204 to scripts; redirect others to `next`, to the image there."""
    if wants_part(request):
        return HttpResponse(status=204)
    if target := next_url(request):
        return HttpResponseRedirect(f"{target}#image-{image_id}")
    return redirect("image", image_id=image_id)
