"""Keeps a worker running, and gives it one drawing at a time."""

import asyncio
import contextlib
import multiprocessing
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace

from . import worker
from .models import LocalModel
from .worker import CANCEL, NOT_READY, UNUSABLE, Drawing, Drawn, Event, Failed, Step

MAX_PAUSE_SECONDS = 60
MAX_CANCEL_SECONDS = 60
"""A cancel waits for the end of a step, or of the decoding; then the worker is killed."""


class Supervisor:
    """The worker of a model, which is started again whenever it ends."""

    def __init__(self, model: LocalModel, *, say: Callable[[str], None]) -> None:
        self._model, self._say = model, say
        self._turn = asyncio.Lock()
        self._worker: _WorkerProcess | None = None  # None: not ready
        self._failure = Failed("The model is being loaded.", NOT_READY)

    async def run(self) -> None:
        """Keep a worker until canceled; wait longer after each that did not load."""
        pause = 1
        while True:
            process = _WorkerProcess(self._model)
            try:
                event = await process.events.get()
                if not isinstance(event, Failed):
                    self._worker, pause = process, 1
                    self._say("The model is ready.")
                    event = await process.end
            finally:
                self._worker = None
                process.kill()
            self._failure = event if event.code == UNUSABLE else replace(event, code=NOT_READY)
            self._say(f"{event.reason} The next start is in {pause} s.")
            await asyncio.sleep(pause)
            pause = min(2 * pause, MAX_PAUSE_SECONDS)

    async def draw(self, drawing: Drawing) -> AsyncGenerator[Step | Drawn | Failed]:
        """Yield the steps, then the image or the failure. Closing the iterator cancels.

        Drawings wait for those that came before.
        """
        async with self._turn:
            process = self._worker
            if process is None:
                yield self._failure
                return
            process.send(drawing)
            is_over = False
            try:
                while not is_over:
                    event = await process.events.get()
                    is_over = isinstance(event, Drawn | Failed)
                    if event:
                        yield event
            finally:
                if not is_over:
                    await asyncio.shield(process.cancel())


class _WorkerProcess:
    """One process; `end` is set to the failure that is its last event."""

    def __init__(self, model: LocalModel) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, child = context.Pipe()
        self._process = context.Process(target=worker.run, args=(model, child), daemon=True)
        self._process.start()
        child.close()  # so that the end of the process is the end of the pipe
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._pipe.fileno(), self._read)
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.end: asyncio.Future[Failed] = self._loop.create_future()

    def send(self, message: Drawing | str) -> None:
        with contextlib.suppress(OSError):  # it has ended, which is an event
            self._pipe.send(message)

    async def cancel(self) -> None:
        """Cancel the drawing, and wait for its end."""
        self.send(CANCEL)
        try:
            async with asyncio.timeout(MAX_CANCEL_SECONDS):
                while not isinstance(await self.events.get(), Drawn | Failed):
                    pass
        except TimeoutError:
            self.kill()
            await self.end  # so that the next drawing waits for another process

    def kill(self) -> None:
        self._process.kill()

    def _read(self) -> None:
        try:
            self.events.put_nowait(self._pipe.recv())
        except (EOFError, OSError):
            self._loop.remove_reader(self._pipe.fileno())
            self._process.join()
            code = self._process.exitcode or 0
            how = f"signal {-code}" if code < 0 else f"status {code}"
            failure = Failed(
                f"The model's process ended with {how}, often for not enough memory. If this "
                "happens again, choose a smaller size, or a model that needs less."
            )
            self.events.put_nowait(failure)
            if not self.end.done():  # canceled with the server
                self.end.set_result(failure)
