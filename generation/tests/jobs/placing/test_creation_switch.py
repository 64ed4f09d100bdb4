"""The creation switch: maintenance stops users and nothing else, off stops all spending."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from accounts.tokens import tokens
from generation.jobs.engine import driver, job_control
from generation.jobs.placing import creation_switch, retries
from generation.jobs.placing.creation_switch import Mode
from generation.models import GenerationSwitch, Job, Status
from generation.testing.cases import EmulatorTestCase, work
from generation.testing.rows.api import Api, stored

ORDER = {"model": "flux-schnell", "prompt": "a lighthouse", "width": 256, "height": 256}
FORM = {"model": "flux-schnell", "prompt": "a lighthouse", "shape": "1024x1024", "count": "1"}


class TestMaintenance(EmulatorTestCase):
    def test_it_refuses_the_jobs_of_users_and_changes_nothing(self):
        creation_switch.turn(Mode.MAINTENANCE, message="A new disk.", message_ru="Новый диск.")
        before = stored()
        with (
            translation.override("en"),
            pytest.raises(creation_switch.GenerationOff, match="A new disk"),
        ):
            self.place()
        with pytest.raises(creation_switch.GenerationOff), translation.override("ru"):
            self.place(prompt="")  # it takes precedence over what is wrong with the request
        assert stored() == before

    def test_it_answers_the_api_with_the_message_and_when_to_try_again(self):
        until = timezone.now() + timedelta(minutes=30)
        creation_switch.turn(
            Mode.MAINTENANCE, message="A new disk.", message_ru="Новый диск.", until=until
        )
        api = Api(tokens.issue(user=self.alice, name="test"))
        for path, body in (("jobs", ORDER), ("batches", {**ORDER, "count": 2})):
            response = api.post(f"/api/v1/{path}/", body)
            document = response.json()
            assert (response.status_code, document["code"]) == (503, "generation_off")
            assert document["detail"].startswith("A new disk. Expected end: ")
            left = (until - timezone.now()).total_seconds()
            assert left - 1 <= int(response["Retry-After"]) <= 1801
        russian = api.post("/api/v1/jobs/", ORDER, **{"Accept-Language": "ru"}).json()
        assert russian["detail"].startswith("Новый диск.")

    def test_it_keeps_what_was_typed(self):
        creation_switch.turn(Mode.MAINTENANCE, message="A new disk.")
        self.client.force_login(self.alice)
        page = self.client.post(reverse("create"), FORM)
        self.assertContains(page, "A new disk.", status_code=503, count=1)
        self.assertContains(page, "a lighthouse</textarea>", status_code=503)
        assert int(page["Retry-After"]) > 0

    def test_pages_and_quotes_go_on(self):
        creation_switch.turn(Mode.MAINTENANCE)
        self.client.force_login(self.alice)
        for path in ("/create/", "/gallery/", "/account/", "/explore/", "/status/"):
            assert self.client.get(path).status_code == 200, path
        api = Api(tokens.issue(user=self.alice, name="test"))
        assert api.post("/api/v1/quotes/", ORDER).status_code == 200

    def test_jobs_in_progress_go_on(self):
        waiting = self.place()
        creation_switch.turn(Mode.MAINTENANCE)
        work()
        self.emulator.advance(60)
        Job.objects.filter(pk=waiting.pk).update(due_at=timezone.now())
        work()
        waiting.refresh_from_db()
        assert waiting.status == Status.SUCCEEDED

    def test_staff_still_place(self):
        creation_switch.turn(Mode.MAINTENANCE)
        job = self.place(user=self.staff)
        assert driver.submit(job.model.slug) != []
        self.client.force_login(self.staff)
        page = self.client.get(reverse("create"))
        self.assertContains(page, "Only staff can create images.")
        self.assertNotContains(page, 'id="create-button" aria-disabled="true"')

    def test_staff_retry_for_users(self):
        failed = self.place()
        job_control.cancel(job=failed, actor=self.alice)
        failed.refresh_from_db()
        creation_switch.turn(Mode.MAINTENANCE)
        with pytest.raises(creation_switch.GenerationOff):
            retries.retry(user=self.alice, job=failed)
        assert retries.retry_for_owner(job=failed, actor=self.staff).created

    def test_it_ends(self):
        creation_switch.turn(Mode.MAINTENANCE, message="A new disk.")
        creation_switch.turn(Mode.ON)
        assert self.place().status == Status.QUEUED


class TestOff(EmulatorTestCase):
    def test_it_refuses_staff_too_and_submits_nothing(self):
        job = self.place()
        creation_switch.turn(Mode.OFF)
        for user in (self.alice, self.staff):
            with pytest.raises(creation_switch.GenerationOff):
                self.place(user=user)
        assert driver.submit(job.model.slug) == []

    def test_it_wins_over_maintenance(self):
        """Of a version that knows only `on`."""
        creation_switch.turn(Mode.MAINTENANCE)
        GenerationSwitch.objects.update(on=False)
        assert creation_switch.read().mode is Mode.OFF
        with pytest.raises(creation_switch.GenerationOff):
            self.place(user=self.staff)


class TestSwitch(EmulatorTestCase):
    def test_it_says_when_to_try_again(self):
        now = timezone.now()
        for until, seconds in (
            (None, creation_switch.RETRY_SECONDS),
            (now - timedelta(minutes=5), creation_switch.RETRY_SECONDS),
            (now + timedelta(seconds=600), 600),
        ):
            switch = GenerationSwitch(on=False, until=until)
            left = creation_switch.retry_after(switch)
            passed = (timezone.now() - now).total_seconds()
            assert seconds - passed - 1 <= left <= seconds + 1


class TestAdmin(EmulatorTestCase):
    PAGE = "/admin/generation/generationswitch/1/change/"

    def setUp(self):
        super().setUp()
        self.browser = Client(headers={"Accept-Language": "en"})
        self.browser.force_login(self.staff)
        self.browser.get("/admin/generation/generationswitch/")

    def post(self, **fields):
        form = {"mode": "on", "message": "", "message_ru": "", "until_0": "", "until_1": ""}
        return self.browser.post(self.PAGE, {**form, **fields})

    def test_it_sets_each_mode(self):
        for mode in Mode:
            assert self.post(mode=mode.value, message="Wait.").status_code == 302
            assert creation_switch.read().mode is mode
        self.assertContains(self.browser.get(self.PAGE), 'value="off"')

    def test_it_refuses_an_end_in_the_past_and_an_unknown_mode(self):
        for wrong in (
            {"mode": "maintenance", "until_0": "2020-01-01", "until_1": "10:00"},
            {"mode": "maintenance", "until_0": "9999-12-31", "until_1": "23:59"},
            {"mode": "asleep"},
            {"mode": ""},
            {"mode": "off", "message": "x" * 301},
        ):
            assert self.post(**wrong).status_code == 200, wrong
        assert creation_switch.read().mode is Mode.ON


class TestCommand(EmulatorTestCase):
    def test_it_switches_maintenance_on_with_its_end(self):
        call_command(
            "generation",
            *("maintenance", "--message", "A disk.", "--message-ru", "Диск."),
            *("--until", "2099-01-01T10:30"),
        )
        switch = creation_switch.read()
        assert (switch.mode, switch.message, switch.message_ru) == (
            Mode.MAINTENANCE,
            "A disk.",
            "Диск.",
        )
        assert timezone.localtime(switch.until).strftime("%F %R") == "2099-01-01 10:30"
        call_command("generation", "on")
        assert (creation_switch.read().mode, creation_switch.read().until) == (Mode.ON, None)

    def test_it_refuses_what_makes_no_sense(self):
        for wrong in (
            ["on", "--until", "2099-01-01T10:30"],
            ["--until", "2099-01-01T10:30"],
            ["off", "--until", "2020-01-01T10:30"],
            ["off", "--until", "tomorrow"],
            ["off", "--until", "9999-12-31T23:59:59-12:00"],
            ["off", "--until", "0001-01-01T00:00"],
            ["off", "--until", "2099-02-31T10:30"],
            ["maintenance", "--message-ru", "x" * 301],
        ):
            with pytest.raises(CommandError):
                call_command("generation", *wrong)
        assert not GenerationSwitch.objects.exists()
