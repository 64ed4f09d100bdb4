"""Addresses of webhooks: added, changed, turned on and off, removed; their secrets.

Every change locks the user's row first, as each end of a job does, and stores there which events
are wanted.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.models import PUSH, User, WebhookAddress, WebhookMessage, WebhookOff, WebhookTopic
from accounts.webhooks import secrets
from artgen.refusals import FieldError, Refusal

MAX_ADDRESSES = 10  # of one user
OLD_SECRET_KEPT = timedelta(days=1)
DELETED_AT_ONCE = 1000


class TooManyWebhooks(Refusal):
    """The user has MAX_ADDRESSES; nothing was changed."""

    code = "too_many_webhooks"
    status = 409
    text = gettext_lazy("The limit of webhooks is reached. Delete one first.")


class WebhookExists(Refusal):
    """The user has a webhook with this address; nothing was changed."""

    def __init__(self) -> None:
        text = str(gettext_lazy("You have a webhook with this address."))
        super().__init__(text, errors=[FieldError("url", "unique", text)])


def of(user: User) -> list[WebhookAddress]:
    """Return the user's webhooks, oldest first."""
    return list(WebhookAddress.objects.receivers().filter(user=user).order_by("id"))


def known(user: User, ids: Collection[str]) -> list[UUID]:
    """Return those of these webhooks that are the user's and turned on."""
    own = WebhookAddress.objects.receivers().filter(user=user, disabled_at=None, id__in=ids)
    return list(own.values_list("id", flat=True))


def add(
    *, user: User, url: str, topics: Collection[str], credits_below: int
) -> tuple[WebhookAddress, str]:
    """Return the new address and its secret, which cannot be read again.

    Raises TooManyWebhooks or WebhookExists.
    """
    secret = secrets.new()
    with changing(user):
        others = of(user)
        if len(others) >= MAX_ADDRESSES:
            raise TooManyWebhooks
        if any(other.url == url for other in others):
            raise WebhookExists
        address = WebhookAddress.objects.create(
            user=user,
            url=url,
            topics=_joined(topics),
            credits_below=credits_below,
            secret=secrets.stored(secret),
        )
    return address, secret


def change(address: WebhookAddress, *, topics: Collection[str], credits_below: int) -> None:
    _change(address, topics=_joined(topics), credits_below=credits_below)


def turn_on(address: WebhookAddress) -> None:
    """Send events from now on; what was to be sent before stays stopped until it is replayed."""
    _change(address, disabled_at=None, disabled_reason="", failing_since=None, paused_until=None)


def turn_off(address: WebhookAddress, *, reason: WebhookOff) -> bool:
    """Stop the messages that wait; return False if the address was off already."""
    with changing(address.user):
        on = WebhookAddress.objects.filter(pk=address.pk, disabled_at=None)
        if not on.update(disabled_at=timezone.now(), disabled_reason=reason):
            return False
        # A worker may be sending one: then it finds that this has changed, and leaves it.
        address.messages.filter(due_at__isnull=False).update(due_at=None)
    return True


def rotate(address: WebhookAddress) -> str:
    """Return a new secret; the one before signs as well for OLD_SECRET_KEPT."""
    secret = secrets.new()
    _change(
        address,
        old_secret=F("secret"),
        old_secret_until=timezone.now() + OLD_SECRET_KEPT,
        secret=secrets.stored(secret),
    )
    return secret


def signing_secrets(address: WebhookAddress, *, now: datetime) -> list[str]:
    """Return the secrets that sign, the newest first; raise `secrets.Unreadable`."""
    texts = [address.secret]
    if address.old_secret_until and address.old_secret_until > now:
        texts.append(address.old_secret)
    return [secrets.read(text) for text in texts]


def remove(address: WebhookAddress) -> None:
    """Delete the address and its messages."""
    turn_off(address, reason=WebhookOff.OWNER)
    # In parts: a job's end must not wait for the deletion of many rows.
    while ids := list(address.messages.values_list("id", flat=True)[:DELETED_AT_ONCE]):
        WebhookMessage.objects.filter(id__in=ids).delete()
    with changing(address.user):
        WebhookAddress.objects.filter(pk=address.pk).delete()


def forget_old_secrets() -> None:
    """Erase the secrets whose rotation has ended."""
    ended = WebhookAddress.objects.filter(old_secret_until__lte=timezone.now())
    # One by one: events lock all addresses of a user.
    for id in list(ended.values_list("id", flat=True)):
        ended.filter(pk=id).update(old_secret="", old_secret_until=None)


def _change(address: WebhookAddress, **fields: Any) -> None:
    with changing(address.user):
        WebhookAddress.objects.filter(pk=address.pk).update(**fields)


@contextmanager
def changing(user: User) -> Iterator[None]:
    """Change the user's addresses within, then store which events they want."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).only("id").get(pk=user.pk)
        yield
        on = WebhookAddress.objects.filter(user=user, disabled_at=None)
        wanted = " ".join(on.values_list("topics", flat=True)).split()
        User.objects.filter(pk=user.pk).update(webhook_topics=_joined(wanted))


def _joined(topics: Collection[str]) -> str:
    return " ".join(topic for topic in (*WebhookTopic.values, PUSH) if topic in topics)
