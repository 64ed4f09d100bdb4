"""A stage of a load test: so many people at once, for so long, with what the machine did meanwhile."""

import asyncio
import resource
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from yarl import URL

from artgen.observability import resources
from generation.operations.loadtest.accounts import Account
from generation.operations.loadtest.client import Client
from generation.operations.loadtest.measures import Notes, own_processor_seconds
from generation.operations.loadtest.person import Habits, Person

LOOK_EVERY = 5.0  # seconds between looks at the monitor
FILES_PER_PERSON = 8
END_SECONDS = 330  # for the images under way when a stage ends; longer than anybody follows one

Look = Callable[[], dict[str, dict[str, Any]]]  # name of a figure → {"value", "limit"}


@dataclass(frozen=True)
class Plan:
    """What a stage is like."""

    url: URL
    seconds: float
    addresses: str  # "loopback", "forwarded" or "one"
    habits: Habits
    look: Look | None = None  # None: not beside the database

    @property
    def arrival(self) -> float:
        """Seconds in which everybody arrives and has made a first step; not counted, unless rounds are."""
        return 0.0 if self.habits.rounds else 1.5 * self.habits.think[1]


@dataclass(frozen=True)
class Stage:
    """What was measured."""

    users: int
    seconds: float
    notes: Notes
    processor: float | None  # busy share of this machine, 0 to 1; None: the site is elsewhere
    memory: float | None
    own_processor: float  # cores that the load generator itself used
    figures: dict[str, dict[str, Any]]  # of the monitor: highest value, limit


def run(*, plan: Plan, accounts: Sequence[Account]) -> Stage:
    """Let each account be used by one person and return what was measured; bounded in time."""
    _allow_files(len(accounts) * FILES_PER_PERSON + 200)
    return asyncio.run(_run(plan, accounts))


async def _run(plan: Plan, accounts: Sequence[Account]) -> Stage:
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
            _while_some_go_on(tasks, watching)
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
    return Stage(
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
    """Wait, or raise what a person raised who ended before: a mistake in the load test itself."""
    wait = asyncio.create_task(waiting)
    done, _ = await asyncio.wait([wait, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in done - {wait}:
        wait.cancel()
        task.result()
    await wait


async def _while_some_go_on(
    tasks: "Sequence[asyncio.Task[None]]", watching: Coroutine[Any, Any, None]
) -> None:
    """Return when everybody has gone their rounds, or the time is over; raises what a person raised."""
    watch = asyncio.create_task(watching)
    watch.add_done_callback(lambda _: everybody.cancel())
    everybody = asyncio.gather(*tasks)
    try:
        await everybody
    except asyncio.CancelledError:
        if not watch.done():  # not out of time: somebody has stopped all of it
            raise
        watch.result()
    finally:
        watch.cancel()


async def _watch(plan: Plan, figures: dict[str, dict[str, Any]]) -> None:
    """Sleep until the stage is over and keep the highest value of each figure of the monitor."""
    end = time.monotonic() + plan.seconds
    while (left := end - time.monotonic()) > 0:
        if plan.look is None or left < LOOK_EVERY:
            await asyncio.sleep(left)
            continue
        looked = time.monotonic()
        for name, figure in (await asyncio.to_thread(plan.look)).items():
            known = figures.setdefault(name, figure)
            if figure["value"] is not None and (
                known["value"] is None or figure["value"] > known["value"]
            ):
                figures[name] = figure
        await asyncio.sleep(max(0.0, LOOK_EVERY - (time.monotonic() - looked)))


def _client(plan: Plan, notes: Notes, number: int) -> Client:
    """Return a client with an address of its own: 127.1.x.y, or one of the block for documentation of IPv6."""
    if plan.addresses == "loopback":
        return Client(
            url=plan.url, notes=notes, address=f"127.1.{number // 250}.{number % 250 + 1}"
        )
    forwarded = f"2001:db8::{number + 1:x}" if plan.addresses == "forwarded" else ""
    return Client(url=plan.url, notes=notes, forwarded_for=forwarded)


def _allow_files(count: int) -> None:
    """Raise this process's limit of open files as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard) if hard > 0 else count, hard))
