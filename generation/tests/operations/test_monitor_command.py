import io
import json
import os
from datetime import timedelta
from unittest import mock

from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import TestCase
from django.utils import timezone

from artgen.observability import request_stats
from generation.jobs.engine import heartbeat
from generation.models import Job
from generation.operations import monitor
from generation.testing.cases import EmulatorTestCase
from generation.testing.request_stats import forget
from generation.testing.servers.dead_servers import dead_broker

NAMES = ["api_p95", "error_rate", "database_connections", "celery_queue", "cpu_and_memory"]
CALM = 0.1  # so busy the machine is said to be


def measured(*, processor_share: float | None = CALM) -> dict[str, monitor.Figure]:
    found = monitor.measure(processor_share=processor_share)
    assert [figure.name for figure in found] == NAMES
    return {figure.name: figure for figure in found}


class TestFigures(TestCase):
    def setUp(self) -> None:
        forget()

    def test_it_knows_nothing_before_anything_was_asked(self) -> None:
        found = measured()
        for name in ("api_p95", "error_rate"):
            assert (found[name].value, found[name].ok) == (None, True)
            assert found[name].detail.startswith("nothing "), found[name].detail

    def test_it_takes_the_p95_of_the_api_alone(self) -> None:
        for _ in range(95):
            request_stats.note("api", 200, 0.04)
        for _ in range(5):
            request_stats.note("api", 201, 0.4)
        for _ in range(100):
            request_stats.note("page", 200, 3)
        found = measured()["api_p95"]
        assert (found.value, found.limit, found.ok) == (50, 200, True)
        for _ in range(5):
            request_stats.note("api", 201, 0.4)
        found = measured()["api_p95"]
        assert found.value > 300
        assert not found.ok

    def test_it_takes_the_errors_of_all_requests(self) -> None:
        for kind, status, times in (("api", 200, 150), ("page", 404, 50), ("page", 500, 1)):
            for _ in range(times):
                request_stats.note(kind, status, 0.01)
        found = measured()["error_rate"]
        assert (found.value, found.limit, found.ok) == (0.5, 1, True)
        assert found.detail == "1 of 201 requests in 5 minutes"
        request_stats.note("hook", 503, 0.01)
        request_stats.note("hook", 503, 0.01)
        assert not measured()["error_rate"].ok

    def test_it_counts_database_connections_against_the_limit(self) -> None:
        found = measured()["database_connections"]
        assert (found.limit, found.ok) == (80, found.value < 80)
        assert found.value >= 1
        with mock.patch.dict(os.environ, DB_CONNECTIONS_LIMIT="1"):
            assert not measured()["database_connections"].ok

    def test_it_is_not_well_where_something_cannot_be_asked(self) -> None:
        with dead_broker(), self.assertLogs("generation.operations.monitor", "WARNING"):
            found = measured()["celery_queue"]
        assert (found.value, found.ok) == (None, False)
        assert found.detail.startswith("cannot be measured: ")


class TestQueue(EmulatorTestCase):
    def test_it_counts_orders_that_no_worker_takes(self) -> None:
        heartbeat.beat()
        before = measured()["celery_queue"].value
        for _ in range(12):
            self.place()
        Job.objects.update(due_at=timezone.now() - timedelta(minutes=1))
        found = measured()["celery_queue"]
        assert found.value == before, "a worker has looked at them"
        assert found.detail.endswith("; 12 jobs wait for their endpoints")
        cache.set(heartbeat.KEY, timezone.now() - timedelta(seconds=10))
        found = measured()["celery_queue"]
        assert (found.value, found.ok) == (before + 12, False)


class TestCommand(TestCase):
    def setUp(self) -> None:
        forget()

    def run_it(self, *arguments: str) -> tuple[str, str]:
        """Return what it printed, and the error that ended it."""
        out = io.StringIO()
        try:
            call_command("monitor", "--seconds", "0", *arguments, stdout=out)
        except CommandError as error:
            return out.getvalue(), str(error)
        return out.getvalue(), ""

    def test_it_prints_json(self) -> None:
        request_stats.note("api", 200, 0.01)
        out, error = self.run_it("--json")
        report = json.loads(out)
        assert set(report) == {"ok", "figures"}
        assert [figure["name"] for figure in report["figures"]] == NAMES
        assert [set(figure) for figure in report["figures"]] == [
            {"name", "value", "limit", "ok"}
        ] * 5
        assert [figure["limit"] for figure in report["figures"]] == [200, 1, 80, 10, 80]
        assert report["ok"] == (not error)

    def test_it_fails_above_a_limit_and_names_it(self) -> None:
        request_stats.note("page", 500, 0.01)
        out, error = self.run_it()
        assert "LOOK  error_rate" in out
        assert error.startswith("Not within limits: "), error
        assert "error_rate" in error, error
