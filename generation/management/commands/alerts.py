"""`alerts [--test]`: current alerts, and a test message to each receiver."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, no_translations
from django.utils import timezone

from artgen.management.base import BaseCommand
from generation.models import Alert, AlertNews
from generation.operations.alerts import messages, webhook
from generation.operations.alerts.messages import AlertMessage
from generation.operations.alerts.webhook import NotDelivered


class Command(BaseCommand):
    help = (
        "Shows what needs an operator now. With --test sends a test message to ALERT_EMAILS (else "
        "all superusers) and to ALERT_WEBHOOK_URL; exit status 1 if one is not taken."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--test", action="store_true", help="send a test message")

    @no_translations
    def handle(self, *args: object, **options: Any) -> None:
        if options["test"]:
            self._test()
        else:
            self._list()

    def _list(self) -> None:
        alerts = Alert.objects.filter(ended_at=None).order_by("started_at", "id")
        for alert in alerts:
            since = f"{timezone.localtime(alert.started_at):%Y-%m-%d %H:%M}"
            text = messages.sentence(alert.name, alert.values)
            self.stdout.write(f"{since}  {alert.name:<20} {text}")
        if not alerts:
            self.stdout.write("No alert.")

    def _test(self) -> None:
        failed = []
        test = AlertMessage("Test", {}, AlertNews.STARTED, timezone.now())
        channels = 0
        for address, language in messages.recipients():
            channels += 1
            try:
                messages.alert(test, to=address, language=language).send()
            except Exception as error:  # noqa: BLE001 each mail backend has exceptions of its own
                failed.append(f"{address}: {type(error).__name__}")
            else:
                self.stdout.write(f"Sent to {address}.")
        if settings.ALERT_WEBHOOK_URL:
            channels += 1
            try:
                webhook.send(test.webhook_body())
            except NotDelivered as error:
                failed.append(f"webhook: {error}")
            else:
                self.stdout.write("Sent to the webhook.")
        if failed:
            raise CommandError(f"Not delivered: {'; '.join(failed)}.")
        if not channels:
            raise CommandError("No receiver: set ALERT_EMAILS or ALERT_WEBHOOK_URL.")
