"""Batches concurrent lookups: after a restart all sockets open at the same time."""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue

MAX_BATCH = 100


class Batched[Key, Value]:
    """Calls `function` in a thread with all waiting keys, at most MAX_BATCH, for their values.

    A key that is missing in the result gets None. An exception is raised for the whole batch.
    """

    def __init__(
        self,
        function: Callable[[list[Key]], dict[Key, Value]],
        *,
        threads: ThreadPoolExecutor,
    ) -> None:
        self.function, self.threads = function, threads
        self.waiting: SimpleQueue[tuple[Key, asyncio.Future[Value | None]]] = SimpleQueue()

    async def get(self, key: Key) -> Value | None:
        future: asyncio.Future[Value | None] = asyncio.get_running_loop().create_future()
        self.waiting.put((key, future))
        self.threads.submit(self._run_batch)
        return await future

    def _run_batch(self) -> None:
        batch: list[tuple[Key, asyncio.Future[Value | None]]] = []
        with contextlib.suppress(Empty):
            while len(batch) < MAX_BATCH:
                batch.append(self.waiting.get_nowait())
        if not batch:  # another thread has taken them
            return
        values: dict[Key, Value] = {}
        error: Exception | None = None
        try:
            values = self.function(list({key: None for key, _ in batch}))
        except Exception as caught:  # noqa: BLE001 is raised to the callers
            error = caught
        for key, future in batch:
            with contextlib.suppress(RuntimeError):  # its event loop is closed
                future.get_loop().call_soon_threadsafe(_settle, future, values.get(key), error)


def _settle[Value](
    future: asyncio.Future[Value | None], value: Value | None, error: Exception | None
) -> None:
    if future.done():  # the caller was canceled
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(value)
