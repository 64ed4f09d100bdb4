"""ArtGen as an installed app: its manifest, service worker, offline page, and what is shared to it.

The worker (static/artgen/worker/service_worker.js) stores the offline page and its files, nothing
else. It also receives what another app shares: a POST from outside of ArtGen, without a CSRF token,
which therefore must not reach the server. The worker keeps it in the browser, and the Create page
takes it from there.
"""

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from artgen.web.theme import THEME_COOKIE, page

WORKER = Path(__file__).parents[1] / "static" / "artgen" / "worker" / "service_worker.js"
ICONS = (
    ("icon-192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    ("maskable-192.png", "192x192", "maskable"),
    ("maskable-512.png", "512x512", "maskable"),
)
BACKGROUNDS = {"light": "#fafaf8", "dark": "#0e0e10"}
IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp")
OFFLINE_FILES = (
    "artgen/tokens.css",
    "artgen/base.css",
    "artgen/components.css",
    "artgen/offline.css",
    "artgen/offline.js",
    "artgen/icons.svg",
    "artgen/favicon.svg",
    "artgen/fonts/onest-5.3.1-latin.woff2",
    "artgen/fonts/onest-5.3.1-cyrillic.woff2",
)
"""What the offline page needs. It has none of the scripts that every other page has."""


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """Return the web app manifest in the language and the theme of the request.

    https://www.w3.org/TR/appmanifest/
    """
    is_dark = request.COOKIES.get(THEME_COOKIE) == "dark"
    response = JsonResponse(
        _manifest_document(background=BACKGROUNDS["dark" if is_dark else "light"]),
        json_dumps_params={"ensure_ascii": False},
        content_type="application/manifest+json; charset=utf-8",
    )
    response["Cache-Control"] = "private, no-cache"
    response["Vary"] = "Cookie"
    return response


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """Return the worker's script, which changes with each file of the offline page."""
    response = HttpResponse(_script(), content_type="text/javascript; charset=utf-8")
    # Browsers request it at each visit; a copy cached for a year would keep an old version.
    response["Cache-Control"] = "private, no-cache"
    return response


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """Show the page that the worker keeps for lost connections: without a user or their data."""
    response = HttpResponse(render_to_string("artgen/offline.html", page(request)))
    response["Cache-Control"] = "private, no-cache"
    return response


@require_safe
def receive_share(request: HttpRequest) -> HttpResponse:
    """Redirect to the Create page: only the service worker receives what is shared.

    A share that it did not catch has no CSRF token, and is refused before it is read.
    """
    return redirect("create")


def _manifest_document(*, background: str) -> dict[str, object]:
    return {
        "id": "/",
        "name": "ArtGen",
        "short_name": "ArtGen",
        "description": _("Create images from text."),
        "lang": translation.get_language(),
        "dir": "ltr",
        "start_url": reverse("create"),
        "scope": "/",
        "display": "standalone",
        "background_color": background,
        "theme_color": background,
        "categories": ["graphics", "photo"],
        "icons": [
            {
                "src": static(f"artgen/app/{name}"),
                "sizes": sizes,
                "type": "image/png",
                "purpose": purpose,
            }
            for name, sizes, purpose in ICONS
        ],
        "shortcuts": [
            {"name": pgettext("section", "Create"), "url": reverse("create")},
            {"name": _("Gallery"), "url": reverse("gallery")},
            {"name": _("Explore"), "url": reverse("explore")},
        ],
        "share_target": _share_target(),
    }


def _share_target() -> dict[str, object]:
    return {
        "action": reverse("receive_share"),
        "method": "POST",
        "enctype": "multipart/form-data",
        "params": {
            "title": "title",
            "text": "text",
            "url": "url",
            "files": [{"name": "images", "accept": list(IMAGE_TYPES)}],
        },
    }


@lru_cache(maxsize=1)
def _script() -> str:
    files = [static(name) for name in OFFLINE_FILES]
    values = {
        "version": _version(),
        "offline": reverse("offline"),
        "files": files,
        "share": reverse("receive_share"),
        "create": reverse("create"),
        "icon": static("artgen/app/icon-192.png"),
        "maxBytes": settings.UPLOAD_MAX_BYTES,
        "push": reverse("turn_on_push"),
        "csrfCookie": settings.CSRF_COOKIE_NAME,
    }
    return f"const settings = {json.dumps(values)}\n{WORKER.read_text()}"


def _version() -> str:
    """Return a digest of the offline page in all languages and of its files.

    Without STATIC_ROOT their names have no hash of their content.
    """
    digest = hashlib.sha256(settings.VERSION.encode())
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            html = render_to_string("artgen/offline.html")
        digest.update(html.encode())
    for name in OFFLINE_FILES:
        digest.update(static(name).encode())
        if path := finders.find(name):
            digest.update(Path(str(path)).read_bytes())
    return digest.hexdigest()[:12]
