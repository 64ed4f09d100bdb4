"""Submissions to RunPod that are stopped, by an outage or by staff."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from generation.models import GenerationSwitch, ProviderOutage
from generation.operations.alerts.conditions.condition import (
    Condition,
    ConditionGroup,
    Severity,
    Values,
    minutes,
)


class SubmissionConditions(ConditionGroup):
    conditions = {
        "ProviderOutage": Condition(
            _("Submissions to RunPod are stopped (%(problems)s). Jobs wait and do not fail."),
            _(
                "Set a valid RUNPOD_API_KEY, correct the endpoint, or the request format of its "
                "model. See deploy/docs/operations.md."
            ),
            hold=timedelta(),
        ),
        "CreatingOff": Condition(
            _("Image creation is off."),
            _("Turn it on in the admin, or with manage.py generation on."),
            severity=Severity.INFO,
            hold=minutes(60),
        ),
    }

    def measure(self) -> Iterator[tuple[str, Values]]:
        outages = ProviderOutage.objects.all()
        if problems := [f"{outage.kind} {outage.endpoint_id}" for outage in outages]:
            yield "ProviderOutage", {"problems": "; ".join(problems)}
        if GenerationSwitch.objects.filter(on=False).exists():
            yield "CreatingOff", {}
