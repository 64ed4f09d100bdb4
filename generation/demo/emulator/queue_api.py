"""RunPod's queue API as an HTTP server.

Source: https://docs.runpod.io/serverless/endpoints/send-requests
"""

import asyncio
import contextlib
import json
from collections.abc import Iterable
from typing import Any, Protocol

from aiohttp import web

from .chat_completions import ChatCompletions
from .endpoint_access import EndpointAccess
from .faults import Faults
from .input_validation import PUBLIC_ENDPOINTS, guess_dialect
from .job_queue import JobQueue
from .jobs import EmulatedJob
from .options import EmulatorOptions
from .rate_limits import RateLimits
from .recorded_calls import Call, Calls

MAX_BODY_BYTES = 10 * 1024 * 1024
TIMEOUT_RANGE = (5_000, 7 * 86_400_000)  # milliseconds
TTL_RANGE = (10_000, 7 * 86_400_000)
_JOB = web.RequestKey("job", EmulatedJob)  # the job created by a /run request
_METHODS = {"run": "POST", "status": "GET", "cancel": "POST", "health": "GET"}
# Clients distinguish the two by the body.
ENDPOINT_NOT_FOUND = "endpoint not found"
JOB_NOT_FOUND = "job not found"
_NOT_FOUND = {"refuse_404": ENDPOINT_NOT_FOUND, "lost_404": JOB_NOT_FOUND}
_GATEWAY_PAGE = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n"
    "<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n"
)


class Routes(Protocol):
    def add_routes(self, app: web.Application) -> None: ...


class QueueApi:
    def __init__(
        self,
        *,
        options: EmulatorOptions,
        queue: JobQueue,
        faults: Faults,
        access: EndpointAccess,
        others: Iterable[Routes],
    ) -> None:
        self._queue, self._faults, self._access = queue, faults, access
        self._limits = RateLimits(speed=options.speed) if options.rate_limits else None
        self._public_url = options.public_url.rstrip("/")
        self._slow_seconds = options.slow_seconds
        self._calls = Calls()
        self.app = web.Application(client_max_size=MAX_BODY_BYTES)
        self.app.router.add_get("/healthz", _healthy)
        chat = ChatCompletions(
            access=access,
            faults=faults,
            calls=self._calls,
            slow_seconds=options.slow_seconds,
            before=_before,
        )
        for routes in (*others, chat):
            routes.add_routes(self.app)
        self.app.router.add_route("*", "/v2/{endpoint}/{call}", self._api)
        self.app.router.add_route("*", "/v2/{endpoint}/{call}/{job_id}", self._api)

    @property
    def calls(self) -> list[Call]:
        return self._calls.all()

    async def _api(self, request: web.Request) -> web.StreamResponse:
        endpoint, call = request.match_info["endpoint"], request.match_info["call"]
        job_id = request.match_info.get("job_id", "")
        if call not in _METHODS or (call in ("status", "cancel")) != bool(job_id):
            return _error(404, "not found")
        if request.method != _METHODS[call]:
            return _error(405, "method not allowed")
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _error(413, "request body exceeds 10 MB")
        document = _json(body)
        fault = self._faults.take(call, endpoint)
        self._calls.add(
            Call(request.method, request.path, call, endpoint, job_id, document, fault),
            size=len(body),
        )
        if refusal := _before(fault, request):
            return refusal
        if not self._access.exists(endpoint):
            return _error(404, ENDPOINT_NOT_FOUND)
        if not self._access.accepts(request.headers.get("Authorization", "")):
            return _error(401, "unauthorized")
        if self._limits is None:
            answer = await self._do(request, endpoint, call, job_id, document)
        else:
            with self._limits.admit(endpoint, call) as allowed:
                if not allowed:
                    return _error(429, "too many requests")
                answer = await self._do(request, endpoint, call, job_id, document)
        if fault == "accept_twice":
            answer = await self._do(request, endpoint, call, job_id, document)
        reply = await self._after(fault, request, answer)
        if (job := request.get(_JOB)) is not None:
            with contextlib.suppress(ConnectionError):
                if not reply.prepared:
                    await reply.prepare(request)
                await reply.write_eof()
            self._queue.confirm_reply(job)
        return reply

    async def _do(
        self, request: web.Request, endpoint: str, call: str, job_id: str, document: object
    ) -> web.Response:
        if call == "run":
            return await self._run(request, endpoint, document)
        if call == "health":
            return web.json_response(self._queue.health(endpoint))
        job = self._queue.find(endpoint, job_id)
        if job is None:
            return _error(404, JOB_NOT_FOUND)
        if call == "cancel":
            self._queue.cancel(job)
            return web.json_response({"id": job.id, "status": job.state})
        job.reads += 1
        return web.json_response(job.report())

    async def _run(self, request: web.Request, endpoint: str, document: object) -> web.Response:
        if not isinstance(document, dict) or not isinstance(document.get("input"), dict):
            return _error(400, "request body must be a JSON object with an input object")
        policy = document.get("policy") or {}
        if not isinstance(policy, dict):
            return _error(400, "policy must be an object")
        timeout, ttl = policy.get("executionTimeout", 600_000), policy.get("ttl", 86_400_000)
        for name, value, (least, most) in (
            ("executionTimeout", timeout, TIMEOUT_RANGE),
            ("ttl", ttl, TTL_RANGE),
        ):
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                return _error(400, f"policy.{name} must be between {least} and {most} ms")
        webhook = document.get("webhook") or ""
        if not isinstance(webhook, str) or (
            webhook and not webhook.startswith(("http://", "https://"))
        ):
            return _error(400, "webhook must be a URL")
        body = document["input"]
        job = EmulatedJob(
            endpoint=endpoint,
            input=body,
            dialect=PUBLIC_ENDPOINTS.get(endpoint) or guess_dialect(body),
            webhook=webhook,
            execution_timeout=timeout / 1000,
            ttl=ttl / 1000,
            origin=self._public_url or f"http://{request.host}",
        )
        await self._queue.submit(job)
        request[_JOB] = job
        return web.json_response({"id": job.id, "status": "IN_QUEUE"})

    async def _after(
        self, fault: str, request: web.Request, answer: web.Response
    ) -> web.StreamResponse:
        """Return the reply after the fault, when the call is done."""
        if fault == "break_after":
            return _break(request)
        if fault == "garbage":
            return web.Response(text='{"id": "1f0c', content_type="application/json")
        if fault == "error_5xx_after":
            return _error(500, "internal server error")
        if fault == "no_id":
            return web.json_response({})
        if fault == "unknown_state":
            return web.json_response({"id": request.match_info["job_id"], "status": "PONDERING"})
        if fault == "other_job":
            return web.json_response(
                {"id": "another-job-u1", "status": "COMPLETED", "output": {"image_url": "x"}}
            )
        if fault == "slow":
            await asyncio.sleep(self._slow_seconds)
        if fault == "truncated":
            body = answer.body if isinstance(answer.body, bytes) else b"{}"
            reply = web.StreamResponse(headers={"Content-Length": str(len(body))})
            await reply.prepare(request)
            await reply.write(body[: len(body) // 2])
            return _break(request)
        return answer


def _before(fault: str, request: web.Request) -> web.Response | None:
    """Return the reply of a fault that prevents the call."""
    if fault == "break_before":
        return _break(request)
    if fault == "html_502":
        return web.Response(status=502, text=_GATEWAY_PAGE, content_type="text/html")
    if fault in ("rate_429", "rate_429_bare"):
        headers = {"Retry-After": "1"} if fault == "rate_429" else {}
        return web.json_response({"error": "too many requests"}, status=429, headers=headers)
    if fault in _NOT_FOUND:
        return _error(404, _NOT_FOUND[fault])
    statuses = {
        "refuse_400": 400,
        "refuse_401": 401,
        "refuse_403": 403,
        "refuse_413": 413,
        "error_5xx": 500,
    }
    return _error(statuses[fault], f"emulated fault: {fault}") if fault in statuses else None


def _break(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _error(status: int, text: str) -> web.Response:
    return web.json_response({"error": text}, status=status)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return None


async def _healthy(request: web.Request) -> web.Response:
    return web.Response(text="ok")
