""" "Try it" in the admin: one job paid by the service, with its request and RunPod's replies."""

import json
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.credits import ledger, ledger_check
from accounts.models import CreditEntry, User
from generation.gallery import trash
from generation.jobs.engine import driver
from generation.jobs.engine.driver import trial_log
from generation.jobs.placing import creation_switch, retries
from generation.jobs.placing.creation_switch import Mode
from generation.models import Endpoint, Image, ImageModel, Job, JobEvent, Status, Upload
from generation.providers.job_report import JobReport, RemoteState
from generation.testing.cases import EmulatorTestCase, make_due, work
from generation.testing.rows.image_files import FILES

PART = {"X-Part": "1"}


class TrialTestCase(EmulatorTestCase):
    def setUp(self):
        super().setUp()
        self.model = ImageModel.objects.get(slug="flux-schnell")
        self.browser = Client(headers={"Accept-Language": "en"})
        self.browser.force_login(self.staff)

    def page(self, model=None):
        return f"/admin/generation/imagemodel/{(model or self.model).pk}/try/"

    def try_it(self, model=None, **form):
        """Place a trial as staff and return it."""
        sent = {"prompt": "a red kite", **form}
        answer = self.browser.post(self.page(model), sent)
        assert answer.status_code == 302, answer.content.decode()
        job = Job.objects.get(is_trial=True)
        assert answer["Location"] == f"{self.page(model)}{job.id}/"
        return job

    def finish(self, job):
        """Let RunPod finish all attempts of the job, and return it."""
        while not job.is_final:
            driver.submit(job.model.slug)
            self.emulator.advance(120)
            make_due(job.id)
            work()
            job.refresh_from_db()
        return job

    def details(self, job):
        """Return the details of the events of the trial, by name."""
        names = (trial_log.REQUEST, trial_log.ACCEPTED, trial_log.REPLY)
        return dict(JobEvent.objects.filter(job=job, name__in=names).values_list("name", "detail"))


@pytest.mark.slow
class TestToolsOfImages(TrialTestCase):
    def test_it_tries_an_upscaler_with_the_sample_image(self):
        job = self.finish(self.try_it(ImageModel.objects.get(slug="upscaler")))
        assert (job.status, job.scale) == (Status.SUCCEEDED, 2)

    def test_it_extends_the_sample_image_to_try_a_model_that_needs_a_mask(self):
        job = self.finish(self.try_it(ImageModel.objects.get(slug="sdxl-inpaint")))
        assert (job.status, job.outpaint["right"]) == (Status.SUCCEEDED, 50)


class TestAtAnEndpoint(TrialTestCase):
    def setUp(self):
        super().setUp()
        self.there = Endpoint.objects.create(
            model=self.model,
            endpoint_id="black-forest-labs-flux-1-dev",
            preference=1,
            enabled=False,
            expected_cost={"per_image": "0.03"},
        )

    def test_it_tries_a_disabled_endpoint_which_gets_no_other_job(self):
        ImageModel.objects.filter(pk=self.model.pk).update(max_usd="0.01")
        others = [self.place() for _ in range(2)]
        job = self.try_it(endpoint=self.there.pk)
        driver.submit("flux-schnell")
        assert Job.objects.get(id=job.id).place == self.there.place
        assert {Job.objects.get(id=other.id).place for other in others} == {
            self.model.endpoint.place
        }
        assert self.finish(job).status == Status.SUCCEEDED

    def test_it_waits_for_its_endpoint_alone(self):
        Endpoint.objects.filter(pk=self.model.endpoint.pk).update(enabled=False)
        other = self.place()
        job = self.try_it(endpoint=self.model.endpoint.pk)
        Endpoint.objects.filter(pk=self.model.endpoint.pk).update(
            submit_after=timezone.now() + timedelta(minutes=5)
        )
        Endpoint.objects.filter(pk=self.there.pk).update(enabled=True)
        driver.submit("flux-schnell")
        assert Job.objects.get(id=job.id).status == Status.QUEUED
        Endpoint.objects.update(submit_after=None)
        driver.submit("flux-schnell")
        assert Job.objects.get(id=job.id).place == self.model.endpoint.place
        assert Job.objects.get(id=other.id).status == Status.QUEUED, "no credits for this cost"

    def test_it_goes_with_its_only_endpoint_alone(self):
        first = self.model.endpoint
        job = self.try_it(endpoint=first.pk)
        self.there.delete()
        Endpoint.objects.filter(pk=first.pk).update(enabled=False)
        other = self.place()
        driver.submit("flux-schnell")
        states = dict(Job.objects.values_list("id", "status"))
        assert (states[job.id], states[other.id]) == (Status.SUBMITTED, Status.QUEUED)

    def test_the_form_has_the_endpoints_if_there_are_several(self):
        page = self.browser.get(f"{self.page()}?endpoint={self.there.pk}")
        self.assertContains(page, f'<option value="{self.there.pk}" selected>')
        self.there.delete()
        self.assertNotContains(self.browser.get(self.page()), 'name="endpoint"')


class TestPlacing(TrialTestCase):
    def test_it_costs_nobody_credits(self):
        before = list(User.objects.order_by("id").values_list("credits", "held"))
        job = self.finish(self.try_it())
        assert (job.status, job.credits, job.user_id) == (Status.SUCCEEDED, 0, self.staff.pk)
        assert job.cost is not None
        assert list(User.objects.order_by("id").values_list("credits", "held")) == before
        entries = CreditEntry.objects.filter(reference=job.id).order_by("created_at", "id")
        assert [(entry.kind, entry.amount) for entry in entries] == [("hold", 0), ("settle", 0)]
        assert ledger_check.check() == []
        assert LogEntry.objects.get().change_message == f"tried: job {job.id}"

    def test_it_costs_nobody_credits_when_it_fails(self):
        job = self.finish(self.try_it(prompt="a kiln [oom]"))
        assert (job.status, job.error_code) == (Status.FAILED, "out_of_memory")
        assert CreditEntry.objects.filter(reference=job.id, kind="release").get().amount == 0
        assert ledger_check.check() == []

    def test_it_works_without_credits_and_above_every_limit(self):
        User.objects.filter(pk=self.staff.pk).update(max_jobs_per_day=0)
        ledger.adjust(user=self.staff, amount=-100, reason="for the test")
        with self.settings(MAX_WAITING_PER_USER=0):
            assert self.try_it().status == Status.QUEUED

    def test_it_tries_a_disabled_model_with_its_saved_settings(self):
        self.model.enabled = False
        self.model.parameters["steps"] = {"default": 3, "min": 1, "max": 4}
        self.model.save(update_fields=["enabled", "parameters"])
        job = self.finish(self.try_it())
        assert (job.status, job.steps) == (Status.SUCCEEDED, 3)
        self.model.refresh_from_db()
        assert not self.model.enabled

    def test_it_keeps_no_upload_of_a_refused_trial(self):
        kontext = ImageModel.objects.get(slug="flux-kontext")
        creation_switch.turn(Mode.OFF, message="All is stopped.")
        page = self.browser.post(self.page(kontext), {"prompt": "a red kite"})
        self.assertContains(page, "All is stopped.")
        assert not Upload.objects.exists()
        assert not Job.objects.exists()
        assert not CreditEntry.objects.filter(kind="hold").exists()

    def test_it_uses_the_chosen_image(self):
        kontext = ImageModel.objects.get(slug="flux-kontext")
        job = self.try_it(kontext, source=SimpleUploadedFile("a.png", FILES["PNG"]))
        upload = Upload.objects.get(pk=job.source_images[0])
        assert (upload.user_id, upload.width) == (self.staff.pk, 40)

    def test_it_says_what_is_wrong_with_the_model(self):
        ImageModel.objects.filter(pk=self.model.pk).update(dialect="klingon")
        page = self.browser.get(self.page())
        self.assertContains(page, "Known dialects")
        assert self.browser.post(self.page(), {"prompt": "a kite"}).status_code == 200
        assert not Job.objects.exists()


class TestShowing(TrialTestCase):
    def test_it_shows_request_replies_image_time_and_cost(self):
        job = self.finish(self.try_it())
        details = self.details(job)
        sent = json.loads(details[trial_log.REQUEST])
        assert sent["prompt"] == "a red kite"
        assert json.loads(details[trial_log.ACCEPTED])["id"] == job.runpod_id
        reply = json.loads(details[trial_log.REPLY])
        assert (reply["id"], reply["status"]) == (job.runpod_id, "COMPLETED")
        page = self.browser.get(f"{self.page()}{job.id}/", headers=PART)
        for text in (
            "data-final",
            f"/{self.model.endpoint.endpoint_id}/run",
            "&quot;prompt&quot;: &quot;a red kite&quot;",
            "COMPLETED",
            "<img",
            "$0.0",
            "paid by the service",
        ):
            self.assertContains(page, text)

    def test_it_shows_why_it_failed(self):
        job = self.finish(self.try_it(prompt="a kiln [oom]"))
        page = self.browser.get(f"{self.page()}{job.id}/", headers=PART)
        self.assertContains(page, "The GPU ran out of memory.")
        self.assertContains(page, "out_of_memory")
        assert "FAILED" in self.details(job)[trial_log.REPLY]

    def test_it_shows_no_job_of_users(self):
        job = self.place()
        assert self.browser.get(f"{self.page()}{job.id}/").status_code == 404

    def test_it_shortens_images_in_replies(self):
        job = self.try_it()
        report = self.report(job, output={"image": "A" * 100_000, "list": ["B" * 400]})
        trial_log.note_replies([job], {job.id: report})
        detail = self.details(job)[trial_log.REPLY]
        assert len(detail) < 2000
        assert "(100000 characters)" in detail

    def test_it_notes_nothing_about_jobs_of_users(self):
        job = self.place()
        self.finish(job)
        assert self.details(job) == {}

    def report(self, job, **fields):
        return JobReport(remote_id="rp-1", state=RemoteState.COMPLETED, **fields)

    def test_it_shows_a_job_that_waits(self):
        job = self.try_it()
        page = self.browser.get(f"{self.page()}{job.id}/")
        self.assertContains(page, "Not sent yet.")
        self.assertNotContains(page, "data-final")
        self.assertContains(page, "<noscript>")


@pytest.mark.slow
class TestPersonalPages(TrialTestCase):
    """What staff try is not among the images that they create for themselves."""

    def test_it_is_no_part_of_feed_and_gallery(self):
        job = self.try_it()
        assert "a red kite" not in self.browser.get("/create/").content.decode()
        job = self.finish(job)
        assert "a red kite" not in self.browser.get("/create/").content.decode()
        image = Image.objects.get(job=job)
        assert str(image.pk) not in self.browser.get("/gallery/").content.decode()

    def test_its_image_waits_in_the_trash_to_be_kept(self):
        job = self.finish(self.try_it())
        image = Image.objects.get(job=job)
        self.assertContains(self.browser.get("/gallery/trash/"), str(image.pk))
        page = self.browser.get(f"{self.page()}{job.id}/", headers=PART)
        self.assertContains(page, "In your trash")
        trash.restore(image)
        self.assertContains(self.browser.get("/gallery/"), str(image.pk))
        page = self.browser.get(f"{self.page()}{job.id}/", headers=PART)
        self.assertContains(page, "In your gallery")


class TestStatistics(TrialTestCase):
    def test_a_retry_by_its_owner_is_paid(self):
        job = self.finish(self.try_it())
        again = retries.retry(user=self.staff, job=job)
        assert not again.is_trial
        assert again.credits > 0
