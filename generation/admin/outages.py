"""What RunPod refuses at the moment, on a page of its own and on the first page of the admin."""

from typing import Any

from django.contrib import admin

from generation.admin.read_only import ReadOnlyModelAdmin
from generation.models import ProviderOutage


@admin.register(ProviderOutage)
class ProviderOutageAdmin(ReadOnlyModelAdmin):
    """Problems at RunPod: they go by themselves once a probe finds them resolved."""

    list_display = ("kind", "endpoint_id", "since", "probes", "probe_at", "detail")
    ordering = ("since", "id")
    list_display_links: Any = None
