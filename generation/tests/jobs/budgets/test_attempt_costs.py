"""Each attempt that a worker has begun counts once: in budgets and against RunPod's bill."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db.models import Sum
from django.test import override_settings

from generation.jobs.engine import driver, job_control
from generation.models import ImageModel, Job, Period, ProviderOutage, Spending, Status
from generation.operations import reconciliation
from generation.testing.cases import EmulatorTestCase, let_models_rest, make_due, work

MODEL = "flux-schnell"
PRICE = Decimal("0.003")
"""In dollars: what the emulator charges for this model, reported or not."""


class TestAttemptCosts(EmulatorTestCase):
    def setUp(self) -> None:
        super().setUp()
        ImageModel.objects.update(expected_cost={"per_image": str(PRICE)})

    def submit(self) -> None:
        let_models_rest()
        make_due()
        driver.submit(MODEL)

    def finish(self, job: Job, *, is_seen_running: bool = False) -> Job:
        """Let the job's attempts end, and return it."""
        while job.status not in (Status.SUCCEEDED, Status.FAILED, Status.CANCELED):
            self.submit()
            if is_seen_running:
                self.emulator.advance(1)
                make_due()
                driver.check(MODEL)
                assert Job.objects.get(id=job.id).status == Status.RUNNING
            self.emulator.advance(60)
            let_models_rest()
            make_due()
            work()
            job.refresh_from_db()
        return job

    def assert_counted(self, attempts: int) -> None:
        """Assert that the bill, what is known of it, and the budgets have so many attempts."""
        due = PRICE * attempts
        url = f"{self.emulator.base_url}/billing"
        month = datetime.now(UTC).date()
        with override_settings(RUNPOD_BILLING_URL=url):
            found = reconciliation.of_month(month, bill=reconciliation.bill_of(month))
        assert found.bill is not None
        assert found.bill.total == due
        assert sum((line.known for line in found.lines), Decimal(0)) == due
        for period in Period:
            sums = Spending.objects.filter(period=period, group_id=0)
            assert (sums.aggregate(sum=Sum("usd"))["sum"] or 0) == due

    def each(self, *, is_seen_running: bool) -> None:
        """Let one attempt of each job end in one of the ways."""
        attempts = 0
        for fault, count in (
            *(("no_output", 2), ("empty_images", 1), ("error_in_output", 2)),
            *(("corrupt_image", 1), ("not_an_image", 1), ("bomb_image", 1)),
            *(("fail_traceback", 2), ("out_of_memory", 2), ("failed_cost", 1), ("timed_out", 2)),
            *(("prompt_refused", 1), ("canceled", 1), ("canceled_cost", 1), ("retried", 1)),
        ):
            self.emulator.faults.next("job", fault)
            job = self.finish(self.place(), is_seen_running=is_seen_running)
            attempts += count
            ProviderOutage.objects.all().delete()  # two unread replies in a row start one
            with self.subTest(fault):
                assert job.attempt == count
                self.assert_counted(attempts)

    @pytest.mark.slow
    def test_it_counts_attempts_that_were_never_seen_running(self) -> None:
        self.each(is_seen_running=False)

    @pytest.mark.slow
    def test_it_counts_attempts_that_were_seen_running_no_more_than_once(self) -> None:
        self.each(is_seen_running=True)

    def test_it_counts_all_attempts_of_a_job_that_fails(self) -> None:
        attempts = 0
        for word in ("[empty]", "[corrupt]", "[fail]"):
            job = self.finish(self.place(prompt=f"fog {word}"))
            assert job.status == Status.FAILED
            attempts += job.attempt
            self.assert_counted(attempts)
        assert attempts > 3
        (model,) = reconciliation.of_month(datetime.now(UTC).date()).models
        assert (model.jobs, model.failed_jobs) == (0, 3)
        assert model.failed == PRICE * attempts

    def test_it_counts_a_failure_with_a_cost_once_though_no_attempt_remains(self) -> None:
        with override_settings(JOB_MAX_ATTEMPTS=1):
            self.emulator.faults.next("job", "failed_cost")
            job = self.finish(self.place())
            driver.stop()
            assert (job.status, job.cost) == (Status.FAILED, PRICE)
            self.assert_counted(1)

    def test_it_counts_no_canceled_job_that_no_worker_has_begun(self) -> None:
        self.emulator.faults.next("job", "waits")
        job = self.place()
        self.submit()
        job.refresh_from_db()
        job_control.cancel(job=job, actor=self.alice)
        driver.stop()
        self.assert_counted(0)

    def test_it_counts_a_canceled_job_that_a_worker_has_begun(self) -> None:
        for number, seconds in enumerate((1, 60), start=1):  # it runs, or has ended unseen
            job = self.place()
            self.submit()
            self.emulator.advance(seconds)
            job.refresh_from_db()
            job_control.cancel(job=job, actor=self.alice)
            driver.stop()
            driver.stop()
            self.assert_counted(number)
