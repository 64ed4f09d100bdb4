"""The emulator in its own thread, for tests, the demo and load tests."""

import asyncio
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from aiohttp import web

from .admission import Admission
from .answers import Answers
from .billing import Billing
from .calls import Call
from .clock import Clock
from .control import Control
from .faults import Faults
from .files import Files
from .jobs import EmulatedJob
from .limits import RateLimits
from .painting import FullPainter, Painter, TinyPainter
from .queue import Queue
from .server import Server
from .webhooks import WebhookDelivery, Webhooks
from .work import Work

T = TypeVar("T")


class Emulator:
    """RunPod's queue API on this machine.

    Three modes: real time (scaled by `speed`); a clock moved by tests (`manual=True`, `advance`);
    or `instant`, where every job is finished before /run replies. Use it as a context manager.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        api_key: str | None = "emulator-key",
        painter: str = "tiny",
        processes: int = 2,
        manual: bool = False,
        instant: bool = False,
        speed: float = 1.0,
        workers: int = 3,
        seconds: float | tuple[float, float] = 5.0,
        cold_start: float = 0.0,
        rate_limits: bool = True,
        public_url: str = "",
        cdn: str = "",
        slow_seconds: float = 30.0,
        late_seconds: float = 60.0,
        seed: int = 0,
        shows_bill: bool = True,
    ) -> None:
        """Prepare an emulator; `start` or `with` starts it.

        Args:
            host, port: Listening address; port 0 takes a free one.
            api_key: The only accepted key; None accepts any.
            painter: "tiny" (flat images at once) or "full" (the demo painter, in `processes`).
            manual, instant, speed: See above.
            workers: Jobs that one endpoint runs at the same time.
            seconds: Emulated GPU time of an image, or a range; the full painter may take longer.
            cold_start: Emulated seconds before the first job of an endpoint.
            rate_limits: Whether RunPod's limits apply, in real time times `speed`.
            public_url: Base URL of the files; by default the host of the /run request.
            cdn: A second host for files, as recorded: a name of this machine, such as
                "localhost" beside 127.0.0.1, which gets the emulator's port, or a URL.
            slow_seconds: Real seconds of the fault `slow`.
            late_seconds: Emulated seconds by which a webhook with the fault `late` comes late.
            seed: Seed of all random values.
        """
        if painter not in ("tiny", "full"):
            raise ValueError("painter must be 'tiny' or 'full'")
        self.host, self.port, self._cdn = host, port, cdn.rstrip("/")
        self.answers = Answers()
        self.faults = Faults(seed=seed)
        self._clock = Clock(speed=speed, manual=manual)
        self._webhooks = Webhooks(self._clock, late_seconds=late_seconds)
        self._admission = Admission(api_key)
        self._files = Files()
        drawer: Painter = TinyPainter() if painter == "tiny" else FullPainter(processes=processes)
        self._work = Work(painter=drawer, files=self._files, answers=self.answers, seed=seed)
        self._queue = Queue(
            clock=self._clock,
            faults=self.faults,
            webhooks=self._webhooks,
            work=self._work,
            workers=workers,
            seconds=seconds,
            cold_start=cold_start,
            instant=instant,
            seed=seed,
        )
        self._server = Server(
            queue=self._queue,
            files=self._files,
            faults=self.faults,
            admission=self._admission,
            billing=Billing(
                admission=self._admission,
                answers=self.answers,
                queue=self._queue,
                is_readable=shows_bill,
            ),
            control=Control(
                admission=self._admission,
                answers=self.answers,
                faults=self.faults,
                queue=self._queue,
                webhooks=self._webhooks,
            ),
            limits=RateLimits(speed=speed) if rate_limits else None,
            public_url=public_url,
            slow_seconds=slow_seconds,
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="runpod-emulator", daemon=True
        )
        self._runner: web.AppRunner | None = None

    @property
    def base_url(self) -> str:
        return f"http://{self.image_host}/v2"

    @property
    def image_host(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def cdn_host(self) -> str:
        """The second host of files, also for RUNPOD_IMAGE_HOSTS; "" without one."""
        return urlsplit(self._files.cdn_url).netloc

    @property
    def api_key(self) -> str | None:
        return self._admission.api_key

    @property
    def calls(self) -> list[Call]:
        """The API requests so far, in order."""
        return self._server.calls

    @property
    def deliveries(self) -> list[WebhookDelivery]:
        """The webhook deliveries so far, in order."""
        return self._webhooks.deliveries

    @property
    def jobs(self) -> list[EmulatedJob]:
        """The jobs that can still be queried, oldest first.

        These are the live objects, for reading.
        """
        return list(self._queue.jobs.values())

    def start(self) -> Self:
        """Start listening; raise OSError if the port is in use."""
        self._thread.start()
        try:
            self._call(self._listen())
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop connections, jobs, painting processes and the thread."""
        if self._loop.is_closed():
            return
        if self._thread.is_alive():
            self._call(self._close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()

    def accept_key(self, api_key: str | None) -> None:
        """Accept only this key (None: any), as after a rotation; jobs are kept."""
        self._admission.api_key = api_key

    def retire(self, endpoint: str) -> None:
        """Make an endpoint return 404 `endpoint not found`; its jobs are kept."""
        self._admission.retire(endpoint)

    def restore(self, endpoint: str) -> None:
        self._admission.restore(endpoint)

    def set_workers(self, endpoint: str, workers: int) -> None:
        """Set the number of workers; with 0, jobs wait and /health reports no workers."""
        self._call(self._set_workers(endpoint, workers))

    def advance(self, seconds: float) -> None:
        """Advance a manual clock; return when all due actions, webhooks included, are done."""
        self._call(self._clock.advance(seconds))

    def settle(self) -> None:
        """Return when all started webhooks and job steps are done."""
        self._call(self._clock.settled())

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _set_workers(self, endpoint: str, workers: int) -> None:
        self._queue.set_workers(endpoint, workers)

    async def _listen(self) -> None:
        self._runner = web.AppRunner(self._server.app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port, backlog=512)
        await site.start()
        self.port = self._runner.addresses[0][1]
        if self._cdn:
            self._files.cdn_url = (
                self._cdn if "://" in self._cdn else f"http://{self._cdn}:{self.port}"
            )

    async def _close(self) -> None:
        await self._clock.close()
        if self._runner is not None:
            await self._runner.cleanup()
        await self._webhooks.close()
        await self._work.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._loop.shutdown_default_executor()
