"""Alerts to ALERT_WEBHOOK_URL: webhook messages without an address of a user.

The address contains a secret, so neither the log nor an error has more than its host.
"""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.utils import timezone

from accounts.models import WebhookMessage
from accounts.webhooks import delivery, receiver
from accounts.webhooks.receiver import AttemptError, WebhookReply
from artgen.database.due_rows import claim_due, update_claimed
from generation.operations.alerts import webhook_address
from generation.operations.alerts.messages import AlertMessage

log = logging.getLogger(__name__)

RETRIED = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)


class NotDelivered(Exception):
    """The webhook did not take a message."""

    def __init__(self, reply: WebhookReply) -> None:
        super().__init__(f"status {reply.status}" if reply.error is None else reply.error.value)
        self.reply = reply

    @property
    def is_final(self) -> bool:
        """Return whether the webhook will not take the message later, either."""
        status, error = self.reply.status, self.reply.error
        return error is AttemptError.ADDRESS or (300 <= status < 500 and status not in RETRIED)


def write(message: AlertMessage) -> None:
    """Write the message in the transaction of what it reports."""
    WebhookMessage.objects.create(type="alert", body=json.dumps(message.webhook_body()))


def send_due() -> None:
    """Send the messages that are due; stop at the first one that the webhook does not take now."""
    while message := claim_due(WebhookMessage.objects.filter(address=None), lease=delivery.LEASE):
        try:
            send(json.loads(message.body))
        except NotDelivered as error:
            due_at = None if error.is_final else delivery.next_attempt(message, error.reply)
            update_claimed(message, due_at=due_at)
            host = urlsplit(settings.ALERT_WEBHOOK_URL).hostname
            log.log(
                logging.WARNING if due_at else logging.ERROR,
                "an alert is not delivered to the webhook",
                extra={"host": host, "error": str(error), "is_retried": due_at is not None},
            )
            if due_at:
                return
        else:
            update_claimed(message, due_at=None, delivered_at=timezone.now())


def send(body: Mapping[str, Any]) -> None:
    """Post the body; raises NotDelivered.

    The parameters of the address are part of it, as Telegram's `chat_id` in
    https://core.telegram.org/bots/api#sendmessage.
    """
    address, now = settings.ALERT_WEBHOOK_URL, timezone.now()
    if not webhook_address.is_valid(address):
        raise NotDelivered(WebhookReply(now, error=AttemptError.ADDRESS))
    reply = receiver.post(
        address,
        headers={"Content-Type": "application/json"},
        body=json.dumps({**dict(parse_qsl(urlsplit(address).query)), **body}).encode(),
        at=now,
        is_trusted=True,
    )
    if not reply.is_ok:
        raise NotDelivered(reply)
