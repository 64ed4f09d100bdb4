import io
import re
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from generation.jobs.engine import driver, lifecycle
from generation.management.text_table import span
from generation.models import GenerationSwitch, Job, JobEvent, Status
from generation.testing.cases import EmulatorTestCase, let_models_rest, let_time_pass


def run(*arguments: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


class CommandTestCase(EmulatorTestCase):
    def failed(self, job: Job) -> Job:
        lifecycle.fail(job, code="gpu_lost", detail="for the test")
        return Job.objects.get(id=job.id)

    def submit(self) -> Job:
        (job,) = driver.submit("flux-schnell")
        return Job.objects.get(id=job.id)


class TestJobs(CommandTestCase):
    def test_it_lists_newest_first(self) -> None:
        first, second = (
            self.place(prompt="first\nof two"),
            self.place(prompt="x" * 80, user=self.bob),
        )
        out = run("jobs")
        head, *rows, end = out.splitlines()
        assert head.split() == ["ID", "STATUS", "AGE", "DUE", "ATTEMPT", "MODEL", "USER", "PROMPT"]
        assert rows[0].split()[:6] == [str(second.id), "queued", "0s", "turn", "1", "flux-schnell"]
        assert rows[0].endswith("bob@example.org    " + "x" * 49 + "…")
        assert rows[1].startswith(str(first.id))
        assert rows[1].endswith("alice@example.org  first of two")
        assert end == "2 jobs."

    def test_it_filters(self) -> None:
        failed, _waiting = self.failed(self.place()), self.place(user=self.bob)
        assert "failed (gpu_lost)" in run("jobs", "--status", "failed")
        assert run("jobs", "--status", "failed").endswith("1 job.\n")
        assert str(failed.id) not in run("jobs", "--user", "BOB@example.org")
        assert run("jobs", "--model", "flux-dev") == "0 jobs.\n"
        assert run("jobs", "--limit", "1").endswith("1 of 2 jobs.\n")
        for wrong in (["--status", "lost"], ["--model", "none"], ["--user", "none@example.org"]):
            with pytest.raises(CommandError):
                run("jobs", *wrong)

    def test_it_finds_stuck_jobs(self) -> None:
        self.place()
        let_time_pass(Job.objects.get().id, seconds=120)  # waits long: not stuck
        assert run("jobs", "--stuck") == "0 jobs.\n"
        self.emulator.faults.next("run", "break_after")
        unknown = self.submit()
        assert run("jobs", "--stuck") == "0 jobs.\n"
        let_time_pass(unknown.id, seconds=90)
        assert "submitted (unknown)" in run("jobs", "--stuck")
        self.place()
        let_models_rest()
        overdue = self.submit()
        let_time_pass(overdue.id, seconds=90)
        assert "-1m" in run("jobs", "--stuck")
        assert run("jobs", "--stuck").endswith("2 jobs.\n")


class TestCancel(CommandTestCase):
    def test_it_cancels_by_id_and_returns_credits(self) -> None:
        job, other = self.place(), self.place()
        out = run("cancel_jobs", str(job.id))
        assert out == (f"{job.id}  queued → canceled\n1 canceled, 1 credit returned; 0 not.\n")
        assert Job.objects.get(id=other.id).status == Status.QUEUED
        assert JobEvent.objects.get(job=job, name="canceled").actor is None
        self.alice.refresh_from_db()
        assert self.alice.held == other.credits

    def test_it_cancels_by_filter(self) -> None:
        self.place(), self.place(user=self.bob)
        assert "1 canceled" in run("cancel_jobs", "--user", "alice@example.org")
        assert "1 canceled, 1 credit returned; 1 not" in run(
            "cancel_jobs", "--model", "flux-schnell"
        )
        assert set(Job.objects.values_list("status", flat=True)) == {Status.CANCELED}

    def test_it_refuses_to_guess(self) -> None:
        job = self.place()
        for wrong, words in (
            ([], "Select jobs"),
            ([str(job.id), "--status", "queued"], "not both"),
            ([str(job.id), str(uuid4())], "Unknown job"),
            (["nonsense"], "not a job id"),
        ):
            with pytest.raises(CommandError, match=re.escape(words)):
                run("cancel_jobs", *wrong)
        assert Job.objects.get().status == Status.QUEUED


class TestRetry(CommandTestCase):
    def test_it_places_failed_jobs_once_more_and_only_once(self) -> None:
        failed, waiting = self.failed(self.place(seed=5)), self.place()
        out = run("retry_jobs", "--model", "flux-schnell")
        again = Job.objects.exclude(id__in=[failed.id, waiting.id]).get()
        assert out == f"{failed.id}  again as {again.id}\n1 retried, 0 not.\n"
        assert (again.seed, again.user) == (5, self.alice)
        event = again.events.get()
        assert (event.actor, event.detail) == (None, f"again {failed.id}")
        assert "0 retried, 1 not." in run("retry_jobs", str(failed.id))
        assert Job.objects.count() == 3

    def test_it_says_why_not(self) -> None:
        waiting = self.place()
        assert "it is queued" in run("retry_jobs", str(waiting.id))
        failed = self.failed(waiting)
        GenerationSwitch.objects.create(on=False, message="until noon")
        assert "not retried: until noon" in run("retry_jobs", str(failed.id))
        GenerationSwitch.objects.update(on=True)
        type(self.alice).objects.filter(id=self.alice.id).update(credits=0)
        assert "1\N{NO-BREAK SPACE}credit more needed" in run("retry_jobs", str(failed.id))
        assert Job.objects.count() == 1


def test_it_measures_time_in_few_characters() -> None:
    assert [span(s) for s in (0, 59, 61, 7_300, 200_000, -90)] == [
        "0s",
        "59s",
        "1m",
        "2h",
        "2d",
        "-1m",
    ]
