"""The account's first page: balance, usage, limits, and the latest lines of the statement."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access.request_user import SignedInRequest
from accounts.credits import daily_usage, statement
from accounts.forms.vouchers import RedeemForm
from accounts.limits import user_limits

LATEST = 8


@never_cache
@login_required
@require_safe
def account(request: SignedInRequest) -> HttpResponse:
    """Show the balance, the usage of 30 days and the latest entries."""
    days = daily_usage.of(user=request.user)
    beginnings = list(statement.beginnings(request.user)[: LATEST + 1])
    context = {
        "chart": daily_usage.chart(days),
        "days": [day for day in reversed(days) if day.jobs],
        "lines": statement.lines(beginnings[:LATEST]),
        "more": len(beginnings) > LATEST,
        "limits": user_limits.rows(request.user),
        "redeem_form": RedeemForm(),
    }
    return render(request, "accounts/account.html", context)
