"""Authentication of sockets, and closing them when a user's access may have ended.

After sign-out, a new password, a revoked token, a ban or a locked account, all sockets of the user
are closed. Clients that are still allowed reconnect within a second, the others are refused. So a
socket checks its user only when it opens; one that a token opened is closed when the token expires.
"""

import logging
from collections.abc import Collection
from functools import partial
from importlib import import_module
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import auth
from django.core.cache import cache
from django.db import transaction
from django.utils.crypto import constant_time_compare

from accounts.models import User
from accounts.sessions import second_factor_rules
from accounts.tokens import token_cache
from artgen.redis.channel_layers import send_to_group

log = logging.getLogger(__name__)

MESSAGE = "account.changed"


def group(user_id: UUID | None) -> str:
    return f"user.{user_id}"


_sessions = import_module(settings.SESSION_ENGINE)


def signed_in(keys: Collection[str]) -> dict[str, User]:
    """Return the active user of each session, as Django finds it, in two round trips for all."""
    stores = {key: _sessions.SessionStore(key) for key in keys}
    stores = {key: store for key, store in stores.items() if store.session_key}
    cached = cache.get_many([store.cache_key for store in stores.values()])
    sessions = {key: cached.get(store.cache_key) or store.load() for key, store in stores.items()}
    users = User.objects.in_bulk({id for session in sessions.values() if (id := _user_id(session))})
    return {
        key: user
        for key, session in sessions.items()
        if (id := _user_id(session))
        and (user := users.get(id))
        and user.is_active
        and not user.is_banned
        and has_valid_hash(session, user)
        and not second_factor_rules.is_missing(session, user)
    }


def _user_id(session: dict[str, Any]) -> UUID | None:
    if session.get(auth.BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    id: UUID = User._meta.pk.to_python(session[auth.SESSION_KEY])
    return id


def has_valid_hash(session: dict[str, Any], user: User) -> bool:
    """Return whether the session began with the user's present password and session epoch."""
    stored_hash = session.get(auth.HASH_SESSION_KEY, "")
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(stored_hash, valid) for valid in hashes)


def close_all(user_id: UUID | None) -> None:
    """Close all sockets of the user after commit, and drop the user from the token cache."""
    token_cache.forget(user_id)
    transaction.on_commit(partial(_close_all, user_id), robust=True)


def _close_all(user_id: UUID | None) -> None:
    try:
        send_to_group(group(user_id), {"type": MESSAGE})
    except Exception as error:  # noqa: BLE001 each channel layer has exceptions of its own
        log.error(
            "open sockets could not be closed", extra={"user": str(user_id), "error": repr(error)}
        )
