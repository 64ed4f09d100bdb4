"""The page of name, language and time zone, and the time zone that a browser sends."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access.request_user import SignedInRequest
from accounts.forms.profile import ProfileForm
from accounts.models import User
from accounts.sessions import time_zones
from accounts.webhooks import push_browsers, push_keys


@login_required
@require_POST
def set_time_zone(request: SignedInRequest) -> HttpResponse:
    """Store the browser's time zone, which pages send after the first sign-in.

    Leaves the session as it is: another request may be writing to it at this moment.
    """
    if request.session.get(time_zones.WANTED):
        time_zones.set_first(request.user, request.POST.get("time_zone", ""))
    return HttpResponse(status=204)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: SignedInRequest) -> HttpResponse:
    """Show and change name, language, time zone, what the composer proposes, and notifications."""
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if request.method == "POST" and form.is_valid():
        form.instance.save(update_fields=list(form.fields))
        request.session.pop(time_zones.WANTED, None)
        with translation.override(form.instance.language or translation.get_language()):
            messages.success(request, _("Saved."))
        response = redirect("profile")
        if not form.instance.language:
            response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
        return response
    context = {
        "form": form,
        "push_key": push_keys.public_key(),
        "browsers": push_browsers.of_request(request, request.user),
    }
    return render(request, "accounts/profile.html", context)
