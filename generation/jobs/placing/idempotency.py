"""Idempotency keys: the same key with the same order places nothing a second time."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.models import User
from artgen.refusals import Refusal
from generation.jobs.placing.client_calls import ClientCall
from generation.jobs.placing.job_order import JobOrder, PlacedOrder
from generation.models import IdempotencyKey, Job


class OrderKeyRefused(Refusal):
    text = gettext_lazy("Use a new Idempotency-Key for a new request.")


class KeyReused(OrderKeyRefused):
    """The Idempotency-Key has been used for another request."""

    code = "idempotency_key_reused"
    status = 422


class KeyBusy(OrderKeyRefused):
    """The request with this Idempotency-Key was placed, and its jobs have been deleted since."""

    code = "idempotency_key_busy"
    status = 409


class Twin(Exception):
    """Another request with the same Idempotency-Key has been placed before."""


# A twin waits here for the first one's commit.
REMEMBER = """
INSERT INTO generation_idempotencykey (user_id, key, by_staff, body_sha256, placed, created_at)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (user_id, key, by_staff) DO NOTHING
"""


@dataclass(frozen=True)
class OrderKey:
    """The key of an order. Each user has keys of their own, and staff have others for that user."""

    order: JobOrder

    def placed(self) -> PlacedOrder | None:
        """Return what was placed with this key, None if it is new.

        Raises:
            KeyReused, KeyBusy.
        """
        columns, call = self._columns, self.order.call
        if call:
            columns["key"] = call.key_of_placed(self.order.user)
        row = IdempotencyKey.objects.filter(**columns).first()
        if row is None:
            return None
        if row.body_sha256 != self._digest:
            raise KeyReused
        ids = {"batch": row.placed} if self.order.is_batch else {"id": row.placed}
        jobs = list(Job.objects.of(self.order.user).with_all().filter(**ids).order_by("id"))
        if not jobs:
            raise KeyBusy
        return PlacedOrder(jobs, batch=jobs[0].batch, created=False)

    def remember(self, placed: UUID) -> None:
        """Store the key for a batch or a job that is placed in the same transaction.

        Raises:
            Twin: another request has stored it; nothing was stored.
        """
        call = self.order.call
        if call and not call.remember(self.order.user):
            raise Twin
        values = [*self._columns.values(), self._digest, placed, timezone.now()]
        with connection.cursor() as cursor:
            cursor.execute(REMEMBER, values)
            if not cursor.rowcount:
                raise Twin

    @property
    def _columns(self) -> dict[str, Any]:
        order = self.order
        return {"user_id": order.user.pk, "key": order.key, "by_staff": order.by_staff}

    @property
    def _digest(self) -> str:
        order = self.order
        # The cells of a sheet with random values differ each time: its key is for what was asked.
        asked = order.sheet["asked"] if order.sheet else order.call and order.call.asked
        requests = [asked] if asked else order.requests
        text = json.dumps([order.is_batch, *requests], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


def placed_by_call(user: User, call: ClientCall) -> PlacedOrder | None:
    """Return what this call has placed before; raises as `OrderKey.placed`."""
    return OrderKey(JobOrder(user, [], key=call.key, call=call)).placed()
