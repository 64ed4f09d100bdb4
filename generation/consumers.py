"""The socket: a snapshot of the user's active jobs on connect, then each change of them."""

from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.conf import settings
from django.utils import translation

from accounts import sockets, tokens
from accounts.models import User
from generation import events
from generation.models import Job
from generation.serializers import jobs_json

UNAUTHENTICATED = 4401
COME_BACK = 1012  # "service restart": clients open a new socket, if they still may


class JobsConsumer(AsyncJsonWebsocketConsumer):
    """`/ws/jobs/`: for the session cookie (Origin checked in `routing`) or `Authorization: Bearer`."""

    groups_joined: tuple[str, ...] = ()
    user: User | None = None

    async def connect(self) -> None:
        """Accept; close with 4401 whom we do not know; else join the user's own group and send the snapshot."""
        await self.accept()
        user = await self._user()
        if user is None:
            await self.close(code=UNAUTHENTICATED)
            return
        self.user = user
        # Joined first: a change between the two comes as an event with a higher version.
        self.groups_joined = (events.group(user.id), sockets.group(user.id))
        for group in self.groups_joined:
            await self.channel_layer.group_add(group, self.channel_name)
        await self.send_json({"type": "snapshot", "jobs": await _snapshot(user)})

    async def disconnect(self, code: int) -> None:
        """Leave the groups."""
        for group in self.groups_joined:
            await self.channel_layer.group_discard(group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        """Take text alone; binary frames mean nothing here."""
        if text_data is not None:
            await super().receive(text_data, **kwargs)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Answer a ping, or send the snapshot anew: waiting times pass without a change. Whatever else is ignored."""
        kind = content.get("type") if isinstance(content, dict) else None
        if kind == "ping":
            await self.send_json({"type": "pong"})
        elif kind == "snapshot" and self.user is not None:
            await self.send_json({"type": "snapshot", "jobs": await _snapshot(self.user)})

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
            return await database_sync_to_async(tokens.authenticate)(bearer)
        user = self.scope.get("user")
        if user is None or not user.is_authenticated or not user.is_active:
            return None
        # A page left open by one user must not hear of another one who has signed in since.
        page = parse_qs(self.scope["query_string"].decode("latin-1")).get("user", [""])[0]
        return user if page in ("", str(user.pk)) else None


def bearer_token(scope: dict[str, Any]) -> str | None:
    """Return the text behind `Authorization: Bearer` in an ASGI scope, None without that header."""
    for name, value in scope["headers"]:
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            return str(value[7:].decode("latin-1").strip())
    return None


@database_sync_to_async
def _snapshot(user: User) -> list[dict[str, Any]]:
    with translation.override(user.language or settings.LANGUAGE_CODE):
        return jobs_json(list(Job.objects.of(user).active().with_all().order_by("id")))
