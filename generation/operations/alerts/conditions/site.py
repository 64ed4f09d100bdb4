"""Whether ArtGen answers at PUBLIC_URL, how it answers requests, and its certificate."""

import contextlib
import ssl
from datetime import timedelta

import requests
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from artgen.observability.certificate import certificate
from generation.operations import request_figures

from .condition import (
    DAY,
    SCALE,
    SEE_LOGS,
    WARNING,
    Condition,
    ConditionGroup,
    Measured,
    SlowConditionGroup,
    minutes,
)

ANSWER_SECONDS = 10


class SiteConditions(ConditionGroup):
    conditions = {"Down": Condition(_("The site does not answer at %(address)s."), SEE_LOGS)}

    def __init__(self) -> None:
        self._has_reached_site = False

    def measure(self) -> Measured:
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


class RequestConditions(ConditionGroup):
    conditions = {
        "Errors": Condition(
            _("%(percent)s %% of all requests fail."),
            SEE_LOGS,
            hold=minutes(5),
            limit=1,  # percent
        ),
        "ApiSlow": Condition(
            _("The API is slow: p95 is %(milliseconds)s ms."),
            SCALE,
            severity=WARNING,
            hold=minutes(5),
            limit=200,  # milliseconds
        ),
    }

    def measure(self) -> Measured:
        percent, milliseconds = request_figures.error_rate()[0], request_figures.api_p95()[0]
        if percent is not None and percent >= self.limit("Errors"):
            yield "Errors", {"percent": round(percent, 1)}
        if milliseconds is not None and milliseconds >= self.limit("ApiSlow"):
            yield "ApiSlow", {"milliseconds": round(milliseconds)}


class CertificateConditions(SlowConditionGroup):
    every = timedelta(hours=1)
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

    def measure(self) -> Measured:
        with contextlib.suppress(OSError):  # not reachable from here: `Down` reports it
            return super().measure()
        return self.values.items()

    def read(self) -> Measured:
        host = settings.PUBLIC_URL.partition("://")[2]
        try:
            served = certificate()
        except ssl.SSLCertVerificationError as error:
            yield "CertificateRefused", {"host": host, "reason": error.verify_message}
            return
        limit = timedelta(seconds=self.limit("CertificateEnds"))
        if served and served.remaining < min(limit, served.lifetime / 4):
            yield "CertificateEnds", {"host": host, "days": max(0, served.remaining.days)}
