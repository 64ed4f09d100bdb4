"""The emulator in its own thread, for tests, the demo and load tests."""

import asyncio
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from aiohttp import web

from .billing_api import BillingApi
from .callbacks import WebhookDelivery, Webhooks
from .clock import Clock
from .control_api import ControlApi
from .endpoint_access import EndpointAccess
from .faults import Faults
from .image_files import ImageFiles
from .job_queue import JobQueue
from .jobs import EmulatedJob
from .options import EmulatorOptions
from .output_formats import OutputFormats
from .painters import FullPainter, Painter, TinyPainter
from .queue_api import QueueApi
from .recorded_calls import Call
from .workers import Workers

T = TypeVar("T")


class Emulator:
    """RunPod's queue API on this machine.

    Three modes: real time (scaled by `speed`); a clock moved by tests (`manual=True`, `advance`);
    or `instant`, where every job is finished before /run replies. `start` or `with` starts it.
    """

    def __init__(self, options: EmulatorOptions | None = None) -> None:
        options = options or EmulatorOptions()
        self.host, self.port, self._cdn = options.host, options.port, options.cdn.rstrip("/")
        self.output_formats = OutputFormats()
        self.faults = Faults(seed=options.seed)
        self._clock = Clock(speed=options.speed, manual=options.manual)
        self._webhooks = Webhooks(self._clock, late_seconds=options.late_seconds)
        self._access = EndpointAccess(options.api_key)
        self._files = ImageFiles()
        self._workers = Workers(
            painter=_painter(options),
            files=self._files,
            output_formats=self.output_formats,
            seed=options.seed,
        )
        self._queue = JobQueue(
            options=options,
            clock=self._clock,
            faults=self.faults,
            webhooks=self._webhooks,
            workers=self._workers,
        )
        control = ControlApi(access=self._access, faults=self.faults, queue=self._queue)
        billing = BillingApi(access=self._access, queue=self._queue, is_readable=options.shows_bill)
        self._api = QueueApi(
            options=options,
            queue=self._queue,
            faults=self.faults,
            access=self._access,
            workers=self._workers,
            output_formats=self.output_formats,
            others=(self._files, control, billing),
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
    def wavespeed_url(self) -> str:
        return f"http://{self.image_host}/api/v3"

    @property
    def image_server_url(self) -> str:
        return f"http://{self.image_host}/v1"

    @property
    def image_host(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def cdn_host(self) -> str:
        """The second host of files, also for RUNPOD_IMAGE_HOSTS; "" without one."""
        return urlsplit(self._files.cdn_url).netloc

    @property
    def api_key(self) -> str | None:
        return self._access.api_key

    @property
    def calls(self) -> list[Call]:
        return self._api.calls

    @property
    def deliveries(self) -> list[WebhookDelivery]:
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
        if self._loop.is_closed():
            return
        if self._thread.is_alive():
            self._call(self._close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()

    def accept_key(self, api_key: str | None) -> None:
        """Accept only this key (None: any), as after a rotation; jobs are kept."""
        self._access.api_key = api_key

    def retire(self, endpoint: str) -> None:
        """Make an endpoint return 404 `endpoint not found`; its jobs are kept."""
        self._access.retire(endpoint)

    def restore(self, endpoint: str) -> None:
        self._access.restore(endpoint)

    def set_workers(self, endpoint: str, workers: int) -> None:
        """Set the number of workers; with 0, jobs wait and /health reports no workers."""
        self._call(self._set_workers(endpoint, workers))

    def advance(self, seconds: float) -> None:
        """Advance a manual clock; return when all due actions, webhooks included, are done."""
        self._call(self._clock.advance(seconds))

    def settle(self) -> None:
        """Return when all started webhooks and job steps are done."""
        self._call(self._clock.settle())

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
        self._runner = web.AppRunner(self._api.app, access_log=None, shutdown_timeout=0.1)
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
        await self._workers.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._loop.shutdown_default_executor()


def _painter(options: EmulatorOptions) -> Painter:
    if options.painter == "tiny":
        return TinyPainter()
    return FullPainter(processes=options.processes)
