"""A reply that was paid for and has no readable image is kept and never bought again."""

import io
import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db.models import Sum
from django.test import override_settings
from django.utils import timezone

from accounts.credits import ledger_check
from generation.models import (
    Endpoint,
    ImageModel,
    Job,
    Period,
    ProviderOutage,
    Spending,
    Status,
    UnreadReply,
    model_cache,
)
from generation.operations import cleanup
from generation.operations.alerts.measurements import Measurements
from generation.testing.cases import (
    EmulatorTestCase,
    let_models_rest,
    let_time_pass,
    make_due,
    store_all,
)

MODEL, ENDPOINT = "flux-schnell", "black-forest-labs-flux-1-schnell"
INLINE = "sdxl-turbo"  # its images are in the reply, and its endpoint reports no cost
COST = Decimal("0.003")
PATH = "artifacts[].payload"


class UnreadReplyTestCase(EmulatorTestCase):
    def setUp(self) -> None:
        super().setUp()
        ImageModel.objects.update(expected_cost={"per_image": str(COST)}, enabled=True)
        self.emulator.output_formats.set(None, cost=float(COST))

    def order(self, fault: str, **request: object) -> Job:
        """Return a job after RunPod has replied with this fault."""
        self.emulator.faults.next("job", fault)
        job = self.place(**request)
        self.advance(job)
        return job

    def order_inline(self, fault: str) -> Job:
        return self.order(fault, model=INLINE, width=512, height=512)

    def advance(self, *jobs: Job) -> None:
        """Do what is due for a minute."""
        for _ in range(6):
            let_models_rest()
            self.tick(seconds=10)
        for job in jobs:
            job.refresh_from_db()

    def set_images(self, path: str) -> None:
        """Say where the images are, and let the probe of the outage be due."""
        value = ImageModel.objects.get(slug=MODEL).request_format | {"images": path}
        call_command(
            "set_model", MODEL, f"request_format={json.dumps(value)}", stdout=io.StringIO()
        )
        ProviderOutage.objects.update(probe_at=timezone.now())
        model_cache.forget()

    def assert_bought(self, count: int) -> None:
        """Assert that so many jobs were sent to RunPod, and that each counts once."""
        assert len(self.runs()) == count
        sums = Spending.objects.filter(period=Period.DAY, group_id=0)
        assert sums.aggregate(sum=Sum("usd"))["sum"] == COST * count
        assert ledger_check.check() == []

    def reply(self, job: Job) -> str:
        """Return the kept reply as staff download it from the job's page."""
        self.client.force_login(self.staff)
        address = f"/admin/generation/job/{job.id}/reply/"
        self.assertContains(self.client.get(f"/admin/generation/job/{job.id}/change/"), address)
        return self.client.get(address).content.decode()


class TestKnownShapes(UnreadReplyTestCase):
    def test_it_reads_the_images_of_every_known_shape(self) -> None:
        for shape in ("b64_json", "data_b64", "image_base64", "outputs"):
            with self.subTest(shape):
                assert self.order(shape).status == Status.SUCCEEDED
                assert self.order_inline(shape).status == Status.SUCCEEDED
        self.assert_bought(8)


class TestUnreadable(UnreadReplyTestCase):
    def test_it_keeps_the_whole_reply_and_buys_no_other(self) -> None:
        job = self.order("artifacts")

        assert (job.status, job.error_code, job.attempt) == (Status.STORING, "unreadable", 1)
        assert job.cost == COST
        assert self.kinds(job) == ["hold"]
        self.assert_bought(1)
        assert json.loads(self.reply(job)) == self.emulator.jobs[0].report()
        assert not ProviderOutage.objects.exists()

    def test_it_tells_the_user_that_only_an_image_is_charged(self) -> None:
        self.order("artifacts")
        self.client.force_login(self.alice)
        (shown,) = self.client.get("/api/v1/jobs/").json()["results"]
        assert (shown["status"], shown["error"]) == ("storing", None)
        assert "You pay only if you get the image" in shown["phase_detail"]

    def test_it_stores_the_image_of_the_kept_reply_once_the_format_is_mended(self) -> None:
        job = self.order("artifacts")
        self.emulator.advance(7_200)  # RunPod has forgotten the job
        self.set_images(PATH)

        self.advance(job)

        assert (job.status, job.error_code, job.cost) == (Status.SUCCEEDED, "", COST)
        assert job.images.count() == 1
        assert self.kinds(job) == ["hold", "settle"]
        self.assert_bought(1)
        assert not UnreadReply.objects.exists()

    def test_the_format_may_be_mended_at_the_endpoint_alone(self) -> None:
        job = self.order("artifacts")
        mended = ImageModel.objects.get(slug=MODEL).request_format | {"images": PATH}
        Endpoint.objects.filter(model__slug=MODEL).update(dialect="public", request_format=mended)
        self.advance(job)
        assert job.status == Status.SUCCEEDED
        self.assert_bought(1)

    def test_it_returns_the_credits_at_the_deadline_and_keeps_the_reply(self) -> None:
        job = self.order("artifacts")
        let_time_pass(job.id, seconds=settings.JOB_DEADLINE_SECONDS)
        self.advance(job)

        assert (job.status, job.error_code) == (Status.FAILED, "unreadable")
        assert self.kinds(job) == ["hold", "release"]
        self.assert_bought(1)
        assert "payload" in self.reply(job)

    def test_it_reads_in_flight_replies_by_the_format_of_now(self) -> None:
        self.emulator.faults.next("job", "artifacts")
        job = self.place()
        self.tick()
        self.set_images(PATH)
        self.advance(job)
        assert job.status == Status.SUCCEEDED


@pytest.mark.slow
class TestOutage(UnreadReplyTestCase):
    def stop(self, *faults: str) -> list[Job]:
        jobs = [self.order(fault) for fault in faults]
        assert ProviderOutage.objects.get().kind == "replies_unread"
        return jobs

    def test_it_stops_the_endpoint_at_the_second_reply_and_tells_staff_at_once(self) -> None:
        self.stop("artifacts", "artifacts")
        waiting, other = self.place(), self.place(model="p-image", width=1024, height=1024)
        self.advance(waiting, other)

        assert (waiting.status, other.status) == (Status.QUEUED, Status.SUCCEEDED)
        self.assert_bought(3)
        found = Measurements().take().wrong["ProviderOutage"]
        assert found == {"problems": f"replies_unread runpod {ENDPOINT}"}
        self.client.force_login(self.staff)
        self.assertContains(self.client.get("/admin/"), "Replies of the endpoint can’t be read")

    def test_it_continues_once_the_format_is_mended_and_stores_what_was_kept(self) -> None:
        jobs = [*self.stop("artifacts", "artifacts"), self.place()]
        self.advance(*jobs)
        assert [job.status for job in jobs] == [Status.STORING, Status.STORING, Status.QUEUED]

        self.emulator.output_formats.set(ENDPOINT, shape="artifacts")
        self.set_images(PATH)
        self.advance(*jobs)

        assert not ProviderOutage.objects.exists()
        assert {job.status for job in jobs} == {Status.SUCCEEDED}
        assert [self.kinds(job) for job in jobs] == [["hold", "settle"]] * 3
        self.assert_bought(3)

    def test_it_does_not_continue_with_a_format_that_was_changed_before(self) -> None:
        self.order("artifacts")
        self.set_images("artifacts[].picture")
        self.stop("artifacts", "artifacts")
        self.advance()
        assert ProviderOutage.objects.exists()

    def test_it_continues_once_every_kept_reply_has_been_read(self) -> None:
        self.stop("artifacts", "artifacts")
        self.set_images(PATH)
        ProviderOutage.objects.update(probe_at=timezone.now() + timedelta(minutes=1))
        make_due()
        store_all()
        assert not UnreadReply.objects.exists()
        ProviderOutage.objects.update(probe_at=timezone.now())
        self.advance()
        assert not ProviderOutage.objects.exists()

    def test_it_continues_when_staff_resume(self) -> None:
        self.stop("video", "mp4_in_images")
        waiting = self.place()
        self.client.force_login(self.staff)
        row = ProviderOutage.objects.get()
        self.client.post(
            "/admin/generation/provideroutage/",
            {"action": "resume", "_selected_action": str(row.pk)},
        )
        self.advance(waiting)

        assert waiting.status == Status.SUCCEEDED
        assert not ProviderOutage.objects.exists()

    def test_it_lets_one_job_through_after_each_pause_until_an_image_is_stored(self) -> None:
        self.stop("video", "video")
        waiting = [self.place() for _ in range(3)]
        self.emulator.faults.next("job", "corrupt_image")
        for probes, minutes in ((1, 20), (2, 40)):
            before = timezone.now()
            ProviderOutage.objects.update(probe_at=before)
            self.advance(*waiting)
            outage = ProviderOutage.objects.filter(probes=probes).first()
            if outage is None:
                break
            assert outage.probe_at >= before + timedelta(minutes=minutes)
            assert [job.status for job in waiting].count(Status.QUEUED) == 2
            self.assert_bought(3)

        assert not ProviderOutage.objects.exists()
        ends = sorted(job.status for job in waiting)
        assert ends == [Status.FAILED, Status.SUCCEEDED, Status.SUCCEEDED]
        self.assert_bought(5)

    def test_it_never_stops_for_replies_of_a_format_that_was_read(self) -> None:
        for fault in ("corrupt_image", "not_an_image", "video", "artifacts", "mp4_in_images"):
            assert self.order("").status == Status.SUCCEEDED
            self.order(fault)
        assert not ProviderOutage.objects.exists()

        self.set_images("artifacts[].picture")
        self.stop("video", "video")

    def test_it_continues_once_an_image_of_a_job_that_was_at_the_provider_is_stored(self) -> None:
        self.order("video")
        self.emulator.faults.next("job", "slow_gpu")
        running = self.place()
        self.tick()
        with self.assertLogs("generation.jobs.engine.outages", "WARNING") as logs:
            self.order("video")
            self.advance(running)
        assert running.status == Status.SUCCEEDED
        assert [record.levelname for record in logs.records] == ["ERROR", "WARNING"]
        assert not ProviderOutage.objects.exists()


class TestNotAnImage(UnreadReplyTestCase):
    def assert_failed(self, job: Job, code: str) -> None:
        assert (job.status, job.error_code, job.attempt) == (Status.FAILED, code, 1)
        assert self.kinds(job) == ["hold", "release"]

    @pytest.mark.slow
    def test_it_keeps_what_is_no_image_and_returns_the_credits_at_once(self) -> None:
        for fault, code in (
            *(("video", "invalid_output"), ("mp4_in_images", "invalid_output")),
            *(("corrupt_image", "bad_picture"), ("not_an_image", "bad_picture")),
            *(("bomb_image", "bad_picture"), ("empty_images", "no_output")),
        ):
            with self.subTest(fault):
                job = self.order(fault)
                self.assert_failed(job, code)
                assert self.reply(job)
                assert job.cost == COST
                ProviderOutage.objects.all().delete()
        self.assert_bought(6)
        assert UnreadReply.objects.filter(is_open=True).count() == 6

    @pytest.mark.slow
    def test_it_keeps_those_of_own_endpoints_which_report_no_cost(self) -> None:
        for fault in ("corrupt_image", "not_an_image", "bomb_image", "mp4_in_images"):
            with self.subTest(fault):
                job = self.order_inline(fault)
                self.assert_failed(job, job.error_code)
                assert "image" in self.reply(job)
                ProviderOutage.objects.all().delete()
        self.assert_bought(4)

    def test_it_tries_again_what_is_empty_and_has_no_cost(self) -> None:
        assert self.order("no_output").attempt == 2
        assert self.order_inline("empty_images").attempt == 2
        assert not UnreadReply.objects.exists()

    def test_it_buys_no_second_attempt_of_a_failure_with_a_cost(self) -> None:
        self.assert_failed(self.order("failed_cost"), "provider_error")
        self.assert_bought(1)
        assert not UnreadReply.objects.exists()

    def test_it_does_not_submit_again_what_provider_forgets_while_it_is_stored(self) -> None:
        job = self.place(model=INLINE, width=512, height=512)
        with override_settings(RUNPOD_MISSING_SECONDS=0):
            self.tick()
            self.emulator.faults.next("status", "", times=1)
            self.emulator.faults.next("status", "lost_404", times=20)
            self.advance(job)
        self.assert_failed(job, "storage")
        self.assert_bought(1)


class TestRetention(UnreadReplyTestCase):
    def test_it_is_deleted_with_the_history_of_its_job(self) -> None:
        job = self.order("video")
        cleanup.clean_up()
        assert UnreadReply.objects.exists()
        ended = timezone.now() - timedelta(days=settings.JOB_RETENTION_DAYS, seconds=1)
        Job.objects.filter(id=job.id).update(finished_at=ended)
        cleanup.clean_up()
        assert not UnreadReply.objects.exists()
