"""For the tests of the emulator: one whose clock stands, a client of it, a webhook receiver."""

import pytest

from generation.demo.emulator import Emulator, EmulatorOptions
from generation.providers.runpod.client import RunPodClient
from generation.testing.servers.emulator import WebhookReceiver


@pytest.fixture
def webhook_receiver():
    receiver = WebhookReceiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@pytest.fixture
def emulator():
    with Emulator(EmulatorOptions(manual=True)) as emulator:
        yield emulator


@pytest.fixture
def client(emulator):
    client = RunPodClient(base_url=emulator.base_url, api_key=emulator.api_key)
    yield client
    client.close()
