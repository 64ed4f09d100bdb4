"""OpenAI's image API as an HTTP server, with the same painters and faults: the reply has the image.

Its model names are those of any server: with a prefix such as Yandex's `art://FOLDER/`, too.
Source: https://platform.openai.com/docs/api-reference/images/create
"""

import asyncio
import base64
import json
import random
import re
import time
from dataclasses import replace
from typing import Any

from aiohttp import web

from generation.imaging import mask_image
from generation.providers.payloads.comfyui import data_uri

from .endpoint_access import EndpointAccess
from .input_validation import InputProblem, understand
from .job_queue import JobQueue
from .jobs import EmulatedJob
from .options import EmulatorOptions
from .reply_faults import FAULT, QueueFaults
from .workers import Workers, WorkResult

CALL = "images"
MODELS = ("sd-3.5-large", "z-image-turbo")
"""What the list of models has; others are made, too."""


class ImageServerApi:
    def __init__(
        self,
        *,
        access: EndpointAccess,
        queue: JobQueue,
        workers: Workers,
        faults: QueueFaults,
        options: EmulatorOptions,
    ) -> None:
        self._access, self._queue, self._workers, self._faults = access, queue, workers, faults
        self._options, self._random = options, random.Random(options.seed)

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/images/generations", self._generate)
        app.router.add_post("/v1/images/edits", self._edit)

    async def _models(self, request: web.Request) -> web.Response:
        if refusal := self._unauthorized(request):
            return refusal
        rows = [{"id": name, "object": "model"} for name in MODELS if self._access.exists(name)]
        return web.json_response({"object": "list", "data": rows})

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        return await self._call(request, await request.json())

    async def _edit(self, request: web.Request) -> web.StreamResponse:
        """Read the form: `image` or several `image[]`, and a mask that is transparent in parts."""
        form = await request.post()
        body: dict[str, Any] = {
            name: int(value) if name == "seed" else value
            for name, value in form.items()
            if isinstance(value, str)
        }
        fields = ("image", "image[]", "mask")
        files = {name: [_uri(file) for file in form.getall(name, [])] for name in fields}
        body |= {"image": files["image"] + files["image[]"], "mask": files["mask"]}
        return await self._call(request, body)

    async def _call(self, request: web.Request, body: Any) -> web.StreamResponse:
        model = str(body.get("model", "")).rpartition("://")[2].partition("/")[2] or body["model"]

        async def generate() -> web.Response:
            if refusal := self._unauthorized(request):
                return refusal
            if not self._access.exists(model):
                return _error(404, f"The model {model} does not exist", code="model_not_found")
            try:
                return await self._reply(request, model, body)
            except InputProblem as problem:
                return _error(400, str(problem), code="invalid_value")

        return await self._faults.around(request, CALL, model, generate, form=body)

    async def _reply(self, request: web.Request, model: str, body: dict[str, Any]) -> web.Response:
        size = re.fullmatch(r"(\d+)x(\d+)", str(body.get("size", "1024x1024")))
        if size is None:
            raise InputProblem(f"Invalid size: {body.get('size')}")
        given: dict[str, object] = {
            name: body[name] for name in ("prompt", "negative_prompt", "seed") if name in body
        }
        job = EmulatedJob(
            endpoint=model,
            input={**given, "size": f"{size[1]}*{size[2]}"},
            dialect="qwen",
            origin=self._options.public_url.rstrip("/") or f"http://{request.host}",
            provider="image_server",
        )
        image = understand(job.dialect, model, job.input)
        if "image" in body:
            if not body["image"]:
                raise InputProblem("Missing required parameter: image")
            image = replace(image, sources=tuple(body["image"]), mask=_painted(body["mask"]))
        self._queue.record(job, fault=request[FAULT])
        if not self._options.manual and not self._options.instant:
            seconds = self._random.uniform(*self._options.seconds_range)
            await asyncio.sleep(seconds / self._options.speed)
        result = await self._workers.start(job, image)
        job.record_end(result.state)
        answer = _answer(result)
        return _stream(answer, body) if str(body.get("stream")).lower() == "true" else answer

    def _unauthorized(self, request: web.Request) -> web.Response | None:
        if self._access.accepts(request.headers.get("Authorization", "")):
            return None
        return _error(401, "Incorrect API key provided", code="invalid_api_key")


def _uri(file: Any) -> str:
    return f"data:{file.content_type};base64,{base64.b64encode(file.file.read()).decode()}"


def _painted(masks: list[str]) -> str:
    """Return the mask as painters take it, "" for none."""
    if not masks:
        return ""
    mask = mask_image.of_transparency(base64.b64decode(masks[0].partition(",")[2]))
    if mask is None:
        raise InputProblem("Invalid mask image format - mask image missing alpha channel")
    return data_uri(mask)


def _answer(result: WorkResult) -> web.Response:
    """Return the images as `b64_json` or `url`, or the error of a worker."""
    if result.state != "COMPLETED":
        if "safety" in result.error:
            return _error(400, result.error, code="moderation_blocked")
        return _error(500, result.error or result.state)
    output = dict(result.output) if isinstance(result.output, dict) else {}
    output.pop("cost", None)
    if url := output.pop("result", None) or output.pop("image_url", None):
        output["data"] = [{"url": url}]
    return web.json_response({"created": int(time.time()), **output})


def _stream(answer: web.Response, body: dict[str, Any]) -> web.Response:
    """Return the image as server-sent events: complete at once, also as the partial ones."""
    if answer.status != 200 or not isinstance(answer.body, bytes):
        return answer
    image = json.loads(answer.body)["data"][0]
    kind = "image_edit" if "image" in body else "image_generation"
    count = int(body.get("partial_images", 0))
    events = [
        {"type": f"{kind}.partial_image", "partial_image_index": index, **image}
        for index in range(count)
    ] + [{"type": f"{kind}.completed", **image}]
    text = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
    return web.Response(text=text, content_type="text/event-stream")


def _error(status: int, text: str, *, code: str = "server_error") -> web.Response:
    error = {"message": text, "type": "image_generation_error", "param": None, "code": code}
    return web.json_response({"error": error}, status=status)
