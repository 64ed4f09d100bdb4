"""The socket: a snapshot of the user's active jobs on connect, then each change of them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from urllib.parse import parse_qs
from uuid import UUID

from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.conf import settings
from django.db import connection
from django.http import parse_cookie
from django.utils import translation

from accounts import sockets, tokens
from accounts.models import User
from artgen.batching import Batched
from generation.jobs import events, presence
from generation.jobs.serializers import jobs_json
from generation.models import Job

UNAUTHENTICATED = 4401
COME_BACK = 1012  # "service restart": clients open a new socket, if they still may

Argument = TypeVar("Argument")
Result = TypeVar("Result")


class JobsConsumer(AsyncJsonWebsocketConsumer):
    """`/ws/jobs/`: for the session cookie (Origin checked in `routing`) or `Authorization: Bearer`."""

    group = ""
    user: User | None = None
    counted: UUID | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve the socket, and count it no longer however it ends."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self.counted is not None:
                presence.closed(self.counted)

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Call the handler alone: Channels' own first looks in a thread for connections that handlers left open."""
        if handler := getattr(self, get_handler_name(message), None):
            await handler(message)
        else:
            raise ValueError(f"No handler for message type {message['type']}")

    async def connect(self) -> None:
        """Accept; close with 4401 whom we do not know; else join the user's own group and send the snapshot."""
        await self.accept()
        user = await self._user()
        if user is None:
            await self.close(code=UNAUTHENTICATED)
            return
        self.user = user
        # Joined and present first: a change between that and the snapshot comes as an event with a higher version.
        self.group = events.group(user.id)
        await self.channel_layer.group_add(self.group, self.channel_name)
        presence.opened(user.id, (user.language, user.time_zone))
        self.counted = user.id
        await self.send_json({"type": "snapshot", "jobs": await self._first_snapshot(user)})

    async def disconnect(self, code: int) -> None:
        """Leave the group."""
        if self.group:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any
    ) -> None:
        """Take text alone; binary frames mean nothing here."""
        if text_data is not None:
            await super().receive(text_data, **kwargs)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Answer a ping, or send the snapshot anew: waiting times pass without a change. Whatever else is ignored."""
        kind = content.get("type") if isinstance(content, dict) else None
        if kind == "ping":
            await self.send_json({"type": "pong"})
        elif kind == "snapshot" and self.user is not None:
            await self.send_json(
                {"type": "snapshot", "jobs": await in_thread(_snapshot, self.user)}
            )

    @classmethod
    async def decode_json(cls, text_data: str) -> Any:
        """Return the message, None for what is no JSON."""
        try:
            return await super().decode_json(text_data)
        except ValueError:
            return None

    async def job_changed(self, event: dict[str, Any]) -> None:
        """Pass a change on."""
        await self.send_json({"type": "job", "job": event["job"]})

    async def account_changed(self, event: dict[str, Any]) -> None:
        """Close: who may still listen comes back and is let in, the others are not."""
        await self.close(code=COME_BACK)

    async def _user(self) -> User | None:
        bearer = bearer_token(self.scope)
        if bearer is not None:
            return await _bearers.get(bearer)
        user = await _visitors.get(_cookies(self.scope).get(settings.SESSION_COOKIE_NAME, ""))
        # A page left open by one user must not hear of another one who has signed in since.
        page = parse_qs(self.scope["query_string"].decode("latin-1")).get("user", [""])[0]
        return user if user is not None and page in ("", str(user.pk)) else None

    async def _first_snapshot(self, user: User) -> list[dict[str, Any]]:
        # Most have no active job, when everybody comes back at once; finding that out together costs little.
        return await in_thread(_snapshot, user) if await _arrivals.get(user.id) else []


def bearer_token(scope: dict[str, Any]) -> str | None:
    """Return the text behind `Authorization: Bearer` in an ASGI scope, None without that header."""
    for name, value in scope["headers"]:
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            return str(value[7:].decode("latin-1").strip())
    return None


def _cookies(scope: dict[str, Any]) -> dict[str, str]:
    lines = [value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie"]
    return parse_cookie("; ".join(lines))


def _snapshot(user: User) -> list[dict[str, Any]]:
    with translation.override(user.language or settings.LANGUAGE_CODE):
        return jobs_json(list(Job.objects.of(user).active().with_all().order_by("id")))


def _arrived(user_ids: list[UUID]) -> dict[UUID, bool]:
    """Announce these users, then return which of them have active jobs."""
    presence.announce(user_ids)
    return dict.fromkeys(
        Job.objects.active().filter(user__in=user_ids).values_list("user_id", flat=True), True
    )


def _with_connection(function: Callable[[Argument], Result]) -> Callable[[Argument], Result]:
    """Return the function so that its database connection goes back into the pool behind each call."""

    def call(argument: Argument) -> Result:
        try:
            return function(argument)
        finally:
            connection.close()

    return call


_threads = ThreadPoolExecutor(settings.DB_POOL_MAX, thread_name_prefix="socket")
"""As many as there are database connections for them; Channels' own helper has one thread for all sockets."""
_visitors = Batched(_with_connection(sockets.signed_in), threads=_threads)
_bearers = Batched(_with_connection(tokens.owners), threads=_threads)
_arrivals = Batched(_with_connection(_arrived), threads=_threads)


async def in_thread(function: Callable[[Argument], Result], argument: Argument) -> Result:
    """Return what the function returns; it may wait for the database."""
    return await asyncio.get_running_loop().run_in_executor(
        _threads, _with_connection(function), argument
    )
