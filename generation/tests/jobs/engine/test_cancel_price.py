"""Canceling a job that its provider cannot stop costs its price, and says so before."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.test import TransactionTestCase
from django.urls import reverse
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.credits import ledger_check, statement
from accounts.models import CreditEntry
from accounts.tokens import tokens
from generation.jobs.budgets.spending import Charge
from generation.jobs.engine import driver, job_control
from generation.jobs.engine.lifecycle import transitions
from generation.jobs.engine.lifecycle.transition import change_quietly, costs
from generation.models import Endpoint, Image, Job, Period, Sheet, Spending, Status
from generation.testing import commands, orders
from generation.testing.cases import (
    EmulatorTestCase,
    emulated,
    load_catalog,
    make_due,
    make_user,
    store_all,
)
from generation.testing.pages.html import flat
from generation.testing.rows.api import Api
from generation.testing.rows.endpoints import MODEL, add_endpoint
from generation.testing.threads import at_once_behind

WAVESPEED: dict[str, Any] = {
    "provider": "wavespeed",
    "endpoint_id": "wavespeed-ai/flux-schnell",
    "expected_cost": {"per_image": "0.003"},
}
COST = Decimal("0.003")  # of a job, in dollars
SCRIPT = {"X-Part": "1"}
COSTS = "It can’t be stopped at the provider anymore. Canceling costs 1 credit."


def only_wavespeed() -> None:
    endpoint = add_endpoint(**WAVESPEED)
    Endpoint.objects.filter(model__slug=MODEL).exclude(pk=endpoint.pk).update(enabled=False)


class TestCancelPrice(EmulatorTestCase):
    def setUp(self) -> None:
        super().setUp()
        only_wavespeed()
        self.client.force_login(self.alice)

    def sent(self, *, count: int = 1) -> list[Job]:
        """Place jobs and have the provider take them."""
        request = {"model": MODEL, "prompt": "fog", "width": 256, "height": 256}
        placed = orders.place_batch(user=self.alice, requests=[request] * count).jobs
        driver.submit(MODEL)
        return list(Job.objects.filter(id__in=[job.id for job in placed]).order_by("id"))

    def money(self) -> tuple[int, int]:
        self.alice.refresh_from_db()
        assert ledger_check.check() == []
        return self.alice.credits, self.alice.held

    def dollars_today(self) -> str:
        day = Spending.objects.filter(period=Period.DAY, group_id=0)
        return ",".join(str(usd.normalize()) for usd in day.values_list("usd", flat=True))

    def test_it_asks_before_and_charges_once_accepted(self) -> None:
        (job,) = self.sent()
        address = reverse("cancel_job", args=[job.id])
        answer = self.client.post(address, headers=SCRIPT)
        assert answer.status_code == 402
        assert json.loads(answer.content.decode().replace(r"\u00a0", " ")) == {
            "detail": COSTS,
            "acceptance": {"field": "max_credits", "value": "1", "label": "Cancel for 1 credit"},
        }
        page = flat(self.client.post(address)).replace("\N{NO-BREAK SPACE}", " ")
        assert COSTS in page
        assert 'name="max_credits" value="1">Cancel for 1 credit<' in page
        assert (self.money(), self.dollars_today()) == ((99, 1), "")
        card = flat(self.client.post(address, {"max_credits": "1"}, headers=SCRIPT))
        assert "1 credit charged: it couldn’t be stopped anymore." in card
        assert (self.money(), self.dollars_today()) == ((99, 0), "0.003")
        assert self.kinds(job) == ["hold", "settle"]
        driver.stop()
        assert self.dollars_today() == "0.003"  # counted once
        history = flat(self.client.get(reverse("job", args=[job.id])))
        assert "Canceled, credits charged" in history
        entry = CreditEntry.objects.filter(user=self.alice, kind="hold")
        (line,) = statement.lines(entry)
        assert (line.state, line.why) == (
            "charged",
            "Canceled when it couldn’t be stopped anymore.",
        )

    def test_before_the_provider_has_it_it_costs_nothing(self) -> None:
        job = self.place()
        answer = self.client.post(reverse("cancel_job", args=[job.id]), headers=SCRIPT)
        assert answer.status_code == 200
        assert self.kinds(job) == ["hold", "release"]
        assert (self.money(), self.dollars_today()) == ((100, 0), "")

    def test_at_a_provider_that_stops_it_costs_nothing(self) -> None:
        Endpoint.objects.update(enabled=True)
        Endpoint.objects.filter(provider="wavespeed").update(enabled=False)
        (job,) = self.sent()
        assert job.place.provider == "runpod"
        job_control.cancel(job=job, actor=self.alice, max_credits=0)
        assert self.money() == (100, 0)

    def test_staff_can_let_the_service_pay(self) -> None:
        commands.run("set_model", MODEL, "charges_canceled=false")
        (job,) = self.sent()
        assert self.client.post(reverse("cancel_job", args=[job.id])).status_code == 302
        assert (self.money(), self.dollars_today()) == ((100, 0), "0.003")

    def test_what_staff_cancel_is_paid_by_the_service(self) -> None:
        jobs = self.sent(count=2)
        job_control.cancel(job=jobs[0], actor=self.staff)
        said = commands.run("cancel_jobs", str(jobs[1].id))
        assert "1 canceled, 1 credit returned; 0 not." in said
        assert "1 could not be stopped: the service pays for them." in said
        assert (self.money(), self.dollars_today()) == ((100, 0), "0.006")

    def test_a_run_is_canceled_as_far_as_it_is_free(self) -> None:
        Endpoint.objects.filter(provider="wavespeed").update(max_in_flight=2)
        jobs = self.sent(count=3)
        assert [job.status for job in jobs].count(Status.QUEUED) == 1
        address = reverse("cancel_run", args=[jobs[0].batch])
        answer = self.client.post(address, headers=SCRIPT)
        assert answer.status_code == 402
        acceptance = answer.json()["acceptance"]
        assert (acceptance["field"], acceptance["value"]) == ("max_credits", "2")
        assert self.money() == (98, 2)  # the one that waits is canceled
        assert self.client.post(address, {"max_credits": "2"}, headers=SCRIPT).status_code == 200
        assert self.money() == (98, 0)
        assert set(Job.objects.values_list("status", flat=True)) == {Status.CANCELED}

    def test_the_api_charges_within_the_ceiling(self) -> None:
        api = Api(tokens.issue(user=self.alice, name="test"))
        (job,) = self.sent()
        address = f"/api/v1/jobs/{job.id}/cancel/"
        for content_type in ("", "application/x-www-form-urlencoded", "multipart/form-data"):
            refused = api.client.generic("POST", address, "a=b", content_type=content_type)
            assert refused.status_code == 402
            problem = refused.json()
            expected = "price_too_high", 1, 0
            assert (problem["code"], problem["needed"], problem["limit"]) == expected
        answer = api.post(address, {"max_credits": 1})
        assert (answer.status_code, answer.json()["status"]) == (200, "canceled")
        assert self.money() == (99, 0)

    def test_the_api_cancels_a_comparison_as_far_as_it_is_free(self) -> None:
        api = Api(tokens.issue(user=self.alice, name="test"))
        (job,) = self.sent()
        waiting = self.place(model=MODEL)
        sheet = Sheet.objects.create(
            id=uuid7(),
            user=self.alice,
            created_at=timezone.now(),
            jobs=[str(job.id), str(waiting.id)],
        )
        address = f"/api/v1/sheets/{sheet.id}/cancel/"
        refused = api.post(address)
        assert (refused.status_code, refused.json()["needed"]) == (402, 1)
        assert self.kinds(waiting) == ["hold", "release"]
        answer = api.post(address, {"max_credits": 1})
        assert answer.json() == {"canceled": 1, "credits": 0, "obstacle": ""}
        assert self.kinds(job) == ["hold", "settle"]


class TestRace(TransactionTestCase):
    def setUp(self) -> None:
        cache.clear()
        load_catalog()
        only_wavespeed()
        self.alice = make_user("alice@example.org")
        self.emulator = self.enterContext(emulated())
        request = {"model": MODEL, "prompt": "fog", "width": 256, "height": 256}
        (self.job,) = orders.place(user=self.alice, request=request).jobs
        driver.submit(MODEL)

    def cancel(self) -> Job:
        return job_control.cancel(job=self.job, actor=self.alice, max_credits=1)

    def dollars_today(self) -> Decimal:
        return Spending.objects.get(period=Period.DAY).usd

    def test_two_cancellations_are_charged_once(self) -> None:
        lock = Job.objects.select_for_update().get
        assert at_once_behind(lock, [self.cancel] * 2) == {"Job": 1, "AlreadyFinal": 1}
        kinds = CreditEntry.objects.filter(reference=self.job.id).order_by("id")
        assert list(kinds.values_list("kind", flat=True)) == ["hold", "settle"]
        assert self.dollars_today() == COST

    def test_two_would_count_twice_without_the_guard(self) -> None:
        def cancel() -> None:
            seen = Job.objects.get(id=self.job.id)
            assert seen.runs_on
            with transaction.atomic():
                Job.objects.filter(id=seen.id).update(
                    status=Status.CANCELED, due_at=None, finished_at=timezone.now()
                )
                seen.status = Status.CANCELED
                cost = costs(seen, Charge(usd=None, has_run=True))
                change_quietly(replace(transitions.STOPPED, guard="TRUE"), [(seen, cost)])

        at_once_behind(Job.objects.select_for_update().get, [cancel] * 2)
        assert self.dollars_today() == 2 * COST

    def test_a_cancellation_beside_the_success_is_charged_once(self) -> None:
        job = self.job
        self.emulator.advance(60)
        make_due()
        outcome = at_once_behind(
            lambda: Job.objects.select_for_update().get(),
            [
                lambda: driver.check(MODEL),
                self.cancel,
                self.cancel,
            ],
        )
        store_all()
        job.refresh_from_db()
        canceled = job.status == Status.CANCELED
        assert outcome["Job"] == int(canceled)
        assert job.status == (Status.CANCELED if canceled else Status.SUCCEEDED)
        assert Image.objects.count() == int(not canceled)
        kinds = CreditEntry.objects.filter(reference=job.id).order_by("id")
        assert list(kinds.values_list("kind", flat=True)) == ["hold", "settle"]
        self.alice.refresh_from_db()
        assert (self.alice.credits, self.alice.held) == (99, 0)
        assert ledger_check.check() == []
        assert self.dollars_today() == COST
