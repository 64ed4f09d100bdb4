"""The page of API tokens."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import tokens
from accounts.forms import TokenForm
from accounts.rate_limits import limited
from accounts.requests import SignedInRequest
from artgen import refusal_pages
from artgen.refusals import Refusal


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited(("user", "30/h"))
def token_list(request: SignedInRequest) -> HttpResponse:
    """List the user's active tokens; a POST creates one and shows its text once."""
    form, created = TokenForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        try:
            created = {"name": name, "text": tokens.issue(user=request.user, name=name)}
            form = TokenForm()
        except Refusal as refusal:
            form.add_error("name", refusal.message)
    context = {"form": form, "made": created, "tokens": request.user.tokens.filter(revoked_at=None)}
    return render(request, "accounts/tokens.html", context)


@login_required
@require_POST
def revoke_token(request: SignedInRequest) -> HttpResponse:
    """Revoke the user's token of the posted name."""
    name = request.POST.get("name", "")
    try:
        tokens.revoke(user=request.user, name=name)
    except Refusal as refusal:
        return refusal_pages.back(request, refusal, to=reverse("tokens"))
    messages.success(request, _("The token “%(name)s” is revoked.") % {"name": name})
    return redirect("tokens")
