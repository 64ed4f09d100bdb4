"""Calls of clients that repeat a request without an Idempotency-Key when its reply is lost.

The official packages of OpenAI do so, with the number of the attempt in X-Stainless-Retry-Count: a
call is known by token, address and body. Its row names the key under which its order is placed, so
a repetition finds that order, or waits until it is committed, as with a key of the client's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import connection
from django.utils import timezone

from accounts.models import User
from generation.models import IdempotencyKey

REPEATED_WITHIN = timedelta(minutes=15)
FIRST, REPETITION = "first", "repetition"

# A first attempt is a new call, also with the body of an earlier one, unless its own repetition was
# served before it: by another process, while this one was busy.
FIRST_REPLACES = "NOT (call.body_sha256 = 'repetition' AND call.created_at >= %s)"
REPETITION_REPLACES = "call.created_at < %s"
REMEMBER = """
INSERT INTO generation_idempotencykey AS call
    (user_id, key, by_staff, body_sha256, placed, created_at)
VALUES (%s, %s, FALSE, %s, %s, %s)
ON CONFLICT (user_id, key, by_staff) DO UPDATE
SET body_sha256 = excluded.body_sha256, placed = excluded.placed, created_at = excluded.created_at
WHERE {replaces}
"""


@dataclass(frozen=True)
class ClientCall:
    """One call: `key` is that of its order, `asked` what the key stands for."""

    key: str
    asked: Mapping[str, Any]
    is_repeated: bool = False
    """Whether it may have placed its order already."""


def remember(user: User, *, digest: str, attempt: int, arrived_at: datetime) -> ClientCall:
    """Return the call, new or known.

    Args:
        digest: hash of token, address and body.
        attempt: 0 for the first one.
        arrived_at: when the request came to this server.
    """
    name, now = f"call {digest}", timezone.now()
    if attempt:
        mark, replaces, since = REPETITION, REPETITION_REPLACES, now - REPEATED_WITHIN
    else:
        mark, replaces, since = FIRST, FIRST_REPLACES, arrived_at
    new = uuid4()
    with connection.cursor() as cursor:
        statement = REMEMBER.format(replaces=replaces)
        cursor.execute(statement, [user.pk, name, mark, new, now, since])
        is_new = cursor.rowcount > 0
    if not is_new:
        known = IdempotencyKey.objects.filter(user=user, key=name, by_staff=False)
        new = known.values_list("placed", flat=True).first() or new
    return ClientCall(f"order {new}", {"call": digest}, is_repeated=not is_new)
