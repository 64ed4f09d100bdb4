"""A sweep reads hundreds of jobs at once.

Over HTTP/2 and HTTP/1.1, and one job's trouble is its own.
"""

import asyncio
import contextlib
import json
import socket
import ssl
import threading
from collections import Counter

import pytest
from httpcore2 import ConnectTimeout
from hypercorn.asyncio import serve
from hypercorn.config import Config

from generation.demo.emulator import Emulator, EmulatorOptions
from generation.providers.access import HttpLimits
from generation.providers.call_errors import CallFailed, Gone
from generation.providers.job_report import JobReport, RemoteState
from generation.providers.provider import Order
from generation.providers.replies import MAX_REPLY_BYTES
from generation.providers.runpod.provider import RunPod, runpod_sweep
from generation.providers.status_sweep import BATCH
from generation.testing.servers.certificate import make_certificate

pytestmark = pytest.mark.slow

ENDPOINT = "qwen-image-t2i"


class TLSServer:
    """Answers /status over HTTP/2 and TLS.

    Each reply 50 ms after its request, and counts connections and streams. With `wait_for`, no
    reply is sent before these counts have been reached, however slow the machine is: `connections`,
    `most_streams`.
    """

    def __init__(self, folder, protocols=("h2", "http/1.1")):
        certificate, key = make_certificate(folder)
        self.trusting = ssl.create_default_context(cafile=certificate)
        self.requests, self.plan = [], {}
        self.streams, self.most_streams = Counter(), 0
        self.wait_for = {}
        listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = listener.getsockname()[1]
        self._config = Config()
        self._config.bind = [f"fd://{listener.detach()}"]
        self._config.graceful_timeout = 0.1
        self._config.alpn_protocols = list(protocols)
        self._config.certfile, self._config.keyfile = certificate, key
        self._config.errorlog = None
        self._stop = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        self._loop.run_until_complete(
            serve(self._app, self._config, shutdown_trigger=self._stop.wait)
        )

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(1)
        if (
            not self._thread.is_alive()
        ):  # else it still waits for a client to hang up; it is a daemon
            self._loop.close()

    @property
    def connections(self):
        return {client for client, _ in self.requests}

    def count(self, name):
        return len(self.connections) if name == "connections" else getattr(self, name)

    async def _app(self, scope, receive, send):
        if scope["type"] == "lifespan":
            while (message := await receive())["type"] != "lifespan.shutdown":
                await send({"type": message["type"] + ".complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        self.requests.append((scope["client"], scope["http_version"]))
        self.streams[scope["client"]] += 1
        self.most_streams = max(self.most_streams, self.streams[scope["client"]])
        remote_id = scope["path"].rsplit("/", 1)[1]
        status, body, pause = self.plan.get(
            remote_id, (200, json.dumps({"id": remote_id, "status": "IN_QUEUE"}), 0.05)
        )
        while any(self.count(name) < least for name, least in self.wait_for.items()):
            await asyncio.sleep(0.01)
        await asyncio.sleep(pause)
        await send(
            {"type": "http.response.start", "status": status, "headers": [(b"retry-after", b"3")]}
        )
        await send({"type": "http.response.body", "body": body.encode()})
        self.streams[scope["client"]] -= 1


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with TLSServer(tmp_path_factory.mktemp("certificate")) as server:
        yield server


HASTY = {"limits": HttpLimits(sweep_seconds=0.3)}
PATIENT = {
    "limits": HttpLimits(sweep_seconds=60),
    "total_seconds": 120,
}  # a busy machine must not look like a silent server


@pytest.fixture
def over_tls(server):
    server.requests.clear()
    server.plan.clear()
    server.wait_for.clear()
    server.most_streams = 0
    sweep = runpod_sweep(
        base_url=f"https://127.0.0.1:{server.port}/v2",
        api_key="key",
        tls_context=server.trusting,
        **PATIENT,
    )
    yield sweep
    sweep.close()


def refs(number):
    return [(ENDPOINT, f"job-{n}-u1") for n in range(number)]


def test_it_asks_for_400_jobs_over_4_connections_with_no_more_streams_than_servers_allow(
    server, over_tls
):
    server.wait_for |= {"connections": 4, "most_streams": 6}
    found = over_tls.read(refs(400))
    assert sum(isinstance(report, JobReport) for report in found.values()) == 400
    assert sorted(Counter(client for client, _ in server.requests).values()) == [100, 100, 100, 100]
    assert 5 < server.most_streams <= BATCH < 100


def test_it_loses_no_report_to_anothers_trouble_over_http2(server, over_tls):
    server.plan |= {
        "job-1-u1": (404, "{}", 0),
        "job-2-u1": (500, "oops", 0),
        "job-3-u1": (429, "{}", 0),
        "job-4-u1": (200, "not json", 0),
        "job-5-u1": (200, '{"id": "job-6-u1", "status": "COMPLETED"}', 0),
        "job-7-u1": (502, "<html>", 0),
    }
    found = over_tls.read(refs(200))
    trouble = {
        ref[1]: type(outcome)
        for ref, outcome in found.items()
        if not isinstance(outcome, JobReport)
    }
    assert trouble == {"job-1-u1": Gone} | {f"job-{n}-u1": CallFailed for n in (2, 3, 4, 5, 7)}
    assert found[(ENDPOINT, "job-3-u1")].retry_after == 3
    assert len(found) == 200


def test_it_gives_up_what_does_not_answer_in_time_over_http2(server):
    server.plan |= {"job-8-u1": (200, "{}", 5)}
    sweep = runpod_sweep(
        base_url=f"https://127.0.0.1:{server.port}/v2",
        api_key="key",
        tls_context=server.trusting,
        limits=HttpLimits(sweep_seconds=0.5),
    )
    found = sweep.read(refs(9))
    assert isinstance(found[(ENDPOINT, "job-8-u1")], CallFailed)
    assert len(found) == 9
    sweep.close()


@contextlib.contextmanager
def full():
    """Yield the port of a server whose queue is full.

    The kernel takes no further connection to it.
    """
    with socket.socket() as listener, contextlib.ExitStack() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            visitor = waiting.enter_context(socket.socket())
            visitor.setblocking(False)
            visitor.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_it_gives_up_connecting_long_before_reading(scheme):
    with full() as port:
        limits = HttpLimits(connect_seconds=0.1, sweep_seconds=3600)
        sweep = runpod_sweep(
            base_url=f"{scheme}://127.0.0.1:{port}/v2",
            api_key="k",
            limits=limits,
            total_seconds=3600,
        )
        found = sweep.read(refs(40))
    assert ConnectTimeout in {type(outcome.__cause__) for outcome in found.values()}
    assert {type(outcome) for outcome in found.values()} == {CallFailed}


def test_it_gives_up_a_server_that_does_not_shake_hands():
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        limits = HttpLimits(connect_seconds=0.1, sweep_seconds=3600)
        port = deaf.getsockname()[1]
        sweep = runpod_sweep(
            base_url=f"https://127.0.0.1:{port}/v2", api_key="k", limits=limits, total_seconds=3600
        )
        found = sweep.read(refs(1))
    assert {type(outcome) for outcome in found.values()} == {CallFailed}


def test_it_reads_more_than_one_batch_on_a_connection(server, over_tls):
    sweep = runpod_sweep(
        base_url=f"https://127.0.0.1:{server.port}/v2",
        api_key="key",
        tls_context=server.trusting,
        limits=HttpLimits(sweep_connections=1, sweep_seconds=60),
        total_seconds=120,
    )
    found = sweep.read(refs(BATCH * 2 + 1))
    assert all(isinstance(report, JobReport) for report in found.values())
    assert len(server.connections) == 1
    sweep.close()


def test_it_believes_no_unknown_certificate(server):
    found = runpod_sweep(base_url=f"https://127.0.0.1:{server.port}/v2", api_key="key").read(
        refs(20)
    )
    assert {type(outcome) for outcome in found.values()} == {CallFailed}


@pytest.fixture(scope="module")
def emulator():
    with Emulator(EmulatorOptions(instant=True, slow_seconds=3, rate_limits=False)) as emulator:
        client = RunPod(base_url=emulator.base_url, api_key=emulator.api_key)
        order = Order(endpoint_id=ENDPOINT, input={"prompt": "a"}, webhook=None)
        emulator.refs = [(ENDPOINT, client.submit(order).remote_id) for _ in range(60)]
        yield emulator


def test_it_reads_from_a_server_that_speaks_only_http1(emulator):
    sweep = runpod_sweep(base_url=emulator.base_url, api_key=emulator.api_key, **PATIENT)
    found = sweep.read([*emulator.refs, (ENDPOINT, "nobody-u1"), emulator.refs[0]])
    assert len(found) == 61
    assert isinstance(found.pop((ENDPOINT, "nobody-u1")), Gone)
    assert {report.state for report in found.values()} == {RemoteState.COMPLETED}
    assert all(report.remote_id == ref[1] for ref, report in found.items())
    sweep.close()


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        ("lost_404", Gone),
        ("rate_429", CallFailed),
        ("error_5xx", CallFailed),
        ("html_502", CallFailed),
        ("break_before", CallFailed),
        ("break_after", CallFailed),
        ("garbage", CallFailed),
        ("truncated", CallFailed),
        ("slow", CallFailed),
    ],
)
def test_it_loses_no_report_to_anothers_trouble_over_http1(emulator, fault, verdict):
    emulator.faults.next("status", "", times=9)
    emulator.faults.next("status", fault)
    sweep = runpod_sweep(
        base_url=emulator.base_url,
        api_key=emulator.api_key,
        **(HASTY if fault == "slow" else PATIENT),
    )
    found = sweep.read(emulator.refs)
    trouble = [type(outcome) for outcome in found.values() if not isinstance(outcome, JobReport)]
    assert verdict in trouble if fault == "slow" else trouble == [verdict]
    assert len(found) == 60
    sweep.close()


def test_it_is_done_in_time_when_nothing_answers():
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        sweep = runpod_sweep(
            base_url=f"http://127.0.0.1:{deaf.getsockname()[1]}/v2",
            api_key="k",
            limits=HttpLimits(sweep_seconds=3600),
            total_seconds=0.2,
        )
        found = sweep.read(refs(50))
    assert list(found) == refs(50)
    assert {type(outcome) for outcome in found.values()} == {CallFailed}


def test_it_never_shows_the_key():
    sweep = runpod_sweep(base_url="http://127.0.0.1:1/v2", api_key="rpa_SECRET")
    outcome = sweep.read(refs(1))[refs(1)[0]]
    assert "rpa_SECRET" not in repr(sweep) + repr(outcome) + outcome.detail


def test_it_reads_no_more_of_a_reply_than_its_limit(server, over_tls):
    server.plan |= {"job-0-u1": (200, " " * (MAX_REPLY_BYTES + 1), 0)}
    found = over_tls.read(refs(2))
    assert str(MAX_REPLY_BYTES) in found[refs(2)[0]].detail
    assert isinstance(found[refs(2)[1]], JobReport)
