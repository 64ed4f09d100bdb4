"""The emulator delivers webhooks as RunPod does, and loses, delays, doubles and forges them as asked."""

import pytest

from generation.providers.job_report import RemoteState
from generation.testing.servers.emulator import ENDPOINT, INPUT, run, state

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

    def test_it_rings_twice_more_ten_seconds_apart_unless_answered_with_200(
        self, emulator, client, webhook_receiver
    ):
        webhook_receiver.answers = [500, 302, 204, 404]
        run(client, webhook=webhook_receiver.url)
        for seconds, deliveries in ((5, 1), (9, 1), (1, 2), (10, 3), (100, 3)):
            emulator.advance(seconds)
            assert len(webhook_receiver.deliveries) == deliveries

    def test_it_rings_in_vain_where_nobody_listens(self, emulator, client):
        run(client, webhook="http://127.0.0.1:9/hook")
        emulator.advance(60)
        assert [delivery.status for delivery in emulator.deliveries] == [None] * 3

    def test_it_answers_the_ringed_ones_questions_while_it_rings(
        self, emulator, client, webhook_receiver
    ):
        seen = []
        webhook_receiver.on_delivery = lambda body: seen.append(state(client, body["id"]))
        run(client, webhook=webhook_receiver.url)
        emulator.advance(5)
        assert seen == [RemoteState.COMPLETED]

    def test_it_rings_for_a_failure_too_but_not_for_a_cancel(
        self, emulator, client, webhook_receiver
    ):
        emulator.faults.next("job", "fail_traceback")
        run(client, webhook=webhook_receiver.url)
        client.cancel(ENDPOINT, run(client, webhook=webhook_receiver.url))
        emulator.advance(30)
        assert webhook_receiver.states == ["FAILED"]

    @pytest.mark.parametrize(
        ("fault", "deliveries_at_once", "deliveries_in_the_end"),
        [("lost", 0, 0), ("late", 0, 1), ("doubled", 2, 2)],
    )
    def test_it_loses_delays_and_doubles_rings(
        self, emulator, client, webhook_receiver, fault, deliveries_at_once, deliveries_in_the_end
    ):
        emulator.faults.next("webhook", fault)
        run(client, webhook=webhook_receiver.url)
        emulator.advance(5)
        assert len(webhook_receiver.deliveries) == deliveries_at_once
        emulator.advance(60)
        assert len(webhook_receiver.deliveries) == deliveries_in_the_end

    def test_it_rings_before_the_reply_to_run(self, emulator, client, webhook_receiver):
        emulator.faults.next("webhook", "early")
        submitted = []
        webhook_receiver.on_delivery = lambda body: submitted.append(list(submitted))
        submitted.append(run(client, webhook=webhook_receiver.url))
        assert submitted[0] == []
        assert webhook_receiver.deliveries[0][1]["id"] == submitted[1]
        emulator.advance(60)
        assert len(webhook_receiver.deliveries) == 1

    def test_it_lets_a_stranger_ring(self, emulator, client, webhook_receiver):
        emulator.faults.next("webhook", "forged")
        runpod_id = run(client, webhook=webhook_receiver.url)
        emulator.settle()
        assert webhook_receiver.states == ["COMPLETED"]
        assert "evil" in webhook_receiver.deliveries[0][1]["output"]["image_url"]
        assert state(client, runpod_id) is RemoteState.QUEUED
        emulator.advance(5)
        assert len(webhook_receiver.deliveries) == 2

    def test_it_names_another_job_as_a_third_party(self, emulator, client, webhook_receiver):
        other = run(client)
        state(client, other)
        emulator.faults.next("webhook", "foreign")
        run(client, webhook=webhook_receiver.url)
        emulator.settle()
        [(_, body)] = webhook_receiver.deliveries
        assert (body["id"], body["status"]) == (other, "COMPLETED")
        assert [(one.job_id, one.forged) for one in emulator.deliveries] == [(other, True)]
