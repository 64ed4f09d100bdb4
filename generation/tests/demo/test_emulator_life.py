"""The emulator takes jobs through their states as RunPod's documentation says."""

import threading

import pytest

from generation.demo.emulator import Emulator, EmulatorOptions
from generation.providers.call_errors import Gone
from generation.providers.job_report import RemoteState
from generation.providers.runpod.client import RunPodClient
from generation.testing.servers.emulator import ENDPOINT, run, state

pytestmark = pytest.mark.release("generation/demo/")


class TestLife:
    def test_it_takes_a_job_through_its_states(self, emulator, client):
        runpod_id = run(client)
        assert client.status(ENDPOINT, runpod_id).delay_ms is None
        emulator.advance(0)
        running = client.status(ENDPOINT, runpod_id)
        assert (running.state, running.delay_ms, running.execution_ms) == (
            RemoteState.RUNNING,
            0,
            None,
        )
        assert running.worker_id
        emulator.advance(5)
        done = client.status(ENDPOINT, runpod_id)
        assert (done.state, done.execution_ms) == (RemoteState.COMPLETED, 5000)

    def test_it_gives_each_worker_one_job_and_lets_the_others_wait(self, emulator, client):
        ids = [run(client) for _ in range(4)]
        emulator.advance(1)
        assert [state(client, i) for i in ids] == [RemoteState.RUNNING] * 3 + [RemoteState.QUEUED]
        assert client.health(ENDPOINT).workers["running"] == 3
        emulator.advance(5)
        assert state(client, ids[3]) is RemoteState.RUNNING
        assert client.status(ENDPOINT, ids[3]).delay_ms == 5000

    def test_it_wakes_a_worker_for_the_first_job_only(self):
        with Emulator(EmulatorOptions(manual=True, cold_start=2)) as emulator:
            client = RunPodClient(base_url=emulator.base_url, api_key=emulator.api_key)
            first = run(client)
            emulator.advance(1)
            assert state(client, first) is RemoteState.QUEUED
            emulator.advance(1)
            assert state(client, first) is RemoteState.RUNNING
            second = run(client)
            emulator.advance(0)
            assert state(client, second) is RemoteState.RUNNING

    def test_it_reports_rising_progress(self, emulator, client):
        runpod_id = run(client)
        steps = []
        for _ in range(10):
            emulator.advance(0.49)
            steps.append(client.status(ENDPOINT, runpod_id).step)
        assert steps == sorted(steps)
        assert steps[-1] == 19

    def test_it_times_out_what_runs_past_its_execution_timeout(self, emulator, client):
        emulator.faults.next("job", "slow_gpu")
        runpod_id = run(client, execution_timeout_ms=10_000)
        emulator.advance(9)
        assert state(client, runpod_id) is RemoteState.RUNNING
        emulator.advance(1)
        assert state(client, runpod_id) is RemoteState.TIMED_OUT

    def test_it_forgets_a_job_past_its_ttl_even_while_it_runs(self, emulator, client):
        emulator.faults.next("job", "stuck")
        runpod_id = run(client, ttl_ms=1_200_000, execution_timeout_ms=600_000)
        emulator.advance(1199)
        assert state(client, runpod_id) is RemoteState.RUNNING
        emulator.advance(1)
        with pytest.raises(Gone):
            client.status(ENDPOINT, runpod_id)
        assert client.health(ENDPOINT).workers["running"] == 0

    def test_it_keeps_a_result_for_half_an_hour(self, emulator, client):
        runpod_id = run(client)
        emulator.advance(5 + 1800)
        assert state(client, runpod_id) is RemoteState.COMPLETED
        emulator.advance(2)
        with pytest.raises(Gone):
            client.status(ENDPOINT, runpod_id)
        assert emulator.jobs == []

    def test_it_cancels_what_waits_and_what_runs_and_frees_the_worker(self, emulator, client):
        ids = [run(client) for _ in range(4)]
        emulator.advance(1)
        assert client.cancel(ENDPOINT, ids[0]).state is RemoteState.CANCELED
        emulator.advance(0)
        assert state(client, ids[3]) is RemoteState.RUNNING
        emulator.advance(10)
        assert [state(client, i) for i in ids] == [RemoteState.CANCELED] + [
            RemoteState.COMPLETED
        ] * 3

    def test_it_takes_an_empty_input_and_fails_it_after_forty_seconds(self, emulator, client):
        runpod_id = run(client, body={})
        emulator.advance(39)
        assert state(client, runpod_id) is RemoteState.RUNNING
        emulator.advance(1)
        assert state(client, runpod_id) is RemoteState.FAILED

    def test_it_ends_everything_at_once_when_instant(self, webhook_receiver):
        with Emulator(EmulatorOptions(instant=True)) as emulator:
            client = RunPodClient(base_url=emulator.base_url, api_key=emulator.api_key)
            runpod_id = run(client, webhook=webhook_receiver.url + "/hook")
            assert state(client, runpod_id) is RemoteState.COMPLETED
            emulator.settle()
            assert webhook_receiver.states == ["COMPLETED"]

    def test_it_runs_in_real_time_as_fast_as_it_is_told(self, webhook_receiver):
        rung = threading.Event()
        webhook_receiver.on_delivery = lambda body: rung.set()
        with Emulator(EmulatorOptions(speed=500)) as emulator:
            client = RunPodClient(base_url=emulator.base_url, api_key=emulator.api_key)
            runpod_id = run(client, webhook=webhook_receiver.url + "/hook")
            assert rung.wait(10)
            assert state(client, runpod_id) is RemoteState.COMPLETED
