"""Send what is due to users' webhooks: claim, send in threads, record, until nothing is due.

A slow receiver holds threads of this process only, which do nothing else; the thread of the task
alone uses the database. A lease on the message lets one process send it. A process that is killed
before it has recorded an attempt sends the message twice.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from random import uniform
from typing import TypedDict

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.emails import outbox as emails
from accounts.emails import texts
from accounts.models import WebhookAddress, WebhookMessage, WebhookOff
from accounts.webhooks import addresses, outbox, push, push_browsers, receiver, secrets
from accounts.webhooks.receiver import AttemptError, WebhookReply
from artgen.api.times import time_json
from artgen.database import pooling, raw_sql
from artgen.database.due_rows import update_claimed

log = logging.getLogger(__name__)

# Pauses after each attempt that failed, those of the specification; the first is made at once.
PAUSES = (
    *(timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30)),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
JITTER = 0.1  # of a pause, added: receivers are not called at the same moment
OFF_AFTER = timedelta(days=3)  # of failed attempts only
SLOW_DOWN = (
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.GATEWAY_TIMEOUT,
)
SLOW_DOWN_PAUSE = timedelta(minutes=1)  # of the whole address, unless it says how long
LEASE = timedelta(minutes=2)  # longer than an attempt takes
RUN_SECONDS = 20.0  # until the last claim: a worker that stops waits for it and for its attempts
THREADS = 64
THREADS_OF_FAILING = THREADS // 2  # of all addresses whose last attempt failed
AT_ONCE = 4  # to one address, from this process
AT_ONCE_IF_FAILING = 1
ATTEMPTS_KEPT = 20  # of one message that is replayed again and again

# The addresses with a message that waits are read by jumps in the index `webhook_due`, and of each
# only as many messages as may be sent at once: a backlog of one address costs others nothing.
CLAIM = """
WITH RECURSIVE waiting AS (
    (
        SELECT address_id FROM accounts_webhookmessage
        WHERE due_at IS NOT NULL ORDER BY address_id LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT address_id FROM accounts_webhookmessage
        WHERE due_at IS NOT NULL AND address_id > waiting.address_id ORDER BY address_id LIMIT 1
    )
    FROM waiting WHERE waiting.address_id IS NOT NULL
),
ready AS (
    SELECT message.id, message.due_at, message.turn, failing_since IS NOT NULL AS is_failing
    FROM waiting
    JOIN accounts_webhookaddress AS address ON address.id = waiting.address_id
    JOIN accounts_user AS owner ON owner.id = address.user_id
    LEFT JOIN unnest(%(busy_ids)s::uuid[], %(busy_counts)s::int[]) AS busy (id, count)
        ON busy.id = address.id
    CROSS JOIN LATERAL (
        SELECT id, due_at, row_number() OVER (ORDER BY due_at, id) AS turn
        FROM accounts_webhookmessage
        WHERE address_id = address.id AND due_at <= %(now)s
        ORDER BY due_at, id LIMIT %(at_once)s
    ) AS message
    WHERE address.disabled_at IS NULL
        AND (address.paused_until IS NULL OR address.paused_until <= %(now)s)
        AND owner.is_active
        AND (owner.banned_at IS NULL OR owner.banned_until <= %(now)s)
        AND message.turn <= COALESCE(-busy.count, 0)
            + CASE WHEN failing_since IS NULL THEN %(at_once)s ELSE %(at_once_if_failing)s END
),
chosen AS (
    SELECT id FROM (
        SELECT *, row_number() OVER (PARTITION BY is_failing ORDER BY turn, due_at, id) AS place
        FROM ready
    ) AS ordered
    WHERE place <= CASE WHEN is_failing THEN %(free_for_failing)s ELSE %(free)s END
    ORDER BY is_failing, place LIMIT %(free)s
)
UPDATE accounts_webhookmessage AS message SET due_at = %(lease)s, attempts = attempts + 1
WHERE id IN (SELECT id FROM chosen) AND due_at <= %(now)s
RETURNING {columns}
"""

_turn = threading.Lock()


class AttemptJson(TypedDict):
    """One attempt, as `WebhookMessage.attempt_log` has it."""

    at: str
    ms: int
    status: int  # 0: there was no reply
    error: str  # a member of AttemptError; "" with a reply
    text: str  # the beginning of the reply, or what the system said


@dataclass(frozen=True)
class SentMessage:
    """A message that this process sends, and the address as it was when it was claimed."""

    message: WebhookMessage
    address: WebhookAddress


def hint_if_due() -> None:
    """Send a message if something is due; the tick calls it."""
    # Sorted, so that no plan reads what is not due.
    due = WebhookMessage.objects.filter(due_at__lte=timezone.now()).order_by("due_at")
    if due.values("due_at").first():
        outbox.wake()


def send_due() -> None:
    """Send what is due; do nothing if this process does so already.

    After RUN_SECONDS another task continues, while this one waits for its attempts.
    """
    if not _turn.acquire(blocking=False):
        return
    end = time.monotonic() + RUN_SECONDS
    running: dict[Future[WebhookReply], SentMessage] = {}
    with ThreadPoolExecutor(THREADS, thread_name_prefix="webhook") as threads:
        try:
            while (claimed := claim(running)) or running:
                running |= {threads.submit(_send, attempt): attempt for attempt in claimed}
                _record_ended(running)
                if time.monotonic() > end:
                    break
        finally:
            _turn.release()
        if time.monotonic() > end:
            outbox.wake()
        while running:
            _record_ended(running)


def _record_ended(running: dict[Future[WebhookReply], SentMessage]) -> None:
    """Wait until attempts have ended, or others may have become due; record those."""
    pooling.give_back()
    for future in wait(running, timeout=0.5, return_when=FIRST_COMPLETED).done:
        attempt = running.pop(future)
        try:
            _record(attempt, future.result())
        except Exception:  # its lease ends, and it is sent again
            log.exception(
                "an attempt is not recorded", extra={"webhook_message": attempt.message.message_id}
            )


def claim(running: Mapping[Future[WebhookReply], SentMessage]) -> list[SentMessage]:
    """Lease what is due, as far as there are threads and the address may be sent more."""
    free = THREADS - len(running)
    if not free:
        return []
    now = timezone.now()
    busy = Counter(attempt.address.id for attempt in running.values())
    failing = sum(attempt.address.failing_since is not None for attempt in running.values())
    messages = raw_sql.fetch(
        WebhookMessage,
        CLAIM.replace("{columns}", raw_sql.columns(WebhookMessage, of="message")),
        {
            "now": now,
            "lease": now + LEASE,
            "busy_ids": list(busy),
            "busy_counts": list(busy.values()),
            "at_once": AT_ONCE,
            "at_once_if_failing": AT_ONCE_IF_FAILING,
            "free": free,
            "free_for_failing": max(0, THREADS_OF_FAILING - failing),
        },
    )
    known = WebhookAddress.objects.select_related("user").in_bulk(
        {message.address_id for message in messages}
    )
    for id in push_browsers.signed_out(known.values()):
        addresses.remove(known.pop(id))
    return [
        SentMessage(message, known[message.address_id])
        for message in sorted(messages, key=lambda message: message.id)
        if message.address_id in known  # else just deleted
    ]


def _send(attempt: SentMessage) -> WebhookReply:
    """Send the message; without the database, in a thread of its own."""
    message, now = attempt.message, timezone.now()
    if attempt.address.is_browser:
        return push.send(attempt.address, message)
    try:
        keys = addresses.signing_secrets(attempt.address, now=now)
    except secrets.Unreadable:
        return WebhookReply(now, error=AttemptError.SECRET)
    return receiver.send(
        attempt.address.url, message_id=message.message_id, body=message.body, secrets=keys
    )


def _record(attempt: SentMessage, reply: WebhookReply) -> None:
    """Store what came of the attempt, and when the next one is due."""
    message, address = attempt.message, attempt.address
    attempt_log = [*message.attempt_log, _attempt_json(reply)][-ATTEMPTS_KEPT:]
    of_address = WebhookAddress.objects.filter(pk=address.pk)
    if reply.is_ok:
        WebhookMessage.objects.filter(pk=message.pk).update(
            delivered_at=timezone.now(), due_at=None, attempt_log=attempt_log
        )
        of_address.filter(~Q(failing_since=None)).update(failing_since=None, paused_until=None)
        return
    due_at = next_attempt(message, reply)
    if address.is_browser and due_at and due_at > message.created_at + push.USEFUL_FOR:
        due_at = None
    # Unless it was turned off or replayed meanwhile: then its next attempt is decided.
    update_claimed(message, due_at=due_at, attempt_log=attempt_log)
    if message.type == outbox.TEST_TYPE:
        return
    of_address.update(failing_since=Coalesce("failing_since", reply.at), **_pause(reply))
    _turn_off_if_hopeless(address, reply)


def _attempt_json(reply: WebhookReply) -> AttemptJson:
    return {
        "at": time_json(reply.at),
        "ms": round(reply.seconds * 1000),
        "status": reply.status,
        "error": reply.error.value if reply.error else "",
        "text": reply.text,
    }


def next_attempt(message: WebhookMessage, reply: WebhookReply) -> datetime | None:
    """Return when to send a message again after this reply, None for never."""
    if message.type == outbox.TEST_TYPE or message.attempts > len(PAUSES):
        return None
    pause = PAUSES[message.attempts - 1] * uniform(1, 1 + JITTER)  # noqa: S311
    return timezone.now() + max(pause, timedelta(seconds=reply.retry_after))


def _pause(reply: WebhookReply) -> dict[str, datetime]:
    if reply.status not in SLOW_DOWN:
        return {}
    pause = timedelta(seconds=reply.retry_after) or SLOW_DOWN_PAUSE
    return {"paused_until": timezone.now() + pause}


def _turn_off_if_hopeless(address: WebhookAddress, reply: WebhookReply) -> None:
    """Turn the address off after 410, or OFF_AFTER of failed attempts, and write to its owner.

    A browser is removed without an email: its user turns notifications on again.
    """
    is_gone = reply.status == HTTPStatus.GONE
    if address.is_browser:
        is_gone = reply.status in push.GONE or reply.error is AttemptError.SECRET
    if is_gone:
        reason = WebhookOff.GONE
    elif address.failing_since and reply.at - address.failing_since >= OFF_AFTER:
        reason = WebhookOff.FAILING
    else:
        return
    if address.is_browser:
        addresses.remove(address)
        return
    with transaction.atomic():
        if addresses.turn_off(address, reason=reason):
            emails.enqueue(texts.webhook_off(address=address, reason=reason))
            log.info("a webhook is turned off", extra={"webhook": str(address.id)})
