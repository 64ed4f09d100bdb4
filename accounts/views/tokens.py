"""The page of API tokens."""

from collections.abc import Collection
from functools import wraps
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import resolve
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access.request_user import SignedInRequest
from accounts.emails import security_notices
from accounts.emails.security_notices import Change
from accounts.forms.tokens import TokenForm
from accounts.limits.rate_limits import View, limited
from accounts.models import ApiToken
from accounts.tokens import program_names, tokens
from artgen.refusals import Refusal
from artgen.web import formatting


def creates_tokens(view: View) -> View:
    """Return the view as a page whose POSTs create tokens: after the password or a code."""

    @wraps(view)
    def resolved(request: SignedInRequest, **arguments: Any) -> HttpResponseBase:
        # The POST that allauth repeats after the password has that of the password's page.
        request.resolver_match = resolve(request.path_info)
        return view(request, **arguments)

    confirmed = reauthentication_required(
        app="allauth.account", enabled=lambda request: request.method == "POST"
    )(limited("token")(resolved))
    page: View = login_required(require_http_methods(["GET", "HEAD", "POST"])(confirmed))
    return never_cache(page)


@creates_tokens
def token_list(request: SignedInRequest) -> HttpResponse:
    """List the user's active tokens; a POST creates one, after the password or a code, and
    shows its text once."""
    form, created = TokenForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        fields = form.cleaned_data
        try:
            text = issue_token(
                request,
                name=fields["name"],
                scopes=fields["scopes"],
                expires_at=form.expires_at(),
                credit_limit=fields["credit_limit"],
            )
        except Refusal as refusal:
            form.add_error("name", refusal.message)
        else:
            created = {"name": fields["name"], "text": text}
            form = TokenForm()
    context = {
        "form": form,
        "made": created,
        "tokens": [_shown(token) for token in tokens.valid_of(request.user)],
    }
    return render(request, "accounts/tokens.html", context)


def issue_token(
    request: SignedInRequest, *, name: str, scopes: Collection[str], **limits: Any
) -> str:
    """Return the text of a new token, and tell its owner by email; raise as `tokens.issue` does."""
    text = tokens.issue(user=request.user, name=name, scopes=scopes, **limits)
    security_notices.send_token_created(
        user=request.user, name=name, scopes=scopes, request=request
    )
    return text


def _shown(token: ApiToken) -> dict[str, Any]:
    return {
        "token": token,
        "program": program_names.name_of(token.last_used_by),
        "scopes": tokens.scope_labels(token.scopes.split()),
        "budget": _("%(spent)s of %(limit)s credits spent")
        % {
            "spent": formatting.number(token.credits_spent),
            "limit": formatting.number(token.credit_limit or 0),
        },
        "is_expired": token.expires_at is not None and token.expires_at <= timezone.now(),
    }


@login_required
@require_POST
def revoke_token(request: SignedInRequest) -> HttpResponse:
    name = request.POST.get("name", "")
    tokens.revoke(user=request.user, name=name)
    security_notices.send(Change.TOKEN_REVOKED, user=request.user, request=request, name=name)
    messages.success(request, _("The token “%(name)s” is revoked.") % {"name": name})
    return redirect("tokens")
