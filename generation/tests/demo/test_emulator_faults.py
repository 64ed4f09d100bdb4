"""The emulator misbehaves as asked: by script, by chance, by magic words in a prompt."""

import pytest

from generation.demo.emulator import Emulator, EmulatorOptions
from generation.providers import payloads
from generation.providers.call_errors import JobRefused, NotAccepted
from generation.providers.payloads import OutputError
from generation.providers.runpod.client import RunPodClient
from generation.testing.rows.payloads import dialect_of
from generation.testing.servers.emulator import place, run

pytestmark = pytest.mark.release("generation/demo/")


class TestFaults:
    def test_it_scripts_faults_in_order_and_by_endpoint(self, emulator, client):
        emulator.faults.next("run", "refuse_400", endpoint="own")
        emulator.faults.next("run", "")
        emulator.faults.next("run", "rate_429", times=2)
        run(client)
        with pytest.raises(JobRefused):
            run(client, endpoint="own")
        for _ in range(2):
            with pytest.raises(NotAccepted):
                run(client)
        run(client)

    @pytest.mark.parametrize(
        ("fault", "code"),
        [
            ("fail_traceback", "provider_error"),
            ("prompt_refused", "prompt_refused"),
            ("out_of_memory", "out_of_memory"),
            ("timed_out", "timed_out"),
            ("canceled", "canceled"),
            ("error_in_output", "provider_error"),
            ("no_output", "no_output"),
            ("empty_images", "no_output"),
        ],
    )
    @pytest.mark.parametrize("dialect", ["qwen", "comfyui", "a1111", "sdxl_turbo"])
    def test_it_ends_jobs_badly_in_every_way(self, fault, code, dialect):
        with Emulator(EmulatorOptions(instant=True)) as emulator:
            client = RunPodClient(base_url=emulator.base_url, api_key=emulator.api_key)
            emulator.faults.next("job", fault)
            endpoint, body = place(dialect)
            report = client.status(endpoint, run(client, endpoint=endpoint, body=body))
            with pytest.raises(OutputError) as caught:
                payloads.read(dialect_of(dialect), report)
            assert caught.value.code == code
