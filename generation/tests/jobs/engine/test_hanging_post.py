"""A POST that RunPod does not answer delays no outcome of the others, and its model for a second."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connections
from django.db.models import F
from django.test import TransactionTestCase

from generation.jobs.engine import driver
from generation.jobs.engine.driver import submission
from generation.jobs.queue import scheduling
from generation.models import Endpoint, Job, Status
from generation.testing import orders
from generation.testing.cases import EmulatorTestCase, emulated, load_catalog, make_user

MODEL = "flux-schnell"
SLOW_SECONDS = 3.0  # below the timeout of a POST


def age(by: timedelta) -> None:
    """Let this time pass for the POSTs that have not ended."""
    posting = Job.objects.filter(status=Status.SUBMITTED, runpod_id="")
    posting.update(submitted_at=F("submitted_at") - by)


class TestOutcomes(TransactionTestCase):
    def setUp(self) -> None:
        cache.clear()
        load_catalog()
        self.emulator = self.enterContext(emulated(slow_seconds=SLOW_SECONDS))

    @pytest.mark.slow
    def test_those_of_the_others_are_stored_meanwhile(self) -> None:
        user = make_user("user@example.org")
        for _ in range(3):
            orders.place(user=user, request={"model": MODEL, "prompt": "fog"})
        self.emulator.faults.next("run", "slow")

        def submit() -> list[Job]:
            try:
                return driver.submit(MODEL)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(1) as thread:
            submitting = thread.submit(submit)
            while (accepted := Job.objects.exclude(runpod_id="").count()) < 2:
                assert not submitting.done()
            assert (accepted, submitting.done()) == (2, False)
        assert len(submitting.result()) == Job.objects.exclude(runpod_id="").count() == 3


class TestModel(EmulatorTestCase):
    def test_it_submits_a_single_job_while_a_post_hangs(self) -> None:
        for _ in range(4):
            self.place()
        Endpoint.objects.filter(model__slug=MODEL).update(max_in_flight=1)
        (hanging,) = submission.take_jobs(MODEL)
        Endpoint.objects.filter(model__slug=MODEL).update(max_in_flight=100)
        assert submission.take_jobs(MODEL) == []

        age(scheduling.HANGING)
        (other,) = driver.submit(MODEL)

        other.refresh_from_db()
        assert other.runpod_id
        assert len(submission.take_jobs(MODEL)) == 1
        age(scheduling.HANGING)
        assert submission.take_jobs(MODEL) == [], "RunPod is silent: two POSTs hang"
        hanging.refresh_from_db()
        assert (hanging.status, hanging.attempt) == (Status.SUBMITTED, 1)

    def test_it_submits_none_if_runpod_was_silent_before(self) -> None:
        self.place()
        submission.take_jobs(MODEL)
        self.place()
        Endpoint.objects.filter(model__slug=MODEL).update(submit_failures=1)
        age(scheduling.HANGING)
        assert submission.take_jobs(MODEL) == []
        age(scheduling.SUBMISSION)
        assert len(submission.take_jobs(MODEL)) == 1
