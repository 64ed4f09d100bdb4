"""Messages to a user's webhooks, written in the transaction of what they report.

A job's end must cost users without webhooks nothing, so callers ask first whether `wants`: the
statement that changes the user's balance returns `User.webhook_topics`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.models import PUSH, WebhookAddress, WebhookMessage, WebhookTopic
from artgen.api.times import time_json
from artgen.processes import celery
from artgen.refusals import Refusal

TASK = "generation.send_webhooks"
TEST_TYPE = "test"


class IsOff(Refusal):
    """Nothing is sent to an address that is off; nothing was changed."""

    code = "webhook_is_off"
    status = 409
    text = gettext_lazy("Turn the webhook on first.")


@dataclass(frozen=True)
class WebhookEvent:
    """What has happened. `data` is JSON, thin: a receiver reads the rest from the API."""

    topic: WebhookTopic
    type: str
    data: Mapping[str, Any]
    named: Collection[str] = ()
    """Ids of webhooks that are sent it whatever their topics are."""


class CreditsLowJson(TypedDict):
    """Free credits that have fallen below the limit of the webhook."""

    credits: int
    below: int


def wants(topics: str, topic: WebhookTopic) -> bool:
    """Return whether any of the user's webhooks is sent this; `topics` are the user's."""
    return topic.value in topics.split()


def write(user_id: UUID, events: Sequence[WebhookEvent]) -> None:
    """Write a message for each event to each of the user's webhooks that is sent it.

    Call it inside the transaction of the events.
    """
    addresses = [
        (address, set(address.topics.split())) for address in _locked(user_id, Q(disabled_at=None))
    ]
    _write(
        [
            (address, event.type, event.data)
            for event in events
            for address, topics in addresses
            if event.topic.value in topics or str(address.id) in event.named
        ]
    )


def is_pushed(topics: str) -> bool:
    """Return whether any browser of the user gets push notifications; `topics` are the user's."""
    return PUSH in topics.split()


def write_push(user_id: UUID, data: Mapping[str, Any]) -> None:
    """Write a message of what has ended to each of the user's browsers with push notifications.

    Call it inside the transaction of the end.
    """
    browsers = _locked(user_id, Q(disabled_at=None, session__isnull=False))
    _write([(address, PUSH, data) for address in browsers])


def write_credits_low(user_id: UUID, *, before: int, after: int) -> None:
    """Write `credits.low` to the webhooks whose limit the balance has just fallen below."""
    crossed = Q(credits_below__lte=before, credits_below__gt=after)
    _write(
        [
            (address, "credits.low", CreditsLowJson(credits=after, below=address.credits_below))
            for address in _locked(user_id, Q(disabled_at=None) & crossed)
            if wants(address.topics, WebhookTopic.CREDITS)
        ]
    )


def write_test(address: WebhookAddress) -> WebhookMessage:
    """Write a message for a test of this address, which has one attempt; raise IsOff."""
    data = {"message": "This is a test from ArtGen."}
    with transaction.atomic():
        lock(address)
        return _write([(address, TEST_TYPE, data)])[0]


def lock(address: WebhookAddress) -> None:
    """Keep the address from being turned off until the commit; raise IsOff."""
    if not _locked(address.user_id, Q(pk=address.pk, disabled_at=None)):
        raise IsOff


def wake() -> None:
    """Make a worker look for due messages at once, after the commit; the tick does, too."""
    celery.send(TASK)


def _locked(user_id: UUID, condition: Q) -> list[WebhookAddress]:
    """Return these webhooks. Until the commit they are not deleted or turned off."""
    addresses = WebhookAddress.objects.filter(condition, user_id=user_id).order_by("id")
    return list(addresses.select_for_update(no_key=True).only("id", "topics", "credits_below"))


def _write(
    rows: Sequence[tuple[WebhookAddress, str, Mapping[str, Any]]],
) -> list[WebhookMessage]:
    now = timezone.now()
    messages = [
        WebhookMessage(
            address=address, type=type, body=_body(type, data, at=now), created_at=now, due_at=now
        )
        for address, type, data in rows
    ]
    if messages:
        WebhookMessage.objects.bulk_create(messages)
        wake()
    return messages


def _body(type: str, data: Mapping[str, Any], *, at: datetime) -> str:
    """Return the body as Standard Webhooks has it.

    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    return orjson.dumps({"type": type, "timestamp": time_json(at), "data": data}).decode()
