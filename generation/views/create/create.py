"""The Create page: composer, quote and live feed."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access.request_user import user_of
from accounts.limits import quotas, rate_limits
from accounts.limits.quotas import Quotas
from accounts.models import User
from accounts.tokens import token_cache
from artgen.database.ids import parse_uuid
from artgen.refusals import Refusal
from artgen.web import formatting
from artgen.web.revalidation import revalidated
from generation.gallery.search import matching
from generation.jobs import eta
from generation.models import Image, ImageModel
from generation.studio.forms.composer import Composer
from generation.views.create import form_files
from generation.views.create.composer_links import (
    chosen_model,
    composable,
    composer_of,
    shared_of,
    with_preset,
)
from generation.views.create.composing import (
    composing,
    explained,
    not_allowed,
    offer_of,
    ready_words,
    sample,
    sources_note,
    switch_of,
)
from generation.views.gallery import grid
from generation.views.jobs import feed, runs
from generation.views.partials import part, wants_part

PROMPTS = (
    ("tea", gettext_lazy("Tea hills in morning mist, rows of bushes, warm light")),
    ("vase", gettext_lazy("A dark vase with cotton branches, long shadows from a window")),
    ("canyon", gettext_lazy("A canyon of layered colored paper, seen from above")),
)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Show composer and feed; POST creates 1 to 8 jobs, or shows the errors beside the fields."""
    if request.method == "POST":
        return _posted(request)
    _remember_language(request)
    every = _models()
    models = composable(every)
    shared = shared_of(request.GET) if "share" in request.GET else None
    if "share" in request.GET and shared is None:
        messages.warning(
            request,
            _("This image is no longer shared. Its parameters weren’t applied."),
        )
        return redirect("create")
    composer = composer_of(request, models, allowed=quotas.of(user_of(request)), shared=shared)
    return render(
        request, "generation/create.html", _page(request, models=every, composer=composer)
    )


@login_required
@require_safe
def composer(request: HttpRequest) -> HttpResponse:
    """Return the composer for another model (`switch`), with a job's parameters (`job`), or with
    the values of a preset (`preset`).
    """
    models = composable(ImageModel.objects.enabled())
    allowed = quotas.of(user_of(request))
    form = (
        composer_of(request, models, allowed=allowed)
        if "job" in request.GET
        else _typed(request.GET, models, allowed=allowed)
    )
    form = with_preset(user_of(request), form, request.GET, models=models, allowed=allowed)
    context = composing(
        user_of(request), models=models, composer=form, forecast=eta.forecast(models)
    )
    return part(request, "generation/_composer.html", context)


@login_required
@require_safe
@revalidated
def quote(request: HttpRequest) -> HttpResponse:
    """Return the Create button with price and wait time, and the invalid numbers."""
    models = composable(ImageModel.objects.enabled())
    user = user_of(request)
    chosen = chosen_model(models, request.GET.get("model", ""))
    form = Composer.posted(chosen, request.GET, allowed=quotas.of(user)) if chosen else None
    offer = offer_of(user, form, forecast=eta.forecast([chosen] if chosen else []))
    context = {
        "offer": offer,
        "not_allowed": not_allowed(user, form, offer),
        **switch_of(user),
        "wrong": form.wrong_numbers() if form else [],
        "sources_note": sources_note(user_of(request), form),
    }
    return part(request, "generation/_create_button.html", context)


def _posted(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    every = _models()
    models = composable(every)
    form = _typed(request.POST, models, allowed=quotas.of(user))
    if form is None:
        return redirect("create")
    if (
        "switch" in request.POST or "preset" in request.POST
    ):  # without script, choosing a model or a preset posts the form to keep the input
        form = with_preset(user, form, request.POST, models=models, allowed=quotas.of(user))
        return render(
            request, "generation/create.html", _page(request, models=every, composer=form)
        )
    files = request.FILES.getlist("upload") if form.takes_sources else []
    # The limits of the API, counted together with it.
    rate_limits.spend("place", user.pk)
    for _file in files[: form.offer.max_source_images]:
        rate_limits.spend("upload", user.pk)
    try:
        placed = form_files.place(user, form, files, key=request.POST.get("key", "")[:255])
    except Refusal as refusal:
        return explained(
            form, refusal, lambda status: _refused(request, models=every, form=form, status=status)
        )
    run_id = placed.batch or placed.jobs[0].id
    if wants_part(request):
        run = (
            runs.of_placed(placed.jobs, model=form.model)
            if placed.created
            else runs.of_user(user, run_id)
        )
        return part(request, "generation/_runs.html", {"runs": [run]}, status=201)
    keep = urlencode({"job": placed.jobs[0].id, "count": form.count})
    return HttpResponseRedirect(f"{reverse('create')}?{keep}#run-{run_id}")


def _typed(data: QueryDict, models: list[ImageModel], *, allowed: Quotas) -> Composer | None:
    """Return the submitted form, converted to the model in `switch`; None without models."""
    chosen = chosen_model(models, data.get("model", ""))
    if chosen is None:
        return None
    form = Composer.posted(chosen, data, allowed=allowed)
    wanted = chosen_model(models, data.get("switch", ""))
    return form.for_model(wanted) if wanted and data.get("switch") else form


def _refused(
    request: HttpRequest, *, models: list[ImageModel], form: Composer, status: int
) -> HttpResponse:
    if wants_part(request):
        context = composing(
            user_of(request), models=models, composer=form, forecast=eta.forecast(models)
        )
        return part(request, "generation/_composer.html", context, status=status)
    return render(
        request,
        "generation/create.html",
        _page(request, models=models, composer=form),
        status=status,
    )


def _models() -> list[ImageModel]:
    """Return all models: jobs of the feed may use disabled ones."""
    return list(ImageModel.objects.defer("workflow"))


def _page(
    request: HttpRequest, *, models: list[ImageModel], composer: Composer | None
) -> dict[str, Any]:
    show = request.GET.get("show", "all")
    show = show if show in feed.SHOWN else "all"
    before = parse_uuid(request.GET.get("before", ""))
    page = feed.of_user(user_of(request), models=models, show=show, before=before)
    examples = [
        {
            "text": text,
            "thumbnail": sample("examples", name),
            "address": f"?{urlencode({'prompt': str(text)})}",
        }
        for name, text in PROMPTS
    ]
    asked = {"job", "saved", "share", "model", "prompt", "source", "preset"} & set(request.GET)
    return composing(user_of(request), models=models, composer=composer, forecast=page.forecast) | {
        "feed": page,
        "prompts": feed.latest_prompts(user_of(request)),
        "show": show,
        "shared": _shared_how(request),
        "is_filled": bool(asked) or request.method == "POST",
        "examples": examples,
        "words": {
            **ready_words(),
            "active": formatting.plural_forms(
                lambda n: ngettext("%(count)s in progress", "%(count)s in progress", n)
            ),
            "failed": formatting.plural_forms(
                lambda n: ngettext("%(count)s failed", "%(count)s failed", n)
            ),
            "steps": formatting.plural_forms(
                lambda n: ngettext("%(count)s step", "%(count)s steps", n)
            ),
            "no_picture": _("%(name)s isn’t a PNG, JPEG or WebP image."),
            "too_large": form_files.too_large(),
            "not_arrived": _("No connection. %(name)s will upload when you’re back online."),
            "not_taken": _("Couldn’t upload %(name)s. Try again later."),
            "kept_all": _("%(model)s doesn’t use source images. They are kept here and not sent."),
            "kept_more": formatting.plural_forms(
                lambda n: ngettext(
                    "%(model)s uses up to %(count)s source image. "
                    "The rest are kept here and not sent.",
                    "%(model)s uses up to %(count)s source images. "
                    "The rest are kept here and not sent.",
                    n,
                )
            ),
            "settings_kept": _(
                "%(model)s doesn’t use some of your settings. They are kept for other models."
            ),
            "position": _("%(number)s of %(total)s"),
            "random_seed": _("random seed"),
            "own_seed": _("custom seed"),
            "no_number": _("Must be a number."),
        },
    }


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


MAX_QUERY_LENGTH = 200


@login_required
@require_safe
@revalidated
def own_pictures(request: HttpRequest) -> HttpResponse:
    """Return a page of the user's images, newest first; `q` searches their prompts."""
    user = user_of(request)
    query = request.GET.get("q", "")[:MAX_QUERY_LENGTH].strip()
    page = grid.newest(
        matching(Image.objects.of(user).kept(), query, user=user).images,
        before=request.GET.get("before", ""),
    )
    more = urlencode({"q": query, "before": page.next})
    context = {
        "tiles": page.tiles,
        "query": query,
        "next_address": f"{reverse('own_pictures')}?{more}" if page.next else "",
    }
    return part(request, "generation/_own_pictures.html", context)
