"""API tokens: shown once, stored as a hash, revocable, with scopes, expiry and spending limit."""

import contextlib
import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.access import bans
from accounts.models import ApiToken, Scope, User
from accounts.models.tokens import PROGRAM_MAX_LENGTH
from accounts.sessions import socket_access
from accounts.tokens import token_cache
from artgen.redis.cache import CacheAway
from artgen.refusals import Refusal

PREFIX_LENGTH = 8
LAST_USED_PRECISION = timedelta(minutes=1)


# The ORM needs three times as long for the same query. The columns of the owner are those of
# `token_cache` and the ban.
OWNER = """
SELECT owner.id, owner.email, owner.name, owner.language, owner.time_zone,
    owner.is_staff, owner.is_superuser, owner.is_active,
    owner.banned_at, owner.banned_until, owner.ban_reason,
    token.id AS token_id,
    token.last_used_at IS NULL OR token.last_used_at <= %s OR token.last_used_by <> %s
        AS is_outdated,
    token.scopes, token.credit_limit IS NOT NULL AS has_limit,
    token.expires_at IS NULL OR token.expires_at > %s AS is_cacheable
FROM accounts_apitoken AS token JOIN accounts_user AS owner ON owner.id = token.user_id
WHERE token.digest = %s AND token.revoked_at IS NULL AND owner.is_active
    AND (token.expires_at IS NULL OR token.expires_at > %s)
"""


@dataclass(frozen=True)
class TokenAccess:
    """What a valid token allows its owner's program."""

    user: User
    token_id: UUID
    scopes: frozenset[str]
    has_limit: bool
    """Whether the token has a spending limit; `accounts.credits.ledger` counts the credits."""


class TokenNameTaken(Refusal):
    """The user has a live token of this name; nothing was changed."""

    text = gettext_lazy("A token with this name exists. Choose another name.")


class NoSuchToken(Refusal):
    """The user has no live token of this name."""

    code = "not_found"
    status = 404
    text = gettext_lazy("Token not found.")


def issue(
    *,
    user: User,
    name: str,
    scopes: Collection[str] = Scope.values,
    expires_at: datetime | None = None,
    credit_limit: int | None = None,
) -> str:
    """Return the text of a new token, `ag_` and 40 characters; raise `TokenNameTaken`.

    The text is not stored and cannot be read again. `scopes` are members of Scope, at least one.
    """
    text = f"ag_{secrets.token_urlsafe(30)}"
    try:
        with transaction.atomic():
            ApiToken.objects.create(
                user=user,
                name=name,
                digest=_digest(text),
                prefix=text[:PREFIX_LENGTH],
                scopes=" ".join(scope for scope in Scope.values if scope in scopes),
                expires_at=expires_at,
                credit_limit=credit_limit,
            )
    except IntegrityError as error:
        raise TokenNameTaken from error
    return text


def authenticate(text: str) -> User | None:
    """Return the active user of this valid token, else None; raise as `access` does."""
    valid = access(text)
    return valid.user if valid else None


def access(text: str, *, program: str = "") -> TokenAccess | None:
    """Return what this valid token of an active user allows, else None.

    Its use by this program is stored once a minute at most. Every text takes one hash and one
    lookup in the cache or the index of hashes, so the time does not depend on the text. The user's
    balances are deferred. Raise `bans.Banned` while the owner is banned.
    """
    digest = _digest(text)
    if known := token_cache.values_of(digest):
        owner, token = known
        return _access(User.from_db("default", token_cache.COLUMNS, owner), token)
    now = timezone.now()
    before, cached_until = now - LAST_USED_PRECISION, now + timedelta(seconds=token_cache.SECONDS)
    program = "".join(filter(str.isprintable, program))[:PROGRAM_MAX_LENGTH]
    for user in User.objects.raw(OWNER, [before, program, cached_until, digest, now]):
        row: Any = user
        bans.check(user)  # before the cache, which therefore has no banned user
        if row.is_outdated:
            stale = _unused_since(before) | ~Q(last_used_by=program)
            tokens = ApiToken.objects.filter(stale, pk=row.token_id)
            tokens.update(last_used_at=now, last_used_by=program)
        token = (row.token_id, row.scopes, bool(row.has_limit))
        if row.is_cacheable:
            owner = [getattr(user, name) for name in token_cache.COLUMNS]
            with contextlib.suppress(CacheAway):
                token_cache.keep(digest, owner, token)
        return _access(user, token)
    return None


def _access(user: User, token: Sequence[Any]) -> TokenAccess:
    token_id, scopes, has_limit = token
    return TokenAccess(user, token_id, frozenset(scopes.split()), has_limit)


@dataclass(frozen=True)
class TokenOwner:
    """Whose a valid token is, and until when; None: until it is revoked."""

    user: User
    expires_at: datetime | None


def owners(texts: Collection[str]) -> dict[str, TokenOwner]:
    """Return the active user of each valid token that may read, in two statements.

    Users who are banned are left out.
    """
    now = timezone.now()
    digests = {_digest(text): text for text in texts}
    active = ApiToken.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=now),
        digest__in=digests,
        revoked_at=None,
        user__is_active=True,
        scopes__contains=Scope.READ,
    )
    tokens = list(active.select_related("user").order_by("pk"))
    limit = now - LAST_USED_PRECISION
    if used := [
        token.pk for token in tokens if token.last_used_at is None or token.last_used_at <= limit
    ]:
        ApiToken.objects.filter(_unused_since(limit), pk__in=used).update(last_used_at=now)
    return {
        digests[token.digest]: TokenOwner(token.user, token.expires_at)
        for token in tokens
        if not token.user.is_banned
    }


def revoke(*, user: User, name: str) -> None:
    """Revoke the user's token of this name and close the user's sockets; raise `NoSuchToken`."""
    if "\0" in name:  # PostgreSQL would refuse the query
        raise NoSuchToken
    active = ApiToken.objects.filter(user=user, name=name, revoked_at=None)
    if not active.update(revoked_at=timezone.now()):
        raise NoSuchToken
    socket_access.close_all(user.pk)


def revoke_all(*, user: User) -> int:
    """Revoke the user's tokens, close the user's sockets and return how many there were."""
    count = ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())
    socket_access.close_all(user.pk)
    return count


def scope_labels(scopes: Collection[str]) -> list[str]:
    return [str(Scope(scope).label) for scope in Scope.values if scope in scopes]


def valid_of(user: User) -> QuerySet[ApiToken]:
    """Return the user's tokens that are not revoked, newest first; some may have expired."""
    return user.tokens.filter(revoked_at=None).order_by("-created_at", "-id")


def _unused_since(moment: datetime) -> Q:
    return Q(last_used_at=None) | Q(last_used_at__lte=moment)


def _digest(text: str) -> str:
    # The text has 240 random bits and cannot be guessed: a fast hash is enough.
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def forget_revoked(*, revoked_before: datetime) -> int:
    """Delete the tokens revoked before then, and return how many."""
    return ApiToken.objects.filter(revoked_at__lt=revoked_before).delete()[0]
