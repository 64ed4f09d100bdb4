"""Batched: one call for all who ask at the same time."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from generation.jobs.live.batching import MAX_BATCH, Batched


def test_it_answers_together_what_is_asked_while_it_is_busy():
    calls: list[list[int]] = []
    begun, free = threading.Event(), threading.Event()

    def double(numbers: list[int]) -> dict[int, int]:
        calls.append(numbers)
        begun.set()
        free.wait()
        return {number: 2 * number for number in numbers if number != 3}

    async def ask() -> list[int | None]:
        with ThreadPoolExecutor(1) as threads:
            batched = Batched(double, threads=threads)
            first = asyncio.ensure_future(batched.get(0))
            await asyncio.to_thread(begun.wait)
            others = [asyncio.ensure_future(batched.get(number)) for number in (1, 2, 3, 1)]
            await asyncio.sleep(0)
            free.set()
            return list(await asyncio.gather(first, *others))

    assert asyncio.run(ask()) == [0, 2, 4, None, 2]
    assert calls == [[0], [1, 2, 3]]


def test_it_takes_no_more_than_a_batch_at_once():
    sizes: list[int] = []

    def count(numbers: list[int]) -> dict[int, int]:
        sizes.append(len(numbers))
        return dict.fromkeys(numbers, 1)

    async def ask() -> list[int | None]:
        with ThreadPoolExecutor(1) as threads:
            batched = Batched(count, threads=threads)
            return list(
                await asyncio.gather(*[batched.get(number) for number in range(3 * MAX_BATCH)])
            )

    assert asyncio.run(ask()) == [1] * 3 * MAX_BATCH
    assert max(sizes) <= MAX_BATCH
    assert sum(sizes) == 3 * MAX_BATCH


def test_it_raises_to_everybody_in_the_batch_and_serves_the_next():
    def fail_for_zero(numbers: list[int]) -> dict[int, int]:
        if 0 in numbers:
            raise LookupError("zero")
        return dict.fromkeys(numbers, 1)

    async def ask() -> int | None:
        with ThreadPoolExecutor(1) as threads:
            batched = Batched(fail_for_zero, threads=threads)
            with pytest.raises(LookupError):
                await batched.get(0)
            return await batched.get(1)

    assert asyncio.run(ask()) == 1


def test_it_goes_on_when_somebody_who_asked_has_gone():
    begun, free = threading.Event(), threading.Event()

    def wait(numbers: list[int]) -> dict[int, int]:
        begun.set()
        free.wait()
        return dict.fromkeys(numbers, 1)

    async def ask() -> int | None:
        with ThreadPoolExecutor(1) as threads:
            batched = Batched(wait, threads=threads)
            gone = asyncio.ensure_future(batched.get(0))
            await asyncio.to_thread(begun.wait)
            gone.cancel()
            free.set()
            return await batched.get(1)

    assert asyncio.run(ask()) == 1
