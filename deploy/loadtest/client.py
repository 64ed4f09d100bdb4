"""A simulated browser: its own address, cookies, kept connections, one socket."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from yarl import URL

from deploy.loadtest.measures import Notes, StepFailed

REQUEST_SECONDS = 60
CONNECTIONS = 4  # of one browser to one site
JobDocument = dict[str, Any]


@dataclass(frozen=True)
class HttpResult:
    status: int
    text: str
    headers: Mapping[str, str]


class Browser:
    """Sends requests and records their duration; does not follow redirects."""

    def __init__(self, *, url: URL, notes: Notes, address: str) -> None:
        self.url, self.notes = url, notes
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(local_addr=(address, 0), limit=CONNECTIONS),
            cookie_jar=aiohttp.CookieJar(unsafe=True),  # accept cookies of IP addresses
            headers={"Accept-Language": "en", "User-Agent": "artgen-loadtest"},
            timeout=aiohttp.ClientTimeout(total=REQUEST_SECONDS),
        )

    async def send(
        self, kind: str, method: str, path: str, *, expect: tuple[int, ...] = (200,), **options: Any
    ) -> HttpResult:
        """Send one request as a step of this kind; raise StepFailed for another status or none."""
        with self.notes.step(kind):
            try:
                async with self.session.request(
                    method, self.url.join(URL(path)), allow_redirects=False, **options
                ) as response:
                    reply = HttpResult(response.status, await response.text(), response.headers)
            except TimeoutError as error:
                raise StepFailed("no answer in time") from error
            except aiohttp.ClientError as error:
                raise StepFailed(type(error).__name__) from error
            if reply.status not in expect:
                raise StepFailed(f"status {reply.status}")
            return reply

    def cookie(self, name: str) -> str:
        """Return the value of a cookie, "" without one."""
        cookie = self.session.cookie_jar.filter_cookies(self.url).get(name)
        return cookie.value if cookie else ""

    def keep_cookie(self, name: str, value: str) -> None:
        self.session.cookie_jar.update_cookies({name: value}, self.url)

    def forget_cookies(self) -> None:
        self.session.cookie_jar.clear()

    async def socket(
        self, kind: str, *, user: str = "", headers: Mapping[str, str] | None = None
    ) -> "Socket":
        """Open the socket and wait for the snapshot, as a step of this kind; raise StepFailed."""
        address = self.url.join(URL("/ws/jobs/")).with_scheme(
            "wss" if self.url.scheme == "https" else "ws"
        )
        if user:
            address = address.with_query(user=user)
        with self.notes.step(kind):
            try:
                async with asyncio.timeout(REQUEST_SECONDS):
                    opened = await self.session.ws_connect(
                        address,
                        headers=headers,
                        origin=str(self.url.origin()),
                        max_msg_size=0,
                        autoping=True,
                    )
                    first = await opened.receive()
            except TimeoutError as error:
                raise StepFailed("no answer in time") from error
            except aiohttp.WSServerHandshakeError as error:
                raise StepFailed(f"status {error.status}") from error
            except aiohttp.ClientError as error:
                raise StepFailed(type(error).__name__) from error
            if first.type is not aiohttp.WSMsgType.TEXT:
                raise StepFailed(f"closed with {opened.close_code}")
        return Socket(opened)

    async def close(self) -> None:
        await self.session.close()


class Socket:
    """An open socket whose job events can be awaited."""

    def __init__(self, opened: aiohttp.ClientWebSocketResponse) -> None:
        self._opened = opened
        self._events: asyncio.Queue[JobDocument | None] = asyncio.Queue()
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async for message in self._opened:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    continue
                document = json.loads(message.data)
                jobs = document["jobs"] if document["type"] == "snapshot" else [document.get("job")]
                for job in filter(None, jobs):
                    self._events.put_nowait(job)
        finally:
            self._events.put_nowait(None)  # ends `changes`

    async def changes(self, prompt: str) -> AsyncIterator[JobDocument]:
        """Yield each event of the job with this prompt until the socket closes."""
        while (job := await self._events.get()) is not None:
            if job["prompt"] == prompt:
                yield job

    async def send(self, kind: str) -> None:
        """Send a message of this type; nothing if the socket is closed."""
        with contextlib.suppress(aiohttp.ClientError):
            await self._opened.send_json({"type": kind})

    async def close(self) -> None:
        self._reader.cancel()
        with contextlib.suppress(aiohttp.ClientError, asyncio.CancelledError):
            await self._opened.close()
