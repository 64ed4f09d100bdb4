import io
import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import pytest
from botocore.exceptions import ClientError
from celery.contrib.testing.worker import start_worker
from django.conf import settings
from django.core.cache import caches
from django.core.management import CommandError, call_command
from django.db.migrations.recorder import MigrationRecorder
from django.test import LiveServerTestCase, override_settings
from django.utils import timezone, translation

from artgen.database import version_history
from artgen.database.connection_budget import LANES
from artgen.environment import installation
from artgen.processes import sockets_heartbeat
from artgen.processes.celery import app
from generation import tasks
from generation.files import bucket
from generation.files.bucket_hints import hint_for
from generation.jobs.engine import driver, heartbeat, outages
from generation.models import Endpoint, GenerationSwitch, ImageModel, Job, Place, ProviderOutage
from generation.operations.doctor import processes, version
from generation.operations.doctor.check import Check
from generation.providers.call_errors import KeyRefused
from generation.testing.cases import (
    BaseTestCase,
    EmulatorTestCase,
    emulated,
    let_time_pass,
    load_catalog,
    make_user,
)
from generation.testing.servers.bucket import bucket_settings, public_policy
from generation.testing.servers.dead_servers import dead_broker, dead_cache
from generation.testing.servers.raw_server import http, raw_server
from generation.testing.services import free_port

pytestmark = pytest.mark.slow

NAMES = [
    "settings",
    "database",
    "connection_budget",
    "migrations",
    "version",
    "redis",
    "broker",
    "cache",
    "channel_layer",
    "workers",
    "beat",
    "sockets",
    "email_server",
    "conditions",
    "spending",
    "models",
    "runpod_key",
]
Checks = dict[str, dict[str, Any]]


@contextmanager
def installed_as(name: str) -> Iterator[None]:
    """Give advice for the demo or for `make stack`, whatever the database of the tests."""
    with mock.patch.dict(os.environ):
        for variable in ("DATABASE_URL", "DATABASE_URL_FILE"):
            os.environ.pop(variable, None)
        if name == "stack":
            os.environ["DATABASE_URL"] = "postgres://db/artgen"
        assert installation.current().name == name
        yield


def examine() -> tuple[Checks, bool]:
    """Return the checks of `doctor --json` by name, and whether the command failed."""
    out, failed = io.StringIO(), False
    try:
        call_command("doctor", "--json", stdout=out)
    except CommandError as error:
        failed = error.returncode == 1
    report = json.loads(out.getvalue())
    checks = {check["name"]: check for check in report["checks"]}
    assert report["ok"] is not failed
    assert all(set(check) == {"name", "ok", "detail", "hint"} for check in report["checks"])
    assert all(check["hint"] for check in report["checks"] if not check["ok"])
    return checks, failed


class DoctorTestCase(EmulatorTestCase):
    """With a worker, and with signs of life of beat and of sockets."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.enterClassContext(mock.patch.dict(os.environ, {"WORKER_LANES": ",".join(LANES)}))
        worker = start_worker(  # closes connections to the database
            app,
            hostname=f"{','.join(LANES)}@test",
            pool="solo",
            queues=["idle"],
            perform_ping_check=False,
            without_heartbeat=True,
        )
        cls.enterClassContext(worker)
        super().setUpClass()
        while not processes.workers().ok:  # it has not subscribed yet
            pass

    def setUp(self) -> None:
        super().setUp()
        heartbeat.beat()
        sockets_heartbeat.beat()

    def assertBroken(self, name: str, *words: str) -> Checks:
        checks, failed = examine()
        assert failed
        assert not checks[name]["ok"], checks[name]
        for word in words:
            assert word in f"{checks[name]['detail']} {checks[name]['hint']}"
        return checks


class TestVersion(BaseTestCase):
    def test_it_repeats_what_the_changelog_asks_for_since_the_version_before(self) -> None:
        with TemporaryDirectory() as folder:
            changelog = Path(folder) / "CHANGELOG.md"
            changelog.write_text(
                "# Changelog\n\n## 0.3.0\n\n### Upgrading\n\n- Set A.\n\n### API\n\n- New.\n\n"
                "## 0.2.0\n\n### Upgrading\n\n- Set B,\n  then C.\n\n"
                "## 0.1.0\n\n### Upgrading\n\n- Set D.\n"
            )
            for before, now, hint in (
                ("0.1.0", "0.3.0", "- Set A. - Set B, then C."),
                ("0.2.0", "0.3.0", "- Set A."),
                ("0.4.0", "0.3.0", ""),
            ):
                for number in (before, now):
                    with override_settings(VERSION=number):
                        version_history.record()
                with override_settings(VERSION=now):
                    assert version.version(changelog) == Check(
                        "version", True, f"{now}, before it {before}", hint
                    )


class TestCommand(DoctorTestCase):
    def test_it_finds_nothing_broken(self) -> None:
        checks, failed = examine()
        assert not failed, checks
        endpoints = [
            f"endpoint:{slug}"
            for slug in ImageModel.objects.enabled().values_list("slug", flat=True)
        ]
        assert list(checks) == [*NAMES, *endpoints, "webhook", "bucket", "origin_key", "clock"]
        assert "3 idle" in checks["endpoint:flux-schnell"]["detail"]

    def test_it_says_in_words_what_to_do(self) -> None:
        out = io.StringIO()
        GenerationSwitch.objects.create(on=False)
        with translation.override("ru"):  # of the site; what commands print is in English
            call_command("doctor", stdout=out)
        assert "ok      database: " in out.getvalue()
        assert "look    CreatingOff: Image creation is off." in out.getvalue()
        assert "look    webhook: " in out.getvalue()
        assert out.getvalue().endswith("Nothing is broken.\n")
        with (
            override_settings(RUNPOD_API_KEY=""),
            installed_as("stack"),
            pytest.raises(CommandError, match=re.escape("Broken: runpod_key.")),
        ):
            call_command("doctor", stdout=out)
        assert (
            "BROKEN  runpod_key: RUNPOD_API_KEY is not set\n        Create a key" in out.getvalue()
        )

    def test_it_knows_that_the_demo_needs_no_key(self) -> None:
        with override_settings(RUNPOD_API_KEY=""), installed_as("demo"):
            checks, failed = examine()
        assert not failed
        assert "starts an emulator" in checks["runpod_key"]["detail"]
        assert "Create a key" in checks["runpod_key"]["hint"]

    def test_it_changes_nothing(self) -> None:
        job = self.place()
        before = Job.objects.filter(id=job.id).values().get()
        examine()
        assert Job.objects.filter(id=job.id).values().get() == before
        assert {call.call for call in self.emulator.calls} == {"status", "health"}
        assert not ProviderOutage.objects.exists()

    def test_it_warns_of_a_loopback_address_without_failing(self) -> None:
        check = examine()[0]["webhook"]
        assert check["ok"]
        assert "RunPod cannot reach this URL" in check["hint"]


class TestPlumbing(DoctorTestCase):
    def test_it_notices_migrations_that_are_missing(self) -> None:
        MigrationRecorder.Migration.objects.filter(app="generation").delete()
        checks = self.assertBroken(
            "migrations", "generation.0001_initial", installation.current().release
        )
        assert (checks["conditions"]["ok"], checks["conditions"]["detail"]) == (None, "not checked")

    def test_it_warns_of_a_machine_that_is_away(self) -> None:
        with mock.patch.dict(os.environ, {"WORKER_MACHINES": "2"}):
            check = processes.workers()
        assert (check.ok, check.detail[:24]) == (True, "1 of 2 lanes responded: ")
        assert "A machine or container is away" in check.hint

    def test_it_notices_a_broker_and_a_cache_that_are_away(self) -> None:
        with dead_broker(), dead_cache():
            checks = self.assertBroken("broker", "CELERY_BROKER_URL")
        assert not checks["cache"]["ok"]
        assert (checks["workers"]["detail"], checks["beat"]["detail"]) == (
            "not checked",
            "not checked",
        )
        assert checks["database"]["ok"]

    def test_it_notices_that_nobody_ticks(self) -> None:
        caches["default"].delete(heartbeat.KEY)
        self.assertBroken(
            "beat", "no tick recorded", installation.current().started("slow", "drive")
        )
        tasks.tick()
        check = examine()[0]["beat"]
        assert check["ok"]
        assert re.fullmatch(r"last tick \d+ s ago", check["detail"])
        assert check["hint"] == ""
        caches["default"].set(heartbeat.KEY, timezone.now() - timedelta(minutes=3), None)
        self.assertBroken("beat", "last tick 18")  # seconds ago: 180 or a few more

    def test_it_reports_the_conditions_of_alerts(self) -> None:
        assert examine()[0]["conditions"]["ok"]
        job = self.place()
        driver.submit("flux-schnell")
        let_time_pass(job.id, seconds=90)
        outages.start(Place("runpod", "x"), KeyRefused("RunPod refuses the API key (401)"))
        checks = self.assertBroken("JobsOverdue", "1 jobs are overdue", "jobs --stuck")
        assert not checks["ProviderOutage"]["ok"]
        assert "RUNPOD_API_KEY" in checks["ProviderOutage"]["hint"]
        assert checks["JobsStuck"]["ok"], "a warning"


class TestRunPod(DoctorTestCase):
    def test_it_notices_a_refused_key_and_never_prints_it(self) -> None:
        with override_settings(RUNPOD_API_KEY="rpa_wrong_and_secret"):
            out = io.StringIO()
            with pytest.raises(CommandError):
                call_command("doctor", "--json", stdout=out)
            assert "rpa_wrong" not in out.getvalue()
            checks = self.assertBroken("runpod_key", "rejects the key (401)", "RUNPOD_API_KEY")
        assert not [name for name in checks if name.startswith("endpoint:")]

    def test_it_notices_that_provider_is_away(self) -> None:
        with override_settings(RUNPOD_BASE_URL=f"http://127.0.0.1:{free_port()}/v2"):
            checks = self.assertBroken("runpod_key", "could not be reached", "RUNPOD_BASE_URL")
        assert "127.0.0.1" not in checks["clock"]["detail"]

    def test_it_notices_max_workers_of_zero(self) -> None:
        self.enterContext(emulated(workers=0))
        ImageModel.objects.filter(slug="sdxl").update(enabled=True)
        self.assertBroken("endpoint:sdxl", "no workers", "Max workers")
        self.assertBroken("endpoint:flux-schnell", "no workers")

    def test_it_names_endpoints_that_do_not_exist_in_one_check(self) -> None:
        ImageModel.objects.filter(slug="sdxl").update(enabled=True)
        Endpoint.objects.filter(model__slug="sdxl").update(endpoint_id="missing-one")
        Endpoint.objects.filter(model__slug="flux-dev").update(endpoint_id="missing-two")
        checks = self.assertBroken("endpoints", "none of 2 endpoints", "missing-one (sdxl)")
        assert "missing-two (flux-dev)" in checks["endpoints"]["detail"]
        assert not {"endpoint:sdxl", "endpoint:flux-dev"} & checks.keys()
        assert checks["endpoint:flux-schnell"]["ok"]

    def test_it_accepts_public_endpoints_that_tell_no_health(self) -> None:
        ImageModel.objects.exclude(slug="flux-schnell").update(enabled=False)
        for fault in ("refuse_400", "refuse_401", "html_502"):
            self.emulator.faults.next("health", fault)
            check = examine()[0]["endpoint:flux-schnell"]
            assert check["ok"]
            assert "exists; public, workers unknown" in check["detail"]

    def test_it_does_not_take_a_key_for_proved_where_no_endpoint_exists(self) -> None:
        ImageModel.objects.exclude(slug="flux-schnell").update(enabled=False)
        self.emulator.retire("black-forest-labs-flux-1-schnell")
        check = examine()[0]["runpod_key"]
        assert "not tested" in check["detail"]

    def test_it_notices_that_nothing_is_on_offer(self) -> None:
        ImageModel.objects.update(enabled=False)
        checks = self.assertBroken("models", "load_catalog")
        assert checks["runpod_key"]["hint"]

    def test_it_notices_a_model_that_could_not_be_driven(self) -> None:
        ImageModel.objects.filter(slug="flux-schnell").update(price={"per_image": -1})
        self.assertBroken("models", "flux-schnell", "negative")


class TestWebhook(DoctorTestCase):
    def test_it_tells_who_answers_there(self) -> None:
        for url, words in (
            (f"http://127.0.0.1:{free_port()}", "does not respond"),
            (f"http://{self.emulator.image_host}", "another server responds (200)"),
        ):
            with override_settings(PUBLIC_URL=url):
                assert words in examine()[0]["webhook"]["detail"]


class TestOwnAddress(LiveServerTestCase):
    def test_it_finds_itself_at_the_public_address(self) -> None:
        make_user("alice@example.org")
        load_catalog()
        with emulated(), override_settings(PUBLIC_URL=self.live_server_url):
            assert examine()[0]["webhook"]["detail"].endswith(": responds")


class TestFiles(DoctorTestCase):
    def test_it_notices_a_folder_that_cannot_be_written(self) -> None:
        with TemporaryDirectory() as folder:
            (Path(folder) / "media").write_text("a file")
            with override_settings(MEDIA_ROOT=Path(folder) / "media"):
                self.assertBroken("bucket", "DATA_DIR")


class TestClock(DoctorTestCase):
    def test_it_warns_of_a_clock_that_is_wrong(self) -> None:
        with wrong_clock(timedelta(seconds=40)) as url, override_settings(RUNPOD_BASE_URL=url):
            check = examine()[0]["clock"]
        assert check["ok"]
        assert re.search(r"^(39|40)\.\d s behind 127", check["detail"])
        assert "NTP" in check["hint"]

    def test_it_fails_where_a_clock_is_so_wrong_that_jobs_could_run_twice(self) -> None:
        with wrong_clock(timedelta(minutes=3)) as url, override_settings(RUNPOD_BASE_URL=url):
            self.assertBroken("clock", "s behind 127", "NTP")


@pytest.mark.s3
class TestBucket(DoctorTestCase):
    def test_it_says_what_is_wrong_and_keeps_the_secret(self) -> None:
        for changes, words in (
            ({"secret_key": "wrong-secret"}, "Correct S3_SECRET_ACCESS_KEY."),
            ({"access_key": "nobody"}, "Correct S3_ACCESS_KEY_ID."),
            ({"secret_key": ""}, "S3_SECRET_ACCESS_KEY is not set"),
            ({"bucket_name": "No bucket!"}, "Correct S3_BUCKET: the name is not valid."),
            (
                {"endpoint_url": f"http://127.0.0.1:{free_port()}"},
                "Correct S3_ENDPOINT_URL, or allow",
            ),
            (
                {"endpoint_url": "storage.yandexcloud.net"},
                "S3_ENDPOINT_URL: it must begin with https://",
            ),
            ({"endpoint_url": self.emulator.base_url}, "S3_ENDPOINT_URL"),
        ):
            with self.subTest(words), bucket_settings(**changes):
                checks = self.assertBroken("bucket", words)
                assert "wrong-secret" not in json.dumps(checks)

    def test_it_notices_a_bucket_that_strangers_can_read(self) -> None:
        with bucket_settings():
            bucket.client().put_bucket_policy(
                Bucket=settings.S3_BUCKET, Policy=public_policy(settings.S3_BUCKET)
            )
            self.assertBroken("bucket", "anyone can read images without a key")

    def test_it_notices_a_bucket_that_does_not_exist(self) -> None:
        with (
            raw_server(
                http("404 Not Found", b"<Error><Code>NoSuchBucket</Code></Error>")
            ) as server,
            bucket_settings(endpoint_url=f"http://127.0.0.1:{server.port}"),
        ):
            self.assertBroken("bucket", "NoSuchBucket", "Create the bucket, or correct S3_BUCKET.")

    def test_it_names_the_right_that_the_key_lacks(self) -> None:
        for call, right in (
            ("PutObject", "put"),
            ("GetObject", "get"),
            ("ListObjects", "list"),
            ("DeleteObject", "delete"),
        ):
            denied = ClientError({"Error": {"Code": "AccessDenied"}}, call)
            assert f"permission to {right} in this bucket" in hint_for(denied)


@contextmanager
def wrong_clock(ahead: timedelta) -> Iterator[str]:
    """Run a server whose Date header is `ahead` of the time; yield its address."""

    def answer(connection: socket.socket) -> None:
        date = format_datetime(timezone.now() + ahead, usegmt=True)
        connection.sendall(http("404 Not Found", b"", f"Date: {date}"))

    with raw_server(answer) as server:
        yield server.base_url


class TestWorker(BaseTestCase):
    @pytest.mark.slow
    def test_it_hears_a_worker_and_its_silence(self) -> None:
        nobody = "no worker for: drive, store, slow"
        assert processes.workers().detail == nobody
        with start_worker(
            app,
            hostname="store@here",
            pool="solo",
            perform_ping_check=False,
            without_heartbeat=True,
        ):
            # One that has just begun may not have subscribed yet, and what is sent before is lost.
            found = (processes.workers().detail for _try in range(10))
            said = next(detail for detail in found if detail != nobody)
        assert said == "no worker for: drive, slow"
