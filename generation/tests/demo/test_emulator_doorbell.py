"""The emulator rings as RunPod does, and loses, delays, doubles and forges rings as asked."""

import pytest

from artgen.testing.emulator import ENDPOINT, INPUT, run, state
from generation.runpod.report import State


class TestDoorbell:
    def test_it_rings_once_with_the_whole_result(self, emulator, client, doorbell):
        runpod_id = run(client, webhook=doorbell.url + "/hook/secret")
        emulator.advance(4)
        assert doorbell.rings == []
        emulator.advance(60)
        [(path, body)] = doorbell.rings
        assert path == "/hook/secret"
        assert body["id"] == runpod_id
        assert (body["status"], body["input"], body["webhook"]) == (
            "COMPLETED",
            INPUT,
            doorbell.url + "/hook/secret",
        )
        assert body["output"] == client.status(ENDPOINT, runpod_id).output
        assert [(delivery.job_id, delivery.status) for delivery in emulator.deliveries] == [
            (runpod_id, 200)
        ]

    def test_it_rings_twice_more_ten_seconds_apart_unless_answered_with_200(
        self, emulator, client, doorbell
    ):
        doorbell.answers = [500, 302, 204, 404]
        run(client, webhook=doorbell.url)
        for seconds, rings in ((5, 1), (9, 1), (1, 2), (10, 3), (100, 3)):
            emulator.advance(seconds)
            assert len(doorbell.rings) == rings

    def test_it_rings_in_vain_where_nobody_listens(self, emulator, client):
        run(client, webhook="http://127.0.0.1:9/hook")
        emulator.advance(60)
        assert [delivery.status for delivery in emulator.deliveries] == [None] * 3

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
        ("fault", "rings_at_once", "rings_in_the_end"),
        [("lost", 0, 0), ("late", 0, 1), ("doubled", 2, 2)],
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
