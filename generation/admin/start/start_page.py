"""The admin's start page, which django-unfold asks for (`UNFOLD` in the settings)."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from artgen.admin import attention
from generation.jobs.live.status_text import error_message
from generation.models import GenerationSwitch
from generation.operations import activity


def context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add what needs a person, the switch, and the last 24 hours, as far as the user may see."""
    shown: dict[str, Any] = {
        "items": attention.items(request),
        "has_rights": request.user.is_superuser or bool(request.user.get_all_permissions()),
    }
    if request.user.has_perm("generation.view_generationswitch"):
        shown["switch"] = GenerationSwitch.objects.first() or GenerationSwitch()
        shown["may_switch"] = request.user.has_perm("generation.change_generationswitch")
    if request.user.has_perm("generation.view_job"):
        day = activity.last_day()
        jobs = reverse("admin:generation_job_changelist")
        shown |= {
            "day": day,
            "success_percent": None if day.success_rate is None else day.success_rate * 100,
            "failures": [
                (f"{jobs}?error={code}&period=hour", code, error_message(code), count)
                for code, count in activity.failures()
            ],
        }
    return context | shown
