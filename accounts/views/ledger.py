"""The page of transactions, and both files of them: the ledger and the statement."""

from collections.abc import Iterator
from datetime import date, tzinfo

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access.request_user import SignedInRequest
from accounts.credits import credits_csv, statement, statement_labels

PER_PAGE = 50
MONTHS_SHOWN = 6


@never_cache
@login_required
@require_safe
def ledger(request: SignedInRequest) -> HttpResponse:
    """Show the user's ledger, newest first, 50 lines per page.

    `month` shows one month, and `label` of that only jobs with this label.
    """
    months = statement.months(request.user)
    wanted = statement.parse_month(request.GET.get("month", ""))
    shown = next((month for month in months if month.first == wanted), None)
    label = _label(request) if shown else ""
    month = shown.first if shown else None
    paginator = Paginator(statement.beginnings(request.user, month=month, label=label), PER_PAGE)
    if not label:  # known from the months, so it is not counted again
        paginator.count = shown.lines if shown else sum(month.lines for month in months)
    page = paginator.get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": statement.lines(page.object_list),
        "months": months[:MONTHS_SHOWN],
        "earlier_months": months[MONTHS_SHOWN:],
        "month": shown,
        "label": label,
        "labels": statement_labels.totals(request.user, month=month) if month else [],
    }
    return render(request, "accounts/ledger.html", context)


@never_cache
@login_required
@require_safe
def ledger_csv(request: SignedInRequest) -> StreamingHttpResponse:
    """Stream the entries of the user's ledger, or of one `month`, as CSV, newest first."""
    month = statement.parse_month(request.GET.get("month", ""))
    return _csv(credits_csv.ledger_csv(request.user, month=month), name="credits", month=month)


@never_cache
@login_required
@require_safe
def statement_csv(request: SignedInRequest) -> StreamingHttpResponse:
    """Stream the user's statement, or that of one `month`, as CSV: a line a job, newest first."""
    month = statement.parse_month(request.GET.get("month", ""))
    rows = credits_csv.statement_csv(request.user, month=month, label=_label(request))
    return _csv(rows, name="statement", month=month)


def _label(request: SignedInRequest) -> str:
    return request.GET.get("label", "").replace("\0", "")


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
