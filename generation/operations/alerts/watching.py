"""The check for alerts: a thread beside the lane `drive`, independent of messages and Redis.

Emails are rows of the outbox as all others, but this thread also sends them: the workers that
usually send them may be what is down. Without the database there are no rows; then it reports that
alone, directly and from memory.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from threading import Event

from django.conf import settings
from django.db import InterfaceError, OperationalError, connections
from django.utils import timezone

from accounts.emails import outbox
from generation.models import AlertNews
from generation.operations.alerts import messages, records, webhook
from generation.operations.alerts.conditions import CONDITIONS
from generation.operations.alerts.measurements import Measurements
from generation.operations.alerts.messages import AlertMessage

log = logging.getLogger(__name__)

CHECK_SECONDS = 30
DATABASE = "DatabaseDown"


def run(end: Event) -> None:
    """Check every CHECK_SECONDS until `end` is set."""
    watch = Watch()
    log.info("checking for alerts every %d s", CHECK_SECONDS)
    while not end.wait(CHECK_SECONDS):
        watch.check()


class Watch:
    def __init__(self) -> None:
        self._measurements = Measurements()
        self._recipients: list[tuple[str, str]] = []
        self._away_since: datetime | None = None
        self._notified: set[str] = set()  # the channels that know that the database is away

    def check(self) -> None:
        """Measure, change the rows of alerts, send messages. Raises nothing."""
        try:
            self._check()
        except (OperationalError, InterfaceError) as error:
            log.warning("the database cannot be reached", extra={"error": repr(error)})
            self._database_away()
        except Exception:
            log.exception("checking for alerts failed")
        finally:
            connections.close_all()  # a connection is used for a moment only

    def _check(self) -> None:
        findings = self._measurements.take()
        self._recipients = messages.recipients()
        records.apply(findings)
        if self._away_since is not None:
            self._database_back(self._away_since)
        outbox.send_due()
        webhook.send_due()

    def _database_away(self) -> None:
        now = timezone.now()
        self._away_since = self._away_since or now
        if now - self._away_since >= CONDITIONS[DATABASE].hold:
            self._notify(AlertNews.STARTED, self._away_since)

    def _database_back(self, since: datetime) -> None:
        notified, self._notified, self._away_since = self._notified, set(), None
        if notified:
            self._notify(AlertNews.ENDED, since)
            self._notified = set()

    def _notify(self, news: AlertNews, since: datetime) -> None:
        """Notify the channels that have not been notified yet, without the database."""
        message = AlertMessage(DATABASE, {}, news, since)
        for address, language in self._recipients:
            email = messages.alert(message, to=address, language=language)
            self._try(address, email.send)
        if settings.ALERT_WEBHOOK_URL:
            self._try("webhook", lambda: webhook.send(message.webhook_body()))

    def _try(self, channel: str, send: Callable[[], object]) -> None:
        if channel in self._notified:
            return
        try:
            send()
        except Exception as error:  # noqa: BLE001 each mail backend has exceptions of its own
            log.warning("an alert could not be sent yet", extra={"error": type(error).__name__})
        else:
            self._notified.add(channel)
