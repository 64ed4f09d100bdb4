"""Jobs at a ComfyUI without a service in front of it: none is lost, and none is made twice."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db.models import F
from django.test import TransactionTestCase, override_settings

from generation.files import uploads
from generation.jobs import clients
from generation.jobs.engine import driver, job_control
from generation.models import Endpoint, ImageModel, Job, OutageKind, ProviderOutage, Status
from generation.operations.doctor.other_providers import other_providers
from generation.testing import orders
from generation.testing.cases import (
    EmulatorTestCase,
    let_models_rest,
    load_catalog,
    make_due,
    make_user,
    store_all,
)
from generation.testing.comfyui_server import ComfyUIServer
from generation.testing.rows.endpoints import MODEL, add_endpoint
from generation.testing.rows.image_files import noise

GRAPH: dict[str, Any] = {
    "3": {"class_type": "KSampler", "inputs": {"seed": "{{seed}}", "text": "{{prompt}}"}},
    "4": {"class_type": "UNETLoader", "inputs": {"unet_name": "flux.safetensors"}},
    "9": {"class_type": "SaveImage", "inputs": {"images": ["3", 0]}},
}
AT_COMFYUI: dict[str, Any] = {"provider": "comfyui", "dialect": "comfyui", "workflow": GRAPH}


class TestComfyUI(EmulatorTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.server = self.enterContext(ComfyUIServer())
        self.enterContext(override_settings(COMFYUI_URL="", COMFYUI_API_KEY="secret-of-site"))
        Endpoint.objects.filter(model__slug=MODEL).update(
            endpoint_id=self.server.address, **AT_COMFYUI
        )

    def submitted(self, fault: str = "") -> Job:
        self.server.fault = fault
        job = self.place()
        driver.submit(MODEL)
        job.refresh_from_db()
        return job

    def checked(self, job: Job, *, later: int = 0) -> Job:
        """Return the job after its next check, seconds later."""
        passed = timedelta(seconds=later)
        Job.objects.update(
            submitted_at=F("submitted_at") - passed, unknown_since=F("unknown_since") - passed
        )
        make_due()
        driver.check(MODEL)
        job.refresh_from_db()
        return job

    def finish_one(self, job: Job, server: ComfyUIServer | None = None) -> Job:
        server = server or self.server
        server.start()
        server.finish()
        self.checked(job)
        store_all()
        job.refresh_from_db()
        return job

    def posts(self) -> int:
        return self.server.calls.count("POST /prompt")

    def test_it_makes_an_image(self) -> None:
        job = self.submitted()
        assert (job.status, job.runpod_id) == (Status.SUBMITTED, clients.own_id(job))
        assert self.server.graphs[0]["3"]["inputs"] == {"seed": job.seed, "text": job.prompt}
        assert self.checked(job).status == Status.SUBMITTED
        self.server.start()
        assert self.checked(job).status == Status.RUNNING
        self.server.finish()
        assert self.checked(job).status == Status.STORING
        store_all()
        job.refresh_from_db()
        assert (job.status, job.execution_ms) == (Status.SUCCEEDED, 2500)
        assert job.images.get().width == 64
        assert self.kinds(job) == ["hold", "settle"]

    def test_a_server_of_its_own_address_gets_its_own_key_alone(self) -> None:
        def sent() -> tuple[str | None, str | None]:
            self.checked(job)
            return self.server.headers.get("Authorization"), self.server.headers.get("X-Key")

        job, endpoint = self.submitted(), Endpoint.objects.get(provider="comfyui")
        assert sent() == (None, None)
        endpoint.store_key("own")
        assert sent() == ("Bearer own", None)
        endpoint.key_header = "X-Key"
        endpoint.store_key("own")
        assert sent() == (None, "own")

    def test_a_key_that_one_server_refuses_stops_no_other(self) -> None:
        second = self.enterContext(ComfyUIServer())
        add_endpoint(endpoint_id=second.address, **AT_COMFYUI)
        self.server.fault = "key"
        job = self.place()
        driver.submit(MODEL)
        assert ProviderOutage.objects.get().kind == OutageKind.ENDPOINT_MISSING
        make_due()
        driver.submit(MODEL)
        assert len(second.pending) == 1
        assert self.finish_one(job, second).status == Status.SUCCEEDED

    def test_it_uploads_source_images_and_uses_the_names_that_they_get(self) -> None:
        source = uploads.keep(user=self.alice, data=noise(640, 320))
        model = ImageModel.objects.get(slug="qwen-image-edit")
        graph = {**GRAPH, "1": {"class_type": "LoadImage", "inputs": {"image": "{{image}}"}}}
        Endpoint.objects.filter(model=model).update(
            endpoint_id=self.server.address, **{**AT_COMFYUI, "workflow": graph}
        )
        request = {"model": model.slug, "prompt": "fog", "source_images": [str(source.id)]}
        orders.place(user=self.alice, request=request)
        driver.submit(model.slug)
        ((name, data),) = self.server.uploads.items()
        assert self.server.graphs[0]["1"]["inputs"]["image"] == f"artgen/{name}"
        assert len(data) > 1000

    def test_it_adopts_a_job_whose_reply_was_lost(self) -> None:
        job = self.submitted("break")
        assert (job.status, job.runpod_id) == (Status.SUBMITTED, "")
        assert job.due_at is not None
        assert job.unknown_since is not None
        assert job.due_at - job.unknown_since == timedelta(seconds=5)
        job = self.checked(job, later=5)
        assert (job.status, job.runpod_id) == (Status.SUBMITTED, clients.own_id(job))
        assert self.finish_one(job).status == Status.SUCCEEDED
        assert self.posts() == 1

    def test_it_sends_again_only_what_the_server_does_not_have(self) -> None:
        job = self.submitted("lose")
        job = self.checked(job, later=5)
        assert (job.status, job.attempt) == (Status.SUBMITTED, 1), "its POST may still be read"
        job = self.checked(job, later=90)
        assert (job.status, job.attempt, self.posts()) == (Status.QUEUED, 2, 1)
        let_models_rest()
        make_due()
        driver.submit(MODEL)
        job.refresh_from_db()
        assert self.finish_one(job).status == Status.SUCCEEDED
        assert self.posts() == 2

    def test_it_waits_while_a_job_of_unknown_fate_cannot_be_asked_for(self) -> None:
        job = self.submitted("break")
        address = self.server.address
        Job.objects.update(snapshot={**job.snapshot, "endpoint_id": "http://127.0.0.1:1"})
        job = self.checked(job, later=90)
        assert (job.status, job.attempt) == (Status.SUBMITTED, 1)
        Job.objects.update(snapshot={**job.snapshot, "endpoint_id": address})
        assert self.checked(job).runpod_id == clients.own_id(job)

    def test_it_retries_a_job_that_a_restart_has_lost(self) -> None:
        job = self.submitted()
        self.server.restart()
        with override_settings(RUNPOD_MISSING_SECONDS=0):
            self.checked(job)
            job = self.checked(job)
        assert (job.status, job.attempt) == (Status.QUEUED, 2)

    def test_a_cancel_reaches_its_own_job_alone(self) -> None:
        other, job = self.submitted(), self.submitted()
        self.server.start()
        job_control.cancel(job=job, actor=self.alice)
        driver.stop()
        assert (len(self.server.running), self.server.pending) == (1, [])
        job_control.cancel(job=other, actor=self.alice)
        driver.stop()
        assert self.server.running == []
        assert not Job.objects.filter(stop_pending=True).exists()

    def test_it_fails_a_graph_that_the_server_refuses(self) -> None:
        for fault in ("refuse", "node_errors"):
            with self.subTest(fault=fault):
                job = self.submitted(fault)
                assert (job.status, job.error_code) == (Status.FAILED, "workflow_invalid")
                assert self.server.pending == [], "it would run without some outputs"
                assert self.kinds(job) == ["hold", "release"]

    def test_it_fails_a_refused_graph_that_has_begun_and_does_not_stop_at_once(self) -> None:
        self.server.stops_at_once = False
        job = self.submitted("begun_with_errors")
        assert (job.status, job.error_code) == (Status.FAILED, "workflow_invalid")

    def test_it_says_why_a_node_has_failed(self) -> None:
        job = self.submitted()
        self.server.start()
        self.server.fail("Allocation ran out of memory on your GPU")
        job = self.checked(job)
        assert (job.status, job.attempt) == (Status.QUEUED, 2)
        reason = job.events.order_by("-id").values_list("detail", flat=True)[0]
        assert "ran out of memory on your GPU (KSampler)" in reason

    def test_two_servers_share_the_jobs_of_a_model(self) -> None:
        second = self.enterContext(ComfyUIServer())
        Endpoint.objects.filter(model__slug=MODEL).update(max_in_flight=1)
        with override_settings(COMFYUI_URL=second.address):
            add_endpoint(endpoint_id="main", max_in_flight=1, **AT_COMFYUI)
            jobs = [self.place(), self.place()]
            driver.submit(MODEL)
            assert (len(self.server.pending), len(second.pending)) == (1, 1)
            for server in (self.server, second):
                self.finish_one(jobs[0], server)
        done = Job.objects.filter(status=Status.SUCCEEDED).values_list("snapshot__endpoint_id")
        assert set(done) == {(self.server.address,), ("main",)}

    def test_doctor_names_what_a_graph_lacks_there(self) -> None:
        inputs = {"required": {"unet_name": [["sdxl.safetensors"]]}}
        self.server.nodes = {"KSampler": {}, "SaveImage": {}, "UNETLoader": {"input": inputs}}
        (check,) = other_providers()
        assert (check.ok, check.detail) == (
            False,
            f"{self.server.address}: ComfyUI 0.3.64, cuda:0 RTX: 6.0 of 24.0 GB free; "
            "not there: flux.safetensors (UNETLoader.unet_name)",
        )
        inputs["required"]["unet_name"][0].append("flux.safetensors")
        assert [check.ok for check in other_providers()] == [True]
        del self.server.nodes["KSampler"]
        (check,) = other_providers()
        assert check.detail.endswith("not there: node KSampler")

    def test_it_needs_a_graph(self) -> None:
        endpoint = Endpoint.objects.get(model__slug=MODEL)
        endpoint.full_clean()
        endpoint.dialect, endpoint.workflow = "", None
        with pytest.raises(ValidationError) as refused:
            endpoint.full_clean()
        assert set(refused.value.message_dict) == {"provider"}


class TestSocket(TransactionTestCase):
    def test_it_shows_steps_and_previews_and_losing_them_costs_nothing_else(self) -> None:
        cache.clear()
        load_catalog()
        server = self.enterContext(ComfyUIServer())
        Endpoint.objects.filter(model__slug=MODEL).update(endpoint_id=server.address, **AT_COMFYUI)
        user = make_user("user@example.org", credits=100)
        request = {"model": MODEL, "prompt": "fog", "width": 256, "height": 256}
        orders.place(user=user, request=request)
        driver.submit(MODEL)
        socket = server.sockets.get()
        server.start()
        socket.preview(noise(64, 64))
        socket.step(3, 20)
        while not Job.objects.filter(status=Status.RUNNING, step__isnull=False).exists():
            assert not socket.closed.is_set()
        socket.lose()
        socket.closed.wait()
        job = Job.objects.get()
        assert (job.progress, job.step, job.step_count) == (0.15, 3, 20)
        server.finish()
        make_due()
        driver.check(MODEL)
        assert Job.objects.get().status == Status.STORING
