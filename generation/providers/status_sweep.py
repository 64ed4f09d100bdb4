"""Read the status of hundreds of jobs at once.

Over HTTP/2 a few connections carry about a hundred requests each at the same time, so a sweep takes
about as long as one call. A server with HTTP/1.1 only gets one request at a time on each.
"""

import asyncio
import contextlib
import os
import ssl
import threading
import urllib.parse
from collections.abc import Callable, Coroutine, Iterator, Sequence
from functools import cache
from typing import Any

import httpcore2
import requests.utils
from httpcore2 import AsyncConnectionPool, ConnectError, ConnectTimeout

from artgen.http.deadlines import new_tls_context
from artgen.http.network_errors import reason_of
from generation.providers.access import BearerAccess, HttpLimits
from generation.providers.call_errors import CallFailed, ProviderError
from generation.providers.connection_pool import MAX_IDLE_SECONDS
from generation.providers.job_report import JobReport
from generation.providers.provider import Outcomes, Ref
from generation.providers.replies import MAX_REPLY_BYTES, Reply

BATCH = 96  # requests at once; servers allow about 100 streams a connection
MAX_FOR_ONE_CONNECTION = 8  # jobs
SWEEP_SECONDS = 25.0  # the longest that a sweep may take
# That of sweeps alone: a pool offers HTTP/2 with every connection of its context.
_tls_context = cache(new_tls_context)


class Sweep:
    """Reads many statuses at once. Safe between threads; a forked process needs a new one."""

    def __init__(
        self,
        *,
        name: str,
        access: BearerAccess,
        address: Callable[[BearerAccess, Ref], str],
        report_of: Callable[[Reply, Ref], JobReport],
        limits: HttpLimits = HttpLimits(),  # noqa: B008 it is frozen
        total_seconds: float = SWEEP_SECONDS,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        """Prepare a sweep without connecting.

        `name` is that of the provider, `address` that of a job's status; `report_of` reads the
        reply, and raises a ProviderError. `total_seconds` limits the duration of `read`;
        `tls_context` trusts another certificate authority, for tests.
        """
        self._name, self._access = name, access
        self._address, self._report_of = address, report_of
        self._limits, self._total_seconds = limits, total_seconds
        self._tls_context = tls_context or _tls_context(os.environ.get("REQUESTS_CA_BUNDLE"))
        headers = self._access.headers | {
            "Host": urllib.parse.urlsplit(access.base_url).netloc,
            "Authorization": f"Bearer {self._access.api_key}",
            "Accept-Encoding": "identity",
        }
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]
        self._idle: list[AsyncConnectionPool] = []  # used by the thread of `_loop` only

    def __repr__(self) -> str:
        return f"Sweep(base_url={self._access.base_url!r})"

    def read(self, refs: Sequence[Ref]) -> Outcomes:
        """Return each job's report, or the error of reading it, within `total_seconds`."""
        return _run(self._read(list(dict.fromkeys(refs))))

    def close(self) -> None:
        """Close idle connections. The sweep can still be used."""
        _run(self._close())

    async def _close(self) -> None:
        while self._idle:
            await self._idle.pop().aclose()

    async def _read(self, refs: Sequence[Ref]) -> Outcomes:
        lanes = 1
        if len(refs) > MAX_FOR_ONE_CONNECTION:
            lanes = min(self._limits.sweep_connections, len(refs))
        outcomes: Outcomes = {}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._total_seconds):
                await asyncio.gather(
                    *(self._lane(refs[lane::lanes], outcomes) for lane in range(lanes))
                )
        late = CallFailed("the sweep took too long")
        return {ref: outcomes.get(ref, late) for ref in refs}

    async def _lane(self, refs: Sequence[Ref], outcomes: Outcomes) -> None:
        """Read some of the jobs over one connection; keep it for reuse unless it failed."""
        pool = self._idle.pop() if self._idle else self._pool()
        keep = False
        try:
            async with asyncio.TaskGroup() as group:
                queue = iter(refs)
                for _ in refs[:BATCH]:
                    group.create_task(self._read_all(pool, queue, outcomes))
            keep = len(self._idle) < self._limits.sweep_connections and not any(
                isinstance(outcome := outcomes[ref], CallFailed) and outcome.status is None
                for ref in refs
            )
        except* (ConnectError, ConnectTimeout) as failures:
            lost = self._call_error(failures.exceptions[0])
            outcomes.update({ref: lost for ref in refs if ref not in outcomes})
        finally:
            if keep:
                self._idle.append(pool)
            else:
                await pool.aclose()

    async def _read_all(
        self, pool: AsyncConnectionPool, queue: Iterator[Ref], outcomes: Outcomes
    ) -> None:
        """Store the outcomes. Raises ConnectError or ConnectTimeout, which end the whole lane."""
        for ref in queue:
            try:
                outcomes[ref] = self._report_of(await self._reply(pool, ref), ref)
            except ProviderError as error:
                outcomes[ref] = error
            except (ConnectError, ConnectTimeout):
                raise
            except Exception as error:  # noqa: BLE001 must not affect the other jobs
                outcomes[ref] = self._call_error(error)

    async def _reply(self, pool: AsyncConnectionPool, ref: Ref) -> Reply:
        connect, read = self._limits.connect_seconds, self._limits.sweep_seconds
        async with pool.stream(
            "GET",
            self._address(self._access, ref),
            headers=self._headers,
            extensions={"timeout": {"connect": connect, "read": read, "write": read}},
        ) as response:
            body = bytearray()
            async for chunk in response.aiter_stream():
                body += chunk
                if len(body) > MAX_REPLY_BYTES:
                    raise OSError(f"the reply has more than {MAX_REPLY_BYTES} bytes")
        headers = {name.title().decode(): value.decode() for name, value in response.headers}
        return Reply(response.status, headers, self._access.scrub_bytes(bytes(body)))

    def _call_error(self, error: BaseException) -> CallFailed:
        call_error = CallFailed(
            f"{self._name} could not be reached", detail=self._access.scrub(reason_of(error))
        )
        call_error.__cause__ = error
        return call_error

    def _pool(self) -> AsyncConnectionPool:
        """Return a pool of one connection, through the proxy of the environment if it names one."""
        url = self._access.base_url
        proxy = requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url))
        return AsyncConnectionPool(
            ssl_context=self._tls_context,
            proxy=httpcore2.Proxy(proxy, auth=requests.utils.get_auth_from_url(proxy))
            if proxy
            else None,
            max_connections=1,
            keepalive_expiry=MAX_IDLE_SECONDS,
            http2=True,
        )


_starting = threading.Lock()


def _run[T](coroutine: Coroutine[Any, Any, T]) -> T:
    with _starting:
        loop = _loop(os.getpid())
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result()


@cache
def _loop(_pid: int) -> asyncio.AbstractEventLoop:
    """Return the event loop that reads for all sweeps of this process, in a thread of its own."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="runpod-sweep", daemon=True).start()
    return loop
