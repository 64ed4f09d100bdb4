"""Whose token it is, remembered for seconds: nearly every call of the API asks for it.

Whatever may end a token, or change what is remembered of its owner, calls `forget` before it commits: from then on the
database is asked, until nobody can still hold what it said before. Balances are not remembered: they are read when they
are looked at.
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
FORGOTTEN_SECONDS = 60  # longer than any request takes from the database's answer to `keep`
FORGOTTEN = "forgotten"
WANTED = {"id", "email", "name", "language", "time_zone", "is_staff", "is_superuser", "is_active"}
COLUMNS = tuple(
    field.attname for field in User._meta.concrete_fields if field.attname in WANTED
)  # `from_db` wants it so


def owner(digest: str) -> User | None:
    """Return the owner of the token, None where that is not known."""
    values: Sequence[Any] | str | None = cache.get(_key(digest))
    return (
        None if values is None or values == FORGOTTEN else User.from_db("default", COLUMNS, values)
    )


def keep(digest: str, values: Sequence[Any]) -> None:
    """Remember the owner by the values of COLUMNS, unless it is to be forgotten."""
    cache.add(_key(digest), list(values), SECONDS)


def forget(user_id: UUID) -> None:
    """Let the database be asked about all tokens of this user that are live, or have been until a moment ago."""
    lately = Q(revoked_at=None) | Q(
        revoked_at__gte=timezone.now() - timedelta(seconds=FORGOTTEN_SECONDS)
    )
    digests = ApiToken.objects.filter(lately, user=user_id).values_list("digest", flat=True)
    marks: Mapping[str, str] = {_key(digest): FORGOTTEN for digest in digests}
    if marks:
        cache.set_many(dict(marks), FORGOTTEN_SECONDS)


def forget_saved(
    *, instance: User, created: bool, update_fields: Collection[str] | None, **_: Any
) -> None:
    """Forget what is remembered of a user whose row is saved with a change of it."""
    if not created and (update_fields is None or WANTED.intersection(update_fields)):
        forget(instance.pk)


def _key(digest: str) -> str:
    return f"token:{digest}"
