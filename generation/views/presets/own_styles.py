"""Own styles: create, change, delete and restore them, on the page of presets."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access.request_user import user_of
from accounts.limits.rate_limits import limited
from artgen.refusals import Refusal
from generation.models import OwnStyle
from generation.owned_rows import named_rows
from generation.studio.presets import own_styles
from generation.views.presets.presets_page import FORM, refused_page
from generation.views.undo import with_undo

FIELDS = ("name", "template", "negative")


@login_required
@require_POST
@limited("preset_change")
def create(request: HttpRequest) -> HttpResponse:
    """Save a style: `name`, `template` with `{prompt}`, `negative`."""
    try:
        own_styles.create(user=user_of(request), **_texts(request))
    except Refusal as refusal:
        return _refused(request, refusal, style_id="new")
    messages.success(request, _("Style saved. It is in the list of styles on the Create page."))
    return redirect(_address())


@login_required
@require_POST
@limited("preset_change")
def own_style(request: HttpRequest, style_id: UUID) -> HttpResponse:
    style = get_object_or_404(OwnStyle.objects.of(request.user), id=style_id)
    do = request.POST.get("do", "")
    if style.deleted_at and do != "restore":
        raise Http404
    try:
        text = _change(request, style, do)
    except Refusal as refusal:
        return _refused(request, refusal, style_id=str(style_id))
    messages.success(request, text)
    return redirect(_address())


def _change(request: HttpRequest, style: OwnStyle, do: str) -> str:
    """Change the style and return what to say about it."""
    match do:
        case "change":
            own_styles.change(style, **_texts(request))
            return _("Saved.")
        case "delete":
            named_rows.delete(style)
            text = _("“%(name)s” deleted. Images made with it stay as they are.")
            undo = reverse("own_style", args=[style.id])
            text %= {"name": style.name}
            return with_undo(text, action=undo, form=FORM, name="do", value="restore")
        case "restore":
            named_rows.restore(style)
            return _("Restored.")
    raise Http404


def _refused(request: HttpRequest, refusal: Refusal, *, style_id: str) -> HttpResponse:
    typed = {
        "wrong_style": style_id,
        "typed": _texts(request),
        "style_errors": {error.field: error.detail for error in refusal.errors},
        "style_error": "" if refusal.errors else refusal.message,
    }
    return refused_page(request, refusal, typed)


def _texts(request: HttpRequest) -> dict[str, str]:
    return {name: request.POST.get(name, "") for name in FIELDS}


def _address() -> str:
    return reverse("presets") + "#styles"
