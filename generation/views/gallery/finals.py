"""The finals of selected drafts, by a model that the user chooses with its price."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST

from accounts.access.request_user import user_of
from accounts.limits import quotas, rate_limits
from accounts.limits.quotas import OrderSummary
from accounts.models import User
from artgen.refusals import Refusal
from generation.gallery import own_images
from generation.jobs.placing import orders, quotes
from generation.jobs.placing.job_order import LIST_MAX, JobOrder
from generation.jobs.placing.quotes import Quote
from generation.models import Image, ImageModel, model_cache
from generation.studio.forms import final_images
from generation.studio.forms.final_images import Finals
from generation.studio.presets import composer_choices
from generation.views.gallery.selection import ids_of
from generation.views.jobs import runs
from generation.views.partials import part, wants_part
from generation.views.shown_price import max_credits_of

SHOWN_KEPT, SHOWN_NEW = 4, 2


@dataclass(frozen=True)
class FinalsOffer:
    """Finals by one model, with their price and wait time; `obstacle`: why they cannot be made."""

    finals: Finals
    quote: Quote
    obstacle: str


@login_required
@require_POST
def finish(request: HttpRequest) -> HttpResponse:
    """Create the finals of the selected images by `model`; without it, ask for one.

    `prefer` is the model to offer first.
    """
    user, ids = user_of(request), ids_of(request)
    images = list(own_images.each(user=user, ids=ids))
    offered = finals_of(user, images, preferred=request.POST.get("prefer", ""))
    if "model" not in request.POST:
        return _ask(request, ids, images, offered)
    rate_limits.spend("place", user.pk)  # the limit of the API, counted together with it
    slug = request.POST["model"]
    chosen = next((one for one in offered if one.model.slug == slug), None)
    if chosen is None:
        raise Refusal(_("This model can’t make better images of the selected ones."))
    key, max_credits = request.POST.get("key", "")[:255], max_credits_of(request)
    requests, lengths = list(chain(*chosen.runs)), [len(run) for run in chosen.runs]
    order = orders.place(
        JobOrder(user, requests, run_lengths=lengths, key=key, max_credits=max_credits)
    )
    if wants_part(request):
        placed = runs.of_order(user, order, model=chosen.model)
        return part(request, "generation/_runs.html", {"runs": placed}, status=201)
    return HttpResponseRedirect(f"{reverse('create')}#run-{order.batch}")


def finals_of(user: User, images: Iterable[Image], *, preferred: str = "") -> list[Finals]:
    """Return what can be made of these images, the best choice first."""
    return final_images.of_images(
        images,
        ImageModel.objects.enabled().defer("workflow"),
        allowed=quotas.of(user),
        styles=[style.slug for style in composer_choices.of_user(user).styles],
        preferred=preferred,
    )


def names_of_finals() -> tuple[str, str]:
    """Return how buttons call what is made of a draft, and of several: by models that can."""
    if any(map(final_images.keeps_drafts, model_cache.for_display().offers.values())):
        return (pgettext("a draft", "Finish"),) * 2
    return _("New image from the same prompt"), _("New images from the same prompts")


def offer_of(user: User, finals: Finals) -> FinalsOffer:
    # The drafts have just been read.
    requests = [{**request, "draft": None} for run in finals.runs for request in run]
    quote = quotes.of_requests(user=user, requests=requests, max_count=LIST_MAX)
    order = OrderSummary(len(requests), {finals.model.slug: finals.model.name})
    refused = quotas.of(user).refusal(order)
    return FinalsOffer(finals, quote, refused.message if refused else "")


def _ask(
    request: HttpRequest, ids: Sequence[UUID], images: Sequence[Image], offered: Sequence[Finals]
) -> HttpResponse:
    user, choices = user_of(request), "generation/_choose_final.html"
    kept = [one for one in offered if one.keeps][:SHOWN_KEPT]
    shown = kept + [one for one in offered if not one.keeps][:SHOWN_NEW]
    context = {
        "offers": [offer_of(user, finals) for finals in shown],
        "selected": len(images),
        "ids": ",".join(map(str, ids)),
        "next": request.POST.get("next", ""),
    }
    if wants_part(request):
        return part(request, choices, context)
    page = {"heading": names_of_finals()[1], "choices": choices}
    return render(request, "generation/choose.html", context | page)
