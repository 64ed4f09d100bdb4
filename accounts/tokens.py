"""API tokens: shown once, stored as a hash, revocable."""

import contextlib
import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts import sockets, token_cache
from accounts.models import ApiToken, User
from artgen.cache import CacheAway
from artgen.refusals import Refusal

PREFIX_LENGTH = 8
LAST_USED_PRECISION = timedelta(minutes=1)
LAST_USED = ApiToken._meta.get_field("last_used_at")


# The ORM needs three times as long for the same query.
OWNER = f"""
SELECT {", ".join(f'owner."{name}"' for name in token_cache.COLUMNS)},
    token.id AS token_id, token.last_used_at IS NULL OR token.last_used_at <= %s AS is_outdated
FROM accounts_apitoken token JOIN accounts_user owner ON owner.id = token.user_id
WHERE token.digest = %s AND token.revoked_at IS NULL AND owner.is_active
"""  # noqa: S608 constants


class TokenNameTaken(Refusal):
    """The user has a live token of this name; nothing was changed."""

    text = gettext_lazy("A token with this name exists. Choose another name.")


class NoSuchToken(Refusal):
    """The user has no live token of this name."""

    code = "not_found"
    status = 404
    text = gettext_lazy("Token not found.")


def issue(*, user: User, name: str) -> str:
    """Return the text of a new token, `ag_` and 40 characters; raise `TokenNameTaken`.

    The text is not stored and cannot be read again.
    """
    text = f"ag_{secrets.token_urlsafe(30)}"
    try:
        with transaction.atomic():
            ApiToken.objects.create(
                user=user, name=name, digest=_digest(text), prefix=text[:PREFIX_LENGTH]
            )
    except IntegrityError as error:
        raise TokenNameTaken from error
    return text


def authenticate(text: str) -> User | None:
    """Return the active user of this active token, else None; store its use once a minute at most.

    Every text takes one hash and one lookup in the cache or the index of hashes, so the time does
    not depend on the text. The user's balances are deferred.
    """
    digest = _digest(text)
    if known := token_cache.owner(digest):
        return known
    now = timezone.now()
    before = LAST_USED.get_db_prep_value(now - LAST_USED_PRECISION, connection)
    for user in User.objects.raw(OWNER, [before, digest]):
        if user.is_outdated:  # type: ignore[attr-defined]
            stale = Q(last_used_at=None) | Q(last_used_at__lte=now - LAST_USED_PRECISION)
            ApiToken.objects.filter(stale, pk=user.token_id).update(last_used_at=now)  # type: ignore[attr-defined]
        with contextlib.suppress(CacheAway):
            token_cache.keep(digest, [getattr(user, name) for name in token_cache.COLUMNS])
        return user
    return None


def owners(texts: Collection[str]) -> dict[str, User]:
    """Return the active user of each active token, as `authenticate` does, in two statements."""
    now = timezone.now()
    digests = {_digest(text): text for text in texts}
    active = ApiToken.objects.filter(digest__in=digests, revoked_at=None, user__is_active=True)
    tokens = list(active.select_related("user").order_by("pk"))
    limit = now - LAST_USED_PRECISION
    if used := [
        token.pk for token in tokens if token.last_used_at is None or token.last_used_at <= limit
    ]:
        stale = Q(last_used_at=None) | Q(last_used_at__lte=limit)
        ApiToken.objects.filter(stale, pk__in=used).update(last_used_at=now)
    return {digests[token.digest]: token.user for token in tokens}


def revoke(*, user: User, name: str) -> None:
    """Revoke the user's token of this name and close the user's sockets; raise `NoSuchToken`."""
    if "\0" in name:  # PostgreSQL would refuse the query
        raise NoSuchToken
    active = ApiToken.objects.filter(user=user, name=name, revoked_at=None)
    if not active.update(revoked_at=timezone.now()):
        raise NoSuchToken
    sockets.close_all(user.pk)


def _digest(text: str) -> str:
    # The text has 240 random bits and cannot be guessed: a fast hash is enough.
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def forget_revoked(*, revoked_before: datetime) -> int:
    """Delete the tokens revoked before then, and return how many."""
    return ApiToken.objects.filter(revoked_at__lt=revoked_before).delete()[0]
