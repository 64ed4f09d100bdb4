"""The page "Connect": the settings of one program, a token for it, and what has arrived."""

from dataclasses import replace
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
from generation.protocols.connect.programs import OPEN_WEBUI, PROGRAMS, Program, filled
from generation.protocols.model_names import Wanted

SCOPES = (Scope.READ, Scope.CREATE)
"""What a program needs that creates images, but changes and deletes none."""
SHOWN_TOKENS = 5
JUST_NOW = timedelta(minutes=1)
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@creates_tokens
def connect(request: SignedInRequest, program: str = OPEN_WEBUI.slug) -> HttpResponse:
    """Show the settings of a program; a POST creates a token, which they contain once."""
    if program not in PROGRAMS:
        raise Http404
    return _page(request, PROGRAMS[program])


def _page(request: SignedInRequest, program: Program) -> HttpResponse:
    token, refusal = None, None
    if request.method == "POST":
        try:
            name = _free_name(request, program.name)
            token = {"name": name, "text": issue_token(request, name=name, scopes=SCOPES)}
        except Refusal as refused:
            refusal = refused.message
    values = _values(request.user, token=token["text"] if token else _("YOUR_TOKEN"))
    context = {
        "program": program,
        "programs": PROGRAMS.values(),
        "settings": [
            replace(setting, value=filled(setting.value, values)) for setting in program.settings
        ],
        "snippets": [
            replace(snippet, text=filled(snippet.text, values)) for snippet in program.snippets
        ],
        "notes": _notes(program, values),
        "token": token,
        "refusal": refusal,
        "arrivals": [_arrival(row) for row in _used_tokens(request)],
        "site": settings.PUBLIC_URL,
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


def _notes(program: Program, values: dict[str, str]) -> list[str]:
    """Return the notes, without one about an alias that the site does not have."""
    texts = [str(note) for note in program.notes]
    return [text % values for text in texts if values["alias"] or "%(alias)s" not in text]


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
        "id": token.pk,
        "name": token.name,
        "program": program_names.name_of(token.last_used_by),
        "user_agent": token.last_used_by,
        "at": used_at,
        "is_new": timezone.now() - used_at < JUST_NOW,
    }
