"""The page of a month's costs: what was sold, what it cost, and what providers bill."""

from datetime import UTC, date, datetime
from decimal import Decimal

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from artgen.web import formatting
from generation.admin.image_models.model_reports import ModelReports, Table
from generation.jobs import clients
from generation.models import ProviderName
from generation.operations import reconciliation
from generation.operations.reconciliation import ModelCosts, PromptCosts, Reconciliation
from generation.providers import bill as billing
from generation.providers.bill import Bill, InvalidBill
from generation.providers.call_errors import KeyRefused, ProviderError
from generation.providers.provider import OWN_SERVERS


class CostPages(ModelReports):
    def get_urls(self) -> list[URLPattern]:
        urls: list[URLPattern] = super().get_urls()
        return [self.report_url("costs", self.costs_view), *urls]

    def costs_view(self, request: HttpRequest) -> HttpResponse:
        """Show the month's costs; a POST compares them with the bill of a provider or a file."""
        if not (self.has_view_permission(request) and request.user.has_perm("generation.view_job")):
            raise PermissionDenied
        month = _month(request.GET.get("month", ""))
        providers = [
            one
            for one in ProviderName
            if one == ProviderName.RUNPOD or (one not in OWN_SERVERS and clients.is_set_up(one))
        ]
        given = request.POST.get("provider")
        provider = next((one for one in providers if one == given), providers[0])
        bill, problem = _bill(request, month, provider) if request.method == "POST" else (None, "")
        costs = reconciliation.of_month(month, bill=bill, provider=provider)
        _start, after = reconciliation.period(month)
        return self.report(
            request,
            "costs",
            title=_("Costs of %(month)s") % {"month": date_format(month, "F Y")},
            problem=problem,
            table=_costs(costs),
            prompts=_prompts(costs.prompts),
            lines=_lines(costs),
            provider=provider,
            providers=providers,
            revenue=dollars(costs.revenue),
            month=f"{month:%Y-%m}",
            earlier=f"{reconciliation.earlier(month):%Y-%m}",
            later=f"{after:%Y-%m}" if after <= timezone.now() else "",
        )


def dollars(amount: Decimal) -> str:
    """Return dollars with as many places as small costs need."""
    places = 2 if abs(amount) >= 1 or not amount else 4
    sign = "−" if amount < 0 else ""
    return f"{sign}${number_format(round(abs(amount), places), places)}"


def _month(text: str) -> date:
    """Return the month of the address, by default the current one by UTC."""
    today = datetime.now(UTC).date()
    try:
        month = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        return today
    first, last = reconciliation.FIRST_YEAR, reconciliation.LAST_YEAR
    return month if first <= month.year <= last else today


def _bill(request: HttpRequest, month: date, provider: ProviderName) -> tuple[Bill | None, str]:
    """Return the bill that is asked for, or why there is none."""
    if request.POST.get("source") == "file":
        file = request.FILES.get("bill")
        if file is None:
            return None, _("Choose a file.")
        start, end = reconciliation.period(month)
        try:
            return billing.parse_csv(
                file.read(billing.MAX_BILL_BYTES + 1), start=start, end=end
            ), ""
        except InvalidBill as error:
            return None, _("The file is not a bill: %(problem)s") % {"problem": error}
    try:
        return reconciliation.bill_of(month, provider=provider), ""
    except KeyRefused:
        return None, _(
            "The API key of %(name)s is not set or may not read the bill. Choose a CSV file of it."
        ) % {"name": provider.label}
    except ProviderError as error:
        return None, _("The bill of %(name)s could not be read: %(problem)s") % {
            "name": provider.label,
            "problem": error,
        }


def _costs(costs: Reconciliation) -> Table:
    return Table(
        [
            *(_("Model"), _("Images"), _("Credits"), _("recorded"), _("expected")),
            *(_("difference"), _("failed, but billed"), _("cost of these")),
        ],
        [(model.name, _cells(model)) for model in costs.models],
        (_("Total"), _cells(costs.total)),
    )


def _prompts(costs: PromptCosts) -> Table:
    """Return the line of calls of the prompt helper, no row without a call."""
    cells = [formatting.number(costs.credits), dollars(costs.expected)]
    rows = [(formatting.number(costs.calls), cells)] if costs.calls else []
    return Table([_("Calls"), _("Credits"), _("expected")], rows)


def _lines(costs: Reconciliation) -> Table:
    return Table(
        [_("Endpoint"), _("Models"), _("billed"), _("known here"), _("difference")],
        [
            (
                _("all public endpoints") if line.endpoint == billing.PUBLIC else line.endpoint,
                [
                    ", ".join(line.slugs) or _("no model"),
                    *map(dollars, (line.billed, line.known, line.difference)),
                ],
            )
            for line in costs.lines
        ],
    )


def _cells(costs: ModelCosts) -> list[str]:
    drift = "—"
    if costs.drift is not None:
        sign = "+" if costs.drift >= 0 else "−"
        drift = f"{sign}{number_format(round(abs(costs.drift) * 100, 1), 1)} %"
    return [
        formatting.number(costs.jobs),
        formatting.number(costs.credits),
        dollars(costs.recorded),
        dollars(costs.expected),
        drift,
        formatting.number(costs.failed_jobs),
        dollars(costs.failed),
    ]
