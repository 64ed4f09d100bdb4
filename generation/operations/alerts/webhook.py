"""Posts about alerts to ALERT_WEBHOOK_URL: rows that are sent, retried and deleted.

The address contains a secret, so neither the log nor an error has more than its host.
"""

import logging
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from django.conf import settings
from django.db.models import F
from django.utils import timezone

from generation.models import AlertPost
from generation.operations.alerts import webhook_address
from generation.operations.alerts.messages import AlertMessage

log = logging.getLogger(__name__)

CONNECT_SECONDS, READ_SECONDS = 5, 10
TOTAL_SECONDS = 30  # a server that sends a byte now and then exceeds no other limit
LEASE = timedelta(minutes=1)  # longer than a post takes
FIRST_PAUSE = timedelta(seconds=30)  # after a failure; doubled each time
MAX_ATTEMPTS = 11  # over eight and a half hours
RETRIED = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)


class NotDelivered(Exception):
    """The webhook did not take a message. `is_final`: it will not take it later, either."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.is_final = is_final


def send_due() -> None:
    """Send the posts that are due; stop at the first one that the webhook does not take now."""
    while post := _claim():
        alert = post.alert
        try:
            message = AlertMessage(alert.name, alert.values, post.news, alert.started_at)
            send(message.webhook_body())
        except NotDelivered as error:
            if not _postpone(post, error):
                continue
            return
        post.delete()


def send(body: Mapping[str, Any]) -> None:
    """Post the body; raises NotDelivered.

    The parameters of the address are part of it, as Telegram's `chat_id` in
    https://core.telegram.org/bots/api#sendmessage.
    """
    address = settings.ALERT_WEBHOOK_URL
    if not webhook_address.is_valid(address):
        raise NotDelivered("ALERT_WEBHOOK_URL is not an https address", is_final=True)
    # A thread, because `requests` has no limit for a whole reply; one that hangs is left behind.
    answered: Future[int] = Future()
    threading.Thread(target=_post, args=(address, body, answered), daemon=True).start()
    try:
        status = answered.result(TOTAL_SECONDS)
    except (requests.RequestException, OSError) as error:
        raise NotDelivered(type(error).__name__) from None
    if not HTTPStatus(200) <= status < HTTPStatus(300):
        is_final = 300 <= status < 500 and status not in RETRIED
        raise NotDelivered(f"status {status}", is_final=is_final)


def _post(address: str, body: Mapping[str, Any], answered: "Future[int]") -> None:
    try:
        with requests.post(
            address,
            json={**dict(parse_qsl(urlsplit(address).query)), **body},
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
            stream=True,  # the reply is not read
        ) as answer:
            answered.set_result(answer.status_code)
    except BaseException as error:  # noqa: BLE001 raised again by `result`
        answered.set_exception(error)


def _claim() -> AlertPost | None:
    """Lease the post that has been due longest, so that no other process sends it as well."""
    now = timezone.now()
    waiting = AlertPost.objects.filter(due_at__lte=now).select_related("alert")
    while post := waiting.order_by("due_at", "id").first():
        leased = AlertPost.objects.filter(pk=post.pk, due_at=post.due_at)
        if leased.update(due_at=now + LEASE, attempts=F("attempts") + 1):
            post.attempts += 1
            return post
    return None


def _postpone(post: AlertPost, error: NotDelivered) -> bool:
    """Set the time of the next attempt; delete the post and return False if there is none."""
    extra = {
        "alert": post.alert.name,
        "host": urlsplit(settings.ALERT_WEBHOOK_URL).hostname,
        "error": str(error),
    }
    if error.is_final or post.attempts >= MAX_ATTEMPTS:
        log.error("a message to the webhook of alerts is given up", extra=extra)
        post.delete()
        return False
    log.warning("a message to the webhook of alerts is not delivered yet", extra=extra)
    AlertPost.objects.filter(pk=post.pk).update(due_at=_next_attempt(post.attempts))
    return True


def _next_attempt(attempts: int) -> datetime:
    pause: timedelta = FIRST_PAUSE * 2 ** (attempts - 1)
    return timezone.now() + pause
