"""The image page, and the owner's actions: favorite, trash, restore, download."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, Q, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access.request_user import user_of
from accounts.models import CreditEntry
from artgen.database.compiled_queries import CompiledQuery
from artgen.web.redirects import next_url
from generation.catalog.shapes import shape_name
from generation.files import bucket_threads, decoder_threads, storage
from generation.files.filenames import filename
from generation.gallery import images, parents
from generation.gallery.notes import NOTE_MAX
from generation.imaging import metadata, processing
from generation.models import Image, ImageQuerySet, Job, Sheet, tag_names
from generation.models.tags import TAG_MAX
from generation.studio.forms import edits
from generation.studio.presets import own_styles
from generation.views import tiles
from generation.views.gallery.collections import menu_of
from generation.views.image.edits import models_for_edits
from generation.views.partials import wants_part
from generation.views.shared.share_forms import share_context
from generation.views.tiles import Tile
from generation.views.undo import with_undo

VARIANTS = 4
MADE_INTO = 11
FIELDS_OF_MADE_INTO = (*tiles.FIELDS, "job", *(f"job__{name}" for name in edits.MADE_BY))


@dataclass(frozen=True)
class Receipt:
    """Cost and duration of an image's job."""

    charged: int
    back: int  # the part of the hold that was returned because the price was lower
    seconds: float | None  # from creating the job to the stored image
    waited: float | None  # of that, before submission
    attempts: int


@dataclass(frozen=True)
class SourcePicture:
    address: str  # URL of its page, "" for an upload
    thumbnail: str


@dataclass(frozen=True)
class MadeInto:
    """An image that was made from this image, and how."""

    tile: Tile
    made_by: str


@dataclass(frozen=True)
class Remarks:
    """Note and tags of an image, and texts that were refused, so that they are not lost."""

    image: Image
    typed_note: str | None = None
    note_error: str = ""
    other_note: str = ""
    """What the note is now, where another tab has changed it."""
    typed_tags: str = ""
    tags_error: str = ""

    note_max = NOTE_MAX
    tag_max = TAG_MAX

    @property
    def note(self) -> str:
        return self.image.note if self.typed_note is None else self.typed_note

    @property
    def tags(self) -> Sequence[str]:
        """The image's tags in order."""
        return tag_names(self.image)


@login_required
@require_safe
def image(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Show one of the user's images with its variants, parameters and costs."""
    return show(request, own_image(request, image_id))


def show(
    request: HttpRequest, found: Image, *, remarks: Remarks | None = None, status: int = 200
) -> HttpResponse:
    """Return the page of the image; `remarks`: note and tags as they were sent, if refused."""
    job = found.origin
    variants = [Tile(one) for one in _variants(found).only(*tiles.FIELDS)]
    at = next(index for index, tile in enumerate(variants) if tile.image.id == found.id)
    newer, older = ("", "") if found.trashed_at else _beside(found)
    previous, following = newer, older
    previous_label, next_label = _("Newer image"), _("Older image")
    if len(variants) > 1:
        previous = variants[at - 1].address if at else ""
        following = variants[at + 1].address if at + 1 < len(variants) else ""
        previous_label, next_label = _("Previous variant"), _("Next variant")
    made_into = [
        MadeInto(Tile(one), edits.made_by(one.job))
        for one in parents.made_into(found).only(*FIELDS_OF_MADE_INTO)[: MADE_INTO + 1]
        if one.job  # as asked for
    ]
    context: dict[str, Any] = share_context(found) | {
        "tile": Tile(found),
        "image": found,
        "job": job,
        "image_url": storage.url(found.key),
        "kind": found.content_type.removeprefix("image/").upper(),
        "shape": shape_name(found.width, found.height),
        "style": own_styles.name_of(job),
        "sources": _sources(job),
        "parameters_json": json.dumps(_as_json(found), ensure_ascii=False, indent=2),
        "receipt": None if found.is_saved else _receipt(job),
        "variants": variants,
        "number": at + 1,
        "previous": previous,
        "previous_label": previous_label,
        "next": following,
        "next_label": next_label,
        "newer": newer,
        "older": older,
        "more": VARIANTS,
        "price_again": None if found.is_saved else _price_again(job),
        "menu": menu_of(found),
        "edits": edits.of_image(found, models_for_edits()),
        "variant_count": edits.VARIANTS,
        "made_by": edits.made_by(job),
        "again": _again(found),
        "offers_variants": _offers_variants(found),
        "made_into": made_into[:MADE_INTO],
        "made_more": len(made_into) > MADE_INTO,
        "is_in_sheet": vars(found)["is_in_sheet"],
        "remarks": remarks or Remarks(found),
    }
    return render(request, "generation/image.html", context, status=status)


@login_required
@require_safe
def compare(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Show the variants of one run side by side."""
    found = own_image(request, image_id)
    context = {
        "image": found,
        "tile": Tile(found),
        "variants": [Tile(one) for one in _variants(found).only(*tiles.FIELDS, "seed")],
    }
    return render(request, "generation/compare.html", context)


@login_required
@require_safe
def download(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Redirect to the file, to be saved under a descriptive name.

    `as=webp` sends a WebP copy; `as=bare` the file without parameters, under a neutral name.
    """
    found, kind = own_image(request, image_id), request.GET.get("as", "original")
    if kind not in ("original", "webp", "bare"):
        raise Http404
    if kind == "bare":
        data = metadata.without_parameters(_read(found))
        name = f"artgen.{found.key.rpartition('.')[2]}"
        return _attachment(data, content_type=found.content_type, name=name)
    if kind == "webp" and found.content_type != "image/webp":
        name = filename(found, extension="webp")
        data = _read(found)
        with decoder_threads.limited():
            copy = processing.as_webp(data, wait_seconds=settings.UPLOAD_WAIT_SECONDS)
        return _attachment(copy, content_type="image/webp", name=name)
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
    """Mark the image as a favorite (`favorite=1`) or unmark it."""
    images.set_favorite(own_image(request, image_id), favorite=request.POST.get("favorite") == "1")
    return _done(request, image_id)


@login_required
@require_POST
def trash(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Move the image to the trash, with an undo.

    Without `next`, the page is of the image that stood beside it, or the gallery.
    """
    found = own_image(request, image_id)
    images.trash(found)
    if wants_part(request):
        return _done(request, image_id)
    undo = reverse("restore_image", args=[image_id])
    messages.success(request, with_undo(_("Moved to trash."), action=undo))
    if next_url(request):
        return _done(request, image_id)
    others = _variants(found).exclude(id=found.id)
    variants = list(others.values_list("id", flat=True))
    following = [one for one in variants if one > found.id] or variants[-1:]
    beside = [_page_of(following[0])] if following else _beside(found)[::-1]
    return HttpResponseRedirect(next((page for page in beside if page), reverse("gallery")))


@login_required
@require_POST
def restore(request: HttpRequest, image_id: UUID) -> HttpResponse:
    images.restore(own_image(request, image_id))
    if not wants_part(request):
        messages.success(request, _("Restored."))
    return _done(request, image_id)


def own_image(request: HttpRequest, image_id: UUID) -> Image:
    """Return one of the user's images, also from the trash; raise Http404."""
    images: ImageQuerySet = Image.objects.of(request.user).present().with_origin()
    images = images.annotate(
        is_in_sheet=Exists(Sheet.objects.present().filter(id=OuterRef("job__batch")))
    )
    found = get_object_or_404(images, id=image_id)
    found.user = user_of(request)
    return found


def _variants(found: Image) -> ImageQuerySet:
    """Return the images of the same run in order; trashed ones only if it is this one."""
    if found.job is None:
        return Image.objects.filter(id=found.id)
    together = Q(job__batch=found.job.batch) if found.job.batch else Q(job=found.job_id)
    shown = Q(trashed_at__isnull=True) | Q(id=found.id)
    run = Image.objects.filter(together, shown, user_id=found.user_id)
    return run.order_by("job_id", "position")


def _beside(found: Image) -> tuple[str, str]:
    """Return the URLs of the newer and the older image in the gallery."""
    beside = BESIDE.rows(user=found.user_id, image=found.id)
    return next(((_page_of(one), _page_of(other)) for one, other in beside), ("", ""))


def _ids_beside(user: Any, image: Any) -> Any:
    """Return the ids of the newer and the older image in the gallery."""
    kept = Image.objects.of(user).kept().values("id")
    newer = Subquery(kept.filter(id__gt=image).order_by("id")[:1])
    older = Subquery(kept.filter(id__lt=image).order_by("-id")[:1])
    return Image.objects.filter(id=image).values_list(newer, older)


BESIDE = CompiledQuery(_ids_beside)


def _page_of(image_id: UUID | None) -> str:
    return reverse("image", args=[image_id]) if image_id else ""


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


def _again(found: Image) -> str:
    """Return the URL of the form with the parameters of the image."""
    query = {"saved": found.id} if found.is_saved else {"job": found.job_id}
    return f"{reverse('create')}?{urlencode(query)}"


def _offers_variants(found: Image) -> bool:
    """Return whether its model can make more like it; tools need a source image."""
    return found.model is not None and found.model.is_composable


def _price_again(job: Job) -> int | None:
    """Return the credits of the same job today, None without its model."""
    if not job.model.enabled:
        return None
    return job.model.offer.price_of({"width": job.width, "height": job.height})


def _sources(job: Job) -> list[SourcePicture]:
    return [
        SourcePicture(
            address=reverse("image", args=[one.image_id]) if one.image_id else "",
            thumbnail=storage.url(one.thumbnail_key),
        )
        for one in parents.sources_of(job)
    ]


def _as_json(found: Image) -> dict[str, Any]:
    """Return the API parameters that recreate the image, without unset ones; {} if unknown."""
    if not found.has_parameters:
        return {}
    job = found.origin
    parameters = {
        name: value
        for name, value in job.parameters.items()
        if value not in (None, "", []) and value is not False
    }
    return {"model": job.model.slug, **parameters, "seed": found.seed}


def _done(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Return 204 to scripts; redirect others to `next`, to the image there."""
    if wants_part(request):
        return HttpResponse(status=204)
    if target := next_url(request):
        return HttpResponseRedirect(f"{target}#image-{image_id}")
    return redirect("image", image_id=image_id)
