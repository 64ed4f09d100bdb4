"""RunPod's queue API as an HTTP server.

Source: https://docs.runpod.io/serverless/endpoints/send-requests
"""

import contextlib
from collections.abc import Iterable
from typing import Protocol

from aiohttp import web

from .chat_completions import ChatCompletions
from .endpoint_access import EndpointAccess
from .faults import Faults
from .image_server_api import ImageServerApi
from .input_validation import guess_dialect
from .job_queue import JobQueue
from .jobs import EmulatedJob
from .options import EmulatorOptions
from .output_formats import OutputFormats
from .rate_limits import RateLimits
from .recorded_calls import Call, Calls
from .reply_faults import (
    ENDPOINT_NOT_FOUND,
    JOB_NOT_FOUND,
    QueueFaults,
    after,
    before,
    error,
    json_of,
)
from .wavespeed_api import WaveSpeedApi
from .worker_rules import PUBLIC_ENDPOINTS
from .workers import Workers

MAX_BODY_BYTES = 10 * 1024 * 1024
TIMEOUT_RANGE = (5_000, 7 * 86_400_000)  # milliseconds
TTL_RANGE = (10_000, 7 * 86_400_000)
_JOB = web.RequestKey("job", EmulatedJob)  # the job created by a /run request
_METHODS = {"run": "POST", "status": "GET", "cancel": "POST", "health": "GET"}


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
        workers: Workers,
        output_formats: OutputFormats,
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
            before=before,
        )
        surrounding = QueueFaults(faults, self._calls, slow_seconds=options.slow_seconds)
        wavespeed = WaveSpeedApi(
            access=access,
            queue=queue,
            faults=surrounding,
            output_formats=output_formats,
            public_url=options.public_url,
        )
        images = ImageServerApi(
            access=access, queue=queue, workers=workers, faults=surrounding, options=options
        )
        for routes in (*others, chat, wavespeed, images):
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
            return error(404, "not found")
        if request.method != _METHODS[call]:
            return error(405, "method not allowed")
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return error(413, "request body exceeds 10 MB")
        document = json_of(body)
        fault = self._faults.take(call, endpoint)
        self._calls.add(
            Call(request.method, request.path, call, endpoint, job_id, document, fault),
            size=len(body),
        )
        if refusal := before(fault, request):
            return refusal
        if not self._access.exists(endpoint):
            return error(404, ENDPOINT_NOT_FOUND)
        if not self._access.accepts(request.headers.get("Authorization", "")):
            return error(401, "unauthorized")
        if self._limits is None:
            answer = await self._do(request, endpoint, call, job_id, document)
        else:
            with self._limits.admit(endpoint, call) as allowed:
                if not allowed:
                    return error(429, "too many requests")
                answer = await self._do(request, endpoint, call, job_id, document)
        if fault == "accept_twice":
            answer = await self._do(request, endpoint, call, job_id, document)
        reply = await after(fault, request, answer, slow_seconds=self._slow_seconds)
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
            return error(404, JOB_NOT_FOUND)
        if call == "cancel":
            self._queue.cancel(job)
            return web.json_response({"id": job.id, "status": job.state})
        job.reads += 1
        return web.json_response(job.report())

    async def _run(self, request: web.Request, endpoint: str, document: object) -> web.Response:
        if not isinstance(document, dict) or not isinstance(document.get("input"), dict):
            return error(400, "request body must be a JSON object with an input object")
        policy = document.get("policy") or {}
        if not isinstance(policy, dict):
            return error(400, "policy must be an object")
        timeout, ttl = policy.get("executionTimeout", 600_000), policy.get("ttl", 86_400_000)
        for name, value, (least, most) in (
            ("executionTimeout", timeout, TIMEOUT_RANGE),
            ("ttl", ttl, TTL_RANGE),
        ):
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                return error(400, f"policy.{name} must be between {least} and {most} ms")
        webhook = document.get("webhook") or ""
        if not isinstance(webhook, str) or (
            webhook and not webhook.startswith(("http://", "https://"))
        ):
            return error(400, "webhook must be a URL")
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


async def _healthy(request: web.Request) -> web.Response:
    return web.Response(text="ok")
