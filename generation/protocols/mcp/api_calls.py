"""Calls of our own API in place of a client: with its token, scopes, limits and refusals."""

import io
from typing import Any
from urllib.parse import urlencode

import orjson
from mcp.server.mcpserver.exceptions import ToolError

from accounts.models import User

SENT_ON = (
    *(b"authorization", b"cookie", b"x-csrftoken", b"origin", b"referer"),
    *(b"host", b"user-agent", b"x-request-id"),
    *(b"x-forwarded-proto", b"x-forwarded-for", b"x-real-ip"),
)
REFUSED = 400


class Caller:
    """Who has sent a message; `scope` is that of its request."""

    def __init__(self, scope: dict[str, Any]) -> None:
        self.user: User = scope["artgen.user"]
        self.language: str = scope["artgen.language"]
        self._scope = scope

    async def get(self, path: str, **query: object) -> Any:
        """Return the JSON of a resource below /api/v1/; raise ToolError with what it says."""
        asked = {name: value for name, value in query.items() if value not in (None, "")}
        return await self._call("GET", path, query=urlencode(asked).encode())

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        return await self._call("POST", path, body=orjson.dumps(body))

    async def _call(self, method: str, path: str, *, query: bytes = b"", body: bytes = b"") -> Any:
        headers = [header for header in self._scope["headers"] if header[0] in SENT_ON]
        headers += [
            (b"accept-language", self.language.encode()),
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
        ]
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
            raise ToolError(_text_of(content))
        return content


def _text_of(problem: dict[str, Any]) -> str:
    fields = [f"{error['field']}: {error['detail']}" for error in problem["errors"]]
    return "; ".join(fields) or problem["detail"]
