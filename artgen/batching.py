"""Questions that come at the same time, answered together: after a restart everybody's socket opens at once."""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")

MAX_BATCH = 100


class Batched(Generic[Question, Answer]):
    """Calls `function` in a thread with all questions that wait, at most MAX_BATCH; it maps them to their answers.

    A question without an answer gets None. What `function` raises, everybody in the batch gets.
    """

    def __init__(
        self,
        function: Callable[[list[Question]], dict[Question, Answer]],
        *,
        threads: ThreadPoolExecutor,
    ) -> None:
        self.function, self.threads = function, threads
        self.waiting: SimpleQueue[tuple[Question, asyncio.Future[Answer | None]]] = SimpleQueue()

    async def ask(self, question: Question) -> Answer | None:
        """Return the answer."""
        future: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self.waiting.put((question, future))
        self.threads.submit(self._answer)
        return await future

    def _answer(self) -> None:
        batch: list[tuple[Question, asyncio.Future[Answer | None]]] = []
        with contextlib.suppress(Empty):
            while len(batch) < MAX_BATCH:
                batch.append(self.waiting.get_nowait())
        if not batch:  # somebody else's turn took them along
            return
        answers: dict[Question, Answer] = {}
        failure: Exception | None = None
        try:
            answers = self.function(list({question: None for question, _ in batch}))
        except Exception as error:  # noqa: BLE001 those who asked shall have it
            failure = error
        for question, future in batch:
            with contextlib.suppress(RuntimeError):  # its loop has ended
                future.get_loop().call_soon_threadsafe(
                    _settle, future, answers.get(question), failure
                )


def _settle(
    future: asyncio.Future[Answer | None], answer: Answer | None, failure: Exception | None
) -> None:
    if future.done():  # whoever asked has gone
        return
    if failure is not None:
        future.set_exception(failure)
    else:
        future.set_result(answer)
