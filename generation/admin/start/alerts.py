"""Alerts: current and former ones."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from artgen.admin.attention import Item, Urgency, source
from artgen.admin.columns import badge
from artgen.web import formatting
from generation.admin.read_only import ReadOnlyModelAdmin
from generation.models import Alert
from generation.operations.alerts import messages
from generation.operations.alerts.conditions.condition import kind_of

SHOWN = 10
WITH_OWN_ITEM = {
    "NoTicks": "generation.view_job",
    "JobsStuck": "generation.view_job",
    "ImagesNotStored": "generation.view_job",
    "ProviderOutage": "generation.view_provideroutage",
    "CreatingOff": "generation.view_generationswitch",
    "BudgetNear": "generation.view_budget",
    "BudgetReached": "generation.view_budget",
}
"""Alerts of what the start page shows anyway, with a button, to users with this permission."""


@source("generation.view_alert")
def open_alerts(request: HttpRequest) -> Iterator[Item]:
    """Yield what is wrong with the installation now."""
    shown_anyway = {name for name, right in WITH_OWN_ITEM.items() if request.user.has_perm(right)}
    rows = Alert.objects.filter(ended_at=None).order_by("started_at", "id")
    alerts = [alert for alert in rows if kind_of(alert.name) not in shown_anyway]
    now = timezone.now()
    url = f"{reverse('admin:generation_alert_changelist')}?{AlertStateFilter.parameter_name}=open"
    for alert in alerts[:SHOWN]:
        yield Item(
            title=messages.sentence(alert.name, alert.values),
            detail=" ".join(
                (
                    gettext("For %(time)s.")
                    % {"time": formatting.elapsed(alert.started_at, until=now)},
                    messages.advice(alert.name),
                )
            ),
            url=url,
            # No message yet: the problem may end on its own.
            urgency=Urgency.WAITING if alert.notified_at else Urgency.NOTICE,
        )


class AlertStateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [("open", _("Now")), ("ended", _("Ended"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("open", "ended"):
            return queryset
        return queryset.filter(ended_at__isnull=self.value() == "open")


@admin.register(Alert)
class AlertAdmin(ReadOnlyModelAdmin):
    """Alerts, the newest first; written by `generation.operations.alerts`."""

    menu_icon = "notifications"
    list_display = ("sentence", "state", "started_at", "notified_at", "ended_at")
    list_filter = (AlertStateFilter, "name")
    list_display_links = None

    @admin.display(description=_("problem"))
    def sentence(self, alert: Alert) -> SafeString:
        """Return what is wrong, and what to do while it is."""
        advice = "" if alert.ended_at else messages.advice(alert.name)
        text = messages.sentence(alert.name, alert.values)
        return format_html('{}<span class="second">{}</span>', text, advice)

    @admin.display(description=_("state"))
    def state(self, alert: Alert) -> SafeString:
        return badge("published", _("ended")) if alert.ended_at else badge("failed", _("now"))
