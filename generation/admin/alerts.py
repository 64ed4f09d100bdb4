"""Alerts: current and former ones."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from generation.admin.read_only import ReadOnlyModelAdmin
from generation.models import Alert
from generation.operations.alerts import messages


@admin.register(Alert)
class AlertAdmin(ReadOnlyModelAdmin):
    """Alerts, the newest first; written by `generation.operations.alerts`."""

    menu_icon = "notifications"
    list_display = ("sentence", "started_at", "told_at", "ended_at")
    list_filter = ("name",)
    list_display_links = None

    @admin.display(description=_("problem"))
    def sentence(self, alert: Alert) -> str:
        """Return what is wrong."""
        return messages.sentence(alert.name, alert.values)
