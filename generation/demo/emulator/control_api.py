"""`/emulator/…`: control of the emulator by other processes, with the initial key.

- `/emulator/faults` {"call", "fault", "endpoint"?, "times"? or "probability"?} plans a fault;
    {"clear": true} clears all planned ones and returns the list of faults.
- `/emulator/key` {"api_key": "…"} changes the accepted key.
- `/emulator/endpoints/ID` {"retired": true or false, "workers": 0 or more} and fields of
  `output_formats.OutputFormat`.
- `GET /emulator/record` returns everything that has happened: `jobs` that were ever accepted,
  `deliveries` of webhooks, and how often each of the `faults` has happened.
"""

import json
from dataclasses import asdict
from typing import Any

from aiohttp import web

from .callbacks import Webhooks
from .endpoint_access import EndpointAccess
from .faults import FAULTS, Faults
from .job_queue import JobQueue
from .output_formats import OutputFormats


class ControlApi:
    def __init__(
        self,
        *,
        access: EndpointAccess,
        output_formats: OutputFormats,
        faults: Faults,
        queue: JobQueue,
        webhooks: Webhooks,
    ) -> None:
        self._access, self._output_formats, self._faults = access, output_formats, faults
        self._queue, self._webhooks = queue, webhooks

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post("/emulator/faults", self._faults_route)
        app.router.add_post("/emulator/key", self._key_route)
        app.router.add_post("/emulator/endpoints/{endpoint}", self._endpoint_route)
        app.router.add_get("/emulator/record", self._record_route)

    async def _faults_route(self, request: web.Request) -> web.Response:
        document = await self._document(request)
        if document.pop("clear", False):
            self._faults.clear()
            return web.json_response(FAULTS)
        try:
            if "probability" in document:
                self._faults.chance(**document)
            else:
                self._faults.next(**document)
        except (TypeError, ValueError) as error:
            raise _refusal(web.HTTPBadRequest, str(error)) from error
        return web.json_response({"planned": document})

    async def _key_route(self, request: web.Request) -> web.Response:
        key = (await self._document(request)).get("api_key")
        if not isinstance(key, str) or not key:
            raise _refusal(web.HTTPBadRequest, "api_key must be a string")
        self._access.api_key = key
        return web.json_response({})

    async def _endpoint_route(self, request: web.Request) -> web.Response:
        endpoint, document = request.match_info["endpoint"], await self._document(request)
        retired, workers = document.pop("retired", None), document.pop("workers", None)
        if retired not in (None, True, False):
            raise _refusal(web.HTTPBadRequest, "retired must be true or false")
        if workers is not None and (
            isinstance(workers, bool) or not isinstance(workers, int) or workers < 0
        ):
            raise _refusal(web.HTTPBadRequest, "workers must be 0 or more")
        try:
            self._output_formats.set(endpoint, **document)
        except (TypeError, ValueError) as error:
            raise _refusal(web.HTTPBadRequest, str(error)) from error
        if retired is not None:
            (self._access.retire if retired else self._access.restore)(endpoint)
        if workers is not None:
            self._queue.set_workers(endpoint, workers)
        return web.json_response({})

    async def _record_route(self, request: web.Request) -> web.Response:
        self._check(request)
        record = {
            "jobs": [asdict(job) for job in self._queue.accepted],
            "deliveries": [asdict(delivery) for delivery in self._webhooks.deliveries],
            "faults": self._faults.taken,
        }
        return web.json_response(record)

    def _check(self, request: web.Request) -> None:
        if not self._access.controls(request.headers.get("Authorization", "")):
            raise _refusal(web.HTTPUnauthorized, "use the initial key of the emulator")

    async def _document(self, request: web.Request) -> dict[str, Any]:
        self._check(request)
        try:
            document = json.loads(await request.read())
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise _refusal(web.HTTPBadRequest, "send a JSON object")
        return document


def _refusal(kind: type[web.HTTPError], text: str) -> web.HTTPError:
    return kind(text=json.dumps({"error": text}), content_type="application/json")
