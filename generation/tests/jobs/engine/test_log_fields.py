"""What the log says of a job: each step, with the ids that lead from one line to the others."""

import logging

from generation.jobs.engine import callback_tokens
from generation.models import Job
from generation.testing.cases import EmulatorTestCase, make_due, work


class TestLog(EmulatorTestCase):
    def lines(self, records: list[logging.LogRecord]) -> list[tuple[str, dict[str, object]]]:
        names = ("job", "attempt", "runpod_id", "placed_by_request")
        return [
            (
                record.getMessage(),
                {name: vars(record)[name] for name in names if name in vars(record)},
            )
            for record in records
        ]

    def test_each_step_of_a_job_is_a_line(self) -> None:
        self.client.force_login(self.alice)
        with (
            self.assertLogs("generation.jobs", "INFO") as logs,
            self.captureOnCommitCallbacks(execute=True),
        ):
            answer = self.client.post(
                "/api/v1/jobs/",
                {"model": "flux-schnell", "prompt": "a secret prompt"},
                content_type="application/json",
                headers={"X-Request-ID": "request-0123456789"},
            )
        assert answer.status_code == 201, answer.content
        job = Job.objects.get()
        assert job.request_id == "request-0123456789"
        ids = {"job": str(job.id), "attempt": 1, "placed_by_request": "request-0123456789"}
        assert self.lines(logs.records) == [("job placed", ids)]
        with (
            self.assertLogs("generation.jobs", "INFO") as logs,
            self.captureOnCommitCallbacks(execute=True),
        ):
            work()
            self.emulator.advance(60)
            make_due()
            work()
        found = self.lines(logs.records)
        job.refresh_from_db()
        assert [name for name, _ in found][:2] == ["job submitting", "job submitted"]
        assert ("job succeeded", ids | {"runpod_id": job.runpod_id}) in found
        assert "a secret prompt" not in str([vars(record) for record in logs.records])

    def test_a_webhook_is_a_line_with_its_job(self) -> None:
        job = self.place()
        token = callback_tokens.address(job)
        assert token is not None
        path = token.partition("://")[2]
        with self.assertLogs("generation.views.site.provider_callbacks", "INFO") as logs:
            self.client.post(path[path.index("/") :])
        assert self.lines(logs.records) == [
            ("webhook received", {"job": str(job.id), "attempt": 1})
        ]
