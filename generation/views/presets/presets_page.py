"""Presets: the page where a user arranges them, saving from the composer, favorite models."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access.request_user import user_of
from accounts.limits import quotas
from accounts.limits.rate_limits import limited
from accounts.models import User
from artgen.observability import request_stats
from artgen.refusals import Refusal
from generation.gallery.sharing.visibility import address_of
from generation.models import FavoriteModel, ImageModel, Preset
from generation.models.presets import PRESET_NAME_MAX, STYLE_NAME_MAX, STYLE_TEXT_MAX
from generation.owned_rows import named_rows
from generation.studio.forms import preset_values
from generation.studio.forms.composer import Composer
from generation.studio.presets import composer_choices, own_styles
from generation.studio.presets import presets as user_presets
from generation.views.create.composer_links import composable
from generation.views.partials import part, wants_part
from generation.views.undo import with_undo

FORM = "presets-form"
"""Id of a form that the page of presets has."""


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("preset_change")
def presets(request: HttpRequest) -> HttpResponse:
    """Show presets and own styles; POST saves the composer's values as a preset named `name`."""
    if request.method != "POST":
        return render(request, "generation/presets.html", page_context(user_of(request)))
    user = user_of(request)
    user_presets.create(user=user, name=request.POST.get("name", ""), values=_values(request, user))
    return _answered(request, _("Preset saved."), status=201)


@login_required
@require_POST
@limited("preset_change")
def preset(request: HttpRequest, preset_id: UUID) -> HttpResponse:
    own = get_object_or_404(Preset.objects.of(request.user).select_related("user"), id=preset_id)
    do = request.POST.get("do", "")
    if own.deleted_at and do != "restore":
        raise Http404
    try:
        text = _change(request, own, do)
    except Refusal as refusal:
        if do == "rename" and not wants_part(request):
            return _not_renamed(request, own, refusal)
        raise
    return _answered(request, text)


def _change(request: HttpRequest, preset: Preset, do: str) -> str:
    """Change the preset and return what to say about it."""
    match do:
        case "update":
            user_presets.change(preset, values=_values(request, user_of(request)))
            return _("Preset updated.")
        case "revert" | "restore":
            (user_presets.revert if do == "revert" else named_rows.restore)(preset)
            return _("Restored.")
        case "rename":
            user_presets.change(preset, name=request.POST.get("name", ""))
            return _("Saved.")
        case "up" | "down":
            user_presets.move(preset, by=-1 if do == "up" else 1)
            return ""
        case "delete":
            named_rows.delete(preset)
            text = _("“%(name)s” deleted.") % {"name": preset.name}
            undo = reverse("preset", args=[preset.id])
            return with_undo(text, action=undo, form=FORM, name="do", value="restore")
        case "share":
            user_presets.share(preset)
            return _("Link created.")
        case "stop_sharing":
            user_presets.stop_sharing(preset)
            return _("Link turned off.")
    raise Http404


@login_required
@require_POST
@limited("preset_change")
def favorite_model(request: HttpRequest) -> HttpResponse:
    """Mark the model of slug `model` as a favorite, or unmark it with `favorite=0`."""
    model = get_object_or_404(
        ImageModel.objects.enabled(), slug=request.POST.get("model", "").replace("\0", "")
    )
    if request.POST.get("favorite") == "1":
        FavoriteModel.objects.get_or_create(user=user_of(request), model=model)
    else:
        FavoriteModel.objects.filter(user=user_of(request), model=model).delete()
    return HttpResponse(status=204) if wants_part(request) else redirect("create")


def page_context(user: User) -> dict[str, Any]:
    models = preset_values.PresetModels.of(quotas.of(user))
    styles = {style.slug: style.name for style in composer_choices.of_user(user).styles}
    rows = [
        {
            "preset": preset,
            "rows": preset_values.described(
                preset.values,
                model_name=models.text(preset.values.get("model", "")),
                style_name=styles.get(preset.values.get("style", ""), ""),
            ),
            "link": address_of(preset.link_slug, route="shared_preset") if preset.link_slug else "",
        }
        for preset in user_presets.of_user(user)
    ]
    return {
        "presets": rows,
        "styles": own_styles.of_user(user),
        "name_max": PRESET_NAME_MAX,
        "style_name_max": STYLE_NAME_MAX,
        "style_text_max": STYLE_TEXT_MAX,
    }


def refused_page(request: HttpRequest, refusal: Refusal, typed: dict[str, Any]) -> HttpResponse:
    """Return the page with what was typed and the errors beside it, as `typed` has them."""
    context = page_context(user_of(request)) | typed
    response = render(request, "generation/presets.html", context, status=refusal.status)
    request_stats.mark(response, refusal)
    return response


def _not_renamed(request: HttpRequest, preset: Preset, refusal: Refusal) -> HttpResponse:
    typed = {
        "wrong_preset": preset.id,
        "typed_name": request.POST.get("name", ""),
        "name_error": refusal.message,
    }
    return refused_page(request, refusal, typed)


def _answered(request: HttpRequest, text: str, *, status: int = 200) -> HttpResponse:
    if wants_part(request):
        return _list(request, status=status)
    if text:
        messages.success(request, text)
    return redirect("presets")


def _list(request: HttpRequest, *, status: int = 200) -> HttpResponse:
    context = {"presets": composer_choices.of_user(user_of(request)).presets}
    return part(request, "generation/_preset_list.html", context, status=status)


def _values(request: HttpRequest, user: User) -> dict[str, str]:
    models = composable(ImageModel.objects.enabled())
    model = next((model for model in models if model.slug == request.POST.get("model")), None)
    if model is None:
        raise Refusal(_("Choose a model."))
    form = Composer.posted(model, request.POST, allowed=quotas.of(user))
    return preset_values.values_of(form, styles=composer_choices.of_user(user).styles)
