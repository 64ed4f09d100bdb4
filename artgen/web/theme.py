"""Theme and language: the context of every page, and the two switches."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.backends.utils import csrf_input
from django.templatetags.static import static
from django.utils import translation
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language, get_language_info
from django.views import i18n
from django.views.decorators.http import require_POST, require_safe

from artgen.web.redirects import next_url

THEMES = ("light", "dark")
THEME_COOKIE = "theme"
THEME_COOKIE_AGE = 60 * 60 * 24 * 365
PLAIN = "plain"
"""Parameter of pages that are whole without script; others load what is closed when it opens."""


def page(request: HttpRequest) -> dict[str, Any]:
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
        # Django masks it for each form, so that no page would equal its last version.
        "csrf_input": SimpleLazyObject(partial(csrf_input, request)),
        "theme": theme if theme in THEMES else "",
        "languages": languages,
        "version": settings.VERSION,
        "is_plain": is_plain(request),
        "is_sign_up_closed": settings.SIGN_UP == "closed",
    }


def is_plain(request: HttpRequest) -> bool:
    """Return whether the page must be whole without script, as an answer to a form is."""
    is_form = request.method == "POST" and "X-Part" not in request.headers
    return PLAIN in request.GET or is_form


def user_language(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Activate the language that the signed-in user has chosen, on every device.

    Sockets and emails use it, too.
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
    """Redirect to the icon; browsers request it at the root for responses that are not HTML."""
    return HttpResponseRedirect(static("artgen/favicon.ico"))


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Store the language in a cookie and in the account, and redirect to `next`."""
    language = request.POST.get("language", "")
    if request.user.is_authenticated and language in dict(settings.LANGUAGES):
        user = get_user_model()._default_manager.get(pk=request.user.pk)
        user.language = language
        user.save(update_fields=["language"])
    return i18n.set_language(request)


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Store `theme` in a cookie and redirect to `next`; a script gets 204.

    Values other than light and dark delete the cookie: the device's theme.
    """
    response: HttpResponse
    if request.accepts("text/html"):
        response = HttpResponseRedirect(next_url(request, default="/"))
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
