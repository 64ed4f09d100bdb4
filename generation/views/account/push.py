"""Push notifications of this browser: on and off, from the Profile page."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access.request_user import SignedInRequest
from accounts.forms.webhooks import PushForm
from accounts.limits.rate_limits import limited
from accounts.webhooks import push_browsers
from accounts.webhooks.push_browsers import BrowserKeys
from artgen.database.ids import parse_uuid


@login_required
@require_POST
@limited("push")
def turn_on(request: SignedInRequest) -> HttpResponse:
    """Add this browser, whose page has made a subscription; its script sends it.

    The service worker sends one that `replaces` another, of which nobody need be told.
    """
    form = PushForm(request.POST)
    if not form.is_valid():
        text = " ".join(str(error) for errors in form.errors.values() for error in errors)
        return HttpResponse(text, status=400, content_type="text/plain; charset=utf-8")
    data = form.cleaned_data
    keys = BrowserKeys(p256dh=data["p256dh"], auth=data["auth"], server_key=data["server_key"])
    if before := data["replaces"]:
        if not push_browsers.replace(
            request, request.user, before=before, url=data["url"], keys=keys
        ):
            raise Http404
        return HttpResponse(status=204)
    push_browsers.add(request, request.user, url=data["url"], keys=keys)
    messages.success(request, _("Notifications are on."))
    return HttpResponse(status=204)


@login_required
@require_POST
@limited("push")
def turn_off(request: SignedInRequest) -> HttpResponse:
    """Remove one of the user's browsers."""
    browser = parse_uuid(request.POST.get("id", ""))
    if browser is None or not push_browsers.remove(request.user, browser):
        raise Http404
    messages.success(request, _("Notifications are off."))
    return redirect("profile")
