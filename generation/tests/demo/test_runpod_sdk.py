"""RunPod's own SDK takes the emulator for RunPod."""

import importlib

import pytest

from generation.demo.emulator import Emulator

ENDPOINT = "qwen-image-t2i"
pytestmark = pytest.mark.xdist_group("RunPod's SDK")


@pytest.fixture(scope="module")
def runpod():
    """Import the SDK, which takes a second.

    Only where these tests run, not wherever they are collected.
    """
    return importlib.import_module("runpod")


@pytest.fixture
def emulator(runpod, monkeypatch):
    with Emulator(manual=True) as emulator:
        monkeypatch.setattr(runpod, "endpoint_url_base", emulator.base_url)
        monkeypatch.setattr(runpod, "api_key", emulator.api_key)
        yield emulator


def test_it_runs_a_job_to_its_end(runpod, emulator):
    job = runpod.Endpoint(ENDPOINT).run({"prompt": "a quiet sea"})
    assert job.status() == "IN_QUEUE"
    emulator.advance(1)
    assert job.status() == "IN_PROGRESS"
    emulator.advance(5)
    assert job.status() == "COMPLETED"
    assert job.output()["result"].startswith(f"http://{emulator.image_host}/files/")


def test_it_cancels_a_job(runpod, emulator):
    job = runpod.Endpoint(ENDPOINT).run({"input": {"prompt": "a quiet sea"}})
    assert job.cancel() == {"id": job.job_id, "status": "CANCELLED"}
    assert job.status() == "CANCELLED"


def test_it_reads_the_health_and_purges_the_queue(runpod, emulator):
    endpoint = runpod.Endpoint(ENDPOINT)
    endpoint.run({"prompt": "a quiet sea"})
    health = endpoint.health()
    assert health["jobs"]["inQueue"] == 1
    assert health["workers"]["idle"] == 3
    assert endpoint.purge_queue() == {"removed": 1, "status": "completed"}


def test_it_is_told_of_a_wrong_key(runpod, emulator):
    with pytest.raises(RuntimeError, match="401"):
        runpod.Endpoint(ENDPOINT, api_key="another").run({"prompt": "a"})
