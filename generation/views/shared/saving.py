"""Saving a shared image to one's own gallery: the button of its public page.

Visitors sign in first. Their press is remembered in a signed cookie, so that the image is saved
when they return, and only then: a link to this address saves nothing.
"""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access.request_user import user_of
from accounts.limits import rate_limits
from accounts.limits.rate_limits import limited
from artgen.refusals import Refusal
from generation.gallery.sharing import saved_copies
from generation.models import Image
from generation.views.undo import with_undo

PRESSED = "save_after_sign_in"
"""Cookie: the address whose button was pressed by a visitor who had to sign in."""
PRESSED_SECONDS = 3600  # to sign in


@require_http_methods(["GET", "HEAD", "POST"])
@limited("shared_page")
def save_shared(request: HttpRequest, slug: str) -> HttpResponse:
    """Save an image shared by link or publicly, and return to its page."""
    return _answer(request, saved_copies.finder(slug), page=reverse("shared", args=[slug]))


@require_http_methods(["GET", "HEAD", "POST"])
@limited("shared_page")
def save_item(request: HttpRequest, slug: str, member_id: int) -> HttpResponse:
    """Save an image of a shared collection, and return to its page."""
    page = reverse("shared_item", args=[slug, member_id])
    return _answer(request, saved_copies.finder(slug, item=member_id), page=page)


def _answer(request: HttpRequest, find: saved_copies.FindShared, *, page: str) -> HttpResponse:
    if not request.user.is_authenticated:
        return _ask_to_sign_in(request) if request.method == "POST" else redirect_to_login(page)
    if request.method == "POST":
        return _save(request, find, page=page)
    pressed = request.get_signed_cookie(PRESSED, "", max_age=PRESSED_SECONDS)
    if request.method == "HEAD" or pressed != request.path:
        return HttpResponseRedirect(page)
    response = _save(request, find, page=page)
    response.delete_cookie(PRESSED)
    return response


def _ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    response = redirect_to_login(request.path)
    response.set_signed_cookie(
        PRESSED,
        request.path,
        max_age=PRESSED_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _save(request: HttpRequest, find: saved_copies.FindShared, *, page: str) -> HttpResponse:
    user = user_of(request)
    # The limit of the API, counted together with it.
    rate_limits.spend("save", user.pk)
    try:
        saved = saved_copies.save(find, user=user)
    except Refusal as refusal:
        messages.error(request, refusal.message)
        is_gone = isinstance(refusal, saved_copies.NotShared)
        return HttpResponseRedirect(reverse("gallery") if is_gone else page)
    if saved.is_new or saved.is_restored:
        messages.success(request, _saved_message(saved.image, page=page))
        return HttpResponseRedirect(page)
    messages.success(request, _("This image is already in your gallery."))
    return HttpResponseRedirect(reverse("image", args=[saved.image.id]))


def _saved_message(copy: Image, *, page: str) -> SafeString:
    text = format_html(
        '{} <a class="text-link" href="{}">{}</a>',
        *(_("Saved to your gallery."), reverse("image", args=[copy.id]), _("View")),
    )
    undo = f"{reverse('trash_image', args=[copy.id])}?{urlencode({'next': page})}"
    return with_undo(text, action=undo)
