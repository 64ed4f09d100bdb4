"""artgen.processes.celery: messages are hints, of which one may stand for many jobs."""

import os
import signal
import subprocess
import time
from pathlib import Path
from unittest import mock

import pytest
from django.conf import settings
from django.core.cache import cache, caches
from django.db import transaction
from django.test import TestCase, override_settings
from kombu.exceptions import OperationalError

from artgen.processes import celery
from artgen.processes.celery import app
from generation.testing.cases import BaseTestCase, run_task, take_messages
from generation.testing.servers.dead_servers import dead_broker
from generation.testing.services import free_port

SUBMIT = "generation.submit"


def send(*words: str) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        celery.send(*words)


class TestSend(BaseTestCase):
    def test_one_message_waits_for_each_call(self) -> None:
        for slug in ("a", "b", "a"):
            send(SUBMIT, slug)
        taken = [take_messages() for _ in range(3)]
        assert taken == [[[SUBMIT, "a"]], [[SUBMIT, "b"]], []]

    def test_what_becomes_due_while_the_task_runs_is_sent_again(self) -> None:
        send(SUBMIT, "a")
        assert take_messages() == [[SUBMIT, "a"]]
        send(SUBMIT, "a")
        assert take_messages() == [], "the first has not begun"
        run_task(app.tasks[SUBMIT], "a")
        send(SUBMIT, "a")
        assert take_messages() == [[SUBMIT, "a"]]

    def test_a_lost_message_keeps_others_back_until_its_mark_expires(self) -> None:
        with mock.patch.object(caches["default"], "add", wraps=caches["default"].add) as add:
            send(SUBMIT, "a")
        assert add.call_args.kwargs == {"timeout": celery.LOST_AFTER}
        take_messages()
        send(SUBMIT, "a")
        assert take_messages() == []
        cache.delete(*add.call_args.args[:1])
        send(SUBMIT, "a")
        assert take_messages() == [[SUBMIT, "a"]]

    def test_it_sends_nothing_of_what_is_rolled_back(self) -> None:
        with TestCase.captureOnCommitCallbacks(execute=True), transaction.atomic():
            celery.send(SUBMIT, "a")
            transaction.set_rollback(True)
        assert take_messages() == []

    def test_a_broker_that_is_away_costs_one_wait_and_keeps_no_message_back(self) -> None:
        away = OperationalError("Connection refused")
        with dead_broker(), mock.patch.object(app, "send_task", side_effect=away) as send_task:
            send(SUBMIT, "a")
            send(SUBMIT, "b")
        assert send_task.call_count == 1
        send(SUBMIT, "a")
        send(SUBMIT, "b")
        assert [*take_messages(), *take_messages()] == [[SUBMIT, "a"], [SUBMIT, "b"]]

    def test_it_sends_nothing_while_redis_is_away(self) -> None:
        address = f"redis://127.0.0.1:{free_port()}/0"
        caches = {"default": settings.CACHES["default"] | {"LOCATION": address}}
        with override_settings(CACHES=caches):
            send(SUBMIT, "a")
        run_task(app.tasks[SUBMIT], "a")


class TestProcesses:
    @pytest.mark.parametrize(
        ("age", "status", "is_killed"), [(0, 0, False), (60, 1, False), (700, 1, True)]
    )
    def test_the_check_of_health_ends_one_that_is_silent_for_long(
        self, tmp_path: Path, age: int, status: int, is_killed: bool
    ) -> None:
        with subprocess.Popen(["sleep", "60"]) as process:
            file = tmp_path / "alive"
            file.write_text(str(process.pid))
            os.utime(file, (time.time() - age,) * 2)
            done = subprocess.run(
                ["deploy/start.sh", "alive"],
                cwd=settings.BASE_DIR, env={**os.environ, "ALIVE_FILE": str(file)}, check=False,
            )  # fmt: skip
            if not is_killed:
                assert process.poll() is None
                process.terminate()
        assert done.returncode == status
        assert process.returncode == (-signal.SIGKILL if is_killed else -signal.SIGTERM)
