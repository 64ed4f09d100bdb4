"""The page of a shared preset: what it contains, and saving it among the user's own."""

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access.request_user import user_of
from accounts.limits import quotas
from accounts.limits.rate_limits import limited
from generation.models import Style
from generation.studio.forms import preset_values
from generation.studio.presets import presets as user_presets
from generation.studio.presets.presets import SharedPreset
from generation.views.shared.shared_image import guarded


@require_safe
@limited("shared_page")
def shared_preset(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a preset shared by link, 404 for all others alike."""
    shared = _found(slug)
    user = request.user
    models = preset_values.PresetModels.of(quotas.of(user) if user.is_authenticated else None)
    model = shared.values.get("model", "")
    built_in = Style.objects.filter(slug=shared.values.get("style", ""), enabled=True).first()
    context = {
        "preset": shared.preset,
        "style": shared.style,
        "rows": preset_values.described(
            shared.values,
            model_name=models.text(model),
            style_name=built_in.name if built_in else "",
        ),
        "has_model": model in models.selectable,
        "is_own": shared.preset.user_id == request.user.pk,
    }
    return guarded(render(request, "generation/shared_preset.html", context))


@require_POST
@limited("save_preset")
def save(request: HttpRequest, slug: str) -> HttpResponse:
    """Save a copy among the user's presets; visitors without an account sign in and come back."""
    here = reverse("shared_preset", args=[slug])
    if not request.user.is_authenticated:
        return redirect_to_login(here)
    saved = user_presets.save_shared(_found(slug), user=user_of(request))
    messages.success(request, _("“%(name)s” is among your presets.") % {"name": saved.name})
    return redirect(f"{reverse('create')}?preset={saved.id}")


def _found(slug: str) -> SharedPreset:
    shared = user_presets.find(slug)
    if shared is None:
        raise Http404
    return shared
