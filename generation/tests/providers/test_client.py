"""Every way in which a call to RunPod can fail has its verdict, and none of them shows the key."""

import email.utils
import logging
import socket
import struct
import threading
import time

import pytest

from generation.demo.emulator import Emulator, EmulatorOptions
from generation.providers.access import HttpLimits
from generation.providers.call_errors import (
    CallFailed,
    EndpointMissing,
    Gone,
    JobRefused,
    KeyRefused,
    NotAccepted,
    OutcomeUnknown,
    ProviderError,
)
from generation.providers.job_report import RemoteState
from generation.providers.provider import Order
from generation.providers.runpod.provider import RunPod
from generation.testing.servers.raw_server import http, raw_server

KEY = "rpa_SECRETSECRETSECRET"
ENDPOINT = "qwen-image-t2i"
INPUT = {"prompt": "a quiet sea"}


@pytest.fixture(scope="module")
def emulator():
    with Emulator(EmulatorOptions(manual=True, api_key=KEY, rate_limits=False)) as emulator:
        yield emulator


def order(input, endpoint=ENDPOINT, webhook=None):
    return Order(endpoint_id=endpoint, input=input, webhook=webhook)


@pytest.fixture
def client(emulator):
    emulator.faults.clear()
    emulator.advance(60)  # what earlier tests left is done
    return RunPod(base_url=emulator.base_url, api_key=KEY, ttl_seconds=1200)


def client_of(server, **limits):
    return RunPod(base_url=server.base_url, api_key=KEY, limits=HttpLimits(**limits))


def test_it_submits_with_webhook_and_policy(emulator, client):
    submission = client.submit(order(INPUT, webhook="http://127.0.0.1:1/hook"))
    assert submission.state is RemoteState.QUEUED
    call = emulator.calls[-1]
    assert (call.method, call.path) == ("POST", f"/v2/{ENDPOINT}/run")
    assert call.json == {
        "input": INPUT,
        "webhook": "http://127.0.0.1:1/hook",
        "policy": {"executionTimeout": 600_000, "ttl": 1_200_000},
    }
    assert emulator.jobs[-1].id == submission.remote_id


@pytest.mark.parametrize(
    ("fault", "verdict", "taken"),
    [
        ("break_before", OutcomeUnknown, 0),
        ("break_after", OutcomeUnknown, 1),
        ("garbage", OutcomeUnknown, 1),
        ("truncated", OutcomeUnknown, 1),
        ("no_id", OutcomeUnknown, 1),
        ("error_5xx", OutcomeUnknown, 0),
        ("error_5xx_after", OutcomeUnknown, 1),
        ("html_502", OutcomeUnknown, 0),
        ("rate_429", NotAccepted, 0),
        ("rate_429_bare", NotAccepted, 0),
        ("refuse_400", JobRefused, 0),
        ("refuse_401", KeyRefused, 0),
        ("refuse_402", NotAccepted, 0),
        ("refuse_403", KeyRefused, 0),
        ("refuse_404", EndpointMissing, 0),
        ("refuse_413", JobRefused, 0),
    ],
)
def test_it_gives_a_verdict_on_every_failure_of_run_and_posts_once(
    emulator, client, fault, verdict, taken
):
    jobs, calls = len(emulator.jobs), len(emulator.calls)
    emulator.faults.next("run", fault)
    with pytest.raises(ProviderError) as caught:
        client.submit(order(INPUT))
    assert type(caught.value) is verdict
    assert len(emulator.jobs) - jobs == taken
    assert len(emulator.calls) - calls == 1


@pytest.mark.parametrize(
    ("fault", "code", "text"),
    [
        ("refuse_400", "invalid_input", "emulated fault: refuse_400"),
        ("refuse_413", "too_large", "emulated fault: refuse_413"),
    ],
)
def test_it_names_the_reason_of_a_refusal_and_keeps_the_vendors_text(
    emulator, client, fault, code, text
):
    emulator.faults.next("run", fault)
    with pytest.raises(JobRefused) as caught:
        client.submit(order(INPUT))
    assert caught.value.code == code
    assert caught.value.detail == text


def test_it_refuses_a_body_over_ten_megabytes_without_sending_it(emulator, client):
    calls = len(emulator.calls)
    with pytest.raises(JobRefused) as caught:
        client.submit(order({"prompt": "x" * 10_000_001}))
    assert caught.value.code == "too_large"
    assert len(emulator.calls) == calls


def test_it_knows_that_nothing_was_accepted_where_nobody_listens():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        client = RunPod(base_url=f"http://127.0.0.1:{unused.getsockname()[1]}/v2", api_key=KEY)
        with pytest.raises(NotAccepted) as caught:
            client.submit(order(INPUT))
    assert caught.value.__cause__ is not None
    assert caught.value.retry_after is None


def test_it_knows_that_nothing_was_accepted_when_the_name_does_not_resolve():
    client = RunPod(base_url="http://runpod.invalid/v2", api_key=KEY)
    with pytest.raises(NotAccepted):
        client.submit(order(INPUT))


def test_it_knows_that_nothing_was_accepted_when_tls_fails():
    with raw_server(http("200 OK", b"{}")) as server:
        client = RunPod(
            base_url=f"https://127.0.0.1:{server.port}/v2",
            api_key=KEY,
            limits=HttpLimits(connect_seconds=0.2),
        )
        with pytest.raises(NotAccepted):
            client.submit(order(INPUT))
    assert all(b"POST" not in request for request in server.requests)


@pytest.mark.slow
def test_it_does_not_know_when_the_reply_never_comes():
    gone = threading.Event()
    with raw_server(lambda connection: gone.wait(10) and None) as server:
        try:
            with pytest.raises(OutcomeUnknown):
                client_of(server, read_seconds=0.2).submit(order(INPUT))
        finally:
            gone.set()


@pytest.mark.slow
def test_it_sends_ten_megabytes_over_a_line_that_takes_longer_than_any_timeout():
    paused = threading.Event()  # never set
    received = []

    def read_slowly(listener):
        connection, _ = listener.accept()
        with connection:
            size, pauses = len(connection.recv(65_536)), 40
            while size < 9_900_000:
                if pauses:  # each is short, so that a busy machine does not make it a timeout
                    paused.wait(0.04)
                    pauses -= 1
                size += len(connection.recv(65_536))
            received.append(size)
            connection.sendall(http("200 OK", b'{"id": "one", "status": "IN_QUEUE"}'))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        threading.Thread(target=read_slowly, args=(listener,), daemon=True).start()
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}/v2"
        client = RunPod(
            base_url=base_url, api_key=KEY, limits=HttpLimits(connect_seconds=0.1, read_seconds=1)
        )
        submission = client.submit(order({"image": "x" * 9_900_000}))
    assert submission.remote_id == "one"
    assert received[0] > 9_900_000


def test_it_does_not_know_when_the_connection_is_reset_after_sending():
    def reset(connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with raw_server(reset) as server, pytest.raises(OutcomeUnknown):
        client_of(server).submit(order(INPUT))
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        http("200 OK", b'{"id": 5, "status": "IN_QUEUE"}'),
        http("200 OK", b"[]"),
        http("200 OK", b""),
        http("202 Accepted", b"<html>"),
        http("408 Request Timeout"),
        http("409 Conflict"),
        http("503 Service Unavailable", b"", "Retry-After: 5"),
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",
        b"not http at all",
    ],
)
def test_it_does_not_know_after_any_other_reply(answer):
    with raw_server(answer) as server, pytest.raises(OutcomeUnknown):
        client_of(server).submit(order(INPUT))
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", ["302 Found", "307 Temporary Redirect"])
def test_it_follows_no_redirect(status):
    accepted = http("200 OK", b'{"id": "a", "status": "IN_QUEUE"}')
    with raw_server(accepted) as other:
        redirect = http(status, b"", f"Location: {other.base_url}/elsewhere")
        with raw_server(redirect) as server:
            with pytest.raises(OutcomeUnknown):
                client_of(server).submit(order(INPUT))
            with pytest.raises(CallFailed):
                client_of(server).report((ENDPOINT, "a"))
    assert other.requests == []


@pytest.mark.parametrize(
    ("value", "expected"), [("7", 7.0), ("86400", 3600.0), ("soon", None), ("", None), ("-5", None)]
)
def test_it_honors_retry_after_in_seconds(value, expected):
    with raw_server(http("429 Too Many Requests", b"{}", f"Retry-After: {value}")) as server:
        with pytest.raises(NotAccepted) as caught:
            client_of(server).submit(order(INPUT))
        assert caught.value.retry_after == expected
        with pytest.raises(CallFailed) as caught_too:
            client_of(server).report((ENDPOINT, "a"))
        assert caught_too.value.retry_after == expected


def test_it_honors_retry_after_as_a_date():
    when = email.utils.formatdate(time.time() + 30, usegmt=True)
    answer = http("429 Too Many Requests", b"{}", f"Retry-After: {when}")
    with raw_server(answer) as server, pytest.raises(NotAccepted) as caught:
        client_of(server).submit(order(INPUT))
    assert caught.value.retry_after is not None
    assert 25 < caught.value.retry_after <= 30


def test_it_reads_a_job_from_queue_to_end(emulator, client):
    remote_id = client.submit(order(INPUT)).remote_id
    assert client.report((ENDPOINT, remote_id)).state is RemoteState.QUEUED
    emulator.advance(2)
    running = client.report((ENDPOINT, remote_id))
    assert running.state is RemoteState.RUNNING
    assert (running.step, running.steps) == (8, 20)
    emulator.advance(3)
    done = client.report((ENDPOINT, remote_id))
    assert done.state is RemoteState.COMPLETED
    assert done.execution_ms == 5000
    assert done.output["cost"] == 0.02


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        ("lost_404", Gone),
        ("rate_429", CallFailed),
        ("error_5xx", CallFailed),
        ("html_502", CallFailed),
        ("break_before", CallFailed),
        ("garbage", CallFailed),
        ("truncated", CallFailed),
        ("refuse_401", KeyRefused),
        ("refuse_403", KeyRefused),
        ("other_job", CallFailed),
    ],
)
def test_it_gives_a_verdict_on_every_failure_of_a_read(emulator, client, fault, verdict):
    remote_id = client.submit(order(INPUT)).remote_id
    emulator.faults.next("status", fault)
    with pytest.raises(ProviderError) as caught:
        client.report((ENDPOINT, remote_id))
    assert type(caught.value) is verdict
    assert client.report((ENDPOINT, remote_id)).remote_id == remote_id


def test_it_cancels_and_learns_the_true_state_of_a_finished_job(emulator, client):
    remote_id = client.submit(order(INPUT)).remote_id
    client.cancel((ENDPOINT, remote_id))
    assert client.report((ENDPOINT, remote_id)).state is RemoteState.CANCELED
    finished = client.submit(order(INPUT)).remote_id
    emulator.advance(6)
    client.cancel((ENDPOINT, finished))
    assert client.report((ENDPOINT, finished)).state is RemoteState.COMPLETED
    with pytest.raises(Gone):
        client.cancel((ENDPOINT, "nobody-u1"))


def test_it_counts_jobs_and_workers(emulator, client):
    for _ in range(4):
        client.submit(order(INPUT, "own-endpoint"))
    assert client.health("own-endpoint").in_queue == 4
    emulator.advance(60)
    health = client.health("own-endpoint")
    assert (health.in_queue, health.in_progress) == (0, 0)
    assert health.workers["idle"] == health.workers_total == 3


def test_it_tells_a_missing_endpoint_and_a_wrong_key_apart(emulator):
    with pytest.raises(EndpointMissing):
        RunPod(base_url=emulator.base_url, api_key=KEY).health("missing-endpoint")
    with pytest.raises(KeyRefused) as caught:
        RunPod(base_url=emulator.base_url, api_key="another").health(ENDPOINT)
    assert caught.value.status == 401


def test_it_refuses_empty_ids_and_quotes_odd_ones(emulator, client):
    for remote_id in ("", ".."):
        with pytest.raises(ValueError, match="empty"):
            client.report((ENDPOINT, remote_id))
    with pytest.raises(Gone):
        client.report((ENDPOINT, "../../health?x=1#y"))


def test_it_never_shows_the_key(emulator, caplog):
    echo = http("400 Bad Request", b'{"error": "bad key ' + KEY.encode() + b'"}')
    with caplog.at_level(logging.DEBUG), raw_server(echo) as server:
        client = client_of(server)
        with pytest.raises(JobRefused) as caught:
            client.submit(order(INPUT))
        assert caught.value.detail == "bad key ***"
        with pytest.raises(CallFailed) as caught_too:
            client.report((ENDPOINT, "a"))
        shown = repr(client) + repr(caught.value) + repr(caught_too.value) + caught_too.value.detail
    assert KEY not in shown + caplog.text


def test_it_takes_a_key_with_a_newline_and_refuses_one_that_fits_no_header(emulator):
    assert (
        RunPod(base_url=emulator.base_url, api_key=KEY + "\n").health(ENDPOINT).workers_total == 3
    )
    with pytest.raises(ValueError, match="header") as caught:
        RunPod(base_url=emulator.base_url, api_key="two\nlines")
    assert "two" not in str(caught.value)


def test_it_lets_no_netrc_replace_the_key(emulator, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login alice password wrong\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert RunPod(base_url=emulator.base_url, api_key=KEY).health(ENDPOINT).workers_total == 3
