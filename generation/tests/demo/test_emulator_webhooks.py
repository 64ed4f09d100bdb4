"""The emulator delivers webhooks as RunPod does, and loses, delays, doubles and forges them as asked."""

import pytest

from generation.testing.servers.emulator import ENDPOINT, INPUT, run

pytestmark = pytest.mark.release("generation/demo/")


class TestWebhook:
    def test_it_rings_once_with_the_whole_result(self, emulator, client, webhook_receiver):
        runpod_id = run(client, webhook=webhook_receiver.url + "/hook/secret")
        emulator.advance(4)
        assert webhook_receiver.deliveries == []
        emulator.advance(60)
        [(path, body)] = webhook_receiver.deliveries
        assert path == "/hook/secret"
        assert body["id"] == runpod_id
        assert (body["status"], body["input"], body["webhook"]) == (
            "COMPLETED",
            INPUT,
            webhook_receiver.url + "/hook/secret",
        )
        assert body["output"] == client.status(ENDPOINT, runpod_id).output
        assert [(delivery.job_id, delivery.status) for delivery in emulator.deliveries] == [
            (runpod_id, 200)
        ]
