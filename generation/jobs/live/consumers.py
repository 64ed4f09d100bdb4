"""The WebSocket: a snapshot of the user's active jobs on connect, then every change."""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import parse_cookie
from django.utils import timezone, translation
from redis.exceptions import RedisError

from accounts.limits.concurrency_slots import ConcurrencySlot
from accounts.models import User
from accounts.sessions import socket_access
from accounts.tokens import tokens
from artgen.database.pool_threads import THREADS, in_thread, with_connection
from artgen.http.untrusted import InvalidJSON, parse_json
from artgen.logs import log_context, request_ids
from generation.jobs.live import events, presence
from generation.jobs.live.batching import Batched
from generation.jobs.live.job_json import JobJson, jobs_json
from generation.models import Job

log = logging.getLogger(__name__)

UNAUTHENTICATED = 4401
TOO_MANY = 4429  # sockets of one user, or messages of one socket
MAX_MESSAGES_PER_SECOND = 10
SNAPSHOT_PAUSE_SECONDS = 1.0  # between two snapshots of one socket
# Clients reconnect within a second, and are refused if they are no longer signed in. As 1012, which
# daphne sends when it stops; of applications autobahn accepts only 1000 and 3000 to 4999.
RECONNECT = 4012
AWAY = 4503  # the database or Redis: clients try again after growing pauses
UNAVAILABLE = (OperationalError, InterfaceError, RedisError)
LOST_BEFORE = timedelta(minutes=1)  # a message may be sent so long after its change
MAX_LOST = 100  # as many of the newest jobs are searched for those that ended unheard


class JobsConsumer(AsyncJsonWebsocketConsumer):
    """`/ws/jobs/`, with the session cookie (Origin checked in `routing`) or a Bearer token."""

    group = ""
    user: User | None = None
    slot: ConcurrencySlot | None = None
    snapshot_after = 0.0  # when the next one may be sent, by the clock of the event loop
    expires_at: datetime | None = None  # when the token ends that opened it
    is_snapshot_due = False  # requested, and not yet read from the database
    lost_since: float | None = None  # changes since then may not have arrived
    second = 0  # in which `messages` were received
    messages = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve the socket; count it as closed however it ends."""
        log_context.set_fields(request_id=request_ids.read(header(scope, b"x-request-id")))
        try:
            await super().__call__(scope, receive, send)
        except UNAVAILABLE as error:
            log.warning("a socket is not served", extra={"error": repr(error)})
            await self.close(code=AWAY)
            with contextlib.suppress(RedisError):
                await self.disconnect(AWAY)
        finally:
            for task in self.tasks:
                task.cancel()
            if self.slot is not None:
                presence.SLOTS.close(self.slot)
                THREADS.submit(presence.SLOTS.release)

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Call the handler. Channels' own method first closes old connections, in a thread."""
        if handler := getattr(self, get_handler_name(message), None):
            await handler(message)
        else:
            raise ValueError(f"No handler for message type {message['type']}")

    async def connect(self) -> None:
        """Accept, join the user's group, send the snapshot.

        Close with 4401 if unauthenticated, with 4429 if the user has MAX_SOCKETS open.
        """
        await self.accept()
        user = await self._user()
        if user is None:
            await self.close(code=UNAUTHENTICATED)
            return
        # Join before reading the snapshot: a change in between is sent as an event with a higher
        # version.
        self.group = events.group(user.id)
        await self.channel_layer.group_add(self.group, self.channel_name)
        self.slot = presence.SLOTS.new(user.id, label=presence.label(user))
        has_jobs = await _entered.get(self.slot)
        if has_jobs is None:
            await self.close(code=TOO_MANY)
            return
        self.user = user
        if self.expires_at is not None:
            self.start(self._close_at(self.expires_at))
        self.snapshot_after = _now() + SNAPSHOT_PAUSE_SECONDS
        await self.send_first(user, has_jobs=has_jobs)

    async def send_first(self, user: User, *, has_jobs: bool) -> None:
        """Send the snapshot of a new connection."""
        # When all clients reconnect at once, most have no active job. One query finds out for many.
        jobs = await in_thread(_snapshot, user) if has_jobs else []
        await self.send_json({"type": "snapshot", "jobs": jobs})

    async def disconnect(self, code: int) -> None:
        if self.group:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any
    ) -> None:
        """Handle text frames; ignore binary ones. Close if there are too many of either."""
        second = int(_now())
        if second != self.second:
            self.second, self.messages = second, 0
        self.messages += 1
        if self.messages > MAX_MESSAGES_PER_SECOND:
            await self.close(code=TOO_MANY)
        elif text_data is not None:
            await super().receive(text_data, **kwargs)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Answer a ping, or send a new snapshot with current waiting times. Ignore the rest.

        Snapshots that are requested within SNAPSHOT_PAUSE_SECONDS are one snapshot, sent after it.
        """
        kind = content.get("type") if isinstance(content, dict) else None
        if kind == "ping":
            await self.send_json({"type": "pong"})
        elif kind == "snapshot":
            self._send_snapshot_soon()

    def _send_snapshot_soon(self) -> None:
        if self.user is not None and not self.is_snapshot_due:
            self.is_snapshot_due = True
            self.start(self._send_snapshot(self.user))

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it beside the messages, until the socket ends."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _close_at(self, expires_at: datetime) -> None:
        await asyncio.sleep((expires_at - timezone.now()).total_seconds())
        await self.close(code=UNAUTHENTICATED)

    async def _send_snapshot(self, user: User) -> None:
        """Send a snapshot as soon as the last one is old enough."""
        try:
            await asyncio.sleep(max(0.0, self.snapshot_after - _now()))
            self.snapshot_after = _now() + SNAPSHOT_PAUSE_SECONDS
            self.is_snapshot_due = False  # a request from now on needs another one
            since, self.lost_since = self.lost_since, None
            if since is not None:
                if await self._user() is None:
                    await self.close(code=RECONNECT)
                    return
                for job in await in_thread(jobs_ended, (user, since)):
                    await self.send_json({"type": "job", "job": job})
            await self.send_json({"type": "snapshot", "jobs": await in_thread(_snapshot, user)})
        except UNAVAILABLE as error:
            log.warning("a socket is not served", extra={"error": repr(error)})
            await self.close(code=AWAY)
        except Exception:
            log.exception("a snapshot could not be sent", extra={"user": str(user.pk)})
            await self.close(code=RECONNECT)

    @classmethod
    async def decode_json(cls, text_data: str) -> Any:
        """Return the message, None if it is not valid JSON or nested too deeply."""
        try:
            return parse_json(text_data)
        except InvalidJSON:
            return None

    async def job_changed(self, event: dict[str, Any]) -> None:
        await self.send_json({**event, "type": "job"})

    async def messages_lost(self, event: dict[str, Any]) -> None:
        """Authenticate again; send the jobs that ended since then, and a snapshot."""
        self.lost_since = min(event["since"], self.lost_since or event["since"])
        self._send_snapshot_soon()

    async def account_changed(self, event: dict[str, Any]) -> None:
        """Close, so that the client reconnects and is authenticated again."""
        await self.close(code=RECONNECT)

    async def _user(self) -> User | None:
        bearer = bearer_token(self.scope)
        if bearer is not None:
            owner = await _token_owners.get(bearer)
            if owner is None:
                return None
            self.expires_at = owner.expires_at
            return owner.user
        user = await _session_users.get(_cookies(self.scope).get(settings.SESSION_COOKIE_NAME, ""))
        # A page of one user must not get events of another user who has signed in since.
        page = parse_qs(self.scope["query_string"].decode("latin-1")).get("user", [""])[0]
        return user if user is not None and page in ("", str(user.pk)) else None


def _now() -> float:
    return asyncio.get_running_loop().time()


def header(scope: dict[str, Any], name: bytes) -> str:
    """Return the header of an ASGI scope, "" without it."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def bearer_token(scope: dict[str, Any]) -> str | None:
    """Return the token in the `Authorization: Bearer` header of an ASGI scope, None without it."""
    for name, value in scope["headers"]:
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            return str(value[7:].decode("latin-1").strip())
    return None


def _cookies(scope: dict[str, Any]) -> dict[str, str]:
    lines = [value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie"]
    return parse_cookie("; ".join(lines))


def _snapshot(user: User) -> list[JobJson]:
    with translation.override(user.language or settings.LANGUAGE_CODE):
        return jobs_json(list(Job.objects.of(user).of_users().active().with_all().order_by("id")))


def jobs_ended(user_and_since: tuple[User, float]) -> list[JobJson]:
    """Return the user's jobs that have ended since then, a minute before included."""
    user, since = user_and_since
    presence.SLOTS.renew([user.pk])  # Redis may have lost them, too
    newest = Job.objects.of(user).newest_first().values("id")[:MAX_LOST]
    after = datetime.fromtimestamp(since, tz=UTC) - LOST_BEFORE
    ended = Job.objects.of_users().filter(id__in=newest, finished_at__gt=after).with_all()
    with translation.override(user.language or settings.LANGUAGE_CODE):
        return jobs_json(list(ended.order_by("id")))


def _enter(slots: list[ConcurrencySlot]) -> dict[ConcurrencySlot, bool]:
    """Return the slots that are granted, and whether their users, now present, have jobs."""
    granted = presence.SLOTS.claim(slots)
    user_ids = {slot.user_id for slot in granted}
    active = Job.objects.active().filter(user__in=user_ids)
    with_jobs = set(active.values_list("user_id", flat=True))
    return {slot: slot.user_id in with_jobs for slot in granted}


_session_users = Batched(with_connection(socket_access.signed_in), threads=THREADS)
_token_owners = Batched(with_connection(tokens.owners), threads=THREADS)
_entered = Batched(with_connection(_enter), threads=THREADS)
