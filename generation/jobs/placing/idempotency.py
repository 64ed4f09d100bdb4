"""Idempotency keys: the same key with the same order places nothing a second time."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy

from artgen.refusals import Refusal
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
    """Another request with the same Idempotency-Key has been placed meanwhile."""


@dataclass(frozen=True)
class OrderKey:
    """The key of an order. Each user has keys of their own, and staff have others for that user."""

    order: JobOrder

    def placed(self) -> PlacedOrder | None:
        """Return what was placed with this key, None if it is new.

        Raises:
            KeyReused, KeyBusy.
        """
        row = IdempotencyKey.objects.filter(**self._columns).first()
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
        # The unique constraint lets a twin wait for the first one's commit, then fail here.
        try:
            with transaction.atomic():
                IdempotencyKey.objects.create(
                    **self._columns,
                    body_sha256=self._digest,
                    placed=placed,
                    created_at=timezone.now(),
                )
        except IntegrityError as error:
            raise Twin from error

    @property
    def _columns(self) -> dict[str, Any]:
        order = self.order
        return {"user": order.user, "key": order.key, "by_staff": order.by_staff}

    @property
    def _digest(self) -> str:
        order = self.order
        # The cells of a sheet with random values differ each time: its key is for what was asked.
        requests = [order.sheet.asked] if order.sheet else order.requests
        text = json.dumps([order.is_batch, *requests], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()
