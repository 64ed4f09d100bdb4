"""RunPod's OpenAI-compatible text endpoints: `/v2/ENDPOINT/openai/v1/chat/completions`.

A stand-in: instructions that begin with "Translate" get the dictionary's translation, those with an
image its colors, others the text with details added. The model is called what the request calls it.

Source: https://docs.runpod.io/serverless/vllm/openai-compatibility
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from .descriptions import described
from .dictionary import enhanced, translated
from .endpoint_access import EndpointAccess
from .faults import Faults
from .recorded_calls import Call, Calls

CALL = "chat"
PATH = "/v2/{endpoint}/openai/v1/chat/completions"
HUGE_BYTES = 3_000_000
DRIP_SECONDS = 0.1


class ChatCompletions:
    """The route of chat completions; lives in the emulator's event loop."""

    def __init__(
        self,
        *,
        access: EndpointAccess,
        faults: Faults,
        calls: Calls,
        slow_seconds: float,
        before: Callable[[str, web.Request], web.Response | None],
    ) -> None:
        self._access, self._faults, self._calls = access, faults, calls
        self._slow_seconds, self._before = slow_seconds, before

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post(PATH, self._complete)

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        endpoint, body = request.match_info["endpoint"], await request.read()
        try:
            document = json.loads(body)
            instructions, text = (message["content"] for message in document["messages"])
        except (ValueError, RecursionError, LookupError, TypeError):
            return _error(400, "the request has no two messages")
        fault = self._faults.take(CALL, endpoint)
        self._calls.add(
            Call("POST", request.path, CALL, endpoint, "", document, fault), size=len(body)
        )
        if fault and (refused := self._before(fault, request)):
            return refused
        if not self._access.exists(endpoint):
            return _error(404, "endpoint not found")
        if not self._access.accepts(request.headers.get("Authorization", "")):
            return _error(401, "unauthorized")
        try:
            reply_text = _reply(instructions, text)
        except (ValueError, LookupError, TypeError, OSError):
            return _error(400, "the image cannot be read")
        return await self._answer(fault, request, _completion(document.get("model"), reply_text))

    async def _answer(
        self, fault: str, request: web.Request, completion: dict[str, Any]
    ) -> web.StreamResponse:
        choice = completion["choices"][0]
        if fault == "slow":
            await asyncio.sleep(self._slow_seconds)
        elif fault == "garbage":
            return web.Response(text='{"choices": [', content_type="application/json")
        elif fault == "no_choices":
            completion["choices"] = []
        elif fault == "empty_text":
            choice["message"]["content"] = " \n"
        elif fault == "cut_off":
            choice["finish_reason"] = "length"
        elif fault == "filtered":
            choice["finish_reason"] = "content_filter"
        elif fault == "too_long":
            choice["message"]["content"] = "fog " * 1_000
        elif fault == "thinks":
            reply = choice["message"]["content"]
            choice["message"]["content"] = f"<think>\nWhat is asked?\n</think>\n\n“{reply}”"
        elif fault == "huge":
            choice["message"]["content"] = "x" * HUGE_BYTES
        elif fault == "redirects":
            return web.Response(
                status=307, headers={"Location": "http://169.254.169.254/latest/meta-data/"}
            )
        elif fault in ("drips", "drips_headers"):
            return await _drip(request, completion, headers=fault == "drips_headers")
        return web.json_response(completion)


def _reply(instructions: str, content: Any) -> str:
    """Return the reply to a text, or to a list of an image and a text."""
    if isinstance(content, list):
        return described(content[0]["image_url"]["url"], is_russian="Russian" in instructions)
    return translated(content) if instructions.startswith("Translate") else enhanced(content)


async def _drip(
    request: web.Request, completion: dict[str, Any], *, headers: bool
) -> web.StreamResponse:
    """Send the reply byte by byte, for longer than any client waits."""
    transport = request.transport
    data = json.dumps(completion).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(data)}\r\nX-Slow: "
    padding = "x" * 10_000
    if transport is not None and not headers:
        transport.write(f"{head}{padding}\r\n\r\n".encode())
    for byte in f"{head}{padding}".encode() if headers else data:
        if transport is None or transport.is_closing():
            break
        transport.write(bytes([byte]))
        await asyncio.sleep(DRIP_SECONDS)
    if transport is not None:
        transport.abort()
    return web.Response()


def _completion(model: object, text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {
        "id": "chatcmpl-stand-in",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "system_fingerprint": "a stand-in: words of the emulator",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    }


def _error(status: int, text: str) -> web.Response:
    return web.json_response({"error": {"message": text}}, status=status)
