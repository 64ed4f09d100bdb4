"""The emulator behaves as RunPod's documentation says, and misbehaves as asked."""

import http.server
import io
import json
import threading

import pytest
import requests
from PIL import Image

from generation.runpod import payloads
from generation.runpod.client import Client, Gone, NotAccepted, Refused, RunPodError, Unavailable
from generation.runpod.download import DownloadFailed, DownloadRefused, fetch_picture
from generation.runpod.emulator import FAULTS, MAGIC_WORDS, Emulator
from generation.runpod.emulator.limits import RateLimits
from generation.runpod.emulator.painting import tiny_png
from generation.runpod.payloads import DIALECTS, OutputError, Source
from generation.runpod.picture import NotAPicture, check_picture
from generation.runpod.report import State
from generation.tests.test_runpod_payloads import WORKFLOW, parameters

ENDPOINT = "qwen-image-t2i"
INPUT = {"prompt": "a quiet sea", "size": "1024*768", "seed": 7}


class Doorbell:
    """A real HTTP server that notes its rings; each is answered with the next of `answers`, else 200."""

    def __init__(self):
        self.rings, self.answers, self.on_ring = [], [], None
        bell = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                bell.rings.append((self.path, body))
                if bell.on_ring:
                    bell.on_ring(body)
                self.send_response(bell.answers.pop(0) if bell.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self):
                data = tiny_png(320, 200, 5)
                self.send_response(200 if self.path.endswith(".png") else 404)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def states(self):
        return [body["status"] for _, body in self.rings]


@pytest.fixture
def doorbell():
    bell = Doorbell()
    yield bell
    bell.server.shutdown()
    bell.server.server_close()


@pytest.fixture
def emulator():
    with Emulator(manual=True) as emulator:
        yield emulator


@pytest.fixture
def client(emulator):
    client = Client(base_url=emulator.base_url, api_key=emulator.api_key)
    yield client
    client.close()


def run(client, *, endpoint=ENDPOINT, body=INPUT, **options):
    return client.run(endpoint, input=body, **options).runpod_id


def state(client, runpod_id, endpoint=ENDPOINT):
    return client.status(endpoint, runpod_id).state


class TestLife:
    def test_it_takes_a_job_through_its_states(self, emulator, client):
        runpod_id = run(client)
        assert client.status(ENDPOINT, runpod_id).delay_ms is None
        emulator.advance(0)
        running = client.status(ENDPOINT, runpod_id)
        assert (running.state, running.delay_ms, running.execution_ms) == (State.RUNNING, 0, None)
        assert running.worker_id
        emulator.advance(5)
        done = client.status(ENDPOINT, runpod_id)
        assert (done.state, done.execution_ms) == (State.COMPLETED, 5000)

    def test_it_gives_each_worker_one_job_and_lets_the_others_wait(self, emulator, client):
        ids = [run(client) for _ in range(4)]
        emulator.advance(1)
        assert [state(client, i) for i in ids] == [State.RUNNING] * 3 + [State.QUEUED]
        assert client.health(ENDPOINT).workers["running"] == 3
        emulator.advance(5)
        assert state(client, ids[3]) is State.RUNNING
        assert client.status(ENDPOINT, ids[3]).delay_ms == 5000

    def test_it_wakes_a_worker_for_the_first_job_only(self):
        with Emulator(manual=True, cold_start=2) as emulator:
            client = Client(base_url=emulator.base_url, api_key=emulator.api_key)
            first = run(client)
            emulator.advance(1)
            assert state(client, first) is State.QUEUED
            emulator.advance(1)
            assert state(client, first) is State.RUNNING
            second = run(client)
            emulator.advance(0)
            assert state(client, second) is State.RUNNING

    def test_it_reports_rising_progress_or_none(self, emulator, client):
        runpod_id = run(client)
        steps = []
        for _ in range(10):
            emulator.advance(0.49)
            steps.append(client.status(ENDPOINT, runpod_id).step)
        assert steps == sorted(steps)
        assert steps[-1] == 19
        with Emulator(manual=True, progress=False) as silent:
            mute = Client(base_url=silent.base_url, api_key=silent.api_key)
            other = run(mute)
            silent.advance(3)
            assert mute.status(ENDPOINT, other).output is None

    def test_it_times_out_what_runs_past_its_execution_timeout(self, emulator, client):
        emulator.faults.next("job", "slow_gpu")
        runpod_id = run(client, execution_timeout_ms=10_000)
        emulator.advance(9)
        assert state(client, runpod_id) is State.RUNNING
        emulator.advance(1)
        assert state(client, runpod_id) is State.TIMED_OUT

    def test_it_forgets_a_job_past_its_ttl_even_while_it_runs(self, emulator, client):
        emulator.faults.next("job", "stuck")
        runpod_id = run(client, ttl_ms=1_200_000, execution_timeout_ms=600_000)
        emulator.advance(1199)
        assert state(client, runpod_id) is State.RUNNING
        emulator.advance(1)
        with pytest.raises(Gone):
            client.status(ENDPOINT, runpod_id)
        assert client.health(ENDPOINT).workers["running"] == 0

    def test_it_keeps_a_result_for_half_an_hour(self, emulator, client):
        runpod_id = run(client)
        emulator.advance(5 + 1800)
        assert state(client, runpod_id) is State.COMPLETED
        emulator.advance(2)
        with pytest.raises(Gone):
            client.status(ENDPOINT, runpod_id)
        assert emulator.jobs == []

    def test_it_cancels_what_waits_and_what_runs_and_frees_the_worker(self, emulator, client):
        ids = [run(client) for _ in range(4)]
        emulator.advance(1)
        assert client.cancel(ENDPOINT, ids[0]).state is State.CANCELED
        emulator.advance(0)
        assert state(client, ids[3]) is State.RUNNING
        emulator.advance(10)
        assert [state(client, i) for i in ids] == [State.CANCELED] + [State.COMPLETED] * 3

    def test_it_queues_a_failed_job_again_under_its_id(self, emulator, client):
        emulator.faults.next("job", "out_of_memory")
        runpod_id = run(client)
        emulator.advance(5)
        assert client.status(ENDPOINT, runpod_id).error.startswith("CUDA out of memory")
        assert client.retry(ENDPOINT, runpod_id).state is State.QUEUED
        report = client.status(ENDPOINT, runpod_id)
        assert (report.error, report.retries, report.output) == ("", 1, None)

    def test_it_purges_only_what_waits(self, emulator, client):
        ids = [run(client) for _ in range(5)]
        emulator.advance(1)
        assert client.purge_queue(ENDPOINT) == 2
        with pytest.raises(Gone):
            client.status(ENDPOINT, ids[4])
        assert state(client, ids[0]) is State.RUNNING

    def test_it_knows_a_job_only_at_its_endpoint(self, emulator, client):
        runpod_id = run(client)
        with pytest.raises(Gone):
            client.status("another-endpoint", runpod_id)

    def test_it_takes_an_empty_input_and_fails_it_after_forty_seconds(self, emulator, client):
        runpod_id = run(client, body={})
        emulator.advance(39)
        assert state(client, runpod_id) is State.RUNNING
        emulator.advance(1)
        assert state(client, runpod_id) is State.FAILED

    def test_it_ends_everything_at_once_when_instant(self, doorbell):
        with Emulator(instant=True) as emulator:
            client = Client(base_url=emulator.base_url, api_key=emulator.api_key)
            runpod_id = run(client, webhook=doorbell.url + "/hook")
            assert state(client, runpod_id) is State.COMPLETED
            emulator.settle()
            assert doorbell.states == ["COMPLETED"]

    def test_it_runs_in_real_time_as_fast_as_it_is_told(self, doorbell):
        rung = threading.Event()
        doorbell.on_ring = lambda body: rung.set()
        with Emulator(speed=500) as emulator:
            client = Client(base_url=emulator.base_url, api_key=emulator.api_key)
            runpod_id = run(client, webhook=doorbell.url + "/hook")
            assert rung.wait(10)
            assert state(client, runpod_id) is State.COMPLETED


class TestBorder:
    @pytest.mark.parametrize(
        "header",
        [{}, {"Authorization": "Bearer wrong"}, {"Authorization": ""}, {"Authorization": "Basic ZW11bGF0b3Ita2V5"}],
    )
    def test_it_wants_the_key(self, emulator, header):
        for method, path in (("POST", "run"), ("GET", "status/a"), ("GET", "health"), ("POST", "purge-queue")):
            reply = requests.request(
                method, f"{emulator.base_url}/{ENDPOINT}/{path}", json={}, headers=header, timeout=5
            )
            assert reply.status_code == 401

    @pytest.mark.parametrize("header", ["Bearer emulator-key", "bearer emulator-key", "emulator-key"])
    def test_it_takes_the_key_as_the_documentation_shows_it(self, emulator, header):
        url = f"{emulator.base_url}/{ENDPOINT}/health"
        assert requests.get(url, headers={"Authorization": header}, timeout=5).status_code == 200

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"not json",
            b"[]",
            b"{}",
            b'{"input": 3}',
            b'{"input": {}, "policy": 3}',
            b'{"input": {}, "policy": {"ttl": 9999}}',
            b'{"input": {}, "policy": {"ttl": 604800001}}',
            b'{"input": {}, "policy": {"executionTimeout": 4999}}',
            b'{"input": {}, "policy": {"executionTimeout": "long"}}',
            b'{"input": {}, "webhook": "ftp://x"}',
        ],
    )
    def test_it_answers_a_bad_run_with_400_and_takes_nothing(self, emulator, body):
        url = f"{emulator.base_url}/{ENDPOINT}/run"
        reply = requests.post(url, data=body, headers={"Authorization": "Bearer emulator-key"}, timeout=5)
        assert reply.status_code == 400
        assert emulator.jobs == []

    def test_it_answers_a_body_over_ten_megabytes_with_413(self, emulator):
        url = f"{emulator.base_url}/{ENDPOINT}/run"
        data = b'{"input": {"prompt": "' + b"x" * 10 * 1024 * 1024 + b'"}}'
        reply = requests.post(url, data=data, headers={"Authorization": "Bearer emulator-key"}, timeout=5)
        assert reply.status_code == 413

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [("GET", "run", 405), ("GET", "cancel/a", 405), ("POST", "nonsense", 404), ("GET", "status", 404)],
    )
    def test_it_knows_its_routes(self, emulator, method, path, status):
        reply = requests.request(
            method, f"{emulator.base_url}/{ENDPOINT}/{path}", headers={"Authorization": "emulator-key"}, timeout=5
        )
        assert reply.status_code == status

    def test_it_holds_runpods_rate_limits(self, emulator, client):
        for _ in range(2):
            client.purge_queue(ENDPOINT)
        with pytest.raises(Unavailable) as caught:
            client.purge_queue(ENDPOINT)
        assert caught.value.status == 429
        client.purge_queue("another-endpoint")

    def test_it_counts_a_window_of_ten_seconds_and_what_is_under_way(self):
        now = [0.0]
        limits = RateLimits(clock=lambda: now[0])
        for _ in range(100):
            with limits.place("a", "cancel") as allowed:
                assert allowed
        with limits.place("a", "cancel") as allowed:
            assert not allowed
        now[0] = 10.1
        held = [limits.place("a", "cancel") for _ in range(20)]
        assert all(place.__enter__() for place in held)
        with limits.place("a", "cancel") as allowed:
            assert not allowed
        for place in held:
            place.__exit__(None, None, None)
        with limits.place("a", "cancel") as allowed:
            assert allowed

    def test_it_logs_every_call(self, emulator, client):
        runpod_id = run(client)
        client.status(ENDPOINT, runpod_id)
        assert [(call.method, call.call, call.endpoint, call.job_id) for call in emulator.calls] == [
            ("POST", "run", ENDPOINT, ""),
            ("GET", "status", ENDPOINT, runpod_id),
        ]
        assert emulator.calls[0].json == {"input": INPUT}


class TestDoorbell:
    def test_it_rings_once_with_the_whole_result(self, emulator, client, doorbell):
        runpod_id = run(client, webhook=doorbell.url + "/hook/secret")
        emulator.advance(4)
        assert doorbell.rings == []
        emulator.advance(60)
        [(path, body)] = doorbell.rings
        assert path == "/hook/secret"
        assert body["id"] == runpod_id
        assert (body["status"], body["input"], body["webhook"]) == ("COMPLETED", INPUT, doorbell.url + "/hook/secret")
        assert body["output"] == client.status(ENDPOINT, runpod_id).output
        assert [(ring.job_id, ring.status) for ring in emulator.rings] == [(runpod_id, 200)]

    def test_it_rings_twice_more_ten_seconds_apart_unless_answered_with_200(self, emulator, client, doorbell):
        doorbell.answers = [500, 302, 204, 404]
        run(client, webhook=doorbell.url)
        for seconds, rings in ((5, 1), (9, 1), (1, 2), (10, 3), (100, 3)):
            emulator.advance(seconds)
            assert len(doorbell.rings) == rings

    def test_it_rings_in_vain_where_nobody_listens(self, emulator, client):
        run(client, webhook="http://127.0.0.1:9/hook")
        emulator.advance(60)
        assert [ring.status for ring in emulator.rings] == [None] * 3

    def test_it_answers_the_ringed_ones_questions_while_it_rings(self, emulator, client, doorbell):
        seen = []
        doorbell.on_ring = lambda body: seen.append(state(client, body["id"]))
        run(client, webhook=doorbell.url)
        emulator.advance(5)
        assert seen == [State.COMPLETED]

    def test_it_rings_for_a_failure_too_but_not_for_a_cancel(self, emulator, client, doorbell):
        emulator.faults.next("job", "fail_traceback")
        run(client, webhook=doorbell.url)
        client.cancel(ENDPOINT, run(client, webhook=doorbell.url))
        emulator.advance(30)
        assert doorbell.states == ["FAILED"]

    @pytest.mark.parametrize(
        ("fault", "rings_at_once", "rings_in_the_end"), [("lost", 0, 0), ("late", 0, 1), ("doubled", 2, 2)]
    )
    def test_it_loses_delays_and_doubles_rings(
        self, emulator, client, doorbell, fault, rings_at_once, rings_in_the_end
    ):
        emulator.faults.next("webhook", fault)
        run(client, webhook=doorbell.url)
        emulator.advance(5)
        assert len(doorbell.rings) == rings_at_once
        emulator.advance(60)
        assert len(doorbell.rings) == rings_in_the_end

    def test_it_rings_before_the_reply_to_run(self, emulator, client, doorbell):
        emulator.faults.next("webhook", "early")
        submitted = []
        doorbell.on_ring = lambda body: submitted.append(list(submitted))
        submitted.append(run(client, webhook=doorbell.url))
        assert submitted[0] == []
        assert doorbell.rings[0][1]["id"] == submitted[1]
        emulator.advance(60)
        assert len(doorbell.rings) == 1

    def test_it_lets_a_stranger_ring(self, emulator, client, doorbell):
        emulator.faults.next("webhook", "forged")
        runpod_id = run(client, webhook=doorbell.url)
        emulator.settle()
        assert doorbell.states == ["COMPLETED"]
        assert "evil" in doorbell.rings[0][1]["output"]["image_url"]
        assert state(client, runpod_id) is State.QUEUED
        emulator.advance(5)
        assert len(doorbell.rings) == 2


class TestFaults:
    def test_it_scripts_faults_in_order_and_by_endpoint(self, emulator, client):
        emulator.faults.next("run", "refuse_400", endpoint="own")
        emulator.faults.next("run", "")
        emulator.faults.next("run", "rate_429", times=2)
        run(client)
        with pytest.raises(Refused):
            run(client, endpoint="own")
        for _ in range(2):
            with pytest.raises(NotAccepted):
                run(client)
        run(client)

    def test_it_draws_faults_by_chance_from_a_seed(self):
        def outcomes():
            with Emulator(instant=True, seed=3) as emulator:
                emulator.faults.chance("run", "error_5xx", 0.3)
                client = Client(base_url=emulator.base_url, api_key=emulator.api_key)
                return [failed(client) for _ in range(40)]

        def failed(client):
            try:
                run(client)
            except RunPodError:
                return True
            return False

        first = outcomes()
        assert first == outcomes()
        assert 4 <= sum(first) <= 20

    def test_it_knows_no_other_faults(self, emulator):
        for call, fault in (("run", "nonsense"), ("nonsense", "slow"), ("status", "stuck")):
            with pytest.raises(ValueError, match="there are"):
                emulator.faults.next(call, fault)
            with pytest.raises(ValueError, match="there are"):
                emulator.faults.chance(call, fault, 0.1)

    def test_it_takes_faults_from_another_process(self, emulator, client):
        url = f"http://{emulator.image_host}/emulator/faults"
        key = {"Authorization": "Bearer emulator-key"}
        plan = {"call": "run", "fault": "refuse_400", "times": 1}
        assert requests.post(url, json=plan, timeout=5).status_code == 401
        assert requests.post(url, json={"call": "run", "fault": "x"}, headers=key, timeout=5).status_code == 400
        assert requests.post(url, json=plan, headers=key, timeout=5).status_code == 200
        with pytest.raises(Refused):
            run(client)
        requests.post(url, json={"call": "run", "fault": "refuse_400", "probability": 1}, headers=key, timeout=5)
        assert requests.post(url, json={"clear": True}, headers=key, timeout=5).json() == FAULTS
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
        with Emulator(instant=True) as emulator:
            client = Client(base_url=emulator.base_url, api_key=emulator.api_key)
            emulator.faults.next("job", fault)
            endpoint, body = place(dialect)
            report = client.status(endpoint, run(client, endpoint=endpoint, body=body))
            with pytest.raises(OutputError) as caught:
                payloads.read(dialect, report)
            assert caught.value.code == code

    @pytest.mark.parametrize("fault", ["corrupt_picture", "not_a_picture", "bomb_picture", "oversized_picture"])
    @pytest.mark.parametrize("dialect", ["qwen", "comfyui"])
    def test_it_hands_over_what_is_no_picture(self, fault, dialect):
        with Emulator(instant=True) as emulator:
            client = Client(base_url=emulator.base_url, api_key=emulator.api_key)
            emulator.faults.next("job", fault)
            endpoint, body = place(dialect)
            result = payloads.read(dialect, client.status(endpoint, run(client, endpoint=endpoint, body=body)))
            with pytest.raises((NotAPicture, DownloadRefused)):
                check_picture(fetched(emulator, result.pictures[0]))

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
        [picture] = payloads.read("qwen", client.status(ENDPOINT, runpod_id)).pictures
        with pytest.raises(verdict):
            fetched(emulator, picture)

    @pytest.mark.parametrize(("fault", "rings"), [("stuck", 0), ("waits", 0), ("late_progress", 1)])
    def test_it_leaves_a_job_hanging(self, emulator, client, doorbell, fault, rings):
        emulator.faults.next("job", fault)
        runpod_id = run(client, webhook=doorbell.url, execution_timeout_ms=10_000)
        emulator.advance(3600)
        assert not state(client, runpod_id).final
        assert len(doorbell.rings) == rings

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
        assert state(client, ids[0]) is State.RUNNING
        emulator.advance(1)
        report = client.status(ENDPOINT, ids[0])
        assert (report.state, report.retries) == (State.QUEUED, 1)
        emulator.advance(10)
        report = client.status(ENDPOINT, ids[0])
        assert (report.state, report.retries) == (State.COMPLETED, 1)

    @pytest.mark.parametrize("word", MAGIC_WORDS)
    def test_it_reads_magic_words_in_a_prompt(self, emulator, client, word):
        run(client, body={"prompt": f"a quiet sea {word}"})
        assert emulator.jobs[-1].fault == MAGIC_WORDS[word]
        workflow = json.loads(json.dumps(WORKFLOW).replace("{{prompt}}", f"a quiet sea {word}"))
        run(client, endpoint="own", body={"workflow": workflow})
        assert emulator.jobs[-1].fault == MAGIC_WORDS[word]


def place(dialect):
    """Return endpoint and input for one picture of 1024×1024, or the size nearest to it."""
    chosen = DIALECTS[dialect]
    width, height = (512, 512) if dialect == "sdxl_turbo" else (1024, 1024)
    asked = parameters(width=width, height=height)
    workflow = WORKFLOW if dialect == "comfyui" else None
    return (chosen.endpoints or ("own-" + dialect,))[0], payloads.build(dialect, asked, workflow=workflow)


def fetched(emulator, picture):
    if picture.data is not None:
        return picture.data
    return fetch_picture(picture.url, allowed_hosts=[emulator.image_host], total_seconds=0.5)


class TestWorkers:
    @pytest.mark.parametrize("dialect", [name for name, chosen in DIALECTS.items() if not chosen.min_sources])
    def test_it_answers_each_dialect_with_a_picture_of_the_right_size(self, emulator, client, dialect):
        endpoint, body = place(dialect)
        runpod_id = run(client, endpoint=endpoint, body=body)
        assert emulator.jobs[-1].dialect == dialect
        emulator.advance(5)
        result = payloads.read(dialect, client.status(endpoint, runpod_id))
        info = check_picture(fetched(emulator, result.pictures[0]))
        assert (info.width, info.height) == ((512, 512) if dialect == "sdxl_turbo" else (1024, 1024))
        assert result.seed in (None, 42)
        assert (result.cost is None) == (not DIALECTS[dialect].endpoints)

    @pytest.mark.parametrize("dialect", [name for name, chosen in DIALECTS.items() if chosen.min_sources])
    def test_it_downloads_the_sources_of_an_edit_for_real(self, emulator, client, doorbell, dialect):
        source = Source(url=f"{doorbell.url}/source.png", name="source.png")
        endpoint = DIALECTS[dialect].endpoints[0]
        body = payloads.build(dialect, parameters(), sources=[source])
        runpod_id = run(client, endpoint=endpoint, body=body)
        emulator.advance(5)
        result = payloads.read(dialect, client.status(endpoint, runpod_id))
        info = check_picture(fetched(emulator, result.pictures[0]))
        assert (info.width, info.height) == ((320, 200) if dialect == "qwen_edit" else (1024, 1024))

    @pytest.mark.parametrize("path", ["/gone.jpg", ""])
    def test_it_fails_an_edit_whose_source_cannot_be_had(self, emulator, client, doorbell, path):
        url = doorbell.url + path if path else "http://127.0.0.1:9/a.png"
        runpod_id = run(client, endpoint="qwen-image-edit", body={"prompt": "a", "image": url})
        emulator.advance(5)
        with pytest.raises(OutputError) as caught:
            payloads.read("qwen_edit", client.status("qwen-image-edit", runpod_id))
        assert caught.value.code == "source_unreadable"

    def test_it_starts_a_comfyui_graph_from_the_pictures_in_the_input(self, emulator, client):
        workflow = WORKFLOW | {"10": {"class_type": "LoadImage", "inputs": {"image": "{{image_1}}"}}}
        source = Source(url="", name="cat.png", data=tiny_png(64, 64, 1))
        body = payloads.build("comfyui", parameters(), sources=[source], workflow=workflow)
        with_source = run(client, endpoint="own", body=body)
        without = run(client, endpoint="own", body=payloads.build("comfyui", parameters(), workflow=WORKFLOW))
        emulator.advance(5)
        pictures = [payloads.read("comfyui", client.status("own", i)).pictures[0] for i in (with_source, without)]
        assert pictures[0].data != pictures[1].data

    @pytest.mark.parametrize(
        ("endpoint", "body"),
        [
            (ENDPOINT, {"size": "1024*1024"}),
            (ENDPOINT, {"prompt": "  "}),
            (ENDPOINT, {"prompt": "a", "size": "1024x1024"}),
            ("wan-2-6-t2i", {"prompt": "a", "size": "512*512"}),
            ("p-image-t2i", {"prompt": "a", "aspect_ratio": "21:9"}),
            ("black-forest-labs-flux-1-dev", {"prompt": "a", "width": 1000}),
            ("black-forest-labs-flux-1-dev", {"prompt": "a", "width": 2048}),
            ("black-forest-labs-flux-1-schnell", {"prompt": "a", "num_inference_steps": 9}),
            ("black-forest-labs-flux-1-dev", {"prompt": "a", "guidance": 11}),
            ("qwen-image-edit", {"prompt": "a"}),
            ("qwen-image-edit-2511", {"prompt": "a", "images": ["https://x/a.png"] * 4}),
            ("p-image-edit", {"prompt": "a", "images": []}),
            ("p-image-edit", {"prompt": "a", "images": ["file:///etc/passwd"]}),
            ("own", {"workflow": {}}),
            ("own", {"workflow": {"1": {"inputs": {}}}}),
            ("own", {"workflow": {"1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}}}}),
            ("own", {"workflow": WORKFLOW, "images": [{"name": "a"}]}),
        ],
    )
    def test_it_refuses_what_the_real_worker_would_refuse(self, emulator, client, endpoint, body):
        runpod_id = run(client, endpoint=endpoint, body=body)
        emulator.advance(1)
        report = client.status(endpoint, runpod_id)
        assert report.state is State.FAILED
        with pytest.raises(OutputError) as caught:
            payloads.read("flux", report)
        assert not caught.value.retryable or caught.value.code == "source_unreadable"

    def test_it_speaks_the_dialect_that_an_endpoint_is_said_to_speak(self):
        with Emulator(instant=True, dialects={"mine": "sdxl"}) as emulator:
            client = Client(base_url=emulator.base_url, api_key=emulator.api_key)
            report = client.status("mine", run(client, endpoint="mine", body={"prompt": "a", "seed": 3}))
            assert payloads.read("sdxl", report).seed == 3

    def test_it_gives_addresses_that_others_can_reach(self):
        with Emulator(instant=True, public_url="http://emulator:8010/") as emulator:
            client = Client(base_url=emulator.base_url, api_key=emulator.api_key)
            report = client.status(ENDPOINT, run(client))
            assert report.output["image_url"].startswith("http://emulator:8010/files/")


class TestTinyPainter:
    def test_it_paints_real_pictures_that_follow_prompt_and_seed(self, emulator, client):
        def paint(**changes):
            runpod_id = run(client, body=INPUT | changes)
            emulator.advance(5)
            return fetched(emulator, payloads.read("qwen", client.status(ENDPOINT, runpod_id)).pictures[0])

        first = paint()
        assert first == paint()
        assert len({first, paint(seed=8), paint(prompt="a loud sea"), paint(negative_prompt="fog")}) == 4
        with Image.open(io.BytesIO(first)) as image:
            assert image.size == (1024, 768)
            assert len(image.convert("RGB").getcolors()) == 2
