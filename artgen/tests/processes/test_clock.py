"""`artgen.processes.clock`, of which each machine with the lane `drive` has one."""

from collections.abc import Iterator

import pytest
from celery import signals
from django.core.cache import cache

from artgen.processes.celery import app
from artgen.processes.clock import SharedScheduler


@pytest.fixture
def sent() -> Iterator[list[str]]:
    """Yield the tasks of the messages that are sent."""
    cache.clear()
    app.loader.import_default_modules()
    tasks: list[str] = []

    def note(sender: str, **_: object) -> None:
        tasks.append(sender)

    signals.before_task_publish.connect(note)
    yield tasks
    signals.before_task_publish.disconnect(note)


class TestClock:
    def test_it_sends_what_the_workers_have(self, sent: list[str]) -> None:
        clock = SharedScheduler(app=app)
        for entry in clock.schedule.values():
            clock.apply_async(entry)
        assert sorted(sent) == [
            "accounts.send_emails",
            "generation.clean_up",
            "generation.release_prompt_calls",
            "generation.tick",
        ]
        assert set(sent) <= set(app.tasks)

    def test_several_send_a_message_once(self, sent: list[str]) -> None:
        for clock in (SharedScheduler(app=app), SharedScheduler(app=app)):
            clock.apply_async(clock.schedule["sweep"])
        assert sent == ["generation.clean_up"]
