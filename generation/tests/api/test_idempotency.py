"""The Idempotency-Key: the same request twice is one."""

import threading
from collections import Counter
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.test import TransactionTestCase

from accounts.credits import ledger, ledger_check
from accounts.models import CreditEntry
from accounts.tokens import tokens
from generation.models import IdempotencyKey, Job, JobEvent
from generation.testing.cases import load_catalog, make_user
from generation.testing.rows.api import FLUX, Api, ApiTestCase, stored

JOBS, BATCHES = "/api/v1/jobs/", "/api/v1/batches/"


class TestKey(ApiTestCase):
    def test_it_answers_the_same_job_again(self) -> None:
        first = self.api.post(JOBS, FLUX, **{"Idempotency-Key": "k1"})
        before = stored()
        again = self.api.post(JOBS, FLUX, **{"Idempotency-Key": "k1"})
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json() == first.json()
        assert stored() == before

    def test_each_user_has_keys_of_their_own(self) -> None:
        others = Api(tokens.issue(user=self.bob, name="b"))
        users = (self.api, others, self.api, others)
        answers = [api.post(JOBS, FLUX, **{"Idempotency-Key": "k"}) for api in users]
        assert [answer.status_code for answer in answers] == [201, 201, 200, 200]
        ids = [answer.json()["id"] for answer in answers]
        assert ids[:2] == ids[2:]

    def test_it_answers_the_job_as_it_is_now(self) -> None:
        job = self.api.post(JOBS, FLUX, **{"Idempotency-Key": "k1"}).json()
        self.api.post(f"{JOBS}{job['id']}/cancel/")
        assert self.api.post(JOBS, FLUX, **{"Idempotency-Key": "k1"}).json()["status"] == "canceled"

    def test_it_answers_the_same_batch_again(self) -> None:
        body = FLUX | {"count": 3}
        first = self.api.post(BATCHES, body, **{"Idempotency-Key": "k1"})
        before = stored()
        again = self.api.post(BATCHES, body, **{"Idempotency-Key": "k1"})
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json() == first.json()
        assert stored() == before

    def test_it_takes_fields_in_any_order_for_the_same_body(self) -> None:
        self.api.post(JOBS, FLUX, **{"Idempotency-Key": "k1"})
        turned = dict(reversed(FLUX.items()))
        assert self.api.post(JOBS, turned, **{"Idempotency-Key": "k1"}).status_code == 200

    def test_it_refuses_another_body_under_the_same_key(self) -> None:
        self.api.post(JOBS, FLUX, **{"Idempotency-Key": "k1"})
        before = stored()
        for path, body in ((JOBS, FLUX | {"seed": 1}), (BATCHES, FLUX), (JOBS, {})):
            response = self.api.post(path, body, **{"Idempotency-Key": "k1"})
            self.assert_problem(response, 422, "idempotency_key_reused")
        assert stored() == before

    def test_it_keeps_keys_apart_by_user(self) -> None:
        mine = self.api.post(JOBS, FLUX, **{"Idempotency-Key": "k1"}).json()
        theirs = self.others.post(JOBS, FLUX, **{"Idempotency-Key": "k1"})
        assert theirs.status_code == 201
        assert theirs.json()["id"] != mine["id"]

    def test_it_says_that_what_was_placed_is_gone(self) -> None:
        self.api.post(JOBS, FLUX, **{"Idempotency-Key": "k1"})
        Job.objects.all().delete()
        response = self.api.post(JOBS, FLUX, **{"Idempotency-Key": "k1"})
        self.assert_problem(response, 409, "idempotency_key_busy")

    def test_it_forgets_the_key_of_a_refusal(self) -> None:
        ledger.adjust(user=self.alice, amount=-100, reason="for the test")
        before = stored()
        response = self.api.post(JOBS, FLUX, **{"Idempotency-Key": "k1"})
        self.assert_problem(response, 402, "too_few_credits")
        assert stored() == before
        ledger.grant(user=self.alice, amount=3, reason="for the test")
        assert self.api.post(JOBS, FLUX, **{"Idempotency-Key": "k1"}).status_code == 201

    def test_it_takes_keys_of_255_characters_and_none_longer(self) -> None:
        assert self.api.post(JOBS, FLUX, **{"Idempotency-Key": "k" * 255}).status_code == 201
        before = stored()
        for key, code in (
            ("k" * 256, "max_length"),
            ("", "invalid"),
            ("a\x00b", "invalid"),
            ("ключ", "invalid"),
        ):
            for path in (JOBS, BATCHES):
                response = self.api.post(path, FLUX, **{"Idempotency-Key": key})
                self.assert_problem(response, 400, "invalid", fields={"Idempotency-Key": code})
        assert stored() == before


class TestTwins(TransactionTestCase):
    """Eight equal requests at once."""

    TWINS = 8

    def setUp(self) -> None:
        cache.clear()
        load_catalog()
        self.alice = make_user("alice@example.org")
        self.token = tokens.issue(user=self.alice, name="test")

    def test_it_places_one_job_for_eight_twins(self) -> None:
        answers = self._all_at_once(JOBS, FLUX, **{"Idempotency-Key": "k1"})
        statuses = Counter(response.status_code for response in answers)
        assert statuses[201] == 1
        assert statuses[200] == self.TWINS - 1
        assert len({response.json()["id"] for response in answers}) == 1
        assert (Job.objects.count(), JobEvent.objects.count(), IdempotencyKey.objects.count()) == (
            1,
            1,
            1,
        )
        assert CreditEntry.objects.filter(kind="hold").count() == 1
        assert ledger_check.check() == []

    def test_it_places_one_batch_for_eight_twins(self) -> None:
        answers = self._all_at_once(BATCHES, FLUX | {"count": 2}, **{"Idempotency-Key": "k1"})
        assert Counter(response.status_code for response in answers) == {
            201: 1,
            200: self.TWINS - 1,
        }
        assert len({response.json()["id"] for response in answers}) == 1
        assert Job.objects.count() == 2

    def test_it_never_lets_twins_spend_more_than_there_is(self) -> None:
        ledger.adjust(user=self.alice, amount=-93, reason="for the test")
        answers = self._all_at_once(JOBS, FLUX)
        assert Counter(response.status_code for response in answers) == {
            201: 2,
            402: self.TWINS - 2,
        }
        self.alice.refresh_from_db()
        assert (self.alice.credits, self.alice.held) == (1, 6)
        assert ledger_check.check() == []

    def _all_at_once(self, path: str, body: dict[str, Any], **headers: str) -> list[Any]:
        barrier = threading.Barrier(self.TWINS)
        answers: list[Any] = []

        def post() -> None:
            api = Api(self.token)
            try:
                barrier.wait(timeout=20)
                answers.append(api.post(path, body, **headers))
            finally:
                connection.close()

        threads = [threading.Thread(target=post) for _ in range(self.TWINS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert len(answers) == self.TWINS
        return answers
