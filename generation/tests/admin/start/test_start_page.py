"""The admin's start page: what needs a person, one action to fix it, the switch, the last day."""

from datetime import timedelta

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.utils import timezone

from artgen.admin.attention import Item, Urgency
from generation.jobs.engine import driver, heartbeat, job_control
from generation.models import (
    Alert,
    Endpoint,
    GenerationSwitch,
    ImageModel,
    Job,
    OutageKind,
    PromptReview,
    ProviderOutage,
    ReviewState,
    Status,
)
from generation.testing.cases import EmulatorTestCase, let_time_pass, work

START = "/admin/"
TURN = "/admin/generation/generationswitch/turn/"


class StartPageTestCase(EmulatorTestCase):
    def setUp(self) -> None:
        super().setUp()
        heartbeat.beat()
        self.client.force_login(self.staff)

    def items(self) -> list[Item]:
        found: list[Item] = self.client.get(START).context["items"]
        return found

    def do(self, item: Item) -> list[str]:
        """Press the button of an item; return the messages of the start page."""
        assert item.action
        fields = {
            name: list(values) if not isinstance(values, str) else values
            for name, values in item.action.fields.items()
        }
        response = self.client.post(item.action.url, fields, follow=True)
        assert response.redirect_chain[-1][0] == START
        return [str(message) for message in response.context["messages"]]

    def unconfirmed(self, **request: str) -> Job:
        """Return a job of which it is unknown whether RunPod has it."""
        job = self.place(**request)
        self.emulator.faults.next("run", "break_after")
        driver.submit("flux-schnell")
        Endpoint.objects.update(submit_after=None, submit_failures=0)
        let_time_pass(job.id, seconds=90)
        Job.objects.filter(id=job.id).update(due_at=timezone.now() + timedelta(hours=1))
        return job


class TestAttention(StartPageTestCase):
    def test_it_is_calm_when_nothing_needs_anybody(self) -> None:
        self.assertContains(self.client.get(START), "Nothing needs attention now.")

    def test_it_shows_a_stuck_job_and_checks_it(self) -> None:
        job = self.place()
        driver.submit("flux-schnell")
        let_time_pass(job.id, seconds=90)
        (item,) = self.items()
        (row,) = item.rows
        assert (item.title, item.url) == ("1 stuck job", "/admin/generation/job/?stuck=yes")
        assert row.url == f"/admin/generation/job/{job.id}/change/"
        assert row.detail.startswith("check overdue by ")
        assert self.do(row) == ["Checking 1 job."]

    def test_it_shows_a_model_whose_jobs_runpod_does_not_start(self) -> None:
        jobs = [self.place() for _n in range(2)]
        driver.submit("flux-schnell")
        later = timezone.now() + timedelta(hours=1)
        for minutes, titles in ((4, []), (6, ["RunPod starts no jobs of FLUX.1 schnell"])):
            since = timezone.now() - timedelta(minutes=minutes)
            Job.objects.update(submitted_at=since, due_at=later)
            assert [item.title for item in self.items()] == titles
        (item,) = self.items()
        assert item.detail.startswith("2 jobs wait for 6\xa0min.")
        assert item.action
        for url in (item.url, item.action.url):
            assert self.client.get(url).status_code == 200
        self.assertContains(self.client.get(item.action.url), str(jobs[0].id))
        Job.objects.filter(id=jobs[1].id).update(status=Status.RUNNING)
        assert self.items() == []  # the others wait for their turn

        model = ImageModel.objects.get(slug="flux-schnell")
        there = Endpoint.objects.create(
            model=model, provider="wavespeed", endpoint_id="wavespeed-ai/flux", preference=1
        )
        Job.objects.filter(id=jobs[0].id).update(endpoint=there)
        (item,) = self.items()
        name = "FLUX.1 schnell · WaveSpeed wavespeed-ai/flux"
        assert item.title == f"WaveSpeed starts no jobs of {name}"
        Endpoint.objects.filter(pk=there.pk).update(
            submit_after=timezone.now() + timedelta(minutes=5), submit_failures=4
        )
        assert f"{name} is paused until" in "".join(item.title for item in self.items())

    def test_it_ends_a_job_that_provider_never_confirmed(self) -> None:
        job = self.unconfirmed()
        (item,) = self.items()
        assert item.rows[0].detail.startswith("not confirmed by the provider")
        assert self.do(item.rows[0]) == ["1 job is canceled."]
        job.refresh_from_db()
        assert job.status == Status.CANCELED
        assert self.items() == []

    def test_it_says_what_cannot_be_saved(self) -> None:
        job = self.place()
        driver.submit("flux-schnell")
        Job.objects.filter(id=job.id).update(
            status=Status.STORING, due_at=timezone.now(), error_detail="403 from the bucket"
        )
        (item,) = self.items()
        assert item.title == "1 finished job can’t be saved."
        assert "the image can’t be saved" in item.rows[0].detail

    def alert(self, name: str, *, sent: bool = True, **values: object) -> Alert:
        since = timezone.now() - timedelta(minutes=20)
        return Alert.objects.create(
            name=name,
            values=values,
            started_at=since,
            seen_at=since,
            notified_at=since if sent else None,
        )

    def test_it_shows_open_alerts_until_they_end(self) -> None:
        alert = self.alert("RedisFull", percent=91)
        self.alert("Processor", sent=False, machine="web-1", percent=95)
        full, busy = self.items()
        assert full.title == "Redis uses 91 % of its memory."
        assert full.detail == "For 20\xa0min. Raise maxmemory of Redis."
        assert (full.urgency, busy.urgency) == (Urgency.WAITING, Urgency.NOTICE)
        self.assertContains(self.client.get(full.url), full.title)
        Alert.objects.filter(pk=alert.pk).update(ended_at=timezone.now())
        assert [item.title for item in self.items()] == [busy.title]
        self.assertNotContains(self.client.get(full.url), full.title)
        self.assertContains(self.client.get("/admin/generation/alert/?state=ended"), full.title)

    def test_it_shows_nothing_twice(self) -> None:
        self.alert("JobsStuck", count=1)
        assert self.items() == []
        reader = self.make_user("reader@example.org", is_staff=True)
        reader.user_permissions.add(Permission.objects.get(codename="view_alert"))
        self.client.force_login(reader)
        assert [item.title for item in self.items()] == ["1 jobs are stuck."]

    def test_it_shows_a_refused_key_and_has_it_probed(self) -> None:
        now = timezone.now()
        outage = ProviderOutage.objects.create(
            kind=OutageKind.KEY_REFUSED,
            endpoint_id="black-forest-labs-flux-1-schnell",
            since=now - timedelta(minutes=5),
            probe_at=now + timedelta(minutes=1),
        )
        (item,) = self.items()
        assert item.title.startswith("RunPod: The API key is refused")
        assert self.do(item) == ["Checking 1 problem."]
        outage.refresh_from_db()
        assert outage.probe_at <= timezone.now()
        assert LogEntry.objects.get().user == self.staff
        work()
        assert self.items() == []

    def test_it_shows_a_paused_model_and_tries_it(self) -> None:
        model = ImageModel.objects.get(slug="flux-schnell")
        Endpoint.objects.filter(model=model).update(
            submit_after=timezone.now() + timedelta(minutes=5), submit_failures=4
        )
        (item,) = self.items()
        assert item.title.startswith("FLUX.1 schnell is paused until ")
        assert item.detail == "RunPod has rejected 4 submissions in a row."
        assert self.do(item) == ["1 model is tried again."]
        endpoint = model.endpoints.get()
        assert (endpoint.submit_after, endpoint.submit_failures) == (None, 4)
        assert LogEntry.objects.get().user == self.staff
        assert self.items()[0].title == "FLUX.1 schnell is tried with one job at a time"
        assert self.do(self.items()[0]) == ["1 skipped: it is not paused."]

    def test_it_shows_what_waits_for_a_decision(self) -> None:
        states = (ReviewState.WAITING, ReviewState.WAITING, ReviewState.FLAGGED)
        for number, state in enumerate(states):
            PromptReview.objects.create(
                user=self.alice,
                state=state,
                prompt="a doubtful prompt",
                digest=str(number),
                created_at=timezone.now(),
            )
        requests, flagged = self.items()
        assert requests.title == "2 requests wait for a decision"
        assert requests.url == "/admin/generation/promptreview/queue/?show=requests"
        assert self.client.get(requests.url).status_code == 200
        assert flagged.title == "1 flagged request"
        reader = self.make_user("reader@example.org", is_staff=True)
        self.client.force_login(reader)
        assert self.items() == []

    def test_it_shows_nothing_to_staff_without_rights(self) -> None:
        self.unconfirmed(prompt="a secret <b>prompt")
        reader = self.make_user("reader@example.org", is_staff=True)
        self.client.force_login(reader)
        response = self.client.get(START)
        assert response.context["items"] == []
        self.assertNotContains(response, "a secret")
        self.assertNotContains(response, "Last 24 hours")
        reader.user_permissions.add(Permission.objects.get(codename="view_job"))
        (item,) = self.items()
        assert item.rows[0].action is None
        self.assertContains(self.client.get(START), "a secret &lt;b&gt;prompt")

    def test_it_says_that_the_workers_are_silent(self) -> None:
        cache.delete(heartbeat.KEY)
        titles = [item.title for item in self.items()]
        assert titles == ["Jobs are not processed: the workers have stopped"]

    def test_it_shows_the_most_urgent_first(self) -> None:
        self.unconfirmed()
        now = timezone.now()
        ProviderOutage.objects.create(
            kind=OutageKind.KEY_REFUSED, endpoint_id="x", since=now, probe_at=now
        )
        assert [item.title for item in self.items()] == [
            "RunPod: The API key is refused (x)",
            "1 stuck job",
        ]


class TestSwitch(StartPageTestCase):
    def test_it_stops_and_starts_and_is_logged(self) -> None:
        page = self.client.post(TURN, {"on": "0", "message": " back at noon "}, follow=True)
        self.assertContains(page, "Image creation is off.")
        switch = GenerationSwitch.objects.get()
        assert (switch.on, switch.message) == (False, "back at noon")
        self.client.post(TURN, {"on": "1"})
        switch.refresh_from_db()
        assert (switch.on, switch.message) == (True, "")
        assert [entry.change_message for entry in LogEntry.objects.order_by("id")] == [
            "turned off: back at noon",
            "turned on",
        ]

    def test_it_obeys_only_those_who_may(self) -> None:
        assert self.client.get(TURN).status_code == 405
        reader = self.make_user("reader@example.org", is_staff=True)
        self.client.force_login(reader)
        assert self.client.post(TURN, {"on": "0"}).status_code == 403
        assert not GenerationSwitch.objects.exists()


class TestLastDay(StartPageTestCase):
    def test_it_counts_jobs_people_waits_and_money(self) -> None:
        done, failed, other = self.place(), self.place(), self.place(user=self.bob)
        job_control.cancel(job=other, actor=self.bob)
        now = timezone.now()
        Job.objects.filter(id=done.id).update(
            status=Status.SUCCEEDED,
            due_at=None,
            created_at=now - timedelta(seconds=40),
            finished_at=now,
            cost="0.25",
        )
        Job.objects.filter(id=failed.id).update(
            status=Status.FAILED, due_at=None, finished_at=now, error_code="gpu_lost", cost="0.5"
        )
        response = self.client.get(START)
        day = response.context["day"]
        assert (day.jobs, day.people, day.success_rate) == (3, 2, 0.5)
        assert (day.credits, float(day.dollars)) == (done.credits, 0.75)
        assert day.p50 == day.p90 == timedelta(seconds=40)
        self.assertContains(response, "/admin/generation/job/?error=gpu_lost&amp;period=hour")
        shown = self.client.get("/admin/generation/job/?error=gpu_lost&period=hour")
        assert [job.id for job in shown.context["cl"].result_list] == [failed.id]
