"""Budgets in dollars: what counts, which jobs wait for the next day, and that each starts once."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import transaction
from django.db.models import F
from django.test import TransactionTestCase, override_settings
from django.urls import reverse
from django.utils import timezone, translation

from accounts.credits import ledger_check
from accounts.limits import period_limits
from accounts.models import CreditEntry
from artgen.api.times import optional_time_json
from generation.jobs import eta
from generation.jobs.budgets import budget_changes, budget_choice, budget_state, spending
from generation.jobs.budgets.budget_changes import InvalidBudget
from generation.jobs.engine import driver, job_control, lifecycle, storing
from generation.jobs.engine.lifecycle import transitions
from generation.jobs.engine.lifecycle.transition import change_quietly
from generation.jobs.live import job_json, status_text
from generation.jobs.placing import quotes
from generation.jobs.queue.scheduling import Openings
from generation.models import Budget, ImageModel, Job, Period, Spending, Status
from generation.operations.status import service
from generation.testing import orders
from generation.testing.cases import (
    EmulatorTestCase,
    emulated,
    let_time_pass,
    load_catalog,
    make_due,
    make_user,
    work,
)
from generation.testing.threads import at_once

MODEL = "flux-schnell"


def set_budget(limit, *, period=Period.DAY, **scope):
    found = {"group": None, "model": None} | scope
    return budget_changes.set_limit(**found, period=period, limit_usd=Decimal(limit))


def let_the_day_turn():
    """Move what happened back by a day: sums, and the jobs that wait."""
    Spending.objects.filter(period="day").update(starts_on=F("starts_on") - timedelta(days=1))
    for job in Job.objects.all():
        let_time_pass(job.id, seconds=24 * 60 * 60)


def price(usd):
    """Let each image cost that much."""
    ImageModel.objects.update(expected_cost={"per_image": usd}, price={"per_image": 1})


class TestBudgets(EmulatorTestCase):
    def setUp(self):
        super().setUp()
        price("0.02")

    def submit(self):
        return driver.submit(MODEL)

    def finish(self):
        self.emulator.advance(60)
        for _ in range(20):  # what could not be stored at once is tried again
            make_due()
            driver.check(MODEL)
            while storing.store():
                pass
            if not Job.objects.at_provider().exists() and not Job.objects.storing().exists():
                return
        problems = Job.objects.active().values_list("status", "error_detail")
        raise AssertionError(f"jobs have not ended: {list(problems)}")

    def at_provider(self):
        return Job.objects.at_provider().count()

    def test_it_changes_nothing_without_a_budget(self):
        for _ in range(3):
            self.place()
        self.submit()
        assert self.at_provider() == 3

    def test_it_submits_what_fits_and_parks_only_what_can_no_longer_fit(self):
        set_budget("0.05")
        allows = budget_state.states()[0].allows
        assert [allows(Decimal(usd)) for usd in ("0.05", "0.051")] == [True, False]
        jobs = [self.place() for _ in range(4)]
        self.submit()
        assert self.at_provider() == 2
        # There is room again if those at RunPod cost less than expected.
        assert Job.objects.parked().count() == 0
        assert Job.objects.queued().count() == 2
        Job.objects.at_provider().update(expected_usd=Decimal("0.01"))
        self.submit()
        assert self.at_provider() == 3
        self.finish()
        self.submit()
        last = Job.objects.get(id=jobs[3].id)
        assert last.is_parked(now=timezone.now()) == (
            budget_state.states()[0].spent > Decimal("0.03")
        )

    def test_it_parks_until_the_day_of_the_site_ends(self):
        set_budget("0.01")
        job = self.place()
        assert self.submit() == []
        job.refresh_from_db()
        assert job.status == Status.QUEUED
        assert job.due_at == job.parked_until == period_limits.next_day()
        assert job.deadline_at is None
        assert job.credits == self.held()
        assert [event.name for event in job.events.order_by("id")] == ["placed", "parked"]
        with translation.override("en"):
            shown = job_json.job_json(job)
        assert shown["phase"] == "Waits for tomorrow’s budget"
        assert shown["phase_detail"].startswith("From ")
        assert (shown["queue_position"], shown["eta_seconds"]) == (None, None)
        assert shown["parked_until"] == optional_time_json(job.parked_until)
        driver.tick()
        assert self.submit() == []
        assert job.events.count() == 2

    def held(self):
        self.alice.refresh_from_db()
        return self.alice.held

    def test_it_says_so_in_both_languages_and_for_a_month(self):
        set_budget("0", period=Period.MONTH)
        job = self.place()
        self.submit()
        job.refresh_from_db()
        assert job.parked_until == period_limits.next_month()
        with translation.override("en"):
            phase = job_json.job_json(job)["phase"]
        is_last_day = period_limits.next_day() == period_limits.next_month()
        assert phase.startswith("Waits for tomorrow’s" if is_last_day else "Waits for the next")
        with translation.override("ru"):
            assert job_json.job_json(job)["phase"]

    def test_all_start_when_the_day_turns_and_each_once(self):
        set_budget("0.01")
        jobs = [self.place(user=user) for user in (self.alice, self.alice, self.bob)]
        self.submit()
        assert Job.objects.parked().count() == 3
        Budget.objects.update(limit_usd=1)  # as if this budget held for tomorrow only
        assert self.submit() == []
        let_the_day_turn()
        with self.captureOnCommitCallbacks(execute=True):
            driver.tick()
        self.submit()
        self.finish()
        assert self.submit() == []
        for job in jobs:
            job.refresh_from_db()
            assert job.status == Status.SUCCEEDED
            assert job.parked_until is None
        webhooks = Counter(job.webhook for job in self.emulator.jobs)
        assert sorted(webhooks.values()) == [1, 1, 1]

    def test_they_start_at_once_when_staff_raise_the_budget(self):
        set_budget("0.01")
        for _ in range(3):
            self.place()
        self.submit()
        set_budget("0.05")
        self.submit()
        assert self.at_provider() == 2
        budget_changes.remove(Budget.objects.get())
        self.submit()
        assert self.at_provider() == 3

    def test_a_deadline_does_not_run_while_a_job_is_parked(self):
        job = self.place()
        self.submit()
        job.refresh_from_db()
        lost = lifecycle.retry_attempt(job, code="gpu_lost", detail="")
        left = lost.deadline_at - timezone.now()
        set_budget("0.01")
        self.submit()
        job.refresh_from_db()
        assert job.is_parked(now=timezone.now())
        moved = job.deadline_at - job.parked_until
        assert abs(moved - left) < timedelta(seconds=5)
        driver.fail_overdue()
        # A check that staff request changes nothing.
        job_control.look_again(job=job, actor=self.staff)
        self.submit()
        job.refresh_from_db()
        assert abs(job.deadline_at - job.parked_until - left) < timedelta(seconds=5)
        set_budget("1")
        job.refresh_from_db()
        assert abs(job.deadline_at - timezone.now() - left) < timedelta(seconds=5)
        assert job.status == Status.QUEUED

    def test_a_parked_job_can_be_canceled(self):
        set_budget("0")
        job = self.place()
        self.submit()
        job_control.cancel(job=job, actor=self.alice)
        assert self.held() == 0
        assert ledger_check.check() == []

    def test_it_limits_a_group_and_lets_others_pass(self):
        group = Group.objects.create(name="school")
        group.user_set.add(self.alice)
        set_budget("0.03", group=group)
        for user in (self.alice, self.alice, self.alice, self.bob, self.bob, self.bob):
            self.place(user=user)
        self.submit()
        out = Counter(Job.objects.at_provider().values_list("user__email", flat=True))
        assert out == {"alice@example.org": 1, "bob@example.org": 3}
        self.finish()
        sums = {(one.period, one.group_id): one.usd for one in Spending.objects.all()}
        assert sums["day", 0] == sums["month", 0] == 4 * sums["day", group.pk]

    def test_it_limits_a_model_and_leaves_others_alone(self):
        set_budget("0", model=ImageModel.objects.get(slug=MODEL))
        one, other = self.place(), self.place(model="flux-dev", width=512, height=512)
        self.submit()
        driver.submit("flux-dev")
        one.refresh_from_db()
        other.refresh_from_db()
        assert one.is_parked(now=timezone.now())
        assert other.status == Status.SUBMITTED

    def test_parked_jobs_are_not_before_others_in_the_queue(self):
        group = Group.objects.create(name="school")
        group.user_set.add(self.alice)
        set_budget("0", group=group)
        for _ in range(3):
            self.place()
        self.submit()
        cache.clear()
        job = self.place(user=self.bob)
        assert eta.of_jobs([job]).outlook(job, now=timezone.now()).position.before == 0

    def test_the_longest_period_decides(self):
        set_budget("0", period=Period.MONTH)
        set_budget("0", period=Period.DAY)
        job = self.place()
        self.submit()
        job.refresh_from_db()
        assert job.parked_until == period_limits.next_month()
        assert job.events.filter(name="parked").count() == 1

    def test_a_parked_job_has_no_promise_and_is_not_late_the_next_day(self):
        job = self.place()
        job.refresh_from_db()
        assert job.promised_p90_at is not None
        set_budget("0")
        self.submit()
        job.refresh_from_db()
        assert (job.promised_p50_at, job.promised_p90_at) == (None, None)
        assert eta.late_at(job) is None

    def quote(self, *, user=None, count=1):
        cache.clear()
        requests = [{"model": MODEL, "prompt": "fog"}] * count
        return quotes.of_requests(user=user or self.alice, requests=requests)

    def test_a_quote_says_that_a_budget_is_used_up(self):
        assert (self.quote().parked_until, self.quote().eta is None) == (None, False)
        set_budget("0.05")
        assert self.quote(count=2).parked_until is None
        assert self.quote(count=3).parked_until == period_limits.next_day()
        set_budget("0.01")
        waiting = self.quote()
        assert (waiting.eta, waiting.parked_until) == (None, period_limits.next_day())
        assert waiting.credits == 1

    def test_a_quote_counts_only_the_budgets_of_the_user_and_the_model(self):
        group = Group.objects.create(name="school")
        group.user_set.add(self.alice)
        set_budget("0", group=group, period=Period.MONTH)
        set_budget("0", model=ImageModel.objects.get(slug="flux-dev"))
        assert self.quote(user=self.bob).parked_until is None
        assert self.quote(user=self.alice).parked_until == period_limits.next_month()

    def test_the_reply_says_that_a_budget_parks_the_job(self):
        set_budget("0.03", model=ImageModel.objects.get(slug="flux-dev"))
        set_budget("0.01")
        with translation.override("en"):
            job = self.place()
            said = job_json.job_json(job)
        assert said["parked_until"] is not None
        assert (said["eta_seconds"], said["queue_position"]) == (None, None)
        stored = Job.objects.get(id=job.id)
        assert (stored.promised_p50_at, stored.promised_p90_at) == (None, None)
        self.submit()
        stored.refresh_from_db()
        assert stored.parked_until == job.parked_until
        with translation.override("en"):
            assert job_json.job_json(stored) == said | {"version": 2}

    def said(self, jobs):
        with translation.override("en"):
            return job_json.jobs_json(jobs)

    def stored(self):
        cache.clear()
        return list(Job.objects.queued().with_all().order_by("id"))

    def test_every_place_says_that_a_job_waits_if_only_jobs_at_provider_leave_no_room(self):
        """They may be cheaper than expected, so it is not parked."""
        set_budget("0.03")
        self.place()
        self.submit()
        cache.clear()
        quoted = self.quote()
        assert (quoted.eta, quoted.parked_until) == (None, period_limits.next_day())
        replied = self.said([self.place()])
        self.submit()
        assert Job.objects.parked().count() == 0
        stored = self.stored()
        assert self.said(stored) == replied
        assert replied[0]["parked_until"] == optional_time_json(period_limits.next_day())
        assert (replied[0]["eta_seconds"], replied[0]["queue_position"]) == (None, None)
        assert "budget" in replied[0]["phase"]
        assert stored[0].promised_p90_at is None
        self.client.force_login(self.alice)
        days = self.client.get(reverse("create")).context["feed"].days
        cards = [card for day in days for run in day.runs for card in run.cards]
        phase = status_text.now_of(stored[0], forecast=eta.of_jobs(stored), now=timezone.now())
        assert [card.phase for card in cards if card.job == stored[0]] == [phase]
        set_budget("1")
        assert self.said(self.stored())[0]["eta_seconds"]

    def test_an_image_without_cost_waits_if_jobs_at_provider_leave_no_room_at_all(self):
        set_budget("0.02")
        self.place()
        self.submit()
        ImageModel.objects.update(expected_cost=None, price={"minimum": 0})
        assert self.quote().parked_until == period_limits.next_day()
        replied = self.said([self.place()])
        self.submit()
        assert self.at_provider() == 1
        assert self.said(self.stored()) == replied
        assert replied[0]["parked_until"]

    def test_the_images_of_an_order_after_those_that_fit_wait(self):
        set_budget("0.05")
        requests = [{"model": MODEL, "prompt": "fog"}] * 4
        placed = orders.place_batch(user=self.alice, requests=requests).jobs

        def waits(jobs):
            return [one["parked_until"] is not None for one in self.said(jobs)]

        assert waits(placed) == waits(self.stored()) == [False, False, True, True]
        self.submit()
        assert waits(self.stored()) == [True, True]
        Job.objects.at_provider().update(expected_usd="0.0075")  # they cost less than expected
        assert waits(self.stored()) == [False, True]
        self.submit()
        assert waits(self.stored()) == [True]

    def test_jobs_at_provider_leave_no_room_to_members_of_their_group_only(self):
        group = Group.objects.create(name="school")
        group.user_set.add(self.alice)
        set_budget("0.03", group=group)
        self.place()
        self.submit()
        cache.clear()
        jobs = [self.place(), self.place(user=self.bob)]
        for found in (self.said(jobs), self.said(self.stored())):
            assert [one["parked_until"] is not None for one in found] == [True, False]

    def test_a_group_with_a_spent_budget_changes_no_reply_of_others(self):
        group = Group.objects.create(name="school")
        group.user_set.add(self.alice)
        set_budget("0", group=group)
        assert self.place(user=self.bob).parked_until is None
        assert self.place(user=self.alice).parked_until == period_limits.next_day()

    def test_a_job_starts_though_its_reply_came_from_a_budget_that_was_raised_since(self):
        set_budget("0")
        self.quote()
        set_budget("1")
        self.place()  # the cached budget still has nothing left
        self.submit()
        assert self.at_provider() == 1

    def test_the_button_says_what_it_waits_for_instead_of_a_time(self):
        self.client.force_login(self.alice)
        group = Group.objects.create(name="school")
        group.user_set.add(self.alice)

        def button(count):
            cache.clear()
            form = {"model": MODEL, "prompt": "fog", "count": count}
            return self.client.get("/create/quote/", form).content.decode()

        assert "budget" not in button(1)
        set_budget("0.03", group=group)
        assert "budget" not in button(1)
        assert "Not all of these images may fit" in button(2)
        set_budget("0.01", group=group)
        shown = button(1)
        assert "waits for tomorrow’s budget" in shown
        assert "The budget is used up." in shown
        assert "about" not in shown
        assert "aria-disabled" not in shown

    def test_the_status_page_gives_no_wait_for_a_model_without_budget(self):
        set_budget("0", model=ImageModel.objects.get(slug=MODEL))
        cache.clear()
        found = {model.slug: model for model in service.measure().models}
        assert (found[MODEL].eta, found[MODEL].parked_until) == (None, period_limits.next_day())
        assert found["flux-dev"].eta is not None
        assert found["flux-dev"].parked_until is None
        set_budget("0")
        cache.clear()
        found = {model.slug: model for model in service.measure().models}
        assert found["flux-dev"].parked_until == period_limits.next_day()

    def test_it_refuses_what_is_no_budget(self):
        for limit in ("-1", "NaN", "1e20", "0.001"):
            with pytest.raises(InvalidBudget):
                set_budget(limit)
        assert not Budget.objects.exists()


class TestSums(EmulatorTestCase):
    def setUp(self):
        super().setUp()
        price("0.02")
        self.job = self.place()
        driver.submit(MODEL)
        self.job.refresh_from_db()

    def spent(self):
        return {one.period: one.usd for one in Spending.objects.filter(group_id=0) if one.usd}

    def running(self):
        until = timezone.now()
        progress = lifecycle.JobProgress(progress=None, step=None, step_count=None)
        (self.job,) = lifecycle.store_progress([(self.job, progress)], until=until)

    def finished(self, cost):
        result = lifecycle.Finished(delay_ms=None, execution_ms=1000, result={}, host="", cost=cost)
        (self.job,) = lifecycle.begin_storing([(self.job, result)])

    def both(self, usd):
        return {"day": Decimal(usd), "month": Decimal(usd)}

    def test_it_counts_the_recorded_cost_else_the_expected_one(self):
        set_budget("1")
        assert budget_state.states()[0].reserved == Decimal("0.02")
        self.finished(Decimal("0.03"))
        assert self.spent() == self.both("0.03")
        assert budget_state.states()[0].reserved == 0
        self.job = self.place()
        driver.submit(MODEL)
        self.job.refresh_from_db()
        self.finished(None)
        assert self.spent() == self.both("0.05")

    def test_it_counts_an_attempt_once_that_fails_while_its_images_are_stored(self):
        self.finished(None)
        lifecycle.fail(self.job, code="storage")
        assert self.spent() == self.both("0.02")

    def test_it_counts_what_a_worker_has_begun(self):
        lifecycle.retry_attempt(self.job, code="gpu_lost", detail="")
        assert self.spent() == {}
        driver.submit(MODEL)
        self.job.refresh_from_db()
        self.running()
        lifecycle.retry_attempt(self.job, code="gpu_lost", detail="")
        assert self.spent() == self.both("0.02")
        driver.submit(MODEL)
        self.job.refresh_from_db()
        charge = spending.Charge(usd=Decimal("0.5"), has_run=True)
        lifecycle.retry_attempt(self.job, code="gpu_lost", detail="", charge=charge)
        assert self.spent() == self.both("0.52")

    def test_it_counts_a_canceled_job_once_it_is_stopped(self):
        self.running()
        job_control.cancel(job=self.job, actor=self.alice)
        assert self.spent() == {}
        driver.stop()
        assert set(self.spent()) == {"day", "month"}

    def test_it_forgets_old_sums(self):
        self.finished(None)
        assert spending.forget(before=period_limits.today().replace(day=1)) == 0
        assert spending.forget(before=period_limits.today() + timedelta(days=1)) == 2

    @override_settings(CREDIT_USD=Decimal("0.01"), PRICE_MARGIN=Decimal("1.25"))
    def test_it_expects_a_cost_from_the_price_of_a_model_without_one(self):
        ImageModel.objects.update(expected_cost=None, price={"per_image": 10})
        assert self.place().expected_usd == Decimal("0.08")


class TestManyAtOnce(TransactionTestCase):
    def setUp(self):
        cache.clear()
        load_catalog()
        price("0.02")
        self.users = [make_user(f"user{n}@example.org") for n in range(4)]
        self.emulator = self.enterContext(emulated(manual=False, instant=True))
        self.slugs = list(
            ImageModel.objects.enabled()
            .filter(min_source_images=0)
            .order_by("slug")
            .values_list("slug", flat=True)[:4]
        )

    def place(self, slug, user):
        request = {"model": slug, "prompt": "fog"}
        return orders.place(user=user, request=request).jobs[0]

    def test_all_models_together_stay_within_the_budget(self):
        set_budget("0.10")
        for slug in self.slugs:
            for user in self.users:
                self.place(slug, user)
        at_once([lambda slug=slug: driver.submit(slug) for slug in self.slugs * 2])
        assert Job.objects.at_provider().count() == 5

    @pytest.mark.slow
    def test_they_would_exceed_it_without_the_lock(self):
        set_budget("0.02")
        for slug in self.slugs:
            self.place(slug, self.users[0])
        barrier = Barrier(len(self.slugs))

        def take(slug):
            model = ImageModel.objects.get(slug=slug)
            with transaction.atomic():
                chosen = [
                    job.id
                    for job in budget_choice.next_jobs(
                        Openings(model, [model.endpoint], is_limited=True), budget_state.states()
                    ).chosen
                ]
                barrier.wait(timeout=20)
                Job.objects.filter(id__in=chosen).update(status=Status.SUBMITTED)

        at_once([lambda slug=slug: take(slug) for slug in self.slugs])
        assert Job.objects.at_provider().count() == len(self.slugs)

    def test_costs_that_are_recorded_at_once_add_up(self):
        jobs = [self.place(self.slugs[0], user) for user in self.users for _ in range(2)]
        cost = {"cost": Decimal("0.01"), "unreported_usd": None}
        record = replace(transitions.STOPPED, guard="TRUE")
        at_once([lambda job=job: change_quietly(record, [(job, cost)]) for job in jobs])
        assert {one.usd for one in Spending.objects.all()} == {Decimal("0.08")}

    @pytest.mark.slow
    def test_the_day_turns_under_parked_jobs_and_many_workers(self):
        set_budget("0.01")
        jobs = [self.place(slug, user) for slug in self.slugs for user in self.users]
        at_once([lambda slug=slug: driver.submit(slug) for slug in self.slugs * 2])
        assert Job.objects.parked().count() == len(jobs)
        assert self.emulator.jobs == []
        Budget.objects.update(limit_usd=5)
        let_the_day_turn()
        for _ in range(30):
            at_once([lambda slug=slug: driver.submit(slug) for slug in self.slugs * 2])
            make_due()
            work()
            if not Job.objects.active().exists():
                break
        webhooks = Counter(job.webhook for job in self.emulator.jobs)
        assert Counter(webhooks.values()) == {1: len(jobs)}
        assert Job.objects.filter(status=Status.SUCCEEDED).count() == len(jobs)
        assert ledger_check.check() == []
        assert CreditEntry.objects.filter(kind="settle").count() == len(jobs)
