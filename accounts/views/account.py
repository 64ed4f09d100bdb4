"""The account's pages: balance and usage, ledger, profile."""

from collections.abc import Iterator
from datetime import date, tzinfo

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access.request_user import SignedInRequest
from accounts.credits import statement, usage
from accounts.forms.credit_requests import RedeemForm
from accounts.forms.profile import ProfileForm
from accounts.limits import overview
from accounts.models import User
from accounts.sessions import time_zones
from accounts.user_data import export

LATEST = 8
PER_PAGE = 50
MONTHS_SHOWN = 6


@never_cache
@login_required
@require_safe
def account(request: SignedInRequest) -> HttpResponse:
    """Show the balance, the usage of 30 days and the latest entries."""
    days = usage.usage(user=request.user)
    beginnings = list(statement.beginnings(request.user)[: LATEST + 1])
    context = {
        "chart": usage.chart(days),
        "days": [day for day in reversed(days) if day.jobs],
        "lines": statement.lines(beginnings[:LATEST]),
        "more": len(beginnings) > LATEST,
        "limits": overview.rows(request.user),
        "redeem_form": RedeemForm(),
    }
    return render(request, "accounts/account.html", context)


@never_cache
@login_required
@require_safe
def ledger(request: SignedInRequest) -> HttpResponse:
    """Show the user's ledger, newest first, 50 lines per page; `month` shows one month."""
    months = statement.months(request.user)
    wanted = statement.parse_month(request.GET.get("month", ""))
    shown = next((month for month in months if month.first == wanted), None)
    beginnings = statement.beginnings(request.user, month=shown.first if shown else None)
    paginator = Paginator(beginnings, PER_PAGE)
    # Known from the months, so it is not counted again.
    paginator.count = shown.lines if shown else sum(month.lines for month in months)
    page = paginator.get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": statement.lines(page.object_list),
        "months": months[:MONTHS_SHOWN],
        "earlier_months": months[MONTHS_SHOWN:],
        "month": shown,
    }
    return render(request, "accounts/ledger.html", context)


@never_cache
@login_required
@require_safe
def ledger_csv(request: SignedInRequest) -> StreamingHttpResponse:
    """Stream the entries of the user's ledger, or of one `month`, as CSV, newest first."""
    month = statement.parse_month(request.GET.get("month", ""))
    return _csv(export.ledger_csv(request.user, month=month), name="credits", month=month)


@never_cache
@login_required
@require_safe
def statement_csv(request: SignedInRequest) -> StreamingHttpResponse:
    """Stream the user's statement, or that of one `month`, as CSV: a line a job, newest first."""
    month = statement.parse_month(request.GET.get("month", ""))
    return _csv(export.statement_csv(request.user, month=month), name="statement", month=month)


def _csv(rows: Iterator[str], *, name: str, month: date | None) -> StreamingHttpResponse:
    when = f"{month:%Y-%m}" if month else str(timezone.localdate())
    shown = _in_time_zone(rows, timezone.get_current_timezone())
    response = StreamingHttpResponse(shown, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="artgen-{name}-{when}.csv"'
    return response


def _in_time_zone(rows: Iterator[str], zone: tzinfo) -> Iterator[str]:
    """Yield the rows in the user's time zone: that of the middleware ends before they are sent."""
    with timezone.override(zone):
        yield from rows


@login_required
@require_POST
def set_time_zone(request: SignedInRequest) -> HttpResponse:
    """Store the browser's time zone, which a page sends once after the first sign-in."""
    if request.session.pop(time_zones.WANTED, False):
        time_zones.set_first(request.user, request.POST.get("time_zone", ""))
    return HttpResponse(status=204)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: SignedInRequest) -> HttpResponse:
    """Show and change name, language and time zone, and what the composer proposes."""
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if request.method == "POST" and form.is_valid():
        form.instance.save(update_fields=list(form.fields))
        with translation.override(form.instance.language or translation.get_language()):
            messages.success(request, _("Saved."))
        response = redirect("profile")
        if not form.instance.language:
            response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
        return response
    return render(request, "accounts/profile.html", {"form": form})
