"""The page that compares endpoints with what their provider offers now, and takes over prices."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from generation.admin.image_models.cost_pages import dollars
from generation.admin.image_models.model_reports import ModelReports, Table
from generation.jobs import clients
from generation.models import ProviderName
from generation.operations import catalog_check
from generation.operations.catalog_check import EndpointCheck


class CatalogPages(ModelReports):
    def get_urls(self) -> list[URLPattern]:
        urls: list[URLPattern] = super().get_urls()
        return [self.report_url("catalog", self.catalog_view), *urls]

    def catalog_view(self, request: HttpRequest) -> HttpResponse:
        """Show what a provider says, after a POST; with `take` write the prices that were shown."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        providers = [
            one for one in map(ProviderName, catalog_check.CHECKS) if clients.is_set_up(one)
        ]
        provider = next((one for one in providers if one == request.POST.get("provider")), None)
        report = catalog_check.check([provider]) if provider else None
        checks = report.endpoints if report else []
        if "take" in request.POST:
            self._take(request, [one for one in checks if one.has_new_price])
            return redirect("admin:generation_imagemodel_catalog")
        return self.report(
            request,
            "catalog",
            title=_("Prices and endpoints today"),
            table=Table(
                [_("Model"), _("expected"), _("price"), "", _("Provider says"), _("Endpoint")],
                [(one.endpoint.model.name, _cells(one)) for one in checks],
            ),
            failures=report.failures if report else [],
            has_new_prices=any(one.has_new_price for one in checks),
            provider=provider,
            providers=providers,
        )

    def _take(self, request: HttpRequest, changed: list[EndpointCheck]) -> None:
        """Take over the prices that were chosen and are still those that were shown."""
        chosen = request.POST.getlist("take")
        same = [one for one in changed if _shown(one) in chosen]
        for one in same:
            catalog_check.take_price(one)
            text = f"expected cost at {one.endpoint}: {one.expected} → {one.price}"
            self.log_change(request, one.endpoint.model, text)
        text = ngettext("%(count)d price taken over.", "%(count)d prices taken over.", len(same))
        self.message_user(request, text % {"count": len(same)}, messages.SUCCESS)
        if len(same) < len(chosen):
            self.message_user(request, _("Others have changed. Compare again."), messages.WARNING)


def _shown(one: EndpointCheck) -> str:
    """Return the endpoint and its price, as the form sends what was looked at."""
    return f"{one.endpoint.pk} {one.price}"


def _cells(one: EndpointCheck) -> list[str]:
    expected, price = ("—" if usd is None else dollars(usd) for usd in (one.expected, one.price))
    box = format_html(
        '<label><input type="checkbox" name="take" value="{}" checked> {}</label>',
        _shown(one),
        _("Take over"),
    )
    notes = "; ".join(one.notes) or _("as here")
    shown_box = box if one.has_new_price else ""
    return [expected, price, shown_box, notes, one.endpoint.endpoint_id]
