"""HTTP in the ASGI process: views run in threads of its pool, waits in its event loop.

Django's own handler keeps a thread of its own for each request, because our middleware is
synchronous: a thousand waiting requests would be a thousand threads.
"""

import asyncio
import contextlib
import io
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import IO, Any, cast

from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix
from django.utils import timezone
from django.utils.module_loading import import_string

from artgen.database.pool_threads import in_thread
from artgen.processes.later import ARRIVED_AT, CLIENT_GONE, Later

log = logging.getLogger(__name__)

TURNS = max(1, settings.DB_POOL_MAX // 2)
"""How many new requests have a thread at the same time."""
LATER_TURNS = max(1, settings.DB_POOL_MAX // 4)
"""How many have one after their wait. They do not wait for new ones; the rest is for sockets."""
TURN_SECONDS = 25.0
"""For which a new request waits for its turn; nothing has been done for it then."""
BUSY = "artgen.api.problems.busy"
"""By name: the pages, which it imports, are loaded when the first request comes."""
Scope = dict[str, Any]
Receive = Callable[[], Any]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class AsgiHttp(ASGIHandler):
    """The ASGI application for HTTP requests."""

    def __init__(self, *, turns: int = TURNS, turn_seconds: float = TURN_SECONDS) -> None:
        BaseHandler.__init__(self)
        self.load_middleware()  # synchronous
        self.turn_seconds = turn_seconds
        self.turns = asyncio.Semaphore(turns)
        self.later_turns = asyncio.Semaphore(LATER_TURNS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # `scope["artgen.respond"]` answers other requests in place of its client.
        scope = {**scope, ARRIVED_AT: timezone.now(), "artgen.respond": self._respond}
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        except OSError:
            log.exception("a body cannot be stored")
            await self.send_response(self._busy(scope), send)
            return
        answering = asyncio.create_task(self._answer(scope, body, send))
        listening = asyncio.create_task(self._disconnected(receive))
        try:
            await asyncio.wait({answering, listening}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                answering.cancel(CLIENT_GONE)
            with contextlib.suppress(asyncio.CancelledError):
                await answering
        finally:  # also when the process stops
            answering.cancel()
            listening.cancel()

    async def _disconnected(self, receive: Receive) -> None:
        with contextlib.suppress(RequestAborted):
            await self.listen_for_disconnect(receive)

    async def _answer(self, scope: Scope, body: IO[bytes], send: Send) -> None:
        response = await self._first(scope, body)
        if later := getattr(response, "later", None):
            response = await self._later(later, scope)
        await self.send_response(response, send)

    async def _first(self, scope: Scope, body: IO[bytes]) -> HttpResponseBase:
        try:
            async with asyncio.timeout(self.turn_seconds):
                await self.turns.acquire()
        except TimeoutError:
            body.close()
            return self._busy(scope)
        try:
            return await in_thread(self._response_to, (scope, body))
        finally:
            self.turns.release()

    def _busy(self, scope: Scope) -> HttpResponse:
        request, refused = self.create_request(scope, io.BytesIO())
        busy: HttpResponse = cast(Any, refused) or import_string(BUSY)(request)
        return busy

    async def _later(self, later: Later, scope: Scope) -> HttpResponseBase:
        async def again(waited: object) -> HttpResponseBase:
            return await self._respond({**scope, "artgen.waited": waited}, io.BytesIO())

        return await later(again)

    async def _respond(self, scope: Scope, body: IO[bytes]) -> HttpResponseBase:
        async with self.later_turns:
            return await in_thread(self._response_to, (scope, body))

    def _response_to(self, scope_and_body: tuple[Scope, IO[bytes]]) -> HttpResponseBase:
        scope, body = scope_and_body
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        with body:  # a wait would keep it
            request, refused = self.create_request(scope, body)
            response: Any = refused if request is None else self.get_response(request)
        if isinstance(response, HttpResponse):
            response.close()  # now, in the thread whose connections it returns
            return response
        return _read(response)


def _read(response: Any) -> HttpResponse:
    """Return a streamed response, such as a file, as a whole one."""
    whole = HttpResponse(b"".join(response), status=response.status_code, headers=response.headers)
    whole.cookies = response.cookies
    response.close()
    return whole
