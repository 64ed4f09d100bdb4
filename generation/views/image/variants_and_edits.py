"""What is made of an image: larger ones, variants, changes of a part, and comparison with it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access.request_user import user_of
from accounts.limits import rate_limits
from accounts.models import User
from generation.catalog.job_parameters import PROMPT_MAX_LENGTH
from generation.files import storage
from generation.gallery import lineage
from generation.jobs.placing import drafts, orders
from generation.jobs.placing.job_order import JobOrder
from generation.models import Image, ImageModel, ImageQuerySet, model_cache
from generation.studio.forms import image_edits
from generation.studio.presets import composer_choices
from generation.views.create import script_texts
from generation.views.create.prompt_help import helper_of
from generation.views.jobs import live_texts, runs
from generation.views.partials import part, wants_part
from generation.views.shown_price import max_credits_of
from generation.views.tiles import Tile

MODES = ("inpaint", "erase", "outpaint")
PERCENTS = (0, 25, 50, 100)
COUNTS = (1, 2, 4)


def models_for_edits() -> list[ImageModel]:
    """Return the enabled models that accept source images."""
    models = model_cache.for_display().models.values()
    return [model for model in models if model.max_source_images > 0]


@login_required
@require_POST
def upscale(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Enlarge the image by `scale`, by choice with a `model`, and show the run."""
    image = _own(request, image_id)
    scale = request.POST.get("scale", "")
    if scale not in map(str, (image_edits.CUTOUT, *image_edits.SCALES)):
        raise Http404
    try:
        order = image_edits.upscale_request(
            image,
            models_for_edits(),
            scale=int(scale),
            slug=request.POST.get("model", ""),
        )
    except LookupError as error:
        raise Http404 from error
    return _place(request, [order])


@login_required
@require_POST
def vary(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Make variants of the image, this `amount` away from it, by choice with another `prompt`."""
    image = _own(request, image_id)
    styles = [style.slug for style in composer_choices.of_user(user_of(request)).styles]
    try:
        order = image_edits.variant_request(
            image,
            models_for_edits(),
            amount=request.POST.get("amount", ""),
            styles=styles,
            prompt=request.POST.get("prompt", "").replace("\r\n", "\n").strip(),
        )
    except LookupError as error:  # also of an unknown amount
        raise Http404 from error
    return _place(request, drafts.repeated(order, count=image_edits.VARIANTS))


@login_required
@require_safe
def editor(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Show the image with tools to mark an area; `mode` says what to do with it."""
    image = _own(request, image_id)
    fillers = image_edits.of_image(image, models_for_edits()).fillers
    if not fillers:
        messages.warning(request, _("No model can change a part of this image now."))
        return redirect("image", image_id=image_id)
    context = {
        "image": image,
        "tile": Tile(image),
        "image_url": storage.url(image.large_key or image.key),
        "fillers": fillers,
        "mode": mode if (mode := request.GET.get("mode", "")) in MODES else MODES[0],
        "sides": (
            ("left", _("Left")),
            ("top", _("Top")),
            ("right", _("Right")),
            ("bottom", _("Bottom")),
        ),
        "percents": PERCENTS,
        "counts": COUNTS,
        "prompt_max_length": max(
            offer.max_length("prompt") or PROMPT_MAX_LENGTH
            for offer in (filler.model.offer for filler in fillers)
        ),
        "helper": helper_of(user_of(request), fillers[0].model),
        "words": live_texts.ready_texts() | {"credits": script_texts.credit_forms()},
    }
    return render(request, "generation/edit.html", context)


@login_required
@require_safe
def compare_source(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Show the image over its source image, with a slider between them."""
    image = _own(request, image_id)
    source = next(iter(lineage.sources_of(image.origin)), None)
    if source is None:
        raise Http404
    context = {
        "image": image,
        "tile": Tile(image),
        "image_url": storage.url(image.key),
        "source_url": storage.url(source.key),
        "source": source,
        "made_by": image_edits.made_by(image.origin),
        "outpaint": image.origin.outpaint,
    }
    return render(request, "generation/compare_source.html", context)


def _place(request: HttpRequest, requests: Sequence[dict[str, Any]]) -> HttpResponse:
    """Place the jobs; scripts get their run."""
    user: User = user_of(request)
    # The limit of the API, counted together with it.
    rate_limits.spend("place", user.pk)
    key, max_credits = request.POST.get("key", "")[:255], max_credits_of(request)
    order = orders.place(JobOrder(user, requests, key=key, max_credits=max_credits))
    run_id = order.batch or order.jobs[0].id
    if wants_part(request):
        if (run := runs.of_user(user, run_id)) is None:
            raise Http404  # placed by an earlier press, and dismissed
        return part(request, "generation/_runs.html", {"runs": [run]}, status=201)
    return HttpResponseRedirect(f"{reverse('create')}#run-{run_id}")


def _own(request: HttpRequest, image_id: UUID) -> Image:
    images: ImageQuerySet = Image.objects.of(request.user).present().with_origin()
    return get_object_or_404(images, id=image_id)
