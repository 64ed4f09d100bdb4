"""Whether ArtGen answers at PUBLIC_URL."""

from collections.abc import Iterator

import requests
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from generation.operations.alerts.conditions.condition import (
    SEE_LOGS,
    Condition,
    ConditionGroup,
    Values,
)

ANSWER_SECONDS = 10


class SiteConditions(ConditionGroup):
    conditions = {
        "Down": Condition(
            _("The site does not answer at %(address)s."),
            SEE_LOGS,
        ),
    }

    def __init__(self) -> None:
        self._has_reached_site = False

    def measure(self) -> Iterator[tuple[str, Values]]:
        """Request /healthz at PUBLIC_URL; report nothing if it was never reached from here."""
        try:
            requests.get(
                f"{settings.PUBLIC_URL}/healthz", timeout=ANSWER_SECONDS, allow_redirects=False
            ).raise_for_status()
        except requests.RequestException:
            if self._has_reached_site:
                yield "Down", {"address": settings.PUBLIC_URL}
        else:
            self._has_reached_site = True
