"""OpenAI's image API for one model on this machine.

https://platform.openai.com/docs/api-reference/images: generations and edits, streamed if asked for.
It also takes seed, steps, guidance, negative_prompt and strength. Closing the connection cancels.
"""

import asyncio
import base64
import contextlib
import json
import random
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from aiohttp import web

from generation.catalog.edit_sizes import size_like
from generation.imaging import mask_image
from generation.imaging.image_decoding import InvalidImage, read_header

from .models import MULTIPLE, LocalModel
from .supervisor import Supervisor
from .worker import NOT_READY, Drawing, Drawn, Failed, Step

HOST = "127.0.0.1"
MAX_BODY_BYTES = 64 << 20
MAX_SEED = 2**31 - 1
RETRY_SECONDS = "5"
INVALID, NOT_FOUND = "invalid_value", "model_not_found"
STATUS: Mapping[str, type[web.HTTPError]] = {
    INVALID: web.HTTPBadRequest,
    NOT_FOUND: web.HTTPNotFound,
    NOT_READY: web.HTTPTooManyRequests,
}
"""By code; others are 422. None is 5xx: they say for certain that nothing was made."""
LIMITS = {"n": {"min": 1, "max": 1}, "partial_images": {"min": 0, "max": 3}}


def serve(model: LocalModel, *, port: int, say: Callable[[str], None]) -> None:
    """Serve the model until SIGTERM or Ctrl-C, and say what becomes of it.

    Raises OSError if the port is in use.
    """
    supervisor = Supervisor(model, say=say)
    app = ModelServer(model, supervisor).app()

    async def start(app: web.Application) -> None:
        task = asyncio.create_task(supervisor.run())

        async def stop(app: web.Application) -> None:
            task.cancel()  # kills the process, so that no drawing holds up the end

        app.on_shutdown.append(stop)

    app.on_startup.append(start)
    web.run_app(
        app,
        host=HOST,
        port=port,
        handler_cancellation=True,  # a closed connection cancels its drawing
        shutdown_timeout=0,
        access_log=None,
        print=lambda _text: say(f"{model.title}: IMAGE_SERVER_URL=http://{HOST}:{port}/v1"),
    )


class ModelServer:
    """The routes of one model."""

    def __init__(self, model: LocalModel, supervisor: Supervisor) -> None:
        self._model, self._supervisor = model, supervisor

    def app(self) -> web.Application:
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/images/generations", self._generate)
        app.router.add_post("/v1/images/edits", self._edit)
        return app

    async def _models(self, request: web.Request) -> web.Response:
        row = {"id": self._model.name, "object": "model", "owned_by": "local"}
        return web.json_response({"object": "list", "data": [row]})

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        try:
            body = await request.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise _refusal("The body is not a JSON object.")
        return await self._answer(request, "image_generation", body)

    async def _edit(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        body = {name: value for name, value in form.items() if isinstance(value, str)}
        image, images, mask = (
            [file.file.read() for file in form.getall(name, ()) if isinstance(file, web.FileField)]
            for name in ("image", "image[]", "mask")
        )
        if not image + images:
            raise _refusal("image: a file is missing.")
        return await self._answer(request, "image_edit", body, (*image, *images), *mask[:1])

    async def _answer(
        self,
        request: web.Request,
        kind: str,
        body: Mapping[str, Any],
        sources: tuple[bytes, ...] = (),
        mask: bytes = b"",
    ) -> web.StreamResponse:
        drawing = self._drawing(body, sources, mask)
        # Before the last event, closing it cancels the drawing.
        async with contextlib.aclosing(self._supervisor.draw(drawing)) as events:
            event = await anext(events)
            if str(body.get("stream")).lower() == "true" and not isinstance(event, Failed):
                return await _stream(request, kind, event, events, previews=drawing.previews)
            while isinstance(event, Step):
                event = await anext(events)
        if isinstance(event, Failed):
            raise _refusal(event.reason, event.code)
        return web.json_response({"created": int(time.time()), "data": [_image(event.png)]})

    def _drawing(self, body: Mapping[str, Any], sources: tuple[bytes, ...], mask: bytes) -> Drawing:
        """Return what to draw. Raises `_refusal`."""
        model = self._model
        if (name := body.get("model", model.name)) != model.name:
            text = f"The model {name} does not exist, {model.name} does."
            raise _refusal(text, NOT_FOUND)
        prompt = body.get("prompt")
        if not isinstance(prompt, str) or not prompt.strip():
            raise _refusal("prompt: missing.")
        self._number(body, "n", 1)
        if len(sources) > model.max_sources:
            raise _refusal(f"image: {model.name} takes {model.max_sources} at most.")
        if mask and "mask" not in model.parameters:
            raise _refusal(f"mask: {model.name} takes none.")
        try:
            repainted = mask_image.of_transparency(mask) if mask else b""
            headers = [read_header(source) for source in sources]
        except InvalidImage as problem:
            raise _refusal(f"image: {problem}") from problem
        if repainted is None:
            raise _refusal("mask: no pixel is transparent, as those to repaint must be.")
        width, height = self._sides(body, (headers[0].width, headers[0].height) if headers else ())
        return Drawing(
            prompt=prompt,
            negative_prompt=str(body.get("negative_prompt") or ""),
            width=width,
            height=height,
            seed=self._number(body, "seed", random.randint(0, MAX_SEED)),
            steps=self._number(body, "steps", model.steps),
            guidance=self._number(body, "guidance", model.guidance),
            strength=self._number(body, "strength", 0.75),
            sources=sources,
            mask=repainted,
            previews=self._number(body, "partial_images", 0),
        )

    def _sides(self, body: Mapping[str, Any], source: tuple[int, ...]) -> tuple[int, int]:
        """Return width and height; if they are left open, as the source is shaped."""
        size, most = body.get("size") or "auto", self._model.parameters["width"]["max"]
        if size == "auto":
            width, height = source or (1, 1)
            pixels = self._model.size**2
            width, height = size_like(width=width, height=height, pixels=pixels, multiple=MULTIPLE)
            return min(width, most), min(height, most)
        match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", str(size))
        width, height = (int(match[1]), int(match[2])) if match else (0, 0)
        if any(side % MULTIPLE or not MULTIPLE <= side <= most for side in (width, height)):
            raise _refusal(f"size: auto or such as 512x512, multiples of {MULTIPLE} up to {most}.")
        return width, height

    def _number[Number: (int, float)](
        self, body: Mapping[str, Any], name: str, default: Number
    ) -> Number:
        """Return a number of JSON or of a form. Raises `_refusal` beyond the model's limits."""
        if body.get(name) in (None, ""):
            return default
        limits = LIMITS.get(name) or self._model.parameters.get(name) or {}
        least, most = limits.get("min", default), limits.get("max", default)
        with contextlib.suppress(ValueError):
            number = type(default)(str(body[name]))
            if least <= number <= most:
                return number
        kind = "whole number" if isinstance(default, int) else "number"
        raise _refusal(f"{name}: not a {kind} from {least} to {most}.")


async def _stream(
    request: web.Request,
    kind: str,
    event: Step | Drawn | Failed,
    events: AsyncIterator[Step | Drawn | Failed],
    *,
    previews: int,
) -> web.StreamResponse:
    """Reply with server-sent events: steps as comments, as OpenAI has no event for them."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)

    async def send(name: str, fields: Mapping[str, Any]) -> None:
        data = json.dumps({"type": name, "created_at": int(time.time()), **fields})
        await response.write(f"event: {name}\ndata: {data}\n\n".encode())

    sent = 0
    while isinstance(event, Step):
        await response.write(f": step {event.number}/{event.steps}\n\n".encode())
        is_due = event.number * (previews + 1) >= (sent + 1) * event.steps  # evenly over the steps
        if event.preview and sent < previews and is_due:
            more = {"partial_image_index": sent, "output_format": "jpeg"}
            await send(f"{kind}.partial_image", _image(event.preview) | more)
            sent += 1
        event = await anext(events)
    if isinstance(event, Failed):
        await send("error", _error(event.reason, event.code))
    else:
        await send(f"{kind}.completed", _image(event.png) | {"output_format": "png"})
    return response


def _image(data: bytes) -> dict[str, Any]:
    return {"b64_json": base64.b64encode(data).decode()}


def _error(text: str, code: str) -> dict[str, Any]:
    return {"error": {"message": text, "type": "image_generation_error", "code": code}}


def _refusal(text: str, code: str = INVALID) -> web.HTTPError:
    headers = {"Retry-After": RETRY_SECONDS} if code == NOT_READY else None
    kind = STATUS.get(code, web.HTTPUnprocessableEntity)
    body = json.dumps(_error(text, code))
    return kind(text=body, content_type="application/json", headers=headers)
