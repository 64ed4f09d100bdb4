"""What can be made of one image, and for how much: for the buttons of lists."""

from collections.abc import Mapping
from typing import TypedDict
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.access.request_user import user_of
from accounts.limits import quotas
from accounts.models import User
from artgen.web import formatting
from generation.jobs.placing.page_quotes import FormOrder, PageQuotes
from generation.jobs.placing.quotes import Quote
from generation.models import Image
from generation.studio.forms import image_edits
from generation.studio.forms.image_edits import Edits
from generation.views.create.prompt_help import describe_price
from generation.views.gallery import finals
from generation.views.image.image_page import own_image
from generation.views.image.variants_and_edits import models_for_edits


@login_required
@require_safe
def offers(request: HttpRequest, image_id: UUID) -> JsonResponse:
    """Return `price` and `text`, with the waiting time, of each action; null if it is not possible.

    The names are those of the keyboard shortcuts. "finish" has the slug of its `model`, too, by
    choice that of the parameter `model`.
    """
    image = own_image(request, image_id)
    edits = image_edits.of_image(image, models_for_edits())
    user = user_of(request)
    models = {one.model for one in (*edits.upscales[:1], edits.variant) if one}
    quotes = PageQuotes.of_models(user, models, allowed=quotas.of(user))
    finish = _finish(user, image, preferred=request.GET.get("model", ""))
    hidden = {} if image.has_parameters else {"reuse": None}
    response = JsonResponse({**_offers(edits, quotes), "finish": finish, **hidden})
    response["Cache-Control"] = "private, no-store"
    return response


class ActOffer(TypedDict):
    price: str
    credits: int
    text: str


class FinishOffer(ActOffer):
    model: str


def _finish(user: User, image: Image, *, preferred: str) -> FinishOffer | None:
    found = finals.finals_of(user, [image], preferred=preferred)
    if not found:
        return None
    final = found[0]
    size = f" · {final.size[0]} × {final.size[1]}" if final.size else ""
    act = _offer(final.model.name + size, finals.offer_of(user, final).quote)
    return FinishOffer(**act, model=final.model.slug)


def _offers(edits: Edits, quotes: PageQuotes) -> Mapping[str, ActOffer | None]:
    variants = upscale = edit = None
    if edits.variant:
        model = edits.variant.model
        order = FormOrder(model, model.offer, image_edits.VARIANTS, edits.variant.size)
        what = ngettext(
            "%(count)s variant by %(model)s", "%(count)s variants by %(model)s", order.count
        )
        what %= {"count": order.count, "model": model.name}
        variants = _offer(what, quotes.of_form(order))
    if edits.upscales:
        larger = edits.upscales[0]
        size = (larger.width, larger.height)
        order = FormOrder(larger.model, larger.model.offer, 1, size)
        upscale = _offer(f"{larger.width} × {larger.height}", quotes.of_form(order))
    if edits.fillers:
        lowest = min(filler.credits for filler in edits.fillers)
        price = formatting.from_credits(lowest)
        edit = ActOffer(price=price, credits=lowest, text=price)
    describe = None
    if (credits := describe_price()) is not None:
        price = formatting.credits(credits) if credits else ""
        text = ", ".join(filter(None, [_("As a prompt"), price]))
        describe = ActOffer(price=price, credits=credits, text=text)
    return {
        "vary": variants,
        "vary_strong": variants,
        "upscale": upscale,
        "edit_area": edit,
        "describe": describe,
    }


def _offer(what: str, quote: Quote) -> ActOffer:
    price = formatting.credits(quote.credits)
    parts = [what, price]
    if quote.waits_for:
        parts.append(quote.waits_for)
    elif quote.eta:
        parts.append(formatting.about(quote.eta.p50, quote.eta.p90))
    if quote.short:
        short = {"credits": formatting.credits(quote.short)}
        parts.append(_("%(credits)s more needed") % short)
    return ActOffer(price=price, credits=quote.credits, text=" · ".join(parts))
