"""A user's signed-in devices, and the end of their sessions.

A session is valid while it has the hash of the user's password and of `User.session_epoch`. So one
UPDATE of that counter ends all sessions of the user, also those that are not in the list.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.auth import update_session_auth_hash
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.http import HttpRequest

from accounts import browsers, sockets
from accounts.models import User

MAX_SESSIONS = 20
"""How many devices a user can be signed in on; the oldest is signed out."""


@dataclass(frozen=True)
class Device:
    """One session: where and when the user signed in."""

    id: int
    name: str
    """Browser and system, such as "Firefox, Linux"; may be empty."""
    ip: str
    signed_in_at: datetime
    is_current: bool


def devices_of(request: HttpRequest, user: User) -> list[Device]:
    """Return the user's sessions that are still valid, the current one first, then the newest."""
    key = request.session.session_key
    if not UserSession.objects.filter(session_key=key).exists():  # older than the list
        UserSession.objects.create_from_request(request)
    sessions: Sequence[UserSession] = UserSession.objects.purge_and_list(user)
    devices = [
        Device(
            id=session.pk,
            name=browsers.describe(session.user_agent),
            ip=session.ip,
            signed_in_at=session.created_at,
            is_current=session.session_key == key,
        )
        for session in sessions
    ]
    return sorted(devices, key=lambda device: (not device.is_current, -device.id))


def end(*, user: User, session_id: int) -> bool:
    """End one session of the user; return False if there is no such session."""
    session = UserSession.objects.filter(user=user, pk=session_id).first()
    if session is None:
        return False
    session.end()
    sockets.close_all(user.pk)
    return True


def end_others(request: HttpRequest, user: User) -> None:
    """End all sessions of the user except that of this request, and close the user's sockets."""
    current = request.session.session_key
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    user.refresh_from_db(fields=["session_epoch"])
    update_session_auth_hash(request, user)  # gives the session a new key
    UserSession.objects.filter(user=user).exclude(session_key=current).delete()
    UserSession.objects.filter(user=user).update(session_key=request.session.session_key)
    sockets.close_all(user.pk)


def end_all(user: User) -> None:
    """End all sessions of the user and close the user's sockets. API tokens stay valid."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
        UserSession.objects.filter(user=user).delete()
        sockets.close_all(user.pk)
    user.refresh_from_db(fields=["session_epoch"])


def limit(user: User) -> None:
    """End the user's oldest sessions above MAX_SESSIONS."""
    for session in UserSession.objects.filter(user=user).order_by("-pk")[MAX_SESSIONS:]:
        session.end()


def forget_ended() -> None:
    """Delete the rows of sessions that no longer exist."""
    alive = Session.objects.filter(session_key=OuterRef("session_key"))
    UserSession.objects.filter(~Exists(alive)).delete()
