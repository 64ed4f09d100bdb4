"""Current outages at the provider."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from artgen.admin.actions import back_to_start, on_each
from artgen.refusals import Refusal
from generation.admin.read_only import ReadOnlyModelAdmin
from generation.jobs.engine import outages
from generation.models import ProviderOutage


@admin.register(ProviderOutage)
class ProviderOutageAdmin(ReadOnlyModelAdmin):
    """Outages at the provider, removed when a probe succeeds or staff resume."""

    menu_icon = "cloud_off"
    list_display = ("kind", "provider", "endpoint_id", "since", "probes", "probe_at", "detail")
    ordering = ("since", "id")
    list_display_links = None
    actions = ("probe", "resume")

    def has_probe_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("generation.change_provideroutage")

    @admin.action(description=_("Check now"), permissions=["probe"])
    def probe(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Let the next tick check whether the outages are over."""

        def probe(outage: ProviderOutage) -> None:
            if not outages.request_probe(outage):
                raise Refusal(gettext("it is already over."))

        def done(count: int) -> str:
            return ngettext("Checking %(count)d problem.", "Checking %(count)d problems.", count)

        rows = queryset.order_by("since", "id")
        on_each(self, request, rows, probe, logged="check requested", done_text=done)
        return back_to_start(request)

    @admin.action(description=_("Resume submissions"), permissions=["probe"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """End outages by replies that could not be read."""

        def resume(outage: ProviderOutage) -> None:
            if not outages.resume(outage):
                raise Refusal(gettext("it ends when a check succeeds."))

        def done(count: int) -> str:
            return ngettext("%(count)d endpoint resumes.", "%(count)d endpoints resume.", count)

        rows = queryset.order_by("since", "id")
        on_each(self, request, rows, resume, logged="resumed", done_text=done)
        return back_to_start(request)
