"""Parts of pages that are the same for everybody, as scripts that browsers keep.

A page has `<script defer>` in the place of the part, which is there before the page's modules run.
Pages that are whole without script include the template instead. It gets no request: nothing of a
user can be in it.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_safe

KEPT = "public, max-age=31536000, immutable"
PARTS = ("create", "gallery")
"""Names of the templates generation/_NAME_shared.html."""


@dataclass(frozen=True)
class SharedPart:
    script: str
    version: str


@require_safe
def shared_part(request: HttpRequest, part: str, language: str, version: str) -> HttpResponse:
    """Return the script that inserts the part in its place."""
    if part not in PARTS or language not in dict(settings.LANGUAGES):
        raise Http404
    known = _part(part, language)
    response = HttpResponse(known.script, content_type="text/javascript; charset=utf-8")
    # Another version: of a process that is being replaced.
    response["Cache-Control"] = KEPT if version == known.version else "no-cache"
    return response


def address(name: str) -> str:
    """Return the script's address in the current language; it changes with the content."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    return reverse("shared_part", args=[name, language, _part(name, language).version])


@lru_cache
def _part(name: str, language: str) -> SharedPart:
    with translation.override(language):
        html = render_to_string(f"generation/_{name}_shared.html", using="jinja2")
    script = (
        "document.currentScript.replaceWith(document.createRange().createContextualFragment("
        f"{json.dumps(html, ensure_ascii=False)}))"
    )
    return SharedPart(script, blake2b(script.encode(), digest_size=8).hexdigest())
