"""The account's pages: balance and usage, ledger, profile."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import export, limits, statement
from accounts.forms.profile import ProfileForm
from accounts.models import CreditEntry, User
from accounts.requests import SignedInRequest

LATEST = 8
PER_PAGE = 50


@never_cache
@login_required
@require_safe
def account(request: SignedInRequest) -> HttpResponse:
    """Show the balance, the usage of 30 days and the latest entries."""
    days = statement.usage(user=request.user)
    entries = list(CreditEntry.objects.of(request.user)[: PER_PAGE + 1])
    lines = statement.lines(entries[:PER_PAGE])
    context = {
        "chart": statement.chart(days),
        "days": [day for day in reversed(days) if day.jobs],
        "lines": lines[:LATEST],
        "more": len(lines) > LATEST or len(entries) > PER_PAGE,
        "limits": limits.rows(request.user),
    }
    return render(request, "accounts/account.html", context)


@never_cache
@login_required
@require_safe
def ledger(request: SignedInRequest) -> HttpResponse:
    """Show the user's ledger, newest first, 50 entries per page."""
    page = Paginator(CreditEntry.objects.of(request.user), PER_PAGE).get_page(
        request.GET.get("page")
    )
    return render(
        request, "accounts/ledger.html", {"page": page, "lines": statement.lines(page.object_list)}
    )


@never_cache
@login_required
@require_safe
def ledger_csv(request: SignedInRequest) -> StreamingHttpResponse:
    """Stream the user's whole ledger as CSV, newest first."""
    response = StreamingHttpResponse(
        export.ledger_csv(request.user), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = (
        f'attachment; filename="artgen-credits-{timezone.localdate()}.csv"'
    )
    return response


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: SignedInRequest) -> HttpResponse:
    """Show and change name, language and time zone."""
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if request.method == "POST" and form.is_valid():
        form.instance.save(update_fields=["name", "language", "time_zone"])
        with translation.override(form.instance.language or translation.get_language()):
            messages.success(request, _("Saved."))
        response = redirect("profile")
        if not form.instance.language:
            response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
        return response
    return render(request, "accounts/profile.html", {"form": form})
