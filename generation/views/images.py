"""The picture page, and what its owner does to a picture: favorite, trash, restore, download."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import content_disposition_header, url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.models import CreditEntry, User
from generation.files import bucket_threads, metadata, processing, storage
from generation.files.filenames import filename
from generation.forms import shape_of
from generation.gallery import images
from generation.models import Image, ImageModel, ImageQuerySet, Job, Style, Upload
from generation.views.collections import menu_of
from generation.views.grid import Tile
from generation.views.partials import wants_part
from generation.views.sharing import share_context

MORE_AT_ONCE = 4


@dataclass(frozen=True)
class Receipt:
    """What a picture's job cost and took."""

    charged: int
    back: int  # of what was held, returned when the price turned out lower
    seconds: float | None  # from pressing the button to the stored picture
    waited: float | None  # of that, before a GPU had it
    attempts: int


@dataclass(frozen=True)
class SourcePicture:
    """A picture that this one was made from."""

    address: str  # of its page, empty for an upload
    thumbnail: str


@login_required
@require_GET
def image(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Show one of the user's own pictures: stage, variants, every parameter, the receipt."""
    found = _own(request, image_id)
    job = found.job
    variants = [Tile(one) for one in _variants(found)]
    at = next(index for index, tile in enumerate(variants) if tile.image.id == found.id)
    style = Style.objects.filter(slug=job.style).first() if job.style else None
    newer, older = _beside(found)
    context: dict[str, Any] = share_context(found) | {
        "tile": Tile(found),
        "image": found,
        "job": job,
        "url": storage.url(found.key),
        "kind": found.content_type.removeprefix("image/").upper(),
        "shape": shape_of(found.width, found.height).name,
        "style": style.name if style else job.style,
        "sources": _sources(job),
        "parameters_json": json.dumps(_as_json(found), ensure_ascii=False, indent=2),
        "receipt": _receipt(job),
        "variants": variants,
        "number": at + 1,
        "previous": (variants[at - 1].address if at else "") if len(variants) > 1 else newer,
        "next": (variants[at + 1].address if at + 1 < len(variants) else "")
        if len(variants) > 1
        else older,
        "newer": newer,
        "older": older,
        "more": MORE_AT_ONCE,
        "price_again": job.model.offer.price_of({"width": job.width, "height": job.height})
        if job.model.enabled
        else None,
        "menu": menu_of(found),
        "can_edit": ImageModel.objects.enabled().filter(max_source_images__gt=0).exists(),
    }
    return render(request, "generation/image.html", context)


@login_required
@require_GET
def compare(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Show the variants of one press of Create side by side, as large as the page allows."""
    found = _own(request, image_id)
    context = {
        "image": found,
        "tile": Tile(found),
        "variants": [Tile(one) for one in _variants(found)],
    }
    return render(request, "generation/compare.html", context)


@login_required
@require_GET
def download(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Send the browser to the file itself, to be saved under a name that tells what it shows.

    Or, `as=webp`, send a WebP; or, `as=bare`, the file without parameters, under a name that tells
    nothing.
    """
    found, kind = _own(request, image_id), request.GET.get("as", "original")
    if kind not in ("original", "webp", "bare"):
        raise Http404
    if kind == "bare":
        data = metadata.without_parameters(_read(found))
        name = f"artgen.{found.key.rpartition('.')[2]}"
        return _attachment(data, content_type=found.content_type, name=name)
    if kind == "webp" and found.content_type != "image/webp":
        name = filename(found, extension="webp")
        return _attachment(processing.as_webp(_read(found)), content_type="image/webp", name=name)
    response = HttpResponseRedirect(storage.download_url(found.key, filename=filename(found)))
    response["Cache-Control"] = "private, no-store"
    return response


def _read(found: Image) -> bytes:
    try:
        with bucket_threads.reading_or_writing():
            return storage.read(found.key)
    except FileNotFoundError as error:
        raise Http404 from error


def _attachment(data: bytes, *, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@login_required
@require_POST
def favorite(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Make the picture a favorite (`favorite=1`) or no more (anything else)."""
    images.set_favorite(_own(request, image_id), favorite=request.POST.get("favorite") == "1")
    return _done(request, image_id)


@login_required
@require_POST
def trash(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Move the picture to the trash, with an undo."""
    images.trash(_own(request, image_id))
    if not wants_part(request):
        messages.success(request, _with_undo(_("Moved to trash."), image_id))
    return _done(request, image_id)


@login_required
@require_POST
def restore(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Take the picture out of the trash."""
    images.restore(_own(request, image_id))
    if not wants_part(request):
        messages.success(request, _("Restored."))
    return _done(request, image_id)


def _own(request: HttpRequest, image_id: UUID) -> Image:
    images: ImageQuerySet = Image.objects.of(request.user).present().select_related("job__model")
    found = get_object_or_404(images, id=image_id)
    found.user = cast(User, request.user)
    return found


def _variants(found: Image) -> ImageQuerySet:
    """Return the pictures of the same press of Create in their order; of those in the trash only this one."""
    together = Q(job__batch=found.job.batch) if found.job.batch else Q(job=found.job_id)
    shown = Q(trashed_at__isnull=True) | Q(id=found.id)
    return (
        Image.objects.filter(together, shown, user_id=found.user_id)
        .select_related("job")
        .order_by("job_id", "position")
    )


def _beside(found: Image) -> tuple[str, str]:
    """Return the pages of the pictures before and after this one in the gallery, which is sorted newest first."""
    if found.trashed_at:
        return "", ""
    kept = Image.objects.of(found.user).kept().values_list("id", flat=True)
    newer = kept.filter(id__gt=found.id).order_by("id").first()
    older = kept.filter(id__lt=found.id).order_by("-id").first()
    return reverse("image", args=[newer]) if newer else "", reverse(
        "image", args=[older]
    ) if older else ""


def _receipt(job: Job) -> Receipt:
    kinds = CreditEntry.Kind
    amounts = dict(
        CreditEntry.objects.filter(user_id=job.user_id, reference=job.id).values_list(
            "kind", "amount"
        )
    )
    held, back = -amounts.get(kinds.HOLD, -job.credits), amounts.get(kinds.SETTLE, 0)
    took = job.finished_at - job.created_at if job.finished_at else None
    waited = job.submitted_at - job.created_at if job.submitted_at else timedelta()
    return Receipt(
        charged=held - back,
        back=back,
        seconds=took.total_seconds() if took else None,
        waited=waited.total_seconds() if took and waited > took / 4 else None,
        attempts=job.attempt,
    )


def _sources(job: Job) -> list[SourcePicture]:
    """Return the own pictures and uploads that the job was made from, without those that are gone."""
    if not job.source_images:
        return []
    ids = [UUID(one) for one in job.source_images]
    images = {
        one.id: one for one in Image.objects.filter(user_id=job.user_id, id__in=ids).present()
    }
    uploads = {one.id: one for one in Upload.objects.filter(user_id=job.user_id, id__in=ids)}
    found = []
    for one in ids:
        if one in images:
            found.append(
                SourcePicture(reverse("image", args=[one]), storage.url(images[one].thumbnail_key))
            )
        elif one in uploads:
            found.append(SourcePicture("", storage.url(uploads[one].key)))
    return found


def _as_json(found: Image) -> dict[str, Any]:
    """Return what the API takes to make the picture again: settings that were not given are left out."""
    parameters = {
        name: value for name, value in found.job.parameters.items() if value not in (None, "", [])
    }
    return {"model": found.job.model.slug, **parameters, "seed": found.seed}


def _done(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Answer 204 to the page's script; send others back to `next`, to where the picture hangs there."""
    if wants_part(request):
        return HttpResponse(status=204)
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return HttpResponseRedirect(
        f"{target}#image-{image_id}" if safe else reverse("image", args=[image_id])
    )


def _with_undo(told: str, image_id: UUID) -> SafeString:
    # The button belongs to the form that every page with pictures has for those without script.
    return format_html(
        '{} <button class="text-link" form="picture-form" formaction="{}" type="submit">{}</button>',
        told,
        reverse("restore_image", args=[image_id]),
        _("Undo"),
    )
