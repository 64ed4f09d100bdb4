"""Each condition of alerts, by breaking it."""

import os
import shutil
from datetime import timedelta
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import F
from django.test import override_settings
from django.utils import timezone

from accounts.models import OutgoingEmail
from artgen.observability import disks, request_stats
from generation.jobs.engine import driver, heartbeat, outages
from generation.models import (
    BackupRecord,
    Budget,
    Endpoint,
    GenerationSwitch,
    ImageModel,
    Job,
    Place,
)
from generation.operations.alerts.measurements import Measurements
from generation.providers.call_errors import KeyRefused
from generation.testing.cases import EmulatorTestCase, let_time_pass
from generation.testing.request_stats import forget
from generation.testing.rows.api import make_job
from generation.testing.servers.dead_servers import dead_broker, dead_cache
from generation.testing.servers.raw_server import http, raw_server

# What depends on the machine on which the tests run.
OF_MACHINE = {"Processor", "Memory", "DiskFull", "CeleryQueue", "DatabaseConnections"}


class TestConditions(EmulatorTestCase):
    def setUp(self) -> None:
        forget()
        cache.clear()
        super().setUp()
        self.measurements = Measurements()

    def wrong(self) -> dict[str, dict[str, float]]:
        found = self.measurements.take()
        assert found.unknown == set()
        return {name: values for name, values in found.wrong.items() if name not in OF_MACHINE}

    def test_nothing_is_wrong_with_a_new_installation(self) -> None:
        assert self.wrong() == {}

    def test_jobs(self) -> None:
        job = self.place()
        driver.submit("flux-schnell")
        due_at = timezone.now() - timedelta(seconds=90)
        Job.objects.filter(id=job.id).update(due_at=due_at)
        wrong = self.wrong()
        assert set(wrong) == {"JobsOverdue", "JobsStuck"}
        assert wrong["JobsOverdue"]["count"] == 1
        assert 90 <= wrong["JobsOverdue"]["seconds"] <= (timezone.now() - due_at).total_seconds()
        Job.objects.filter(id=job.id).update(
            status="storing", due_at=timezone.now(), error_detail="no bucket"
        )
        assert set(self.wrong()) == {"ImagesNotStored", "JobsStuck"}

    def test_jobs_that_wait_for_their_turn_or_budget_are_not_overdue(self) -> None:
        Endpoint.objects.update(max_in_flight=1)
        self.place()
        driver.submit("flux-schnell")
        let_time_pass(self.place().id, seconds=600)
        assert "JobsOverdue" not in self.wrong()
        Endpoint.objects.update(max_in_flight=2)
        Budget.objects.create(limit_usd=0)
        driver.submit("flux-schnell")
        assert Job.objects.parked().count() == 1
        assert "JobsOverdue" not in self.wrong()

    def test_failed_and_queued_jobs(self) -> None:
        jobs = [self.place() for _ in range(5)]
        Job.objects.filter(id=jobs[0].id).update(due_at=F("due_at") - timedelta(minutes=31))
        assert self.wrong() == {"QueueLong": {"minutes": 31}}
        now = timezone.now()
        for job in jobs[:4]:
            Job.objects.filter(id=job.id).update(
                status="failed", error_code="x", due_at=None, finished_at=now
            )
        assert self.wrong() == {}, "four may fail"
        Job.objects.filter(id=jobs[4].id).update(
            status="failed", error_code="x", due_at=None, finished_at=now
        )
        assert self.wrong() == {"JobsFail": {"failed": 5, "all": 5}}

    def test_promises(self) -> None:
        now = timezone.now()

        def end(count: int, *, late: bool) -> None:
            for _ in range(count):
                make_job(
                    self.alice,
                    model="flux-dev",
                    status="succeeded",
                    finished_at=now,
                    promised_p50_at=now - timedelta(seconds=5),
                    promised_p90_at=now - timedelta(seconds=1 if late else -1),
                )
            self.measurements = Measurements()  # the one before keeps its figures for a minute

        end(14, late=False)
        end(5, late=True)
        assert self.wrong() == {}, "of 19 jobs nothing follows"
        end(1, late=False)
        assert self.wrong() == {}, "15 of 20 are enough"
        end(1, late=True)
        assert self.wrong() == {"PromisesBroken": {"models": "flux-dev 71%"}}

    def test_switch_and_outage(self) -> None:
        GenerationSwitch.objects.create(on=False)
        outages.start(Place("runpod", "gone"), KeyRefused("no", status=401))
        assert self.wrong() == {
            "CreatingOff": {},
            "ProviderOutage": {"problems": "key_refused runpod gone"},
        }

    def test_a_low_balance(self) -> None:
        model = ImageModel.objects.get(slug="flux-schnell")
        Endpoint.objects.create(model=model, provider="wavespeed", endpoint_id="a")
        assert self.wrong() == {}, "the emulator's account is full"
        self.measurements = Measurements()
        with (
            raw_server(http("200 OK", b'{"data": {"balance": 4.2}}')) as server,
            override_settings(WAVESPEED_BASE_URL=f"http://127.0.0.1:{server.port}"),
        ):
            assert self.wrong() == {"BalanceLow": {"balance": "4.20"}}
        self.measurements = Measurements()
        with (
            raw_server(http("404 Not Found", b"404 page not found")) as server,
            override_settings(WAVESPEED_BASE_URL=f"http://127.0.0.1:{server.port}"),
        ):
            assert self.wrong() == {"BalanceUnknown": {"error": "WaveSpeed has no balance (404)"}}

    def test_emails(self) -> None:
        OutgoingEmail.objects.create(recipient="a@example.org", subject="x", body="x")
        assert self.wrong() == {}
        OutgoingEmail.objects.update(due_at=timezone.now() - timedelta(minutes=7))
        assert self.wrong() == {"EmailsLate": {"minutes": 7}}
        OutgoingEmail.objects.update(
            due_at=timezone.now() + timedelta(hours=1), attempts=4, last_error="refused"
        )
        assert self.wrong() == {"EmailsFail": {"count": 1}}

    def test_backups(self) -> None:
        assert self.wrong() == {}, "the installation is new"
        MigrationRecorder.Migration.objects.update(applied=timezone.now() - timedelta(hours=27))
        assert self.wrong() == {"BackupMissing": {}}
        made_at = timezone.now() - timedelta(hours=27)
        fields = {"is_complete": True, "has_files": True}
        BackupRecord.objects.create(made_at=made_at, **fields)
        assert self.wrong() == {"BackupOld": {"hours": 27}}
        BackupRecord.objects.create(made_at=timezone.now(), **fields)
        assert self.wrong() == {}

    def test_requests(self) -> None:
        for _ in range(97):
            request_stats.note("api", 200, 0.01)
        assert self.wrong() == {}
        for _ in range(10):
            request_stats.note("api", 500, 0.9)
        found = self.wrong()
        assert set(found) == {"Errors", "ApiSlow"}
        assert found["Errors"] == {"percent": 9.3}

    def test_a_full_disk(self) -> None:
        with pytest.MonkeyPatch.context() as patch:
            usage = SimpleNamespace(total=1000, free=50, used=950)
            patch.setattr(shutil, "disk_usage", lambda _: usage)
            found = self.measurements.take().wrong["DiskFull"]
        assert found["percent"] == 5

    def test_the_disks_include_that_of_the_database(self) -> None:
        assert any("database" in disk.contents for disk in disks.disks())
        database = settings.DATABASES["default"] | {"HOST": "postgres"}
        with (
            TemporaryDirectory() as volumes,
            patch.dict(os.environ, SECRET_KEY_FILE="/config/secret_key", RUN_DIR=volumes),
            patch.dict(settings.DATABASES, default=database),
        ):
            assert any("database" in disk.contents for disk in disks.disks()), "Docker's volumes"

    def test_redis_ticks_and_queue(self) -> None:
        heartbeat.beat()
        assert self.wrong() == {}
        ticked_at = timezone.now() - timedelta(seconds=40)
        cache.set(heartbeat.KEY, ticked_at)
        wrong = self.wrong()
        assert set(wrong) == {"NoTicks"}
        assert 40 <= wrong["NoTicks"]["seconds"] <= (timezone.now() - ticked_at).total_seconds()
        cache.set("sockets:seen", 1)
        assert "SocketsDown" in self.wrong()
        with dead_broker():
            assert "CeleryQueue" in self.measurements.take().unknown
        with dead_cache():
            found = Measurements().take()
            assert (found.wrong.keys() - OF_MACHINE, found.unknown) == (
                {"RedisDown"},
                {"CeleryQueue"},
            )

    def test_a_site_that_has_answered_and_does_not_any_more(self) -> None:
        with raw_server(http("200 OK")) as server:
            address = f"http://127.0.0.1:{server.port}"
            with override_settings(PUBLIC_URL=address):
                assert self.wrong() == {}
        with override_settings(PUBLIC_URL=address):
            assert self.wrong() == {"Down": {"address": address}}
            self.measurements = Measurements()
            assert self.wrong() == {}, "it cannot be reached from here, perhaps never could"
