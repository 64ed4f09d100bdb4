"""Template tag for warnings on the first page of the admin."""

from typing import Any

from django import template

from generation.models import Job, ProviderOutage

register = template.Library()


@register.inclusion_tag("admin/generation/_attention.html")
def attention() -> dict[str, Any]:
    """Show outages and finished images that cannot be stored."""
    return {"outages": ProviderOutage.objects.all(), "not_stored": Job.objects.not_stored().count()}
