"""The messages of a webhook: what is shown of them, sent again, and deleted."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import WebhookAddress, WebhookMessage
from accounts.webhooks import outbox
from artgen.refusals import Refusal

KEPT = timedelta(days=14)
DELETED_AT_ONCE = 1000

FAILED = Q(due_at=None, delivered_at=None)


class MessageState(TextChoices):
    WAITING = "waiting", _("waiting")  # not tried since it was written or replayed
    RETRYING = "retrying", _("will be retried")
    DELIVERED = "delivered", _("delivered")
    FAILED = "failed", _("failed")


class NotFinished(Refusal):
    """The message waits for its next attempt; nothing was changed."""

    code = "webhook_message_waits"
    status = 409
    text = _("This event is still being sent.")


def state_of(message: WebhookMessage) -> MessageState:
    if message.delivered_at:
        return MessageState.DELIVERED
    if message.due_at is None:
        return MessageState.FAILED
    return MessageState.RETRYING if message.attempts else MessageState.WAITING


def newest(address: WebhookAddress, *, before: UUID | None) -> QuerySet[WebhookMessage]:
    messages = address.messages.order_by("-id")
    return messages.filter(id__lt=before) if before else messages


def replay(message: WebhookMessage) -> None:
    """Send a message again, with the same id; raise outbox.IsOff or NotFinished."""
    assert message.address  # noqa: S101 users see no alerts
    if not _replay(message.address, WebhookMessage.objects.filter(pk=message.pk)):
        raise NotFinished


def replay_failed(address: WebhookAddress, *, since: datetime) -> int:
    """Send all failed messages from then on again, and return how many; raise outbox.IsOff."""
    failed = address.messages.filter(FAILED, created_at__gte=since)
    return _replay(address, failed.exclude(type=outbox.TEST_TYPE))


def forget_old() -> None:
    """Delete messages that no attempt is due for and that are older than KEPT."""
    old = WebhookMessage.objects.filter(created_at__lt=timezone.now() - KEPT, due_at=None)
    while ids := list(old.order_by("created_at").values_list("id", flat=True)[:DELETED_AT_ONCE]):
        WebhookMessage.objects.filter(id__in=ids).delete()


def _replay(address: WebhookAddress, messages: QuerySet[WebhookMessage]) -> int:
    with transaction.atomic():
        outbox.lock(address)
        finished = messages.filter(due_at=None)
        count = finished.update(due_at=timezone.now(), attempts=0, delivered_at=None)
        outbox.wake()
    return count
