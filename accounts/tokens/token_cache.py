"""The owners of API tokens, cached for seconds: nearly every API request needs one.

Whatever ends a token, or changes a cached column of its owner, calls `forget` before it commits. It
leaves a mark that keeps a concurrent request from caching the old row. Balances are not
cached, nor are banned users: a ban calls `forget`.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db.models import Q
from django.utils import timezone

from accounts.models import ApiToken, User

SECONDS = 10
FORGOTTEN_SECONDS = 60  # longer than any request takes between its query and `keep`
FORGOTTEN = "forgotten"
CACHED = {"id", "email", "name", "language", "time_zone", "is_staff", "is_superuser", "is_active"}
COLUMNS = tuple(field.attname for field in User._meta.concrete_fields if field.attname in CACHED)
"""The cached columns in the order that `from_db` needs."""


def values_of(digest: str) -> tuple[Sequence[Any], Sequence[Any]] | None:
    """Return what `keep` has cached, None if there is nothing."""
    values: tuple[Sequence[Any], Sequence[Any]] | str | None = cache.get(_key(digest))
    return None if values is None or isinstance(values, str) else values


def keep(digest: str, owner: Sequence[Any], token: Sequence[Any]) -> None:
    """Cache the values of COLUMNS and those of the token, unless `forget` has been called."""
    cache.add(_key(digest), (list(owner), list(token)), SECONDS)


def forget(user_id: UUID | None) -> None:
    """Drop all tokens of this user that are active or have just been revoked."""
    recent = Q(revoked_at=None) | Q(
        revoked_at__gte=timezone.now() - timedelta(seconds=FORGOTTEN_SECONDS)
    )
    digests = ApiToken.objects.filter(recent, user=user_id).values_list("digest", flat=True)
    marks: Mapping[str, str] = {_key(digest): FORGOTTEN for digest in digests}
    if marks:
        cache.set_many(dict(marks), FORGOTTEN_SECONDS)


def forget_saved(
    *, instance: User, created: bool, update_fields: Collection[str] | None, **_: object
) -> None:
    """Drop a user whose row is saved with a cached column."""
    if not created and (update_fields is None or CACHED.intersection(update_fields)):
        forget(instance.pk)


def _key(digest: str) -> str:
    return f"access:{digest}"
