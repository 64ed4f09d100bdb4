"""The Create page: composer, quote and live feed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access.request_user import user_of
from accounts.credits.holds import MAX_CREDITS_FIELD, PriceTooHigh
from accounts.limits import quotas, rate_limits
from accounts.limits.quotas import Quotas
from accounts.models import User
from accounts.tokens import token_cache
from artgen.database.ids import parse_uuid
from artgen.refusals import Refusal
from artgen.web.revalidation import revalidated
from artgen.web.theme import is_plain
from generation.catalog import model_purposes
from generation.jobs.placing.page_quotes import PageQuotes
from generation.models import ImageModel, model_cache
from generation.studio.forms import draft_images
from generation.studio.forms.composer import Composer
from generation.studio.presets import composer_choices
from generation.views.create import form_files
from generation.views.create.composer_context import button_context, composer_context
from generation.views.create.composer_links import (
    chosen_model,
    composable,
    composer_of,
    shared_of,
    with_preset,
)
from generation.views.create.model_list import model_options, sample, sorted_models
from generation.views.create.moodboards import with_moodboard
from generation.views.create.refused_form import show_refusal
from generation.views.jobs import feed, runs
from generation.views.partials import part, wants_part
from generation.views.shown_price import DRAFT_FIELD, max_credits_of

PROMPTS = (
    ("tea", gettext_lazy("Tea hills in morning mist, rows of bushes, warm light")),
    ("vase", gettext_lazy("A dark vase with cotton branches, long shadows from a window")),
    ("canyon", gettext_lazy("A canyon of layered colored paper, seen from above")),
)


@dataclass
class Visit:
    """A request for the Create page: the models that can be chosen, and the form for one."""

    request: HttpRequest
    models: list[ImageModel]
    allowed: Quotas
    form: Composer | None = None
    price_now: int | None = None
    """At which the order was refused; the quote may be of a moment before."""

    @property
    def user(self) -> User:
        return user_of(self.request)

    @property
    def quoted(self) -> list[ImageModel]:
        """The models that the page shows with prices: those of the list that opens load later."""
        if is_plain(self.request):
            return self.models
        return [self.form.model] if self.form else []

    @cached_property
    def draft(self) -> Composer | None:
        """The form with the drafts of what the form asks for."""
        return draft_images.draft_of(self.form, model_cache.for_display()) if self.form else None

    @property
    def quotes(self) -> PageQuotes:
        return PageQuotes.of_models(self.user, self.quoted, allowed=self.allowed)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Show composer and feed; POST creates 1 to 10 jobs, or shows the errors beside the fields."""
    if request.method == "POST":
        return _place(request)
    if "before" in request.GET and wants_part(request):
        return part(request, "generation/_feed.html", _feed_context(request))
    _remember_language(request)
    models = _models(request.GET.get("model", ""))
    shared = shared_of(request.GET) if "share" in request.GET else None
    if "share" in request.GET and shared is None:
        messages.warning(
            request, _("This image is no longer shared. Its parameters weren’t applied.")
        )
        return redirect("create")
    allowed = quotas.of(user_of(request))
    form = composer_of(request, models, allowed=allowed, shared=shared)
    return _page(Visit(request, models, allowed, form))


@login_required
@require_safe
def composer(request: HttpRequest) -> HttpResponse:
    """Return the composer for another model (`switch`), with the parameters of a job or an image
    (`job`, `image`), with the values of a preset (`preset`), or with images of a collection too
    (`moodboard`).
    """
    user = user_of(request)
    models, allowed = _models(request.GET.get("switch", "")), quotas.of(user)
    visit = Visit(request, models, allowed)
    if "job" in request.GET or "image" in request.GET:
        form = composer_of(request, models, allowed=allowed)
    else:
        model = chosen_model(models, request.GET.get("model", ""))
        form = _read_form(visit, model) if model else None
    form = with_moodboard(user, form, request.GET, models=models, allowed=allowed)
    visit.form = with_preset(user, form, request.GET, models=models, allowed=allowed)
    return _composer_part(visit)


@login_required
@require_safe
def list_models(request: HttpRequest) -> HttpResponse:
    """Return the list of models that opens in the composer; `model` is the chosen one."""
    user = user_of(request)
    own = composer_choices.of_user(user)
    models = sorted_models(_models(), own)
    quotes = PageQuotes.of_models(user, models, allowed=quotas.of(user))
    chosen = [request.GET.get("model", "")]
    options = model_options(models, own=own, chosen=chosen, quotes=quotes)
    context = {
        "options": options,
        "purposes": model_purposes.NAMES.items(),
        "presets": own.presets,
    }
    return part(request, "generation/_model_list.html", context)


@login_required
@require_safe
def list_prompts(request: HttpRequest) -> HttpResponse:
    """Return the user's latest prompts, as the history of the composer shows them."""
    context = {"prompts": feed.latest_prompts(user_of(request))}
    return part(request, "generation/_prompts.html", context)


@login_required
@require_safe
@revalidated
def quote(request: HttpRequest) -> HttpResponse:
    """Return the Create button with price and wait time, and the invalid numbers."""
    user, models = user_of(request), _models()
    model = chosen_model(models, request.GET.get("model", ""))
    allowed = quotas.of(user)
    form = Composer.posted(model, request.GET, allowed=allowed) if model else None
    visit = Visit(request, models, allowed, form)
    return part(request, "generation/_create_button.html", _quote(visit))


def _quote(visit: Visit) -> dict[str, Any]:
    form = visit.form
    return {
        **button_context(form, visit.quotes, draft=visit.draft),
        "wrong": form.wrong_numbers() if form else [],
    }


def _place(request: HttpRequest) -> HttpResponse:
    user, models = user_of(request), _models()
    model = chosen_model(models, request.POST.get("model", ""))
    if model is None:
        return redirect("create")
    if "switch" in request.POST or "preset" in request.POST:
        # Without script, choosing a model or a preset posts the form to keep the input.
        visit = Visit(request, models, quotas.of(user))
        form = _read_form(visit, model)
        visit.form = with_preset(user, form, request.POST, models=models, allowed=visit.allowed)
        return _page(visit)
    rate_limits.spend("place", user.pk)  # the limit of the API, counted together with it
    visit = Visit(request, models, quotas.of(user))
    form = visit.form = _read_form(visit, model)
    files = request.FILES.getlist("upload") if form.takes_sources else []
    for _file in files[: form.offer.max_source_images]:
        rate_limits.spend("upload", user.pk)
    order, price_field = form, MAX_CREDITS_FIELD
    try:
        if "draft" in request.POST:
            order, price_field = _draft(visit, request.POST["draft"]), DRAFT_FIELD
        placed = form_files.place(
            user,
            order,
            files,
            key=request.POST.get("key", "")[:255],
            max_credits=max_credits_of(request, field=price_field),
        )
    except Refusal as refusal:
        visit.price_now = refusal.price if isinstance(refusal, PriceTooHigh) else None
        return show_refusal(form, refusal, lambda status: _show_refused(visit, status=status))
    run_id = placed.batch or placed.jobs[0].id
    if wants_part(request):
        placed_runs = runs.of_order(user, placed, model=order.model)
        # What is left of its credits and limits.
        request.user = user = User.objects.get(pk=user.pk)
        context = {"runs": placed_runs, **_quote(visit)}
        return part(request, "generation/_placed.html", context, status=201, user=user)
    keep = {"job": placed.jobs[0].id, "count": form.count}
    if order is not form:
        keep |= {"model": form.model.slug, "draft": ""}
    return HttpResponseRedirect(f"{reverse('create')}?{urlencode(keep)}#run-{run_id}")


def _draft(visit: Visit, slug: str) -> Composer:
    """Return the drafts by the model whose price was shown; raise Refusal."""
    if visit.draft is None or visit.draft.model.slug != slug:
        raise Refusal(_("The model for drafts has changed. Check the price and try again."))
    return visit.draft


def _read_form(visit: Visit, model: ImageModel) -> Composer:
    """Return the submitted form of this model, converted to the one in `switch`."""
    data = visit.request.POST if visit.request.method == "POST" else visit.request.GET
    form = Composer.posted(model, data, allowed=visit.allowed)
    other = chosen_model(visit.models, data.get("switch", ""))
    return form.for_model(other) if other and data.get("switch") else form


def _show_refused(visit: Visit, *, status: int) -> HttpResponse:
    if wants_part(visit.request):
        return _composer_part(visit, status=status)
    return _page(visit, status=status)


def _models(slug: str = "") -> list[ImageModel]:
    return composable(model_cache.for_display(slug).models.values())


def _composer_part(visit: Visit, *, status: int = 200) -> HttpResponse:
    context = composer_context(
        visit.models,
        visit.form,
        visit.quotes,
        draft=visit.draft,
        is_plain=is_plain(visit.request),
    )
    context |= _price_now(visit, context)
    return part(visit.request, "generation/_composer.html", context, status=status)


def _price_now(visit: Visit, context: Mapping[str, Any]) -> dict[str, Any]:
    """Return the button whose order was refused with the price that it has now, {} for none."""
    name = "draft" if "draft" in visit.request.POST else "offer"
    if visit.price_now is None or context[name] is None:
        return {}
    return {name: replace(context[name], credits=visit.price_now)}


def _page(visit: Visit, *, status: int = 200) -> HttpResponse:
    context = _page_context(visit)
    return render(visit.request, "generation/create.html", context, status=status)


def _page_context(visit: Visit) -> dict[str, Any]:
    request, user = visit.request, visit.user
    of_feed = _feed_context(request, quoted=visit.quoted)
    examples = [
        {
            "text": text,
            "thumbnail": sample("examples", name),
            "address": f"?{urlencode({'prompt': str(text)})}",
        }
        for name, text in PROMPTS
    ]
    links = ("job", "image", "saved", "share", "model", "prompt", "source", "preset", "moodboard")
    filled = set(links) & set(request.GET)
    quotes = PageQuotes(user, visit.allowed, of_feed["feed"].forecast)
    context = composer_context(
        visit.models, visit.form, quotes, draft=visit.draft, is_plain=is_plain(request)
    )
    return context | {
        **_price_now(visit, context),
        **of_feed,
        "shared": _shared_how(request),
        "is_filled": bool(filled) or request.method == "POST",
        "examples": examples,
    }


def _feed_context(request: HttpRequest, *, quoted: Collection[ImageModel] = ()) -> dict[str, Any]:
    show = request.GET.get("show", "all")
    show = show if show in feed.SHOWN else "all"
    before = parse_uuid(request.GET.get("before", ""))
    page = feed.of_user(user_of(request), quoted=quoted, show=show, before=before)
    return {"feed": page, "show": show}


def _shared_how(request: HttpRequest) -> str:
    """Return how the page takes what the service worker has received: "use", "ask", or "".

    Any site can send it something. Only a visit that no page has begun comes from a share sheet.
    https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
    """
    if "shared" not in request.GET:
        return ""
    return "use" if request.headers.get("Sec-Fetch-Site") == "none" else "ask"


def _remember_language(request: HttpRequest) -> None:
    # The socket needs the user's language outside of requests: the language of this page.
    user = user_of(request)
    language = getattr(request, "LANGUAGE_CODE", "")
    if language and not user.language:
        User.objects.filter(pk=user.pk, language="").update(language=language)
        token_cache.forget(user.pk)
