"""WaveSpeed's API as an HTTP server, beside RunPod's and with the same workers and faults.

Source: https://wavespeed.ai/docs (submit task, get result, list models, check usage).
"""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from .endpoint_access import EndpointAccess
from .input_validation import InputProblem, understand
from .job_queue import JobQueue
from .jobs import EmulatedJob
from .output_formats import DISCOUNT_RATE, OutputFormats
from .reply_faults import QueueFaults
from .wavespeed_replies import prediction, wrapped
from .worker_rules import RULES, WorkerRules
from .worker_rules import WAVESPEED_MODELS as MODELS

BALANCE = 156.78  # dollars
LONGEST_USAGE = timedelta(days=31)


class WaveSpeedApi:
    def __init__(
        self,
        *,
        access: EndpointAccess,
        queue: JobQueue,
        faults: QueueFaults,
        output_formats: OutputFormats,
        public_url: str,
    ) -> None:
        self._access, self._queue, self._faults = access, queue, faults
        self._output_formats = output_formats
        self._public_url = public_url.rstrip("/")

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/api/v3/models", self._models)
        app.router.add_post("/api/v3/model/price", self._price)
        app.router.add_post("/api/v3/user/usage_stats", self._usage)
        app.router.add_get("/api/v3/balance", self._balance)
        app.router.add_get("/api/v3/predictions/{job_id}/result", self._result)
        app.router.add_post("/api/v3/{endpoint:.+}", self._submit)

    async def _models(self, request: web.Request) -> web.StreamResponse:
        async def read() -> web.Response:
            if refusal := self._unauthorized(request):
                return refusal
            rows = [
                {
                    "model_id": name,
                    "name": name,
                    "base_price": self._output_formats.of(name).cost,
                    "type": "text-to-image",
                    "api_schema": {"api_schemas": [{"request_schema": _schema(RULES[rules])}]},
                }
                for name, rules in MODELS.items()
                if self._access.exists(name)
            ]
            return web.json_response(wrapped(rows))

        return await self._faults.around(request, "models", "", read)

    async def _price(self, request: web.Request) -> web.StreamResponse:
        async def read() -> web.Response:
            if refusal := self._unauthorized(request):
                return refusal
            asked = await request.json()
            name = asked["model_id"]
            if name not in MODELS or not self._access.exists(name):
                return _error(400, f"model {name} not found")
            try:
                understand(MODELS[name], name, asked["inputs"])
            except InputProblem as problem:
                return _error(400, str(problem))
            price, charge = (
                of(name, asked["inputs"])
                for of in (self._output_formats.cost, self._output_formats.charge)
            )
            return web.json_response(
                wrapped(
                    {
                        "model_id": name,
                        "price": price,
                        "discounted_price": charge,
                        "discount_rate": DISCOUNT_RATE,
                        "currency": "USD",
                    }
                )
            )

        return await self._faults.around(request, "models", "", read)

    async def _usage(self, request: web.Request) -> web.Response:
        if refusal := self._unauthorized(request):
            return refusal
        asked = await request.json()
        start, end = (datetime.fromisoformat(asked[name]) for name in ("start_time", "end_time"))
        if end - start > LONGEST_USAGE:
            return _error(400, "query time range cannot exceed 31 days")
        ran = defaultdict(list)
        for job in self._queue.accepted:
            if job.has_run and start.timestamp() <= job.accepted_at <= end.timestamp():
                ran[job.endpoint].append(job.usd)
        rows = [
            {"model_uuid": name, "total_cost": round(sum(costs), 6), "total_count": len(costs)}
            for name, costs in ran.items()
            if name in MODELS
        ]
        return web.json_response(wrapped({"per_model_usage": rows}))

    async def _balance(self, request: web.Request) -> web.Response:
        if refusal := self._unauthorized(request):
            return refusal
        return web.json_response(wrapped({"balance": BALANCE}))

    async def _result(self, request: web.Request) -> web.StreamResponse:
        async def read() -> web.Response:
            job = self._queue.jobs.get(request.match_info["job_id"])
            if job is None or job.endpoint not in MODELS:
                return _error(404, "prediction not found")
            job.reads += 1
            return web.json_response(wrapped(prediction(job)))

        return await self._faults.around(request, "status", "", read)

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        endpoint = request.match_info["endpoint"]
        accepted: list[EmulatedJob] = []

        async def run() -> web.Response:
            if refusal := self._unauthorized(request):
                return refusal
            if endpoint not in MODELS or not self._access.exists(endpoint):
                return _error(404, f"model {endpoint} not found")
            body: Any = await request.json()
            if not isinstance(body, dict):
                return _error(400, "the body must be an object")
            job = EmulatedJob(
                endpoint=endpoint,
                input=body,
                dialect=MODELS[endpoint],
                webhook=request.query.get("webhook", ""),
                origin=self._public_url or f"http://{request.host}",
                provider="wavespeed",
            )
            await self._queue.submit(job)
            accepted.append(job)
            return web.json_response(wrapped(prediction(job)))

        reply = await self._faults.around(request, "run", endpoint, run)
        for job in accepted:
            self._queue.confirm_reply(job)
        return reply

    def _unauthorized(self, request: web.Request) -> web.Response | None:
        if self._access.accepts(request.headers.get("Authorization", "")):
            return None
        return _error(401, "unauthorized")


def _schema(rules: WorkerRules) -> dict[str, Any]:
    """Return the fields that a model takes, as JSON schema."""
    required = ["prompt"] * rules.prompt + ([rules.source] if rules.sources[0] else [])
    names = {*rules.fields, "enable_sync_mode", "enable_base64_output"}
    return {
        "type": "object",
        "properties": {name: {} for name in sorted(names)},
        "required": required,
    }


def _error(status: int, text: str) -> web.Response:
    return web.json_response({"code": status, "message": text}, status=status)
