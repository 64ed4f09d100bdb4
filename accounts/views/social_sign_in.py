"""Signing in with another service, and connecting one to an account."""

from collections.abc import Callable
from functools import wraps

import requests
from allauth.socialaccount.internal.flows.connect import validate_disconnect
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.github import views as github
from allauth.socialaccount.providers.google import views as google
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from allauth.socialaccount.providers.vk import views as vk
from allauth.socialaccount.providers.yandex import views as yandex
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import social_sign_in
from accounts.access.request_user import SignedInRequest
from accounts.limits.rate_limits import limited

type View = Callable[..., HttpResponseBase]


def _calling(view: View) -> View:
    """Return the view, with an error page if the service does not respond."""

    @wraps(view)
    def calling_view(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except requests.RequestException:
            return _failed(request)

    return never_cache(calling_view)


def _failed(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/social_failed.html", status=401)


def _start(view: View) -> View:
    return require_POST(limited("social")(_calling(view)))


def _callback(view: View) -> View:
    return require_safe(limited("social")(_calling(view)))


google_login, google_callback = _start(google.oauth2_login), _callback(google.oauth2_callback)
github_login, github_callback = _start(github.oauth2_login), _callback(github.oauth2_callback)
yandex_login, yandex_callback = _start(yandex.oauth2_login), _callback(yandex.oauth2_callback)
vk_login, vk_callback = _start(vk.oauth2_login), _callback(vk.oauth2_callback)
oidc_login, oidc_callback = _start(openid_connect.login), _callback(openid_connect.callback)


@never_cache
@require_safe
def failed(request: HttpRequest) -> HttpResponse:
    """Say that the other service has not signed the user in."""
    return _failed(request)


@never_cache
@require_safe
def canceled(request: HttpRequest) -> HttpResponse:
    """Return to signing in after the user has canceled at the other service."""
    return redirect("security" if request.user.is_authenticated else "login")


@login_required
@require_POST
def disconnect(request: SignedInRequest) -> HttpResponse:
    """Remove a service from the user's account, unless it is the only way to sign in."""
    number = request.POST.get("id", "")
    is_number = number.isascii() and number.isdigit() and len(number) < 19
    account = (
        SocialAccount.objects.filter(user=request.user, pk=int(number)).first()
        if is_number
        else None
    )
    if account is not None:
        try:
            validate_disconnect(request, account)
        except ValidationError as error:
            messages.error(request, error.messages[0])
        else:
            social_sign_in.disconnect(request, account)
            messages.success(request, _("The service has been disconnected."))
    return redirect("security")
