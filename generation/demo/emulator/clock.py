"""The emulated time: real time with a speed factor, or a clock moved by tests."""

import asyncio
import heapq
import inspect
import itertools
import logging
import time
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

Action = Callable[[], Awaitable[object] | None]


class Clock:
    """Emulated seconds since the start, and scheduled actions; lives in the event loop."""

    def __init__(self, *, speed: float = 1.0, manual: bool = False) -> None:
        self.speed = speed
        self.manual = manual
        self._began = time.monotonic()
        self._now = 0.0
        self._order = itertools.count()
        self._due: list[tuple[float, int, Action]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def now(self) -> float:
        return self._now if self.manual else (time.monotonic() - self._began) * self.speed

    def after(self, seconds: float, action: Action) -> None:
        """Run `action`, a function or coroutine function, after this many emulated seconds."""
        if self.manual:
            heapq.heappush(self._due, (self._now + max(seconds, 0.0), next(self._order), action))
        else:
            asyncio.get_running_loop().call_later(
                max(seconds, 0.0) / self.speed, self.start, action
            )

    def start(self, action: Action) -> None:
        """Run `action` now, in a task awaited by `settle`."""
        task = asyncio.get_running_loop().create_task(_run(action))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def advance(self, seconds: float) -> None:
        """Advance a manual clock; return when all due actions, webhooks included, are done."""
        if not self.manual:
            raise RuntimeError("only a manual clock can be advanced")
        target = self._now + seconds
        await self.settle()
        while self._due and self._due[0][0] <= target:
            when, _, action = heapq.heappop(self._due)
            self._now = max(self._now, when)
            await _run(action)
            await self.settle()
        self._now = max(self._now, target)

    async def settle(self) -> None:
        """Return when all started actions are done."""
        current = asyncio.current_task()
        while tasks := [task for task in self._tasks if task is not current]:
            await asyncio.wait(tasks)

    async def close(self) -> None:
        self._due.clear()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _run(action: Action) -> None:
    try:
        result = action()
        if inspect.isawaitable(result):
            await result
    except asyncio.CancelledError:
        raise
    except Exception:
        log.exception("an event of the emulator failed")
