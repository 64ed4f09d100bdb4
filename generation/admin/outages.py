"""Current outages at RunPod."""

from typing import Any

from django.contrib import admin

from generation.admin.read_only import ReadOnlyModelAdmin
from generation.models import ProviderOutage


@admin.register(ProviderOutage)
class ProviderOutageAdmin(ReadOnlyModelAdmin):
    """Outages at RunPod, removed when a probe succeeds."""

    list_display = ("kind", "endpoint_id", "since", "probes", "probe_at", "detail")
    ordering = ("since", "id")
    list_display_links: Any = None
