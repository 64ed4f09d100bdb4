"""The client's connections: kept, shared by threads, bounded, not inherited by a fork."""

import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from generation.demo.emulator import Emulator, EmulatorOptions
from generation.providers import connection_pool
from generation.providers.access import HttpLimits
from generation.providers.call_errors import CallFailed, NotAccepted
from generation.providers.provider import Order
from generation.providers.runpod.provider import RunPod
from generation.testing.servers.raw_server import raw_server
from generation.testing.threads import until_set

ENDPOINT = "qwen-image-t2i"
INPUT = {"prompt": "a quiet sea"}


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(EmulatorOptions(manual=True)) as emulator:
        yield emulator


def order(input: dict[str, str], endpoint: str = ENDPOINT) -> Order:
    return Order(endpoint_id=endpoint, input=input, webhook=None)


@pytest.fixture
def client(emulator: Emulator) -> RunPod:
    return RunPod(base_url=emulator.base_url, api_key=emulator.api_key)


def test_it_waits_for_its_turn_and_gives_up_in_time():
    gone, asked = threading.Event(), threading.Event()

    def hold(connection):
        asked.set()
        gone.wait()

    with raw_server(hold) as server:
        limits = HttpLimits(pool_kept=1, pool_max=1, pool_wait_seconds=0.05, read_seconds=60)
        client = RunPod(base_url=server.base_url, api_key="test", limits=limits)

        def wait_for_nothing():
            with pytest.raises(CallFailed):
                client.report((ENDPOINT, "a"))

        first = threading.Thread(target=wait_for_nothing)
        first.start()
        until_set(asked, first)
        try:
            with pytest.raises(NotAccepted):
                client.submit(order(INPUT))
            with pytest.raises(CallFailed):
                client.report((ENDPOINT, "a"))
        finally:
            gone.set()
            first.join()
    assert len(server.requests) == 1


def test_it_is_shared_by_threads_over_kept_connections(emulator, client):
    ids: list[str] = []

    def submit():
        ids.extend(client.submit(order(INPUT, "threads")).remote_id for _ in range(10))

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 80


def test_it_opens_a_new_connection_instead_of_one_that_idled(emulator, client, monkeypatch):
    opened = []
    connect = socket.socket.connect
    monkeypatch.setattr(
        socket.socket,
        "connect",
        lambda self, where: (opened.append(where), connect(self, where))[1],
    )
    client.health(ENDPOINT)
    client.health(ENDPOINT)
    here = ("127.0.0.1", urlsplit(emulator.base_url).port)  # others may go to Redis meanwhile
    assert opened.count(here) == 1
    monkeypatch.setattr(connection_pool, "MAX_IDLE_SECONDS", 0.0)
    client.health(ENDPOINT)
    assert opened.count(here) == 2
