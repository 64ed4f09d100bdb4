"""Idempotency keys: the same key with the same order places nothing a second time."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.models import User
from artgen.refusals import Refusal
from generation.models import IdempotencyKey, Job


class KeyRefused(Refusal):
    """Nothing can be placed with this Idempotency-Key."""

    text = gettext_lazy("Use a new Idempotency-Key for a new request.")


class KeyReused(KeyRefused):
    """The Idempotency-Key has been used for another request."""

    code = "idempotency_key_reused"
    status = 422


class KeyBusy(KeyRefused):
    """The request with this Idempotency-Key was placed, and its jobs have been deleted since."""

    code = "idempotency_key_busy"
    status = 409


class Twin(Exception):
    """Another request with the same Idempotency-Key has been placed meanwhile."""


@dataclass(frozen=True)
class OrderKey:
    """A key of a user, or of staff for that user, with the order that it is sent with."""

    user: User
    key: str
    by_staff: bool
    is_batch: bool
    requests: Sequence[Mapping[str, Any]]

    def placed(self) -> list[Job] | None:
        """Return the jobs that were placed with this key, None if it is new.

        Raises:
            KeyReused, KeyBusy.
        """
        known = IdempotencyKey.objects.filter(**self._columns).first()
        if known is None:
            return None
        if known.body_sha256 != self._digest:
            raise KeyReused
        own = Job.objects.of(self.user).with_all()
        found = own.filter(batch=known.placed) if self.is_batch else own.filter(id=known.placed)
        jobs = list(found.order_by("id"))
        if not jobs:
            raise KeyBusy
        return jobs

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
        return {"user": self.user, "key": self.key, "by_staff": self.by_staff}

    @property
    def _digest(self) -> str:
        order = json.dumps([self.is_batch, *self.requests], sort_keys=True, default=str)
        return hashlib.sha256(order.encode()).hexdigest()
