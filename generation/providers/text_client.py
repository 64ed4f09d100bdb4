"""Text endpoints: one chat completion over HTTP, in the format of OpenAI's API.

RunPod: https://docs.runpod.io/serverless/vllm/openai-compatibility (`/v2/ENDPOINT/openai/v1`).
Format: https://platform.openai.com/docs/api-reference/chat/create

A call has one deadline, and a reply has a limited size (`http_exchange`). No redirect is followed,
so the key goes to the configured host only.
"""

import http.client
import json
import re
import time
import unicodedata
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from artgen.http import http_exchange
from artgen.http.http_exchange import Target
from artgen.http.retry_after import parse_retry_after
from artgen.http.untrusted import InvalidJSON, parse_json, storable
from generation.providers.access import BearerAccess
from generation.providers.call_errors import DETAIL_CHARACTERS, vendor_text

MAX_REPLY_BYTES = 256 * 1024
_THOUGHTS = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)  # of Qwen3 and other models
_QUOTES = (('"', '"'), ("“", "”"), ("«", "»"), ("'", "'"))
_REFUSALS = frozenset({400, 413, 422})
_SETUP = frozenset({401, 402, 403, 404, 405})


class TextError(Exception):
    """A call for a text failed; the class is the verdict on what to do next."""

    def __init__(self, message: str, *, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(message)
        self.detail = storable(detail[:DETAIL_CHARACTERS])  # the server's text, for staff
        self.retry_after = retry_after  # seconds, if the reply has Retry-After


class TextUnavailable(TextError):
    """No connection, no reply in time, 429 or 5xx. Try again later."""


class TextNotSetUp(TextError):
    """The server refuses the key, or there is no such address. An operator must change it."""


class TextRefused(TextError):
    """The server refuses this text, and would again."""


class TextUnusable(TextError):
    """The reply has no complete text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextClient:
    """A server of texts. Raises ValueError for an address or a key that cannot be used.

    `options` are further members of the request, such as `{"temperature": 0.3}`.
    """

    base_url: str
    model: str
    api_key: str = field(default="", repr=False)
    seconds: float = 20.0
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _target(self.base_url)
        BearerAccess(self.base_url, self.api_key)
        if not self.model:
            raise ValueError("the name of the model is missing")

    def reply(self, *, instructions: str, text: str, max_tokens: int, image: str = "") -> str:
        """Return the model's reply to `text`, without quotes around it; never empty.

        `image` is a data: URL of what the model sees beside the text.

        Raises TextUnavailable, TextNotSetUp, TextRefused or TextUnusable.
        """
        content: str | list[dict[str, Any]] = text
        if image:
            picture = {"type": "image_url", "image_url": {"url": image}}
            content = [picture, {"type": "text", "text": text}]
        body = {
            "model": self.model,
            "messages": [
                {"role": "system", "content": instructions},
                {"role": "user", "content": content},
            ],
            "max_tokens": max_tokens,
            "stream": False,
            **self.options,
        }
        status, headers, data = self._post(json.dumps(body, allow_nan=False).encode())
        said = self._access.scrub(data[: 4 * DETAIL_CHARACTERS].decode("utf-8", "replace"))
        if status != 200:
            raise _text_error(status, headers, vendor_text(said))
        try:
            document = parse_json(data)
        except InvalidJSON as error:
            raise TextUnusable("the reply is not valid JSON", detail=said) from error
        return _unquoted(_text_of(document, said), prompt=text)

    @property
    def _access(self) -> BearerAccess:
        return BearerAccess(self.base_url, self.api_key)

    def _post(self, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        """Return status, headers (lower case) and body of the reply. Raises TextUnavailable."""
        deadline = time.monotonic() + self.seconds
        access = self._access
        headers = {**access.headers, "Content-Type": "application/json"}
        if access.api_key:
            headers["Authorization"] = f"Bearer {access.api_key}"
        try:
            with http_exchange.exchange(
                _target(self.base_url), headers=headers, body=body, deadline=deadline
            ) as response:
                data = http_exchange.read(response, deadline=deadline, max_bytes=MAX_REPLY_BYTES)
                lower = {name.lower(): value for name, value in response.headers.items()}
                return response.status, lower, data
        except (OSError, http.client.HTTPException, ValueError) as error:
            detail = access.scrub(f"{type(error).__name__}: {error}")
            raise TextUnavailable(
                "no complete reply from the text server", detail=detail
            ) from error


def _target(base_url: str) -> Target:
    """Return where the call goes. Raises ValueError."""
    parts = urllib.parse.urlsplit(base_url)
    if parts.query or parts.fragment:
        raise ValueError("the address has a query or a fragment")
    path = f"{parts.path.rstrip('/')}/chat/completions"
    return http_exchange.parse(urllib.parse.urlunsplit(parts._replace(path=path)))


def _text_error(status: int, headers: Mapping[str, str], detail: str) -> TextError:
    message = f"the text server answered {status}"
    if status in _SETUP or 300 <= status < 400:
        return TextNotSetUp(message, detail=detail)
    if status in _REFUSALS:
        return TextRefused(message, detail=detail)
    return TextUnavailable(message, detail=detail, retry_after=parse_retry_after(headers))


def _text_of(document: object, said: str) -> str:
    """Return the content of the first choice. Raises TextRefused or TextUnusable."""
    choices = document.get("choices") if isinstance(document, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise TextUnusable("the reply has no choice", detail=said)
    if choice.get("finish_reason") == "content_filter" or message.get("refusal"):
        raise TextRefused("the text server refuses this text", detail=said)
    if choice.get("finish_reason") == "length":
        raise TextUnusable("the text was cut off", detail=said)
    content = message.get("content")
    if not isinstance(content, str):
        raise TextUnusable("the reply has no text", detail=said)
    text = _printable(_THOUGHTS.sub("", content)).strip()
    if not text:
        raise TextUnusable("the text is empty", detail=said)
    return text


def _printable(text: str) -> str:
    """Return the text without control characters other than line breaks and tabs."""
    text = storable(text).replace("\r\n", "\n")
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) != "Cc")


def _unquoted(text: str, *, prompt: str) -> str:
    """Return the text without quotes around all of it, unless what was asked has them, too."""
    for opening, closing in _QUOTES:
        inner = text[1:-1]
        is_quoted = len(text) > 2 and text[0] == opening and text[-1] == closing
        if is_quoted and opening not in inner and closing not in inner and prompt[:1] != opening:
            return inner.strip() or text
    return text
