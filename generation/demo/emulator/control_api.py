"""`/emulator/…`: control of the emulator by other processes, with the initial key.

- `/emulator/faults` {"call", "fault", "endpoint"?, "times"?} plans one of `faults.FAULTS`.
- `/emulator/key` {"api_key": "…"} changes the accepted key.
- `/emulator/endpoints/ID` {"workers": 0 or more}.
- `GET /emulator/record` returns what has happened: `jobs` that were ever accepted, and how often
  each of the `faults` has happened.
"""

import json
from dataclasses import asdict
from typing import Any

from aiohttp import web

from .endpoint_access import EndpointAccess
from .faults import Faults
from .job_queue import JobQueue


class ControlApi:
    def __init__(
        self,
        *,
        access: EndpointAccess,
        faults: Faults,
        queue: JobQueue,
    ) -> None:
        self._access, self._faults, self._queue = access, faults, queue

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post("/emulator/faults", self._faults_route)
        app.router.add_post("/emulator/key", self._key_route)
        app.router.add_post("/emulator/endpoints/{endpoint}", self._endpoint_route)
        app.router.add_get("/emulator/record", self._record_route)

    async def _faults_route(self, request: web.Request) -> web.Response:
        document = await self._document(request)
        try:
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
        workers = (await self._document(request)).get("workers")
        if isinstance(workers, bool) or not isinstance(workers, int) or workers < 0:
            raise _refusal(web.HTTPBadRequest, "workers must be 0 or more")
        self._queue.set_workers(request.match_info["endpoint"], workers)
        return web.json_response({})

    async def _record_route(self, request: web.Request) -> web.Response:
        self._check(request)
        record = {
            "jobs": [asdict(job) for job in self._queue.accepted],
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
