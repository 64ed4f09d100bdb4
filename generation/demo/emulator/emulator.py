"""The emulator in a thread of its own, for tests, the demo and load tests."""

import asyncio
import threading
from collections.abc import Coroutine, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from aiohttp import web

from .admission import Admission
from .answers import SHAPES, Answers
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
    """RunPod's queue API at an address of this machine.

    Three ways to live: in real time (`speed` makes it faster); with a clock that a test moves
    (`manual=True`, `advance`); or `instant`, where every job is at its end before /run answers. Use
    it as a context manager.
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
        progress: bool = True,
        rate_limits: bool = True,
        dialects: Mapping[str, str] | None = None,
        public_url: str = "",
        cdn: str = "",
        shape: str = "recorded",
        file_format: str = "recorded",
        slow_seconds: float = 30.0,
        seed: int = 0,
    ) -> None:
        """Prepare an emulator; `start` or `with` brings it up.

        Args: host, port: where it listens; port 0 takes a free one. api_key: the only key it
        accepts; None accepts any. painter: "tiny" (flat pictures at once) or "full" (the demo's
        painter, in so many `processes`). manual, instant, speed: see above; speed 10 makes ten
        emulated seconds of one. workers: jobs that one endpoint does at a time. seconds: emulated
        GPU time of a picture, or a range to draw it from. A full painter may take longer.
        cold_start: emulated seconds before the first job of an endpoint starts. progress: whether
        workers send {"step", "steps"} while they paint; RunPod's public endpoints send nothing.
        rate_limits: whether RunPod's limits hold, in real time times `speed`. dialects: dialects by
        endpoint id, for endpoints that are not RunPod's public ones; unknown ones are told by the
        shape of their input. public_url: where others reach its files; the default is the host that
        /run was called at. cdn: a second host for the files of the endpoints that were recorded
        with one: another name of this machine, such as "localhost" beside 127.0.0.1, which gets the
        emulator's port, or a whole address as it is; "" hands out the first host alone. shape:
        "recorded", or one of `answers.SHAPES` for every public endpoint. file_format: "recorded"
        (the FLUX endpoints send JPEG whatever is asked for), "asked" or "jpeg". Both can be changed
        by `answers.set`. slow_seconds: real seconds that the fault `slow` takes. seed: of
        everything that is drawn by chance.
        """
        if painter not in ("tiny", "full"):
            raise ValueError("painter is 'tiny' or 'full'")
        if shape not in ("recorded", *SHAPES):
            raise ValueError(f"shape is 'recorded' or one of {', '.join(SHAPES)}")
        if file_format not in ("recorded", "asked", "jpeg"):
            raise ValueError("file_format is 'recorded', 'asked' or 'jpeg'")
        self.host, self.port, self._cdn = host, port, cdn.rstrip("/")
        self.answers = Answers()
        self.answers.set(
            shape=None if shape == "recorded" else shape,
            jpeg=None if file_format == "recorded" else file_format == "jpeg",
        )
        self.faults = Faults(seed=seed)
        self._clock = Clock(speed=speed, manual=manual)
        self._webhooks = Webhooks(self._clock)
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
            progress=progress,
            instant=instant,
            seed=seed,
        )
        self._server = Server(
            queue=self._queue,
            files=self._files,
            faults=self.faults,
            admission=self._admission,
            control=Control(
                admission=self._admission,
                answers=self.answers,
                faults=self.faults,
                queue=self._queue,
            ),
            limits=RateLimits(speed=speed) if rate_limits else None,
            dialects=dialects or {},
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
        """What RUNPOD_BASE_URL must be."""
        return f"http://{self.image_host}/v2"

    @property
    def image_host(self) -> str:
        """What RUNPOD_IMAGE_HOSTS must name: host and port."""
        return f"{self.host}:{self.port}"

    @property
    def cdn_host(self) -> str:
        """The second host of files, which RUNPOD_IMAGE_HOSTS must name, too; "" without one."""
        return urlsplit(self._files.cdn_url).netloc

    @property
    def api_key(self) -> str | None:
        """The key that is accepted now."""
        return self._admission.api_key

    @property
    def calls(self) -> list[Call]:
        """Return the API requests so far, in order."""
        return self._server.calls

    @property
    def deliveries(self) -> list[WebhookDelivery]:
        """Return the webhook POSTs so far, in order."""
        return self._webhooks.deliveries

    @property
    def jobs(self) -> list[EmulatedJob]:
        """Return the jobs that can still be asked for, oldest first.

        The same objects as inside, for reading.
        """
        return list(self._queue.jobs.values())

    def start(self) -> Self:
        """Listen. Raises OSError when the port is taken."""
        self._thread.start()
        try:
            self._call(self._listen())
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End everything: connections, jobs, painting processes, the thread."""
        if self._loop.is_closed():
            return
        if self._thread.is_alive():
            self._call(self._close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()

    def accept_key(self, api_key: str | None) -> None:
        """Accept this key alone from now on (None: any), as after a rotation. All jobs are kept."""
        self._admission.api_key = api_key

    def retire(self, endpoint: str) -> None:
        """Let every call to an endpoint be 404 `endpoint not found`. Its jobs are kept."""
        self._admission.retire(endpoint)

    def restore(self, endpoint: str) -> None:
        """Bring a retired endpoint back."""
        self._admission.restore(endpoint)

    def set_workers(self, endpoint: str, workers: int) -> None:
        """Change how many jobs an endpoint does at a time; with 0 its jobs wait and /health has no workers."""
        self._call(self._set_workers(endpoint, workers))

    def advance(self, seconds: float) -> None:
        """Move a manual clock ahead; on return everything that fell due is done, webhooks included."""
        self._call(self._clock.advance(seconds))

    def settle(self) -> None:
        """Return when every webhook and job step that has begun is done."""
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
