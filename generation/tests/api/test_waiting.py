"""Requests that wait for the end of jobs: no thread, whatever is lost meanwhile."""

import contextlib
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from accounts.tokens import tokens
from generation.jobs.engine import job_control
from generation.jobs.live import job_waits
from generation.models import Job, Status
from generation.testing.cases import make_due, work
from generation.testing.servers.asgi import workers
from generation.tests.protocols.test_openai_package import ProtocolTestCase

pytestmark = pytest.mark.slow

ORDER = {"model": "flux-schnell", "prompt": "a lighthouse", "width": 256, "height": 256}
PATIENCE = 30


class TestWait(ProtocolTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.http = self.enterContext(
            httpx2.Client(
                base_url=f"{self.url}/api/v1",
                headers={"Authorization": f"Bearer {self.token}"},
                timeout=PATIENCE,
            )
        )
        self.pool = self.enterContext(ThreadPoolExecutor(40))

    def place(self) -> dict[str, Any]:
        job: dict[str, Any] = self.http.post("/jobs/", json=ORDER).json()
        return job

    def waiting(self, address: str) -> "Future[httpx2.Response]":
        """Ask, and return when the request waits."""
        count = job_waits.WAITS.count_of(self.alice.pk)
        response = self.pool.submit(self.http.get, address)
        deadline = time.monotonic() + PATIENCE
        while job_waits.WAITS.count_of(self.alice.pk) == count and time.monotonic() < deadline:
            time.sleep(0.01)
        return response

    def test_it_answers_when_the_job_has_ended(self) -> None:
        job = self.place()
        response = self.waiting(f"/jobs/{job['id']}/?wait=30")
        started = time.monotonic()
        with workers(self.emulator):
            ended = response.result().json()
        assert (ended["status"], len(ended["images"])) == ("succeeded", 1)
        assert time.monotonic() - started < job_waits.LOOK_SECONDS

    def test_it_answers_with_the_job_as_it_is_when_the_time_is_over(self) -> None:
        job = self.place()
        assert self.http.get(f"/jobs/{job['id']}/?wait=1").json()["status"] == "queued"

    def test_it_waits_for_a_job_or_a_batch_that_is_placed(self) -> None:
        headers = {"Prefer": "respond-async, wait=30"}
        with workers(self.emulator):
            job = self.http.post("/jobs/", json=ORDER, headers=headers)
            batch = self.http.post("/batches/", json=ORDER | {"count": 2}, headers=headers)
        assert (job.status_code, job.json()["status"]) == (201, "succeeded")
        assert job.headers["preference-applied"] == "wait"
        assert job.headers["location"] == f"/api/v1/jobs/{job.json()['id']}/"
        assert {one["status"] for one in batch.json()["jobs"]} == {"succeeded"}
        assert Job.objects.count() == 3
        with workers(self.emulator):
            job = self.http.post("/jobs/?wait=30", json=ORDER)
            batch = self.http.post("/batches/?wait=30", json=ORDER | {"count": 2})
        assert (job.status_code, job.json()["status"]) == (201, "succeeded")
        assert "preference-applied" not in job.headers
        with workers(self.emulator):
            again = self.http.post(f"/jobs/{job.json()['id']}/retry/?wait=30")
        assert (again.status_code, again.json()["status"]) == (201, "succeeded")
        assert {one["status"] for one in batch.json()["jobs"]} == {"succeeded"}

    def test_it_refuses_a_time_that_is_none(self) -> None:
        job = self.place()
        for wrong in ("61", "-1", "soon", "1e9", "", "0" * 5000, f"{'0' * 9}99"):
            response = self.http.get(f"/jobs/{job['id']}/?wait={wrong}")
            assert (response.status_code, response.json()["code"]) == (400, "invalid")
        assert self.http.post("/jobs/?wait=soon", json=ORDER).status_code == 400
        assert self.http.post(f"/jobs/{job['id']}/retry/?wait=soon").status_code == 400
        assert Job.objects.count() == 1

    def test_it_notices_an_end_whose_event_was_lost(self) -> None:
        job = self.place()
        response = self.waiting(f"/jobs/{job['id']}/?wait=30")
        job_control.cancel(job=Job.objects.get(), actor=self.alice)
        Job.objects.filter(id=job["id"]).update(version=7)
        assert response.result().json()["status"] == "canceled"

    def test_it_notices_an_end_without_any_event(self) -> None:
        job = self.place()
        response = self.waiting(f"/jobs/{job['id']}/?wait=30")
        # As a process does that dies between its commit and its event.
        Job.objects.filter(id=job["id"]).update(
            status=Status.CANCELED, due_at=None, finished_at=Job.objects.get().created_at
        )
        assert response.result().json()["status"] == "canceled"

    def test_it_refuses_who_has_lost_access_meanwhile(self) -> None:
        job = self.place()
        response = self.waiting(f"/jobs/{job['id']}/?wait=30")
        tokens.revoke(user=self.alice, name="program")
        job_control.cancel(job=Job.objects.get(), actor=None)
        assert response.result().status_code == 401

    def test_it_lets_the_job_go_on_if_the_client_goes(self) -> None:
        self.leave({})
        make_due()
        work()
        assert Job.objects.get().status == Status.SUBMITTED

    def test_it_cancels_the_job_of_a_client_that_wants_it(self) -> None:
        self.leave({"X-Cancel-On-Disconnect": "true"})
        deadline = time.monotonic() + PATIENCE
        while Job.objects.get().status != Status.CANCELED and time.monotonic() < deadline:
            time.sleep(0.05)
        assert Job.objects.get().status == Status.CANCELED

    def leave(self, headers: dict[str, str]) -> None:
        """Order images as another program, and go away while they are drawn."""
        headers["Authorization"] = f"Bearer {self.token}"
        address, timeout = f"{self.url}/v1/images/generations", httpx2.Timeout(PATIENCE, read=1)
        with contextlib.suppress(httpx2.ReadTimeout):
            httpx2.post(address, json=ORDER, headers=headers, timeout=timeout)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and (
            job_waits.WAITS.count_of(self.alice.pk) or not Job.objects.exists()
        ):
            time.sleep(0.01)
        assert Job.objects.count() == 1
