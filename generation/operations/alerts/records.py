"""Alerts as rows: opened, sent, repeated, ended. Several machines may check at the same time."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.emails import outbox
from generation.models import Alert, AlertNews
from generation.operations.alerts import messages, webhook
from generation.operations.alerts.conditions import CONDITIONS
from generation.operations.alerts.conditions.condition import kind_of
from generation.operations.alerts.measurements import Findings
from generation.operations.alerts.messages import AlertMessage

REMIND_AFTER = timedelta(days=1)
CLEAR_AFTER = timedelta(minutes=2)
"""How long a condition must be false before its alert ends: figures vary around their limit."""
KEPT = timedelta(days=90)


def apply(findings: Findings) -> None:
    """Open, report and end alerts. Each message is written once, together with the change."""
    now = timezone.now()
    for name, values in findings.wrong.items():
        alert, _created = Alert.objects.get_or_create(
            name=name, ended_at=None, defaults={"values": values, "started_at": now, "seen_at": now}
        )
        Alert.objects.filter(pk=alert.pk).update(values=values, seen_at=now)
        alert.values = values
        if alert.notified_at is None:
            if now - alert.started_at >= CONDITIONS[kind_of(name)].hold:
                _notify(alert, AlertNews.STARTED, now)
        elif now - alert.notified_at >= REMIND_AFTER:
            _notify(alert, AlertNews.REMINDER, now)
    over = Alert.objects.filter(ended_at=None, seen_at__lte=now - CLEAR_AFTER)
    for alert in over.exclude(name__in=findings.wrong).order_by("id"):
        if kind_of(alert.name) in findings.unknown:
            continue
        if alert.notified_at is None:
            Alert.objects.filter(pk=alert.pk, notified_at=None, seen_at=alert.seen_at).delete()
        else:
            _notify(alert, AlertNews.ENDED, now)
    Alert.objects.filter(ended_at__lt=now - KEPT).delete()


def reported() -> set[str]:
    names = Alert.objects.filter(ended_at=None, notified_at__isnull=False)
    return {kind_of(name) for name in names.values_list("name", flat=True)}


def _notify(alert: Alert, news: AlertNews, now: datetime) -> None:
    """Write the messages, unless another process has done so since the row was read."""
    unchanged = Alert.objects.filter(pk=alert.pk, notified_at=alert.notified_at, ended_at=None)
    ended_at = now if news == AlertNews.ENDED else None
    with transaction.atomic():
        if not unchanged.update(notified_at=now, ended_at=ended_at):
            return
        message = AlertMessage(alert.name, alert.values, news, alert.started_at)
        for address, language in messages.recipients():
            outbox.enqueue(messages.alert(message, to=address, language=language))
        if settings.ALERT_WEBHOOK_URL:
            webhook.write(message)
