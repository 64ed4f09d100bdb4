"""WaveSpeed's API as an HTTP server, beside RunPod's and with the same workers and faults.

Source: https://wavespeed.ai/docs (submit task, get result, list models, check usage).
"""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from .endpoint_access import EndpointAccess
from .input_validation import InputProblem, understand
from .job_queue import JobQueue
from .jobs import EmulatedJob
from .output_formats import OutputFormats
from .reply_faults import QueueFaults
from .wavespeed_replies import prediction, wrapped
from .worker_rules import RULES, WorkerRules

MODELS = {
    "wavespeed-ai/flux-schnell": "wavespeed_flux",
    "wavespeed-ai/flux-dev": "flux_dev",
    "wavespeed-ai/qwen-image/text-to-image": "qwen",
    "wavespeed-ai/flux-2-dev/text-to-image": "flux_2",
    "wavespeed-ai/flux-2-klein-9b/text-to-image": "flux_2",
    "wavespeed-ai/flux-2-klein-9b/edit": "flux_2_edit",
    "wavespeed-ai/flux-2-pro/text-to-image": "flux_2",
    "wavespeed-ai/flux-2-pro/edit": "flux_2_edit",
    "wavespeed-ai/flux-2-max/text-to-image": "flux_2",
    "wavespeed-ai/z-image/turbo": "wavespeed_z_image",
    "bytedance/seedream-v5.0-pro": "seedream_5",
    "bytedance/seedream-v5.0-pro/edit": "seedream_5_edit",
    "google/nano-banana-2/text-to-image": "wavespeed_nano_banana_2",
    "google/nano-banana-2/edit": "wavespeed_nano_banana_2_edit",
    "google/nano-banana-pro/edit": "wavespeed_nano_banana_pro_edit",
    "wavespeed-ai/qwen-image/edit-2511": "wavespeed_qwen_edit_2511",
    "alibaba/qwen-image-3.0/text-to-image": "qwen_3",
    "alibaba/qwen-image-3.0/edit": "qwen_3_edit",
    "openai/gpt-image-2.5-flare/text-to-image": "gpt_image",
    "openai/gpt-image-2.5-flare/edit": "gpt_image_edit",
    "ideogram-ai/ideogram-v4": "ideogram_4",
    "clarity-ai/crystal-upscaler": "crystal",
    "clarity-ai/creative-upscaler": "creative_upscaler",
    "wavespeed-ai/image-background-remover": "background_remover",
}
"""The key in RULES of each model; `output_formats` has its price."""
DISCOUNT_RATE = 90
"""Percent of the price that the account pays."""


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
            price = self._output_formats.cost(name, asked["inputs"])
            return web.json_response(
                wrapped(
                    {
                        "model_id": name,
                        "price": price,
                        "discounted_price": round(price * DISCOUNT_RATE / 100, 6),
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
        ran = Counter(job.endpoint for job in self._queue.accepted if job.has_run)
        rows = [
            {
                "model_uuid": name,
                "total_cost": round(ran[name] * self._output_formats.of(name).cost, 3),
                "total_count": ran[name],
            }
            for name in MODELS
            if ran[name]
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
