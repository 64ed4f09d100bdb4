"""artgen.processes.slots: threads that run what their lane has to do."""

import threading
import time
from collections.abc import Iterator

import pytest
from celery import signals
from django.core.cache import cache

from artgen.processes.celery import app
from artgen.processes.slots import Slots
from artgen.redis import wakeups

PATIENCE = 20


class Lane:
    """A lane with two slots. Its task notes each word, and fails or waits if it says so."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.waits, self.went_on = threading.Event(), threading.Event()
        self.app_task = app.task(name="test.note")(self.note)
        self.slots = Slots("test", 2)

    def note(self, word: str) -> None:
        if word == "wait":
            self.waits.set()
            assert self.went_on.wait(PATIENCE)
        self.seen.append(word)
        if word == "fail":
            raise ValueError(word)

    def call(self, *words: str) -> None:
        for word in words:
            wakeups.add("test", "test.note", word)

    def until(self, *words: str) -> None:
        limit = time.monotonic() + PATIENCE
        while sorted(self.seen) != sorted(words):
            assert time.monotonic() < limit, self.seen
            time.sleep(0.01)


@pytest.fixture
def lane() -> Iterator[Lane]:
    cache.clear()
    lane = Lane()
    yield lane
    lane.went_on.set()
    lane.slots.end()
    del app.tasks["test.note"]


def test_one_task_that_waits_delays_no_other(lane: Lane) -> None:
    lane.call("wait", "a", "b")
    lane.until("a", "b")
    lane.went_on.set()
    lane.until("a", "b", "wait")


def test_calls_that_come_while_it_runs_are_one_unless_it_hangs(lane: Lane) -> None:
    lane.slots.end()
    lane.slots = Slots("test", 8)
    lane.call("wait")
    assert lane.waits.wait(PATIENCE)
    lane.waits.clear()
    lane.call("wait")
    assert lane.waits.wait(PATIENCE), "it runs beside the one that hangs"
    lane.went_on.set()
    lane.until("wait", "wait")


def test_it_ends_with_its_running_task_and_starts_none(lane: Lane) -> None:
    lane.call("wait")
    assert lane.waits.wait(PATIENCE)
    ending = threading.Thread(target=lane.slots.end)
    ending.start()
    ending.join(wakeups.WAIT_SECONDS + 1)
    assert ending.is_alive(), "its task still runs"
    lane.went_on.set()
    ending.join(PATIENCE)
    assert (ending.is_alive(), lane.seen) == (False, ["wait"])
    lane.call("a")
    assert wakeups.take("test") == ["test.note", "a"]


def test_neither_a_failure_nor_an_unknown_task_ends_a_slot(
    lane: Lane, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        wakeups.add("test", "test.of_another_version")
        lane.call("fail")
        lane.until("fail")
        lane.seen.clear()
    lane.call("a")
    lane.until("a")
    assert [record.message for record in caplog.records].count("task failed") == 3
    assert "unknown task" in caplog.text


def test_a_task_has_the_signals_of_a_message(lane: Lane) -> None:
    """So it has a deadline, its name in the log, and no database connection afterwards."""
    seen = []

    def note(signal: object, task_id: str, task: object, **_: object) -> None:
        seen.append((signal, task_id, task))

    signals.task_prerun.connect(note)
    signals.task_postrun.connect(note)
    lane.call("fail")
    lane.until("fail")
    lane.slots.end()
    (before, first, task), (after, second, _) = seen
    assert (before, after) == (signals.task_prerun, signals.task_postrun)
    assert first == second
    assert task is app.tasks["test.note"]
