"""Calls of our own API in place of a client: with its token, scopes, limits and refusals."""

import asyncio
import io
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import orjson
from django.utils import timezone
from mcp.server.mcpserver.exceptions import ToolError

from accounts.models import User
from artgen.processes.later import ARRIVED_AT

SENT_ON = (
    *(b"authorization", b"cookie", b"x-csrftoken", b"origin", b"referer"),
    *(b"host", b"user-agent", b"x-request-id"),
    *(b"x-forwarded-proto", b"x-forwarded-for", b"x-real-ip"),
)
REFUSED = 400
BOUNDARY = uuid4().hex
UNAVAILABLE = "unavailable"
RETRY_SECONDS, ORDER_SECONDS = 2.0, 8.0


class ApiProblem(ToolError):
    """The API refuses a call; the text says why."""

    def __init__(self, problem: dict[str, Any]) -> None:
        fields = [f"{error['field']}: {error['detail']}" for error in problem["errors"]]
        super().__init__("; ".join(fields) or problem["detail"])
        self.code: str = problem["code"]


class Caller:
    """Who has sent a message; `scope` is that of its request. Its calls raise ApiProblem."""

    def __init__(self, scope: dict[str, Any]) -> None:
        self.user: User = scope["artgen.user"]
        self.language: str = scope["artgen.language"]
        self.can_create: bool = scope["artgen.can_create"]
        self._scope = scope

    def seconds_left(self, seconds: float) -> float:
        """Return how many of these seconds are left since the message arrived."""
        arrived_at: datetime = self._scope[ARRIVED_AT]
        return seconds - (timezone.now() - arrived_at).total_seconds()

    async def get(self, path: str, **query: object) -> Any:
        """Return the JSON of a resource below /api/v1/."""
        asked = {name: value for name, value in query.items() if value not in (None, "")}
        return await self._call("GET", path, query=urlencode(asked).encode())

    async def post(self, path: str, body: dict[str, Any], *, key: str = "") -> Any:
        return await self._call("POST", path, body=orjson.dumps(body), key=key)

    async def upload(self, image: bytes) -> Any:
        """Store a source image and return its JSON."""
        start = (
            f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=file; filename=image\r\n"
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        body = b"%b%b\r\n--%b--\r\n" % (start.encode(), image, BOUNDARY.encode())
        form = f"multipart/form-data; boundary={BOUNDARY}"
        return await self._call("POST", "uploads/", body=body, content_type=form)

    async def order(self, batch: dict[str, Any]) -> Any:
        """Place a batch.

        While nobody knows whether it is placed, such as when the database is away, it is sent again
        under its key: an assistant would order other images, and pay for both.
        """
        key = uuid4().hex
        while True:
            try:
                return await self.post("batches/", batch, key=key)
            except ApiProblem as problem:
                if problem.code != UNAVAILABLE or self.seconds_left(ORDER_SECONDS) < 0:
                    raise
            await asyncio.sleep(RETRY_SECONDS)

    async def _call(
        self,
        method: str,
        path: str,
        *,
        query: bytes = b"",
        body: bytes = b"",
        key: str = "",
        content_type: str = "application/json",
    ) -> Any:
        headers = [header for header in self._scope["headers"] if header[0] in SENT_ON]
        headers += [
            (b"accept-language", self.language.encode()),
            (b"content-type", content_type.encode()),
            (b"content-length", b"%d" % len(body)),
        ]
        if key:
            headers.append((b"idempotency-key", key.encode()))
        path = f"/api/v1/{path}"
        scope = {
            **self._scope,
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query,
            "headers": headers,
        }
        response = await self._scope["artgen.respond"](scope, io.BytesIO(body))
        content = orjson.loads(response.content)
        if response.status_code >= REFUSED:
            raise ApiProblem(content)
        return content
