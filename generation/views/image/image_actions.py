"""What the owner does with one image: favorite, trash, restore, download."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from artgen.web.redirects import next_url
from generation.gallery import favorites
from generation.gallery import trash as own_trash
from generation.views.downloads import file_of
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
    kind = request.GET.get("as", "original")
    if kind not in ("original", "webp", "bare"):
        raise Http404
    return file_of(own_image(request, image_id), kind)


def _done(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Return 204 to scripts; redirect others to `next`, to the image there."""
    if wants_part(request):
        return HttpResponse(status=204)
    if target := next_url(request):
        return HttpResponseRedirect(f"{target}#image-{image_id}")
    return redirect("image", image_id=image_id)
