"""A user's signed-in devices, and the end of their sessions.

A session is valid while it has the hash of the user's password and of `User.session_epoch`. So one
UPDATE of that counter ends all sessions of the user, also those that are not in the list.

The list has hashes of session keys, because a key is the cookie that signs in. They depend on no
secret: a key is 165 random bits, a new SECRET_KEY must not empty the list, and PostgreSQL has an
index of the same hashes of `django_session`.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.contrib.auth import update_session_auth_hash
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import CharField, Exists, F, Func, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from accounts.sessions import browser_names, socket_access
from accounts.sessions.session_store import SessionStore

MAX_SESSIONS = 20
"""How many devices a user can be signed in on; the oldest is signed out."""


class KeyHash(Func):
    """`hash_of` the keys of a column."""

    template = "left(encode(sha256(%(expressions)s::bytea), 'hex'), 40)"
    output_field = CharField()


def hash_of(session_key: str | None) -> str:
    return hashlib.sha256((session_key or "").encode()).hexdigest()[:40]


@dataclass(frozen=True)
class Device:
    """One session: where and when the user signed in."""

    id: int
    name: str
    """Browser and system, such as "Firefox, Linux"; may be empty."""
    ip: str
    signed_in_at: datetime
    is_current: bool


def add(request: HttpRequest, user: User) -> None:
    if not request.session.session_key:
        request.session.save()
    agent = request.headers.get("User-Agent", "")
    values = {
        "user": user,
        "ip": get_adapter().get_client_ip(request),
        "user_agent": agent[: UserSession._meta.get_field("user_agent").max_length],
        "last_seen_at": timezone.now(),
    }
    key = hash_of(request.session.session_key)
    UserSession.objects.update_or_create(session_key=key, defaults=values)


def of_request(request: HttpRequest, user: User) -> UserSession:
    """Return the row of the current session; add it if the session is older than the list."""
    own = UserSession.objects.filter(user=user)
    key = hash_of(request.session.session_key)
    session = own.filter(session_key=key).first()
    if session is None:
        add(request, user)
        session = own.get(session_key=hash_of(request.session.session_key))
    return session


def devices_of(request: HttpRequest, user: User) -> list[Device]:
    """Return the user's sessions that are still valid, the current one first, then the newest."""
    current = of_request(request, user).session_key
    devices = []
    for session in _with_keys(UserSession.objects.filter(user=user)):
        data = SessionStore(session.key).load() if session.key else {}
        if not socket_access.has_valid_hash(data, user):
            session.delete()
            continue
        devices.append(
            Device(
                id=session.pk,
                name=browser_names.describe(session.user_agent),
                ip=session.ip,
                signed_in_at=session.created_at,
                is_current=session.session_key == current,
            )
        )
    return sorted(devices, key=lambda device: (not device.is_current, -device.id))


def still_valid(sessions: QuerySet[UserSession]) -> QuerySet[UserSession]:
    """Return those that have not ended or expired."""
    return sessions.filter(Exists(_rows()))


def end(*, user: User, session_id: int) -> bool:
    """End one session of the user; return False if there is no such session."""
    session = _with_keys(UserSession.objects.filter(user=user, pk=session_id)).first()
    if session is None:
        return False
    _end(session)
    socket_access.close_all(user.pk)
    return True


def end_others(request: HttpRequest, user: User) -> None:
    """End all sessions of the user except that of this request, and close the user's sockets."""
    current = hash_of(request.session.session_key)
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    user.refresh_from_db(fields=["session_epoch"])
    update_session_auth_hash(request, user)  # gives the session a new key
    UserSession.objects.filter(user=user).exclude(session_key=current).delete()
    UserSession.objects.filter(user=user).update(session_key=hash_of(request.session.session_key))
    socket_access.close_all(user.pk)


def end_all(user: User) -> None:
    """End all sessions of the user and close the user's sockets. API tokens stay valid."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
        UserSession.objects.filter(user=user).delete()
        socket_access.close_all(user.pk)
    user.refresh_from_db(fields=["session_epoch"])


def end_oldest(user: User) -> None:
    """End the user's oldest sessions above MAX_SESSIONS."""
    sessions = UserSession.objects.filter(user=user).order_by("-pk")
    for session in _with_keys(sessions)[MAX_SESSIONS:]:
        _end(session)


def forget_ended() -> None:
    UserSession.objects.filter(~Exists(_rows())).delete()


def _rows() -> QuerySet[Session]:
    """Return the row of the session of an outer query, unless it has expired."""
    rows = Session.objects.annotate(hash=KeyHash("session_key"))
    return rows.filter(hash=OuterRef("session_key"), expire_date__gt=timezone.now())


def _with_keys(sessions: QuerySet[UserSession]) -> QuerySet[UserSession]:
    """Annotate the keys of the sessions, None for those that have ended."""
    annotated: QuerySet[UserSession] = sessions.annotate(
        key=Subquery(_rows().values("session_key"))
    )
    return annotated


def _end(session: UserSession) -> None:
    if session.key:
        SessionStore().delete(session.key)
    session.delete()
