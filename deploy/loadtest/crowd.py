"""One stage of a load test: a number of users at the same time, and metrics of the machine."""

import asyncio
import resource
import time
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yarl import URL

from artgen.observability import resources
from deploy.loadtest.client import Browser
from deploy.loadtest.measures import Notes, own_processor_seconds
from deploy.loadtest.person import Person
from generation.operations import monitor

MONITOR_INTERVAL = 5.0  # seconds
FILES_PER_PERSON = 8
END_SECONDS = 330  # for the images in progress at the end; longer than a user follows one


@dataclass(frozen=True)
class StageResult:
    users: int
    seconds: float
    notes: Notes
    processor: float  # CPU share of this machine, 0 to 1
    memory: float
    own_processor: float  # cores used by the load generator
    figures: dict[str, monitor.Figure]  # with the highest value of each


def run(
    *, url: URL, accounts: Sequence[Mapping[str, str]], seconds: float, think: tuple[float, float]
) -> StageResult:
    """Run one simulated user per account and return the measurements; bounded in time.

    Each has an address of its own: 127.1.x.y.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = len(accounts) * FILES_PER_PERSON + 200
    if soft < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(files, hard) if hard > 0 else files, hard))
    return asyncio.run(_run(url, accounts, seconds, think))


async def _run(
    url: URL, accounts: Sequence[Mapping[str, str]], seconds: float, think: tuple[float, float]
) -> StageResult:
    notes, over = Notes(), asyncio.Event()
    tasks = [
        asyncio.create_task(
            Person(
                number=number,
                account=account,
                client=Browser(
                    url=url, notes=notes, address=f"127.1.{number // 250}.{number % 250 + 1}"
                ),
                think=think,
                leaving=over.is_set,
            ).run()
        )
        for number, account in enumerate(accounts)
    ]
    figures: dict[str, monitor.Figure] = {}
    try:
        await _unless_one_fails(tasks, asyncio.sleep(1.5 * think[1]))  # until all have started
        before, own_before, began = resources.processor(), own_processor_seconds(), time.monotonic()
        notes.open = True
        await _unless_one_fails(tasks, _watch(seconds, figures))
        notes.open = False
        measured = time.monotonic() - began
        after, memory = resources.processor(), resources.memory()
        own = (own_processor_seconds() - own_before) / measured
        over.set()
        await asyncio.wait(tasks, timeout=END_SECONDS)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return StageResult(
        users=len(accounts),
        seconds=measured,
        notes=notes,
        processor=after.share_since(before) if before and after else 0.0,
        memory=memory.share if memory else 0.0,
        own_processor=own,
        figures=figures,
    )


async def _unless_one_fails(
    tasks: "Sequence[asyncio.Task[None]]", waiting: Coroutine[Any, Any, None]
) -> None:
    """Wait, or raise the exception of a simulated user: an error in the load test itself."""
    wait = asyncio.create_task(waiting)
    done, _ = await asyncio.wait([wait, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in done - {wait}:
        wait.cancel()
        task.result()
    await wait


async def _watch(seconds: float, figures: dict[str, monitor.Figure]) -> None:
    """Wait until the end of the stage and keep each figure of `monitor` at its highest value."""
    end = time.monotonic() + seconds
    while True:
        for figure in await asyncio.to_thread(monitor.measure, processor_share=None):
            known = figures.setdefault(figure.name, figure)
            if (figure.value or 0) > (known.value or 0):
                figures[figure.name] = figure
        left = end - time.monotonic()
        await asyncio.sleep(max(0.0, min(left, MONITOR_INTERVAL)))
        if left <= MONITOR_INTERVAL:
            return
