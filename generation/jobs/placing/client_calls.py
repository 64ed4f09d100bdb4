"""Calls of clients that repeat a request without an Idempotency-Key when its reply is lost.

The official packages of OpenAI do so, with the number of the attempt in X-Stainless-Retry-Count: a
call is known by token, address and body. Its row names the key under which its order is placed, in
the same transaction, so a repetition finds that order, or waits until it is committed, as with a
key of the client's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from generation.models import IdempotencyKey

REPEATED_WITHIN = timedelta(minutes=15)
FIRST, REPETITION = "first", "repetition"

REMEMBER = """
INSERT INTO generation_idempotencykey AS call
    (user_id, key, by_staff, body_sha256, placed, created_at)
VALUES (%s, %s, FALSE, %s, %s, %s)
ON CONFLICT (user_id, key, by_staff) DO UPDATE
SET body_sha256 = excluded.body_sha256, placed = excluded.placed, created_at = excluded.created_at
WHERE NOT (call.created_at >= %s AND call.body_sha256 = ANY(%s))
"""


@dataclass(frozen=True, kw_only=True)
class ClientCall:
    """One call; `digest` is the hash of token, address and body."""

    digest: str
    own_key: str = ""
    """The client's own Idempotency-Key: nothing else tells attempts apart then."""
    attempt: int = 0
    """0 for the first one."""
    arrived_at: datetime = field(default_factory=timezone.now)
    """When the request came to this server."""
    order: UUID = field(default_factory=uuid4)

    @property
    def key(self) -> str:
        """Return the key of its order, if no other attempt has placed one."""
        return self.own_key or f"order {self.order}"

    @property
    def asked(self) -> Mapping[str, Any]:
        """Return what the key stands for."""
        return {"call": self.digest}

    @property
    def is_repeated(self) -> bool:
        """Whether it may have placed its order already."""
        return bool(self.own_key or self.attempt)

    def begin(self, user: User) -> None:
        """Forget an earlier call with the same body: repetitions are of this one from now on."""
        if not self.is_repeated:
            self._rows(user).filter(created_at__lt=self.arrived_at).delete()

    def remember(self, user: User) -> bool:
        """Store it in the transaction of its order; return False if another attempt has one."""
        if self.own_key:
            return True
        mark = REPETITION if self.attempt else FIRST
        values: list[Any] = [user.pk, self._name, mark, self.order, timezone.now()]
        with connection.cursor() as cursor:
            cursor.execute(REMEMBER, [*values, self._known_since, self._known_marks])
            return bool(cursor.rowcount)

    def key_of_placed(self, user: User) -> str:
        """Return the key of the order that an attempt has placed, "" for none."""
        if self.own_key:
            return self.own_key
        others = Q(created_at__gte=self._known_since, body_sha256__in=self._known_marks)
        placed = self._rows(user).filter(Q(placed=self.order) | others)
        order = placed.values_list("placed", flat=True).first()
        return f"order {order}" if order else ""

    def _rows(self, user: User) -> QuerySet[IdempotencyKey]:
        return IdempotencyKey.objects.filter(user=user, key=self._name, by_staff=False)

    @property
    def _name(self) -> str:
        return f"call {self.digest}"

    # A first attempt is a new call, also with the body of an earlier one, unless its own repetition
    # was served before it: by another process, while this one was busy.
    @property
    def _known_since(self) -> datetime:
        return timezone.now() - REPEATED_WITHIN if self.attempt else self.arrived_at

    @property
    def _known_marks(self) -> list[str]:
        return [FIRST, REPETITION] if self.attempt else [REPETITION]
