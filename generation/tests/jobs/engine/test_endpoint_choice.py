"""Which endpoint of a model makes a job, and what happens when one is away."""

import threading
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.db.models import F
from django.test import TransactionTestCase, override_settings
from django.utils import timezone, translation

from generation.jobs.budgets import budget_choice
from generation.jobs.budgets.budget_choice import ChosenJob
from generation.jobs.engine import driver
from generation.jobs.engine.driver import submission
from generation.jobs.live import job_json
from generation.jobs.placing import retries
from generation.jobs.queue import scheduling
from generation.jobs.queue.scheduling import Openings
from generation.models import TOO_DEAR, Budget, Endpoint, ImageModel, Job, Period, Status
from generation.testing import orders
from generation.testing.cases import (
    EmulatorTestCase,
    emulated,
    let_models_rest,
    load_catalog,
    make_due,
    make_user,
    work,
)
from generation.testing.commands import run
from generation.testing.rows.endpoints import MODEL, add_endpoint
from generation.testing.threads import at_once, in_threads

FIRST, SECOND = "black-forest-labs-flux-1-schnell", "black-forest-labs-flux-1-dev"
OWN = "flux"  # at IMAGE_SERVER_URL
WAITED = timedelta(seconds=40)
SUBMITTERS = 50


class ChoiceTestCase(EmulatorTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.first = Endpoint.objects.get(model__slug=MODEL)
        self.second = add_endpoint(endpoint_id=SECOND, max_in_flight=8)

    def change(self, endpoint: Endpoint, **fields: Any) -> None:
        Endpoint.objects.filter(pk=endpoint.pk).update(**fields)

    def change_model(self, **fields: Any) -> None:
        ImageModel.objects.filter(slug=MODEL).update(**fields)

    def places(self) -> list[str]:
        """Return where the jobs are, in the order of their placing."""
        jobs = Job.objects.at_provider().order_by("created_at")
        return [job.place.endpoint_id for job in jobs]


class TestChoice(ChoiceTestCase):
    def test_it_fills_the_first_endpoint_before_the_second(self) -> None:
        self.change(self.first, max_in_flight=2)
        self.change(self.second, max_in_flight=1)
        jobs = [self.place() for _ in range(4)]
        driver.submit(MODEL)
        assert self.places() == [FIRST, FIRST, SECOND]
        assert Counter(call.endpoint for call in self.runs()) == {FIRST: 2, SECOND: 1}
        jobs[3].refresh_from_db()
        assert (jobs[3].status, jobs[3].endpoint_id) == (Status.QUEUED, None)

    def test_a_job_names_the_endpoint_of_its_attempt(self) -> None:
        self.change(self.first, enabled=False)
        job = self.finish(self.place())
        assert (job.status, job.endpoint) == (Status.SUCCEEDED, self.second)
        assert job.place == self.second.place

    def test_it_goes_to_where_its_endpoint_is_now(self) -> None:
        self.place()
        self.change(self.first, endpoint_id=SECOND)
        self.change(self.second, enabled=False)
        driver.submit(MODEL)
        assert self.places() == [SECOND]
        assert [call.endpoint for call in self.runs()] == [SECOND]

    def test_staff_set_the_order(self) -> None:
        self.change(self.first, preference=2)
        self.place()
        driver.submit(MODEL)
        assert self.places() == [SECOND]

    def test_the_cheapest_one_may_come_first(self) -> None:
        self.change(self.second, expected_cost={"per_image": "0.0001"})
        self.change_model(cheapest_first=True)
        job = self.place()
        driver.submit(MODEL)
        assert self.places() == [SECOND]
        job.refresh_from_db()
        assert job.expected_usd == Decimal("0.0001"), "budgets count what it costs there"

    def test_a_format_of_its_own_is_sent(self) -> None:
        self.change(self.first, enabled=False)
        usual = ImageModel.objects.get(slug=MODEL).request_format
        self.change(self.second, dialect="public", request_format={**usual, "prompt": "text"})
        self.place(prompt="a pier")
        driver.submit(MODEL)
        (run,) = self.runs()
        sent = run.json["input"]
        assert (sent["text"], "prompt" in sent) == ("a pier", False)

    def test_a_model_with_one_endpoint_keeps_the_settings_of_its_jobs(self) -> None:
        self.second.delete()
        self.place(prompt="a pier")
        self.change_model(request_format={"prompt": "text"})
        driver.submit(MODEL)
        (run,) = self.runs()
        assert run.json["input"]["prompt"] == "a pier"


class TestAway(ChoiceTestCase):
    def test_the_queue_goes_on_when_the_first_is_stopped(self) -> None:
        jobs = [self.place() for _ in range(3)]
        self.change(self.first, enabled=False)
        for job in jobs:
            assert self.finish(job).status == Status.SUCCEEDED
        assert {call.endpoint for call in self.runs()} == {SECOND}

    def test_a_certain_refusal_passes_a_job_to_the_next(self) -> None:
        for fault in ("rate_429", "refuse_404"):
            with self.subTest(fault):
                job = self.place()
                self.emulator.faults.next("run", fault)
                driver.submit(MODEL)
                driver.submit(MODEL)
                job.refresh_from_db()
                assert (job.endpoint, job.attempt) == (self.second, 1)
                assert job.runpod_id
                self.change(self.first, submit_after=None, submit_failures=0)

    def test_an_outage_closes_its_endpoint_alone(self) -> None:
        self.emulator.retire(FIRST)
        job = self.finish(self.place())
        assert (job.status, job.endpoint) == (Status.SUCCEEDED, self.second)

    def test_a_job_of_unknown_fate_is_at_no_other_endpoint(self) -> None:
        self.emulator.faults.next("run", "break_after")
        job = self.place()
        driver.submit(MODEL)
        for _ in range(3):
            let_models_rest()
            make_due()
            work()
        job.refresh_from_db()
        assert (job.status, job.endpoint, job.attempt) == (Status.SUBMITTED, self.first, 1)
        assert [call.endpoint for call in self.runs()] == [FIRST]

    def test_it_goes_to_another_once_the_first_is_certainly_over(self) -> None:
        self.emulator.faults.next("run", "break_after")
        job = self.place()
        driver.submit(MODEL)
        self.change(self.first, enabled=False)
        gone = scheduling.longest_life("runpod") + timedelta(seconds=1)
        Job.objects.update(submitted_at=F("submitted_at") - gone, due_at=timezone.now())
        work()
        job.refresh_from_db()
        assert (job.endpoint, job.attempt) == (self.second, 2)

    def test_a_silent_endpoint_does_not_slow_the_other(self) -> None:
        self.change(self.first, max_in_flight=1)
        self.place()
        (hanging,) = submission.take_jobs(MODEL)
        assert hanging.endpoint == self.first
        for _ in range(5):
            self.place()
        assert len(driver.submit(MODEL)) == 5
        assert self.places() == [FIRST, *[SECOND] * 5]

    def test_each_has_a_breaker_of_its_own(self) -> None:
        self.change(self.first, max_in_flight=1)
        for _ in range(2):
            self.place()
        self.emulator.faults.next("run", "html_502")
        driver.submit(MODEL)
        failures = dict(
            Endpoint.objects.filter(model__slug=MODEL).values_list("pk", "submit_failures")
        )
        assert sorted(failures.values()) == [0, 1]


class TestPrice(ChoiceTestCase):
    def test_no_job_goes_above_the_ceiling(self) -> None:
        self.change_model(max_usd="0.0001")
        self.change(self.second, expected_cost={"per_image": "0.00009"})
        self.place()
        driver.submit(MODEL)
        assert self.places() == [SECOND]

    def test_it_waits_and_says_why_until_the_ceiling_is_raised(self) -> None:
        self.change_model(max_usd="0.00001")
        job = self.place()
        driver.submit(MODEL)
        job.refresh_from_db()
        assert (job.status, job.error_code) == (Status.QUEUED, TOO_DEAR)
        with translation.override("en"):
            said = job_json.job_json(job)
        assert said["phase"] == "Waiting for a lower price"
        assert (said["eta_seconds"], said["queue_position"], said["parked_until"]) == (None,) * 3
        version = job.version
        make_due()
        driver.submit(MODEL)
        job.refresh_from_db()
        assert job.version == version, "nothing is new"
        assert list(job.events.values_list("name", flat=True)).count("set_aside") == 1

        run("set_model", MODEL, "max_usd=")
        assert driver.submit(MODEL) == [job], "at once"
        job = self.finish(job)
        assert (job.status, job.error_code) == (Status.SUCCEEDED, "")

    def test_it_delays_no_job_that_costs_less(self) -> None:
        self.change(self.second, enabled=False)
        self.change_model(max_usd="0.001", expected_cost={"per_megapixel": "0.005"}, price={})
        dear, cheap = self.place(width=1024, height=1024), self.place()
        driver.submit(MODEL)
        dear.refresh_from_db()
        cheap.refresh_from_db()
        assert (dear.error_code, cheap.status) == (TOO_DEAR, Status.SUBMITTED)

    def test_a_job_goes_nowhere_where_it_costs_more_than_its_credits(self) -> None:
        self.change(self.first, max_in_flight=1)
        self.change(self.second, expected_cost={"per_image": "5"})
        for _ in range(2):
            self.place()
        driver.submit(MODEL)
        assert self.places() == [FIRST]
        assert not Job.objects.filter(error_code=TOO_DEAR).exists(), "it waits for the first"

    def test_a_price_below_the_cost_is_the_business_of_staff(self) -> None:
        self.change_model(expected_cost={"per_image": "5"}, price={"per_image": 1})
        self.place()
        driver.submit(MODEL)
        assert self.places() == [FIRST]

    def test_budgets_count_what_it_costs_there(self) -> None:
        Budget.objects.create(period=Period.DAY, limit_usd="0.01")
        self.change(self.first, enabled=False)
        self.change(self.second, expected_cost={"per_image": "0.006"})
        self.change_model(expected_cost={"per_image": "0.006"}, price={"per_image": 50})
        for _ in range(2):
            self.place()
        driver.submit(MODEL)
        assert self.places() == [SECOND]


class TestRented(ChoiceTestCase):
    """Own first, rented when full: an image takes 20 seconds, and up to 60 are waited for."""

    def setUp(self) -> None:
        super().setUp()
        self.enterContext(override_settings(IMAGE_SERVER_URL="http://10.0.0.5:8020/v1"))
        self.own = add_endpoint(
            provider="image_server", endpoint_id=OWN, max_in_flight=1, preference=2
        )
        self.change_model(typical_seconds=20)
        run("set_model", MODEL, "rent_after_seconds=60")

    def test_below_the_wait_jobs_stay_for_the_own_endpoint(self) -> None:
        for _ in range(3):
            self.place()
        driver.submit(MODEL)
        assert self.places() == [OWN]

    def test_above_it_they_go_to_a_rented_one(self) -> None:
        jobs = [self.place() for _ in range(4)]
        driver.submit(MODEL)
        assert self.places() == [OWN, FIRST], "the last one would wait for a minute"
        Job.objects.filter(pk=jobs[2].pk).update(created_at=F("created_at") - WAITED)
        driver.submit(MODEL)
        jobs[2].refresh_from_db()
        assert jobs[2].endpoint == self.first, "it has waited for long"
        assert Job.objects.queued().get() == jobs[1]

    def test_a_second_own_endpoint_halves_the_wait(self) -> None:
        add_endpoint(provider="comfyui", endpoint_id="next-room", max_in_flight=1)
        for _ in range(7):
            self.place()
        assert len(submission.take_jobs(MODEL)) == 2

    def test_without_own_ones_they_are_rented_at_once(self) -> None:
        later = timezone.now() + timedelta(hours=1)
        for away in ({"submit_after": later}, {"submit_after": None, "enabled": False}):
            self.change(self.own, **away)
            job = self.place()
            assert driver.submit(MODEL) == [job], away
            job.refresh_from_db()
            assert job.endpoint == self.first


class TestRepeat(ChoiceTestCase):
    def test_an_exact_repeat_asks_for_the_endpoint_that_made_the_image(self) -> None:
        self.change(self.first, enabled=False)
        job = self.finish(self.place())
        self.change(self.first, enabled=True)
        retries.retry(user=self.alice, job=job)
        self.place()
        driver.submit(MODEL)
        assert self.places() == [SECOND, FIRST]

    def test_it_waits_for_room_there_but_not_for_an_endpoint_that_is_closed(self) -> None:
        self.change(self.first, enabled=False)
        job = self.finish(self.place())
        self.change(self.first, enabled=True)
        self.change(self.second, max_in_flight=0)
        again = retries.retry(user=self.alice, job=job)
        assert driver.submit(MODEL) == []
        self.change(self.second, enabled=False)
        assert [one.id for one in driver.submit(MODEL)] == [again.id]
        assert self.places() == [FIRST]


@pytest.mark.slow
class TestRace(TransactionTestCase):
    def setUp(self) -> None:
        cache.clear()
        load_catalog()
        Endpoint.objects.filter(model__slug=MODEL).update(max_in_flight=7)
        self.second = add_endpoint(endpoint_id=SECOND)
        self.users = [make_user(f"user{n}@example.org", credits=100) for n in range(5)]
        self.emulator = self.enterContext(emulated(rate_limits=False))
        for number in range(20):
            request = {"model": MODEL, "prompt": "fog", "width": 256, "height": 256}
            orders.place(user=self.users[number % 5], request=request)

    @pytest.mark.slow
    def test_fifty_submitters_leave_each_endpoint_its_room(self) -> None:
        in_threads(SUBMITTERS, lambda number: driver.submit(MODEL))
        while driver.submit(MODEL):
            pass
        calls = Counter(call.endpoint for call in self.emulator.calls if call.call == "run")
        assert calls == {FIRST: 7, SECOND: 4}
        prompts = [job.id for job in Job.objects.at_provider()]
        assert len(prompts) == len(set(prompts)) == 11
        assert len(self.emulator.jobs) == 11, "no job is at two endpoints"

    def test_two_would_fill_it_twice_without_the_lock(self) -> None:
        barrier = threading.Barrier(2)
        chosen: list[ChosenJob] = []

        def choose() -> None:
            model = ImageModel.objects.get(slug=MODEL)
            openings = Openings(model, list(model.endpoints.all()), has_choice=True)
            with transaction.atomic():
                mine = budget_choice.next_jobs(openings, []).chosen
                barrier.wait(timeout=20)
                chosen.extend(mine)

        at_once([choose, choose])
        assert Counter(job.endpoint.pk for job in chosen)[self.second.pk] == 2 * 4
