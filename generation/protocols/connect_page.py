"""The page "Connect": the settings of one program, a token for it, and what has arrived."""

from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access.request_user import SignedInRequest
from accounts.models import ApiToken, Scope, User
from accounts.tokens import program_names, tokens
from accounts.views.tokens import creates_tokens, issue_token
from artgen.refusals import Refusal
from generation.models import model_cache
from generation.protocols import model_names
from generation.protocols.model_names import Wanted

SCOPES = (Scope.READ, Scope.CREATE)
"""What a program needs that creates images, but changes and deletes none."""
SHOWN_TOKENS = 5
JUST_NOW = timedelta(minutes=1)
LOOPBACK = ("127.0.0.1", "localhost", "::1")


PROGRAMS = {
    "open-webui": "Open WebUI",
    "librechat": "LibreChat",
    "n8n": "n8n",
    "invokeai": "InvokeAI",
    "sillytavern": "SillyTavern",
    "python": "Python",
    "javascript": "JavaScript",
    "curl": "curl",
    "claude": "Claude",
    "cursor": "Cursor",
}
"""Their settings are templates of these names, as of Open WebUI 0.12, LibreChat 0.8, n8n 2.41,
InvokeAI 6.14, SillyTavern 1.19, openai 3.57."""


@creates_tokens
def connect(request: SignedInRequest, program: str = "open-webui") -> HttpResponse:
    """Show the settings of a program; a POST creates a token, which they contain once."""
    if program not in PROGRAMS:
        raise Http404
    token, refusal = None, None
    if request.method == "POST":
        try:
            name = _free_name(request, PROGRAMS[program])
            token = {"name": name, "text": issue_token(request, name=name, scopes=SCOPES)}
        except Refusal as refused:
            refusal = refused.message
    context = {
        "program": program,
        "programs": PROGRAMS,
        "values": _values(request.user, token=token["text"] if token else _("YOUR_TOKEN")),
        "token": token,
        "refusal": refusal,
        "arrivals": [_arrival(row) for row in _used_tokens(request)],
        "is_loopback": urlsplit(settings.PUBLIC_URL).hostname in LOOPBACK,
    }
    return render(request, "generation/connect.html", context)


def _values(user: User, *, token: str) -> dict[str, str]:
    catalog = model_names.allowed(model_cache.read(), user)

    def first(wanted: Wanted) -> str:
        offers = model_names.preferred(catalog, wanted=wanted)
        return next((offer.slug for offer in offers if wanted.is_done_by(offer)), "MODEL")

    aliases = (name for name in model_names.listed(catalog) if name not in catalog.offers)
    alias = next(aliases, "")
    return {
        "url": settings.PUBLIC_URL,
        "token": token,
        "model": first(Wanted()),
        # With an alias, the number of images decides which model edits them.
        "edit_model": alias or first(Wanted(source_images=1)),
        "model_of_both": alias or first(Wanted()),
        "alias": alias,
    }


def _free_name(request: SignedInRequest, name: str) -> str:
    """Return the name of a new token; another request may take it at the same time."""
    taken = set(tokens.valid_of(request.user).values_list("name", flat=True))
    number = 1
    while (numbered := name if number == 1 else f"{name} {number}") in taken:
        number += 1
    return numbered


def _used_tokens(request: SignedInRequest) -> list[ApiToken]:
    used = tokens.valid_of(request.user).exclude(last_used_at=None)
    return list(used.order_by("-last_used_at", "-id")[:SHOWN_TOKENS])


def _arrival(token: ApiToken) -> dict[str, Any]:
    used_at = cast(datetime, token.last_used_at)  # by `_used_tokens`
    return {
        "token": token,
        "program": program_names.name_of(token.last_used_by),
        "is_new": timezone.now() - used_at < JUST_NOW,
    }
