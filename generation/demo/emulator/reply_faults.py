"""Faults of an API's calls: replies instead of the call, and replies that go wrong after it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from .faults import Faults
from .recorded_calls import Call, Calls

FAULT = web.RequestKey("fault", str)  # of the call that `QueueFaults` surrounds
# Clients distinguish the two by the body.
ENDPOINT_NOT_FOUND = "endpoint not found"
JOB_NOT_FOUND = "job not found"
_NOT_FOUND = {"refuse_404": ENDPOINT_NOT_FOUND, "lost_404": JOB_NOT_FOUND}
_GATEWAY_PAGE = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n"
    "<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n"
)


def before(fault: str, request: web.Request) -> web.Response | None:
    """Return the reply of a fault that prevents the call."""
    if fault == "break_before":
        return _break(request)
    if fault == "html_502":
        return web.Response(status=502, text=_GATEWAY_PAGE, content_type="text/html")
    if fault in ("rate_429", "rate_429_bare"):
        headers = {"Retry-After": "1"} if fault == "rate_429" else {}
        return web.json_response({"error": "too many requests"}, status=429, headers=headers)
    if fault in _NOT_FOUND:
        return error(404, _NOT_FOUND[fault])
    statuses = {
        "refuse_400": 400,
        "refuse_401": 401,
        "refuse_402": 402,
        "refuse_403": 403,
        "refuse_413": 413,
        "refuse_422": 422,
        "error_5xx": 500,
    }
    return error(statuses[fault], f"emulated fault: {fault}") if fault in statuses else None


def _break(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def error(status: int, text: str) -> web.Response:
    return web.json_response({"error": text}, status=status)


def json_of(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return None


async def after(
    fault: str, request: web.Request, answer: web.Response, *, slow_seconds: float
) -> web.StreamResponse:
    """Return the reply after the fault, when the call is done."""
    if fault == "break_after":
        return _break(request)
    if fault == "garbage":
        return web.Response(text='{"id": "1f0c', content_type="application/json")
    if fault == "error_5xx_after":
        return error(500, "internal server error")
    if fault == "raw":
        return web.Response(body=b"\x89PNG\r\n\x1a\n" + bytes(64), content_type="image/png")
    if fault == "no_id":
        return web.json_response({})
    if fault == "unknown_state":
        return web.json_response({"id": request.match_info["job_id"], "status": "PONDERING"})
    if fault == "other_job":
        return web.json_response(
            {"id": "another-job-u1", "status": "COMPLETED", "output": {"image_url": "x"}}
        )
    if fault == "slow":
        await asyncio.sleep(slow_seconds)
    if fault == "truncated":
        body = answer.body if isinstance(answer.body, bytes) else b"{}"
        reply = web.StreamResponse(headers={"Content-Length": str(len(body))})
        await reply.prepare(request)
        await reply.write(body[: len(body) // 2])
        return _break(request)
    return answer


class QueueFaults:
    """Surrounds the calls of another provider's API with faults, and records them."""

    def __init__(self, faults: Faults, calls: Calls, *, slow_seconds: float) -> None:
        self._faults, self._calls, self._slow_seconds = faults, calls, slow_seconds

    async def around(
        self,
        request: web.Request,
        call: str,
        endpoint: str,
        do: Callable[[], Awaitable[web.Response]],
        *,
        form: object = None,
    ) -> web.StreamResponse:
        body = await request.read()  # empty if it was a form, which has been read
        request[FAULT] = fault = self._faults.take(call, endpoint)
        job_id = request.match_info.get("job_id", "")
        sent = json_of(body) if form is None else form
        recorded = Call(request.method, request.path, call, endpoint, job_id, sent, fault)
        self._calls.add(recorded, size=request.content_length or len(body))
        if refusal := before(fault, request):
            return refusal
        answer = await do()
        if fault == "accept_twice":
            answer = await do()
        return await after(fault, request, answer, slow_seconds=self._slow_seconds)
