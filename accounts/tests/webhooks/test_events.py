"""What is written for a user's webhooks, in the transaction of what has happened."""

import json
from contextlib import suppress
from functools import partial
from typing import Any, get_type_hints
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.test import TransactionTestCase
from jsonschema import Draft202012Validator

from accounts.credits import ledger
from accounts.models import PUSH, User, WebhookAddress, WebhookMessage, WebhookOff, WebhookTopic
from accounts.webhooks import addresses
from generation.api.webhook_events import DATA
from generation.jobs.engine import job_control, lifecycle
from generation.jobs.placing import retries, trials
from generation.models import ImageModel
from generation.testing import openapi, orders
from generation.testing.cases import EmulatorTestCase, load_catalog, make_user
from generation.testing.servers.webhook_receiver import receiver
from generation.testing.threads import at_once
from generation.user_data import exports

MODEL = {"model": "flux-schnell", "prompt": "fog", "width": 256, "height": 256}


def sent(address: WebhookAddress) -> list[tuple[str, dict[str, Any]]]:
    """Return type and data of the messages to this address, oldest first."""
    bodies = [json.loads(row.body) for row in address.messages.order_by("id")]
    return [(body["type"], body["data"]) for body in bodies]


def types(address: WebhookAddress) -> list[str]:
    return [type for type, _ in sent(address)]


class TestEvents(EmulatorTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.receiver = self.enterContext(receiver())

    def add(
        self,
        user: User,
        *,
        path: str = "/hook",
        topics: Any = WebhookTopic.values,
        credits_below: int = 50,
    ) -> WebhookAddress:
        return addresses.add(
            user=user, url=self.receiver.url(path), topics=topics, credits_below=credits_below
        )[0]

    def place_batch(self) -> Any:
        return orders.place_batch(user=self.alice, requests=[MODEL, MODEL])

    def test_it_writes_the_end_of_a_job(self) -> None:
        address = self.add(self.alice)
        self.finish(job := self.place())
        ((type, data),) = sent(address)
        job.refresh_from_db()
        assert type == "job.succeeded"
        assert data["id"] == str(job.id)
        assert data["images"] == [str(image.id) for image in job.images.all()]
        assert data["credits"] == job.credits
        body = json.loads(WebhookMessage.objects.get().body)
        assert list(body) == ["type", "timestamp", "data"]
        assert len(WebhookMessage.objects.get().body) < 20_000

    def test_it_writes_a_failure_and_a_cancellation(self) -> None:
        address = self.add(self.alice)
        lifecycle.fail(self.place(), code="out_of_memory", detail="secret of staff")
        job_control.cancel(job=self.place(), actor=self.alice)
        assert [(type, data["credits"]) for type, data in sent(address)] == [
            ("job.failed", 0),
            ("job.canceled", 0),
        ]
        assert sent(address)[0][1]["error"] == {"code": "out_of_memory"}
        assert "secret" not in WebhookMessage.objects.earliest("id").body

    def test_it_writes_what_the_document_of_the_api_describes(self) -> None:
        address = self.add(self.alice, credits_below=99)
        for job in self.place_batch().jobs:
            self.finish(job)
        lifecycle.fail(self.place(), code="out_of_memory")
        job_control.cancel(job=self.place(), actor=self.alice)
        export = exports.start(self.alice)
        while exports.latest(self.alice).due_at:
            exports.step(export.id)
        document = openapi.document()
        assert set(types(address)) == set(document["webhooks"])
        for message in address.messages.all():
            described = document["webhooks"][message.type]["post"]["requestBody"]["content"]
            schema = described["application/json"]["schema"] | {
                "components": document["components"]
            }
            body = json.loads(message.body)
            assert list(Draft202012Validator(schema).iter_errors(body)) == []
            assert list(body["data"]) == list(get_type_hints(DATA[message.type]))

    def test_it_writes_nothing_of_others_of_trials_and_for_addresses_that_are_off(self) -> None:
        address = self.add(self.bob)
        off = self.add(self.alice)
        addresses.turn_off(off, reason=WebhookOff.OWNER)
        self.finish(self.place())
        trial = trials.place(
            staff=self.bob, model=ImageModel.objects.get(slug="flux-schnell"), prompt="fog"
        )
        assert self.finish(trial).is_trial
        assert sent(address) == sent(off) == []
        self.alice.refresh_from_db()
        assert self.alice.webhook_topics == ""

    def test_it_writes_to_each_address_what_it_is_sent(self) -> None:
        jobs = self.add(self.alice, topics=["jobs"])
        batches = self.add(self.alice, path="/2", topics=["batches"])
        placed = self.place_batch()
        for job in placed.jobs:
            self.finish(job)
        assert types(jobs) == ["job.succeeded"] * 2
        assert sent(batches) == [
            (
                "batch.ended",
                {"id": str(placed.batch), "jobs": {"succeeded": 2, "failed": 0, "canceled": 0}},
            )
        ]

    def test_it_writes_the_end_of_a_batch_once_with_its_last_job(self) -> None:
        address = self.add(self.alice, topics=["batches"])
        first, second = self.place_batch().jobs
        lifecycle.fail(first, code="x")
        assert sent(address) == []
        job_control.cancel(job=second, actor=self.alice)
        ((_, data),) = sent(address)
        assert data["jobs"] == {"succeeded": 0, "failed": 1, "canceled": 1}

    def test_it_writes_once_to_the_webhook_that_an_order_names_whatever_its_topics(self) -> None:
        named = self.add(self.alice, topics=["exports"])
        has_the_topic = self.add(self.alice, path="/2", topics=["jobs"])
        other = self.add(self.alice, path="/3", topics=["credits"], credits_below=1)
        order = MODEL | {"webhook": str(named.id)}
        requests = [order, MODEL | {"webhook": str(has_the_topic.id)}, MODEL]
        for job in orders.place_batch(user=self.alice, requests=requests).jobs:
            self.finish(job)
        assert types(named) == ["job.succeeded", "batch.ended"]
        assert types(has_the_topic) == ["job.succeeded"] * 3 + ["batch.ended"]
        assert types(other) == []

    def test_it_writes_nothing_to_a_named_webhook_that_was_deleted_or_turned_off(self) -> None:
        deleted, off = self.add(self.alice), self.add(self.alice, path="/2", topics=["exports"])
        jobs = [self.place(webhook=str(address.id)) for address in (deleted, off)]
        addresses.remove(deleted)
        addresses.turn_off(off, reason=WebhookOff.OWNER)
        last = self.add(self.alice, path="/3", topics=["exports"])
        for job in jobs:
            assert self.finish(job).status == "succeeded"
        again = retries.retry(user=self.alice, job=jobs[0])
        assert self.finish(again).webhook == str(deleted.id)
        assert types(off) == types(last) == []

    def test_an_order_may_only_name_a_webhook_of_its_user_that_is_on(self) -> None:
        off = self.add(self.alice, path="/off")
        addresses.turn_off(off, reason=WebhookOff.OWNER)
        own, foreign = self.add(self.alice), self.add(self.bob)
        browser = WebhookAddress.objects.create(
            user=self.alice, url="https://push.example/", session_id=1, topics=PUSH, credits_below=0
        )
        self.client.force_login(self.alice)
        for id in (off.id, foreign.id, browser.id, UUID(int=1), "kite", 3):
            answer = self.client.post(
                "/api/v1/jobs/", MODEL | {"webhook": id}, content_type="application/json"
            )
            (error,) = answer.json()["errors"]
            assert (error["field"], error["code"]) == ("webhook", "does_not_exist"), id
        listed = {"jobs": [MODEL | {"webhook": own.id}, MODEL | {"webhook": foreign.id}]}
        answer = self.client.post("/api/v1/batches/", listed, content_type="application/json")
        assert [error["field"] for error in answer.json()["errors"]] == ["jobs[1].webhook"]
        again = {"headers": {"Idempotency-Key": "k"}, "content_type": "application/json"}
        answer = self.client.post("/api/v1/jobs/", MODEL | {"webhook": own.id}, **again)
        assert (answer.status_code, answer.json()["webhook"]) == (201, str(own.id))
        assert self.client.post("/api/v1/jobs/", MODEL, **again).status_code == 422

    def test_it_writes_nothing_of_a_transaction_that_is_rolled_back(self) -> None:
        address = self.add(self.alice)
        job = self.place()
        with suppress(ZeroDivisionError), transaction.atomic():
            lifecycle.fail(job, code="x")
            raise ZeroDivisionError
        assert sent(address) == []

    def test_it_writes_low_credits_when_the_balance_falls_below_the_limit(self) -> None:
        address = self.add(self.alice, topics=["credits"], credits_below=99)
        self.place()  # 100 → 98 or so
        self.place()
        ((type, data),) = sent(address)
        assert (type, data["below"]) == ("credits.low", 99)
        assert data["credits"] < 99
        ledger.grant(user=self.alice, amount=10, reason="gift")
        ledger.take_back(user=self.alice, amount=20, reason="back")
        assert types(address) == ["credits.low"] * 2

    def test_it_writes_that_an_export_is_ready(self) -> None:
        address = self.add(self.alice, topics=["exports"])
        export = exports.start(self.alice)
        while exports.latest(self.alice).due_at:
            exports.step(export.id)
        ((type, data),) = sent(address)
        assert (type, data["id"]) == ("export.ready", str(export.id))


class TestBatchRace(TransactionTestCase):
    def setUp(self) -> None:
        cache.clear()
        load_catalog()
        self.alice = make_user("alice@example.org")

    def test_it_writes_the_end_of_a_batch_once_if_its_last_jobs_end_together(self) -> None:
        with receiver() as there:
            address, _ = addresses.add(
                user=self.alice, url=there.url(), topics=["batches"], credits_below=1
            )
            for _n in range(5):
                jobs = orders.place_batch(user=self.alice, requests=[MODEL] * 4).jobs
                at_once([partial(lifecycle.fail, job, code="x") for job in jobs])
            assert types(address) == ["batch.ended"] * 5
            assert {data["jobs"]["failed"] for _, data in sent(address)} == {4}
