"""The certificate of PUBLIC_URL."""

import contextlib
import ssl
import time
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from artgen.observability.certificate import certificate
from generation.operations.alerts.conditions.condition import (
    DAY,
    Condition,
    ConditionGroup,
    Values,
    minutes,
)

MEASURED_EVERY = timedelta(hours=1)


class CertificateConditions(ConditionGroup):
    conditions = {
        "CertificateEnds": Condition(
            _("The certificate of %(host)s ends in %(days)s days."),
            _("See deploy/docs/https.md."),
            hold=minutes(5),
            limit=14 * DAY,  # or a quarter of its lifetime, if that is less
        ),
        "CertificateRefused": Condition(
            _("Browsers refuse the certificate of %(host)s: %(reason)s."),
            _("See deploy/docs/https.md."),
            hold=minutes(5),
        ),
    }

    def __init__(self) -> None:
        self._values: dict[str, Values] = {}
        self._next_at = 0.0

    def measure(self) -> Iterator[tuple[str, Values]]:
        if time.monotonic() >= self._next_at:
            with contextlib.suppress(OSError):  # not reachable from here: `Down` reports it
                self._values = self._read()
                self._next_at = time.monotonic() + MEASURED_EVERY.total_seconds()
        yield from self._values.items()

    def _read(self) -> dict[str, Values]:
        host = settings.PUBLIC_URL.partition("://")[2]
        try:
            served = certificate()
        except ssl.SSLCertVerificationError as error:
            return {"CertificateRefused": {"host": host, "reason": error.verify_message}}
        limit = timedelta(seconds=self.limit("CertificateEnds"))
        if served is None or served.remaining >= min(limit, served.lifetime / 4):
            return {}
        return {"CertificateEnds": {"host": host, "days": max(0, served.remaining.days)}}
