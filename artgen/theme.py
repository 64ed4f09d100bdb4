"""What every page shows (theme, languages, version), and the two switches that every page has: theme and language."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.templatetags.static import static
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, get_language_info
from django.views import i18n
from django.views.decorators.http import require_POST, require_safe

THEMES = ("light", "dark")
THEME_COOKIE = "theme"
THEME_COOKIE_AGE = 60 * 60 * 24 * 365


def page(request: HttpRequest) -> dict[str, Any]:
    """Return what base.html needs; the balance is read from the user that the session has already loaded."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    current = get_language() or settings.LANGUAGE_CODE
    languages = [
        {
            "code": code,
            "name": get_language_info(code)["name_local"].capitalize(),
            "current": code == current,
        }
        for code, _name in settings.LANGUAGES
    ]
    return {
        "theme": theme if theme in THEMES else "",
        "languages": languages,
        "other_languages": [language for language in languages if not language["current"]],
        "version": settings.VERSION,
    }


def user_language(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Return the middleware that gives signed-in users the language they chose, on every device.

    What reaches them outside of a request (socket, e-mail) is in that language, so the pages must be too.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        language = getattr(request.user, "language", "")
        if language != get_language() and language in dict(settings.LANGUAGES):
            translation.activate(language)
            request.LANGUAGE_CODE = language
        return get_response(request)

    return middleware


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Lead those who ask at the root, as browsers do for pages without a head, to the icon."""
    return HttpResponseRedirect(static("artgen/favicon.ico"))


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Change the language and go back to `next`: in a cookie, and for signed-in users in their account."""
    language = request.POST.get("language", "")
    if request.user.is_authenticated and language in dict(settings.LANGUAGES):
        user = get_user_model()._default_manager.get(pk=request.user.pk)
        user.language = language
        user.save(update_fields=["language"])
    return i18n.set_language(request)


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Remember `theme` (light, dark, or anything else: as the device) in a cookie and go back to `next`.

    Answers 204 to a script that asks for JSON. Needs no session and stores nothing else.
    """
    response: HttpResponse
    if request.accepts("text/html"):
        target = request.POST.get("next", "/")
        safe = url_has_allowed_host_and_scheme(
            target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        )
        response = HttpResponseRedirect(target if safe else "/")
    else:
        response = HttpResponse(status=204)
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        response.set_cookie(
            THEME_COOKIE,
            theme,
            max_age=THEME_COOKIE_AGE,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
            httponly=True,
        )
    else:
        response.delete_cookie(THEME_COOKIE, samesite="Lax")
    return response
