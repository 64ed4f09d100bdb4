"""The emulator's key.

Endpoints and workers change in the middle of work, and what it holds goes on afterwards.
"""

import pytest
import requests

from generation.providers.call_errors import EndpointMissing, KeyRefused
from generation.providers.job_report import RemoteState
from generation.testing.servers.emulator import ENDPOINT, INPUT, run, state

pytestmark = pytest.mark.release("generation/demo/")

KEY = {"Authorization": "Bearer emulator-key"}


def ask(emulator, path, *, method="GET", headers=KEY):
    reply = requests.request(
        method, f"{emulator.base_url}/{path}", json={"input": INPUT}, headers=headers, timeout=60
    )
    return reply.status_code, reply.json().get("error")


def control(emulator, path, body, *, headers=KEY):
    return requests.post(
        f"http://{emulator.image_host}/emulator/{path}", json=body, headers=headers, timeout=60
    )


class TestKey:
    def test_it_answers_401_to_every_call_with_a_rotated_key_and_then_goes_on(
        self, emulator, client
    ):
        waiting = [run(client) for _ in range(5)]
        emulator.advance(1)
        emulator.accept_key("rotated")
        assert emulator.api_key == "rotated"
        for method, path in (
            ("POST", "run"),
            ("GET", f"status/{waiting[0]}"),
            ("POST", f"cancel/{waiting[0]}"),
            ("GET", "health"),
        ):
            assert ask(emulator, f"{ENDPOINT}/{path}", method=method) == (401, "unauthorized")
        assert len(emulator.jobs) == 5
        emulator.accept_key("emulator-key")
        emulator.advance(20)
        assert [state(client, job) for job in waiting] == [RemoteState.COMPLETED] * 5

    def test_it_takes_a_key_from_another_process_which_needs_the_first_one(self, emulator, client):
        assert control(emulator, "key", {"api_key": "x"}, headers={}).status_code == 401
        assert control(emulator, "key", {"api_key": ""}).status_code == 400
        assert control(emulator, "key", {"api_key": "rotated"}).status_code == 200
        with pytest.raises(KeyRefused):
            run(client)
        assert (
            control(
                emulator, "key", {"api_key": "x"}, headers={"Authorization": "rotated"}
            ).status_code
            == 401
        )
        assert control(emulator, "key", {"api_key": "emulator-key"}).status_code == 200
        run(client)


class TestEndpoints:
    def test_it_tells_without_a_key_whether_an_endpoint_exists(self, emulator):
        emulator.retire("sora-2")
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            assert ask(emulator, f"{ENDPOINT}/health", headers=headers) == (401, "unauthorized")
            assert ask(emulator, "sora-2/health", headers=headers) == (404, "endpoint not found")
            assert ask(emulator, "missing-one/health", headers=headers) == (
                404,
                "endpoint not found",
            )

    def test_it_tells_a_job_from_an_endpoint_that_is_not_there(self, emulator):
        emulator.retire("sora-2")
        assert ask(emulator, f"{ENDPOINT}/status/none") == (404, "job not found")
        assert ask(emulator, "sora-2/status/none") == (404, "endpoint not found")
        assert ask(emulator, "sora-2/run", method="POST") == (404, "endpoint not found")
        emulator.faults.next("run", "refuse_404")
        assert ask(emulator, f"{ENDPOINT}/run", method="POST") == (404, "endpoint not found")
        emulator.faults.next("status", "lost_404")
        assert ask(emulator, f"{ENDPOINT}/status/none") == (404, "job not found")

    def test_it_retires_one_endpoint_and_brings_it_back_with_its_jobs(self, emulator, client):
        runpod_id = run(client)
        emulator.retire(ENDPOINT)
        run(client, endpoint="another")
        with pytest.raises(EndpointMissing):
            client.status(ENDPOINT, runpod_id)
        emulator.restore(ENDPOINT)
        emulator.advance(5)
        assert state(client, runpod_id) is RemoteState.COMPLETED

    def test_it_has_no_workers_where_their_maximum_is_0(self, emulator, client):
        emulator.set_workers(ENDPOINT, 0)
        runpod_id = run(client)
        emulator.advance(100)
        assert state(client, runpod_id) is RemoteState.QUEUED
        health = client.health(ENDPOINT)
        assert (health.workers_total, health.in_queue, set(health.workers.values())) == (0, 1, {0})
        assert client.health("another").workers_total == 3
        emulator.set_workers(ENDPOINT, 1)
        emulator.advance(5)
        assert state(client, runpod_id) is RemoteState.COMPLETED

    def test_it_takes_all_of_it_from_another_process(self, emulator, client):
        path = f"endpoints/{ENDPOINT}"
        for body in (
            {"retired": 1.5},
            {"workers": -1},
            {"workers": True},
            {"shape": "x"},
            {"color": 1},
            [],
        ):
            assert control(emulator, path, body).status_code == 400
        assert control(emulator, path, {}, headers={}).status_code == 401
        control(emulator, path, {"retired": True})
        with pytest.raises(EndpointMissing):
            client.health(ENDPOINT)
        control(emulator, path, {"retired": False, "workers": 0, "shape": "list"})
        assert client.health(ENDPOINT).workers_total == 0
        control(emulator, path, {"workers": 2})
        runpod_id = run(client)
        emulator.advance(5)
        assert isinstance(client.status(ENDPOINT, runpod_id).output, list)
