"""Jobs at servers that answer with the image: one call each, and no image or dollar lost."""

import base64
import threading
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import OperationalError, connection, connections
from django.db.models import F
from django.test import TransactionTestCase, override_settings
from django.utils import timezone, translation

from generation import tasks
from generation.files import storage, uploads
from generation.jobs.engine import driver, job_control, lifecycle
from generation.jobs.engine.driver import image_calls
from generation.jobs.live import failure_advice, status_text
from generation.models import (
    Endpoint,
    Image,
    ImageModel,
    Job,
    OutageKind,
    ProviderOutage,
    Status,
    UnreadReply,
)
from generation.testing import orders
from generation.testing.cases import (
    EmulatorTestCase,
    emulated,
    load_catalog,
    make_due,
    make_user,
    run_messages,
    run_task,
    work,
)
from generation.testing.rows.endpoints import MODEL, STREAMED, add_endpoint
from generation.testing.rows.image_files import noise
from generation.testing.threads import in_threads

NAME = "sd-3.5-large"
DOLLARS = "0.00400"


def add_server(**changes: Any) -> Endpoint:
    """Give the model an endpoint at an image server, before the one at RunPod."""
    Endpoint.objects.filter(model__slug=MODEL).update(preference=1)
    values = {"endpoint_id": NAME, "expected_cost": {"per_image": "0.004"}, **changes}
    return add_endpoint(provider="image_server", preference=0, **values)


class ImageServerTestCase(EmulatorTestCase):
    def setUp(self) -> None:
        super().setUp()
        address = self.emulator.image_server_url
        self.enterContext(override_settings(IMAGE_SERVER_URL=address, IMAGE_SERVER_API_KEY="test"))
        self.server = add_server()
        self.runpod = Endpoint.objects.get(model__slug=MODEL, provider="runpod")

    def run_one(self, fault: str = "") -> Job:
        """Place a job, let it be made with this fault, and return it."""
        if fault:
            self.emulator.faults.next("images", fault)
        job = self.place()
        run_task(tasks.submit, MODEL)
        run_messages()
        job.refresh_from_db()
        return job

    def calls(self) -> int:
        return sum(call.call == "images" for call in self.emulator.calls)


class TestCall(ImageServerTestCase):
    def test_it_makes_an_image_outside_of_the_driver(self) -> None:
        job = self.place()
        driver.submit(MODEL)
        job.refresh_from_db()
        assert (job.status, self.calls()) == (Status.SUBMITTED, 0)
        run_task(tasks.make)
        job.refresh_from_db()
        assert (job.status, self.calls()) == (Status.STORING, 1)
        assert UnreadReply.objects.get().job_id == job.id, "the image is in the row"
        run_messages()
        job.refresh_from_db()
        assert (job.status, job.place) == (Status.SUCCEEDED, self.server.place)
        assert (job.cost, str(job.unreported_usd)) == (None, DOLLARS)
        assert Image.objects.get(job=job).width == 256
        assert not UnreadReply.objects.exists()
        assert self.kinds(job) == ["hold", "settle"]

    def test_it_downloads_an_image_that_is_elsewhere(self) -> None:
        self.emulator.output_formats.set(NAME, shape="image_url")
        job = self.run_one()
        assert job.status == Status.SUCCEEDED
        assert job.result_host == "127.0.0.1"

    def test_an_edit_gets_its_images_as_files_though_they_have_addresses(self) -> None:
        source = uploads.keep(user=self.alice, data=noise(640, 320))
        model = ImageModel.objects.get(slug="qwen-image-edit")
        edits = {"prompt": "prompt", "sources": {"field": "image"}, "size": {"mode": "none"}}
        Endpoint.objects.filter(model=model).update(
            **self.server.place._asdict(), dialect="public", request_format=edits
        )
        request = {"model": model.slug, "prompt": "fog", "source_images": [str(source.id)]}
        (job,) = orders.place(user=self.alice, request=request).jobs
        run_task(tasks.submit, model.slug)
        run_messages()
        job.refresh_from_db()
        assert (job.status, self.calls()) == (Status.SUCCEEDED, 1)
        sent: Any = next(call.json for call in self.emulator.calls if call.call == "images")
        (image,) = sent["image"]
        assert base64.b64decode(image.partition(",")[2]) == storage.read(source.key)

    def test_the_image_waits_in_the_row_while_the_bucket_is_away(self) -> None:
        with mock.patch.object(default_storage, "write_all", side_effect=OSError("away")):
            job = self.run_one()
        assert job.status == Status.STORING
        make_due()
        work()
        job.refresh_from_db()
        assert (job.status, self.calls()) == (Status.SUCCEEDED, 1)

    def test_a_lost_wakeup_delays_it(self) -> None:
        job = self.place()
        driver.submit(MODEL)
        cache.clear()  # all of Redis
        make_due()
        work()
        job.refresh_from_db()
        assert (job.status, self.calls()) == (Status.SUCCEEDED, 1)

    def test_a_reply_with_a_broken_image_is_kept_and_counted(self) -> None:
        job = self.run_one("corrupt_image")
        assert (job.status, job.error_code) == (Status.FAILED, "bad_picture")
        assert UnreadReply.objects.get(job=job).is_open
        assert (str(job.unreported_usd), self.calls()) == (DOLLARS, 1)

    def test_a_reply_that_cannot_be_read_waits_for_another_format(self) -> None:
        self.emulator.output_formats.set(NAME, shape="artifacts")
        job = self.run_one()
        assert (job.status, job.error_code) == (Status.STORING, lifecycle.UNREADABLE)
        assert (str(job.unreported_usd), UnreadReply.objects.get().is_open) == (DOLLARS, True)
        self.server.request_format = self.server.request_format | {"images": "artifacts[].payload"}
        self.server.save(update_fields=["request_format"])
        make_due()
        work()
        job.refresh_from_db()
        assert (job.status, self.calls()) == (Status.SUCCEEDED, 1)


class TestNotMade(ImageServerTestCase):
    def test_the_next_endpoint_gets_what_was_not_accepted(self) -> None:
        job = self.run_one("rate_429")
        assert (job.status, job.place, job.attempt) == (Status.SUBMITTED, self.runpod.place, 1)
        self.server.refresh_from_db()
        assert self.server.submit_failures == 1
        assert self.finish(job).status == Status.SUCCEEDED
        assert job.unreported_usd is None, "nothing is counted for the refused call"

    def test_a_refused_key_closes_its_endpoints_until_a_probe(self) -> None:
        job = self.run_one("refuse_401")
        outage = ProviderOutage.objects.get()
        assert (outage.kind, outage.provider) == (OutageKind.KEY_REFUSED, "image_server")
        assert job.place == self.runpod.place
        ProviderOutage.objects.update(probe_at=timezone.now())
        work()
        assert not ProviderOutage.objects.exists()

    def test_a_refused_prompt_fails_and_costs_nothing(self) -> None:
        job = self.run_one("prompt_refused")
        work()
        job.refresh_from_db()
        assert (job.status, job.error_code) == (Status.FAILED, "prompt_refused")
        assert (job.unreported_usd, self.kinds(job)) == (None, ["hold", "release"])

    def test_a_failing_server_gets_one_job_at_a_time(self) -> None:
        Endpoint.objects.filter(pk=self.server.pk).update(submit_failures=1)
        Endpoint.objects.filter(pk=self.runpod.pk).update(enabled=False)
        for _ in range(3):
            self.place()
        driver.submit(MODEL)
        lifecycle.begin_call()
        driver.submit(MODEL)
        assert Job.objects.at_provider().count() == 1


class TestPerhapsPaid(ImageServerTestCase):
    def assert_perhaps_paid(self, job: Job) -> None:
        assert (job.status, job.error_code) == (Status.FAILED, "perhaps_paid")
        assert (str(job.unreported_usd), job.attempt) == (DOLLARS, 1)
        assert self.kinds(job) == ["hold", "release"], "the user pays nothing"
        assert not job.stop_pending

    def test_a_broken_line_ends_the_job_and_is_never_repeated(self) -> None:
        job = self.run_one("break_after")
        self.assert_perhaps_paid(job)
        for _ in range(3):
            make_due()
            work()
        assert (self.calls(), len(self.runs())) == (1, 0)
        self.server.refresh_from_db()
        assert self.server.submit_failures == 1, "the next job goes elsewhere"

    def test_its_user_is_told_and_may_try_again(self) -> None:
        job = self.run_one("break_after")
        with translation.override("en"):
            advice = failure_advice.of_job(job)
        assert advice.may_retry
        assert "can’t be fetched" in advice.reason
        assert "perhaps_paid" in status_text.ERROR_CODES

    def test_a_killed_process_ends_it_when_the_call_is_certainly_over(self) -> None:
        job = self.place()
        driver.submit(MODEL)
        lifecycle.begin_call()
        for _ in range(2):
            make_due()  # such as staff who look again
            work()
        job.refresh_from_db()
        assert (job.status, self.calls()) == (Status.RUNNING, 0)
        Job.objects.update(submitted_at=F("submitted_at") - timedelta(minutes=10))
        make_due()
        work()
        job.refresh_from_db()
        self.assert_perhaps_paid(job)

    def test_the_image_waits_while_the_database_is_away(self) -> None:
        job = self.place()
        driver.submit(MODEL)
        failures = [OperationalError("away")]

        def away(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
            if "status = 'storing'" in str(sql) and failures:
                raise failures.pop()
            return execute(sql, params, many, context)

        with connection.execute_wrapper(away), mock.patch("time.sleep"):
            driver.make()
        job.refresh_from_db()
        assert (job.status, self.calls(), failures) == (Status.STORING, 1, [])


class TestCancel(ImageServerTestCase):
    def test_before_the_call_it_costs_nothing(self) -> None:
        job = self.place()
        driver.submit(MODEL)
        job_control.cancel(job=job, actor=self.alice)
        run_messages()
        job.refresh_from_db()
        assert (job.status, job.unreported_usd, self.calls()) == (Status.CANCELED, None, 0)


class TestThreads(TransactionTestCase):
    def setUp(self) -> None:
        cache.clear()
        load_catalog()
        add_server(max_in_flight=20)
        self.user = make_user("user@example.org", credits=100)
        self.emulator = self.enterContext(emulated(rate_limits=False, slow_seconds=1))
        address = self.emulator.image_server_url
        self.enterContext(override_settings(IMAGE_SERVER_URL=address, IMAGE_SERVER_API_KEY="test"))

    def place(self, count: int) -> None:
        request = {"model": MODEL, "prompt": "fog", "width": 256, "height": 256}
        for _ in range(count):
            orders.place(user=self.user, request=request)
        driver.submit(MODEL)

    def test_many_make_one_call_for_each_job(self) -> None:
        self.place(10)
        in_threads(20, lambda number: driver.make())
        run_messages()
        assert Counter(call.call for call in self.emulator.calls) == {"images": 10}
        assert Job.objects.filter(status=Status.SUCCEEDED).count() == 10

    def test_it_makes_no_more_calls_at_once_than_it_may(self) -> None:
        self.place(1)
        with ExitStack() as taken:
            for _ in range(settings.IMAGE_CALLS):
                taken.enter_context(image_calls.THREADS)
            assert driver.make() is None
        assert driver.make()

    def test_a_job_that_is_canceled_during_its_call_is_counted_and_gets_no_image(self) -> None:
        self.cancel_during_call()

    @pytest.mark.slow
    def test_a_stream_of_a_canceled_job_is_left(self) -> None:
        Endpoint.objects.update(request_format=STREAMED)
        self.cancel_during_call()
        endpoint = Endpoint.objects.get(provider="image_server")
        assert (endpoint.submit_after, endpoint.submit_failures) == (None, 0)

    def cancel_during_call(self) -> None:
        self.place(1)
        self.emulator.faults.next("images", "slow")

        def make() -> None:
            driver.make()
            connections.close_all()

        thread = threading.Thread(target=make)
        thread.start()
        while not Job.objects.filter(status=Status.RUNNING).exists():
            assert thread.is_alive()
        job = Job.objects.get()
        job_control.cancel(job=job, actor=self.user, max_credits=job.credits)
        thread.join()
        driver.stop()
        job.refresh_from_db()
        assert (job.status, str(job.unreported_usd)) == (Status.CANCELED, DOLLARS)
        assert not Image.objects.exists()
        assert not UnreadReply.objects.exists()
