"""`GET /api/v1/events`: what the WebSocket sends, as server-sent events.

https://html.spec.whatwg.org/multipage/server-sent-events.html. The id of an event is the time at
which it was sent. After a break, `Last-Event-ID` says since when to replay the jobs that have
ended; a snapshot of the active ones follows, as on every connection.
"""

import asyncio
import io
import time
from typing import Any

import orjson
from channels.exceptions import StopConsumer
from django.core.handlers.asgi import ASGIRequest
from django.utils import translation

from accounts.access import bans
from accounts.models import Scope, User
from accounts.tokens import tokens
from accounts.tokens.permissions import MissingScope
from artgen.api.problems import Problem, respond
from artgen.database.pool_threads import in_thread
from artgen.refusals import Refusal
from generation.jobs.live.consumers import (
    TOO_MANY,
    UNAUTHENTICATED,
    JobsConsumer,
    bearer_token,
    header,
    jobs_ended,
)

PATHS = ("/api/v1/events", "/api/v1/events/")
RETRY_MS = 3000
COMMENT_SECONDS = 15.0
"""Proxies close connections that are silent for longer."""
HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
)
RETRY_AFTER = 10  # seconds


class EventStream(JobsConsumer):
    """One stream. It counts among the sockets of its user, and ends as they do."""

    is_open = False  # the response has begun
    is_ended = False

    async def http_request(self, message: dict[str, Any]) -> None:
        """Begin when the body, which is ignored, has arrived."""
        if message.get("more_body"):
            return
        if self.scope["method"] == "GET":
            await self.connect()
        else:
            await self._refuse(Problem("method_not_allowed"), allow="GET")

    async def http_disconnect(self, message: dict[str, Any]) -> None:
        await self.disconnect(0)
        raise StopConsumer

    async def accept(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: the response begins when the user is known."""

    async def send_first(self, user: User, *, has_jobs: bool) -> None:
        self.start(self._comment_regularly())
        last_id = header(self.scope, b"last-event-id")
        if last_id.isascii() and last_id.isdigit() and len(last_id) <= 13:  # until 2286
            for job in await in_thread(jobs_ended, (user, int(last_id) / 1000)):
                await self.send_json({"type": "job", "job": job})
        await super().send_first(user, has_jobs=has_jobs)

    async def send_json(self, content: Any, close: bool = False) -> None:
        data = orjson.dumps(content).decode()
        await self._write(
            f"id: {int(time.time() * 1000)}\nevent: {content['type']}\ndata: {data}\n\n"
        )

    async def close(self, code: int | bool | None = None, reason: str | None = None) -> None:
        """End the stream, after which clients connect again; refuse one that has not begun."""
        if self.is_ended:
            return
        if self.is_open:
            self.is_ended = True
            await self.base_send({"type": "http.response.body", "body": b"", "more_body": False})
        elif code == UNAUTHENTICATED:
            token = bearer_token(self.scope)
            await self._refuse(
                Problem("not_authenticated") if token is None else await in_thread(_refusal, token)
            )
        elif code == TOO_MANY:
            await self._refuse(Problem("too_many_requests", retry_after=RETRY_AFTER))
        else:
            await self._refuse(Problem("unavailable", retry_after=RETRY_AFTER))

    async def _comment_regularly(self) -> None:
        while True:
            await asyncio.sleep(COMMENT_SECONDS)
            await self._write(": \n\n")

    async def _write(self, text: str) -> None:
        if self.is_ended:
            return
        if not self.is_open:
            self.is_open = True
            await self.base_send(
                {"type": "http.response.start", "status": 200, "headers": list(HEADERS)}
            )
            text = f"retry: {RETRY_MS}\n\n{text}"
        await self.base_send(
            {"type": "http.response.body", "body": text.encode(), "more_body": True}
        )

    async def _refuse(self, refusal: Refusal, *, allow: str = "") -> None:
        self.is_ended = True
        request = ASGIRequest(self.scope, io.BytesIO())
        with translation.override(translation.get_language_from_request(request)):
            response = respond(refusal)
        if allow:
            response["Allow"] = allow
        headers = [(name.encode(), value.encode()) for name, value in response.items()]
        await self.base_send(
            {"type": "http.response.start", "status": response.status_code, "headers": headers}
        )
        await self.base_send({"type": "http.response.body", "body": response.content})


def _refusal(token: str) -> Refusal:
    """Return why this token opens no stream, as the operations of the API say it."""
    try:
        access = tokens.access(token)
    except bans.Banned as banned:
        return banned
    if access is None or Scope.READ in access.scopes:
        return Problem("invalid_token")
    return MissingScope(Scope.READ)
