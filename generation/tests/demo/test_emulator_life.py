"""The emulator takes jobs through their states as RunPod's documentation says."""

import pytest

from generation.providers.job_report import RemoteState
from generation.testing.servers.emulator import ENDPOINT, run

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
