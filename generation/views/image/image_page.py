"""The image page: the image with its variants, parameters, costs, note and tags."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import Expression, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe
from psycopg.types.json import Jsonb

from accounts.access.request_user import user_of
from accounts.models import CreditEntry
from artgen.database.compiled_queries import CompiledQuery
from generation.catalog.shapes import shape_name
from generation.catalog.source_roles import SourceRole
from generation.files import storage
from generation.gallery import lineage
from generation.gallery.notes import NOTE_MAX
from generation.models import Image, ImageQuerySet, Job, ProviderName, Sheet, tag_names
from generation.models.images import trash_begins
from generation.models.tags import TAG_MAX
from generation.studio.forms import draft_images, image_edits
from generation.studio.presets import own_styles
from generation.views import tiles
from generation.views.gallery.collections import menu_of
from generation.views.image.variants_and_edits import models_for_edits
from generation.views.jobs import live_texts, runs
from generation.views.shared.share_forms import share_context
from generation.views.tiles import Tile, tiles_of

VARIANTS = 4
MADE_INTO = 11
FIELDS_OF_MADE_INTO = (*tiles.FIELDS, "job", *(f"job__{name}" for name in image_edits.MADE_BY))


@dataclass(frozen=True)
class Receipt:
    charged: int
    back: int  # the part of the hold that was returned because the price was lower
    seconds: float | None  # from creating the job to the stored image
    waited: float | None  # of that, before submission
    attempts: int
    made_at: str  # the provider, "" if the model had only one endpoint


@dataclass(frozen=True)
class SourceLink:
    address: str  # URL of its page, "" for an upload
    thumbnail: str
    role: str  # name of its role, "" if all are edited


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
        return tag_names(self.image)


@login_required
@require_safe
def image(request: HttpRequest, image_id: UUID) -> HttpResponse:
    return show(request, own_image(request, image_id))


def show(
    request: HttpRequest, image: Image, *, remarks: Remarks | None = None, status: int = 200
) -> HttpResponse:
    """Return the page of the image; `remarks`: note and tags as they were sent, if refused."""
    job = image.origin
    context: dict[str, Any] = share_context(image) | {
        "tile": Tile(image),
        "image": image,
        "job": job,
        "image_url": storage.url(image.key),
        "kind": image.content_type.removeprefix("image/").upper(),
        "shape": shape_name(image.width, image.height),
        "style": own_styles.name_of(job),
        "sources": _sources(job),
        "parameters_json": json.dumps(_as_json(image), ensure_ascii=False, indent=2),
        "receipt": None if image.is_saved else _receipt(job),
        "more": VARIANTS,
        "price_again": None if image.is_saved else _price_again(job),
        "menu": menu_of(image),
        "edits": image_edits.of_image(image, models_for_edits()),
        "variant_count": image_edits.VARIANTS,
        "amounts": (
            ("subtle", pgettext("change", "Subtle")),
            ("medium", pgettext("change", "Medium")),
            ("strong", pgettext("change", "Strong")),
        ),
        "is_draft": draft_images.is_draft(image),
        "made_by": _made_text(image, job),
        "again": _again(image),
        # Tools need a source image.
        "offers_variants": image.model is not None and image.model.is_composable,
        "is_in_sheet": bool(job.batch and Sheet.objects.present().filter(id=job.batch).exists()),
        "remarks": remarks or Remarks(image),
        "runs": runs.in_progress_from(image),
        "words": live_texts.ready_texts(),
    }
    context |= _navigation(image) | _made_into(image)
    return render(request, "generation/image.html", context, status=status)


@login_required
@require_safe
def compare(request: HttpRequest, image_id: UUID) -> HttpResponse:
    image = own_image(request, image_id)
    context = {
        "image": image,
        "tile": Tile(image),
        "variants": [Tile(variant) for variant in variants_of(image).only(*tiles.FIELDS, "seed")],
    }
    return render(request, "generation/compare.html", context)


def own_image(request: HttpRequest, image_id: UUID) -> Image:
    """Return one of the user's images, also from the trash; raise Http404."""
    user = user_of(request)
    for image in OWN_IMAGE.objects(user=user.pk, image=image_id, trash_since=trash_begins()):
        image.user = user
        return image  # type: ignore[no-any-return]
    raise Http404


def _own_image(user: Expression, image: Expression, trash_since: Any) -> ImageQuerySet:
    return Image.objects.of(user).present(since=trash_since).with_origin().filter(id=image)


OWN_IMAGE = CompiledQuery(_own_image)


def variants_of(image: Image) -> ImageQuerySet:
    """Return the images of the same run in order; trashed ones only if it is this one."""
    if image.job is None:
        return Image.objects.filter(id=image.id)
    together = Q(job__batch=image.job.batch) if image.job.batch else Q(job=image.job_id)
    shown = Q(trashed_at__isnull=True) | Q(id=image.id)
    run = Image.objects.filter(together, shown, user_id=image.user_id)
    return run.order_by("job_id", "position")


def neighbors(image: Image) -> tuple[str, str]:
    """Return the URLs of the newer and the older image in the gallery, "" for none."""
    rows = NEIGHBORS.rows(user=image.user_id, image=image.id)
    return next(((page_of(newer), page_of(older)) for newer, older in rows), ("", ""))


def page_of(image_id: UUID | None) -> str:
    return reverse("image", args=[image_id]) if image_id else ""


def _ids_of_neighbors(user: Expression, image: Expression) -> QuerySet[Image, tuple[UUID, UUID]]:
    kept = Image.objects.of(user).kept().values("id")
    newer = Subquery(kept.filter(id__gt=image).order_by("id")[:1])
    older = Subquery(kept.filter(id__lt=image).order_by("-id")[:1])
    return Image.objects.filter(id=image).values_list(newer, older)


NEIGHBORS = CompiledQuery(_ids_of_neighbors)


def _navigation(image: Image) -> dict[str, Any]:
    """Return the variants of the run, and the links to the images before and after this one."""
    variants = tiles_of(variants_of(image), order="image.job_id, image.position")
    at = next(index for index, tile in enumerate(variants) if tile.image.id == image.id)
    newer, older = ("", "") if image.trashed_at else neighbors(image)
    previous, following = newer, older
    previous_label, next_label = _("Newer image"), _("Older image")
    if len(variants) > 1:
        previous = variants[at - 1].address if at else ""
        following = variants[at + 1].address if at + 1 < len(variants) else ""
        previous_label, next_label = _("Previous variant"), _("Next variant")
    return {
        "variants": variants,
        "number": at + 1,
        "previous": previous,
        "previous_label": previous_label,
        "next": following,
        "next_label": next_label,
        "newer": newer,
        "older": older,
    }


def _made_into(image: Image) -> dict[str, Any]:
    id_text = str(image.id)
    rows = CHILDREN.objects(user=image.user_id, source=Jsonb([id_text]), draft=id_text)
    made_into = [(Tile(child), _made_text(child, child.job)) for child in rows]
    return {"made_into": made_into[:MADE_INTO], "made_more": len(made_into) > MADE_INTO}


def _children(user: Expression, source: Expression, draft: Expression) -> ImageQuerySet:
    children = lineage.made_into(user, source=source, draft=draft)
    return children.only(*FIELDS_OF_MADE_INTO)[: MADE_INTO + 1]


CHILDREN = CompiledQuery(_children)


def _made_text(image: Image, job: Job) -> str:
    return image_edits.made_text(job, width=image.width, height=image.height)


def _receipt(job: Job) -> Receipt:
    kinds = CreditEntry.Kind
    entries = CreditEntry.objects.filter(user=job.user_id, reference=job.id)
    amounts = dict(entries.values_list("kind", "amount"))
    held, back = -amounts.get(kinds.HOLD, -job.credits), amounts.get(kinds.SETTLE, 0)
    took = job.finished_at - job.created_at if job.finished_at else None
    waited = job.submitted_at - job.created_at if job.submitted_at else timedelta()
    return Receipt(
        charged=held - back,
        back=back,
        seconds=took.total_seconds() if took else None,
        waited=waited.total_seconds() if took and waited > took / 4 else None,
        attempts=job.attempt,
        made_at=str(ProviderName(job.place.provider).label)
        if job.snapshot.get("was_chosen")
        else "",
    )


def _again(image: Image) -> str:
    query = {"saved": image.id} if image.is_saved else {"job": image.job_id}
    return f"{reverse('create')}?{urlencode(query)}"


def _price_again(job: Job) -> int | None:
    """Return the credits of the same job today, None without its model."""
    if not job.model.enabled:
        return None
    return job.model.offer.price_of(job.parameters)


def _sources(job: Job) -> list[SourceLink]:
    return [
        SourceLink(
            address=page_of(source.image_id),
            thumbnail=storage.url(source.thumbnail_key),
            role=_role_text(source.role, job=job),
        )
        for source in lineage.sources_of(job)
    ]


def _role_text(role: str, *, job: Job) -> str:
    if not role:
        return pgettext("an image", "Draft") if job.source_images else ""
    return str(SourceRole(role).label) if job.source_roles else ""


def _as_json(image: Image) -> dict[str, Any]:
    """Return the API parameters that recreate the image, without unset ones; {} if unknown."""
    if not image.has_parameters:
        return {}
    job = image.origin
    parameters = {
        name: value
        for name, value in job.parameters.items()
        if value not in (None, "", []) and value is not False
    }
    return {"model": job.model.slug, **parameters, "seed": image.seed}
