"""Headers of responses: what other sites and this site's own scripts may do, and what is cached."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.request import split_domain_port
from django.http.response import HttpResponseBase

GetResponse = Callable[[HttpRequest], HttpResponseBase]

OWN_FEATURES = (
    "clipboard-write",
    "fullscreen",
    "publickey-credentials-create",
    "publickey-credentials-get",
)
NO_FEATURES = (
    "accelerometer",
    "camera",
    "clipboard-read",
    "display-capture",
    "geolocation",
    "gyroscope",
    "hid",
    "idle-detection",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "screen-wake-lock",
    "serial",
    "usb",
    "xr-spatial-tracking",
)
PERMISSIONS_POLICY = ", ".join(
    [*(f"{name}=(self)" for name in OWN_FEATURES), *(f"{name}=()" for name in NO_FEATURES)]
)
"""https://www.w3.org/TR/permissions-policy/"""

CORP = "Cross-Origin-Resource-Policy"
CLEAR_SITE_DATA = '"cache"'
"""At sign-out: the browser forgets this user's pages and images, which it may keep for a year.

Not "storage": drafts and unsent prompts are kept for their user, by user id, and not "cookies":
theme, language and the browser that is known to the sign-in limit do not belong to the user.
"""
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def policies(get_response: GetResponse) -> GetResponse:
    """Add Permissions-Policy and, unless the view has set it, Cross-Origin-Resource-Policy."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault(CORP, "same-origin")
        return response

    return middleware


def allow_other_sites(response: HttpResponseBase) -> None:
    """Let other sites show this file: its address is a secret that its owner has shared."""
    response.headers[CORP] = "cross-origin"


def signed_in(get_response: GetResponse) -> GetResponse:
    """Let only the browser cache what a signed-in user gets; needs AuthenticationMiddleware.

    The browser revalidates it each time, so that the back button shows nothing after sign-out.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        was_signed_in = request.user.is_authenticated
        response = get_response(request)
        if was_signed_in or request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-cache")
        if was_signed_in and not request.user.is_authenticated and _is_trustworthy(request):
            response.headers["Clear-Site-Data"] = CLEAR_SITE_DATA
        return response

    return middleware


def _is_trustworthy(request: HttpRequest) -> bool:
    """Return whether browsers obey Clear-Site-Data: over https, and on this machine."""
    return request.is_secure() or split_domain_port(request.get_host())[0] in LOOPBACK
