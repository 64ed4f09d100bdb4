"""A provider's HTTP reply, of a single call or of the sweep."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from artgen.http.untrusted import InvalidJSON, parse_json
from generation.providers.call_errors import DETAIL_CHARACTERS, CallFailed, read_error

MAX_REPLY_BYTES = 64 * 1024 * 1024  # images may be inside, as base64


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The beginning of the body as text, for staff."""
        return self.body[: DETAIL_CHARACTERS * 4].decode("utf-8", "replace")

    def json(self) -> Any:
        """Return the decoded body, or None if it is not valid JSON."""
        try:
            return parse_json(self.body)
        except InvalidJSON:
            return None


def json_of(reply: Reply, *, provider: str) -> Any:
    """Return the JSON of a reply to any call but a submission. Raises what `read_error` returns."""
    if not reply.ok:
        raise read_error(reply.status, reply.headers, reply.text, provider=provider)
    answer = reply.json()
    if answer is None:
        raise CallFailed(
            f"{provider}'s reply is not valid JSON", detail=reply.text, status=reply.status
        )
    return answer
