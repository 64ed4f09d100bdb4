"""The emulator misbehaves as asked: by script, by chance, by magic words in a prompt."""

import json

import pytest
import requests

from generation.demo.emulator import FAULTS, MAGIC_WORDS, Emulator, EmulatorOptions
from generation.http.download import DownloadFailed, DownloadRefused
from generation.imaging.image_decoding import InvalidImage, decode
from generation.providers import payloads
from generation.providers.call_errors import Gone, JobRefused, NotAccepted, ProviderError
from generation.providers.job_report import RemoteState
from generation.providers.payloads import OutputError
from generation.providers.runpod.client import RunPodClient
from generation.testing.rows.payloads import WORKFLOW, dialect_of
from generation.testing.servers.emulator import ENDPOINT, INPUT, fetched, place, run, state

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

    def test_it_draws_faults_by_chance_from_a_seed(self):
        def outcomes():
            with Emulator(EmulatorOptions(instant=True, seed=3)) as emulator:
                emulator.faults.chance("run", "error_5xx", 0.3)
                client = RunPodClient(base_url=emulator.base_url, api_key=emulator.api_key)
                return [failed(client) for _ in range(40)]

        def failed(client):
            try:
                run(client)
            except ProviderError:
                return True
            return False

        first = outcomes()
        assert first == outcomes()
        assert 4 <= sum(first) <= 20

    def test_it_knows_no_other_faults(self, emulator):
        for call, fault in (("run", "nonsense"), ("nonsense", "slow"), ("status", "stuck")):
            with pytest.raises(ValueError, match=" are "):
                emulator.faults.next(call, fault)
            with pytest.raises(ValueError, match=" are "):
                emulator.faults.chance(call, fault, 0.1)

    def test_it_takes_faults_from_another_process(self, emulator, client):
        url = f"http://{emulator.image_host}/emulator/faults"
        key = {"Authorization": "Bearer emulator-key"}
        plan = {"call": "run", "fault": "refuse_400", "times": 1}
        assert requests.post(url, json=plan, timeout=60).status_code == 401
        assert (
            requests.post(
                url, json={"call": "run", "fault": "x"}, headers=key, timeout=60
            ).status_code
            == 400
        )
        assert requests.post(url, json=plan, headers=key, timeout=60).status_code == 200
        with pytest.raises(JobRefused):
            run(client)
        requests.post(
            url,
            json={"call": "run", "fault": "refuse_400", "probability": 1},
            headers=key,
            timeout=60,
        )
        assert requests.post(url, json={"clear": True}, headers=key, timeout=60).json() == FAULTS
        run(client)

    def test_it_records_for_another_process_what_has_happened(
        self, emulator, client, webhook_receiver
    ):
        emulator.faults.next("job", "timed_out")
        emulator.faults.next("run", "accept_twice")
        runpod_id = run(client, webhook=webhook_receiver.url)
        emulator.advance(10)
        gone = run(client, ttl_ms=10_000, webhook=webhook_receiver.url)
        emulator.faults.next("job", "waits")
        waiting = run(client)
        url = f"http://{emulator.image_host}/emulator/record"
        assert requests.get(url, timeout=60).status_code == 401
        key = {"Authorization": "Bearer emulator-key"}
        record = requests.get(url, headers=key, timeout=60).json()
        first, second, third, fourth = record["jobs"]
        assert (first["fault"], first["state"]) == ("timed_out", "TIMED_OUT")
        assert (second["id"], second["fault"], second["state"]) == (runpod_id, "", "COMPLETED")
        assert first["webhook"] == second["webhook"] == webhook_receiver.url
        assert (third["id"], third["state"], third["gone_at"]) == (gone, "", None)
        assert (fourth["id"], fourth["prompt"]) == (waiting, INPUT["prompt"])
        assert first["accepted_at"] <= first["gone_at"]
        assert record["faults"] == {
            "job": {"timed_out": 1, "waits": 1},
            "run": {"accept_twice": 1},
        }
        assert [one["status"] for one in record["deliveries"]] == [200, 200]

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

    @pytest.mark.parametrize(
        "fault", ["corrupt_image", "not_an_image", "bomb_image", "oversized_image"]
    )
    @pytest.mark.parametrize("dialect", ["qwen", "comfyui"])
    def test_it_hands_over_what_is_no_picture(self, fault, dialect):
        with Emulator(EmulatorOptions(instant=True)) as emulator:
            client = RunPodClient(base_url=emulator.base_url, api_key=emulator.api_key)
            emulator.faults.next("job", fault)
            endpoint, body = place(dialect)
            result = payloads.read(
                dialect_of(dialect),
                client.status(endpoint, run(client, endpoint=endpoint, body=body)),
            )
            with pytest.raises((InvalidImage, DownloadRefused)):
                decode(fetched(emulator, result.images[0]))

    @pytest.mark.parametrize(
        ("fault", "verdict"),
        [
            ("url_hangs", DownloadFailed),
            ("url_drips", DownloadFailed),
            ("url_404", DownloadFailed),
            ("url_redirects_private", DownloadRefused),
        ],
    )
    def test_it_serves_pictures_badly(self, emulator, client, fault, verdict):
        emulator.faults.next("job", fault)
        runpod_id = run(client)
        emulator.advance(5)
        [picture] = payloads.read("public", client.status(ENDPOINT, runpod_id)).images
        with pytest.raises(verdict):
            fetched(emulator, picture, seconds=0.5)

    @pytest.mark.parametrize(
        ("fault", "deliveries"), [("stuck", 0), ("waits", 0), ("late_progress", 1)]
    )
    def test_it_leaves_a_job_hanging(self, emulator, client, webhook_receiver, fault, deliveries):
        emulator.faults.next("job", fault)
        runpod_id = run(client, webhook=webhook_receiver.url, execution_timeout_ms=10_000)
        emulator.advance(3600)
        assert not state(client, runpod_id).final
        assert len(webhook_receiver.deliveries) == deliveries

    def test_it_loses_a_job_at_its_end(self, emulator, client):
        emulator.faults.next("job", "lost")
        runpod_id = run(client)
        emulator.advance(5)
        with pytest.raises(Gone):
            client.status(ENDPOINT, runpod_id)

    def test_it_lets_the_platform_retry_by_itself(self, emulator, client):
        emulator.faults.next("job", "retried")
        ids = [run(client) for _ in range(3)] + [run(client)]
        emulator.advance(2)
        assert state(client, ids[0]) is RemoteState.RUNNING
        emulator.advance(1)
        report = client.status(ENDPOINT, ids[0])
        assert (report.state, report.retries) == (RemoteState.QUEUED, 1)
        emulator.advance(10)
        report = client.status(ENDPOINT, ids[0])
        assert (report.state, report.retries) == (RemoteState.COMPLETED, 1)

    @pytest.mark.parametrize("word", MAGIC_WORDS)
    def test_it_reads_magic_words_in_a_prompt(self, emulator, client, word):
        run(client, body={"prompt": f"a quiet sea {word}"})
        assert emulator.jobs[-1].fault == MAGIC_WORDS[word]
        workflow = json.loads(json.dumps(WORKFLOW).replace("{{prompt}}", f"a quiet sea {word}"))
        run(client, endpoint="own", body={"workflow": workflow})
        assert emulator.jobs[-1].fault == MAGIC_WORDS[word]
