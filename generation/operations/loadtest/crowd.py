"""One stage of a load test: a number of users at the same time, and metrics of the machine."""

import asyncio
import resource
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from yarl import URL

from artgen.observability import resources
from generation.operations.loadtest.accounts import SimulatedUser
from generation.operations.loadtest.client import Browser
from generation.operations.loadtest.measures import Notes, own_processor_seconds
from generation.operations.loadtest.person import Habits, Person

MONITOR_INTERVAL = 5.0  # seconds
FILES_PER_PERSON = 8
END_SECONDS = 330  # for the images in progress at the end; longer than a user follows one

Monitor = Callable[[], dict[str, dict[str, Any]]]  # name of a figure → {"value", "limit"}


@dataclass(frozen=True)
class Plan:
    """The settings of a stage."""

    url: URL
    seconds: float
    addresses: str  # "loopback", "forwarded" or "one"
    habits: Habits
    monitor: Monitor | None = None  # None: no access to the database

    @property
    def arrival(self) -> float:
        """Seconds until all users have started; not measured, unless rounds are counted."""
        return 0.0 if self.habits.rounds else 1.5 * self.habits.think[1]


@dataclass(frozen=True)
class StageResult:
    """The measurements of a stage."""

    users: int
    seconds: float
    notes: Notes
    processor: float | None  # CPU share of this machine, 0 to 1; None: the site is elsewhere
    memory: float | None
    own_processor: float  # cores used by the load generator
    figures: dict[str, dict[str, Any]]  # of the monitor: highest value, limit


def run(*, plan: Plan, accounts: Sequence[SimulatedUser]) -> StageResult:
    """Run one simulated user per account and return the measurements; bounded in time."""
    _allow_files(len(accounts) * FILES_PER_PERSON + 200)
    return asyncio.run(_run(plan, accounts))


async def _run(plan: Plan, accounts: Sequence[SimulatedUser]) -> StageResult:
    notes, over = Notes(), asyncio.Event()
    tasks = [
        asyncio.create_task(
            Person(
                number=number,
                account=account,
                client=_client(plan, notes, number),
                habits=plan.habits,
                leaving=over.is_set,
            ).run()
        )
        for number, account in enumerate(accounts)
    ]
    try:
        await _unless_one_fails(tasks, asyncio.sleep(plan.arrival))
        is_here = plan.addresses == "loopback"
        figures: dict[str, dict[str, Any]] = {}
        before, own_before, began = resources.processor(), own_processor_seconds(), time.monotonic()
        notes.open = True
        watching = _watch(plan, figures)
        await (
            _until_all_finish(tasks, watching)
            if plan.habits.rounds
            else _unless_one_fails(tasks, watching)
        )
        notes.open = False
        seconds = time.monotonic() - began
        after, memory = resources.processor(), resources.memory()
        own = (own_processor_seconds() - own_before) / seconds
        over.set()
        await asyncio.wait(tasks, timeout=END_SECONDS)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return StageResult(
        users=len(accounts),
        seconds=seconds,
        notes=notes,
        processor=after.share_since(before) if is_here and before and after else None,
        memory=memory.share if is_here and memory else None,
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


async def _until_all_finish(
    tasks: "Sequence[asyncio.Task[None]]", watching: Coroutine[Any, Any, None]
) -> None:
    """Return when all users have finished their rounds or time is over; raise their exceptions."""
    watch = asyncio.create_task(watching)
    watch.add_done_callback(lambda _: all_users.cancel())
    all_users = asyncio.gather(*tasks)
    try:
        await all_users
    except asyncio.CancelledError:
        if not watch.done():  # canceled from outside, not out of time
            raise
        watch.result()
    finally:
        watch.cancel()


async def _watch(plan: Plan, figures: dict[str, dict[str, Any]]) -> None:
    """Wait until the end of the stage and record the highest value of each monitored figure."""
    end = time.monotonic() + plan.seconds
    while (left := end - time.monotonic()) > 0:
        if plan.monitor is None or left < MONITOR_INTERVAL:
            await asyncio.sleep(left)
            continue
        looked = time.monotonic()
        for name, figure in (await asyncio.to_thread(plan.monitor)).items():
            known = figures.setdefault(name, figure)
            if figure["value"] is not None and (
                known["value"] is None or figure["value"] > known["value"]
            ):
                figures[name] = figure
        await asyncio.sleep(max(0.0, MONITOR_INTERVAL - (time.monotonic() - looked)))


def _client(plan: Plan, notes: Notes, number: int) -> Browser:
    """Return a client with its own address: 127.1.x.y, or one of 2001:db8::/32 (documentation)."""
    if plan.addresses == "loopback":
        return Browser(
            url=plan.url, notes=notes, address=f"127.1.{number // 250}.{number % 250 + 1}"
        )
    forwarded = f"2001:db8::{number + 1:x}" if plan.addresses == "forwarded" else ""
    return Browser(url=plan.url, notes=notes, forwarded_for=forwarded)


def _allow_files(count: int) -> None:
    """Increase this process's limit of open files as far as possible."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard) if hard > 0 else count, hard))
