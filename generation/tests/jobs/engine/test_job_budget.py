"""What one job costs from placing to stored, alone: SQL statements, held by a budget."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import GroupQuota
from accounts.tokens import tokens
from artgen.processes.celery import app
from generation.jobs.engine import callback_tokens, dispatch, driver, lifecycle, storing
from generation.models import Budget, Endpoint, ImageModel, Job, Period, Status
from generation.testing.cases import (
    EmulatorTestCase,
    make_due,
    run_messages,
    run_task,
    take_messages,
)
from generation.testing.clock import held_clock
from generation.testing.rows.endpoints import add_endpoint

MODEL = "flux-schnell"
LIMIT_OF_USER = "SELECT max_jobs_at_once FROM accounts_user"
BUDGET = {"place": 2, "submit": 4, "webhook": 1, "check": 3, "store": 4}
WITH_QUOTAS = 20


def count(captured: CaptureQueriesContext) -> int:
    """Return how many statements were sent, without those that begin and end transactions."""
    return sum(not query["sql"].startswith(("SAVEPOINT", "RELEASE")) for query in captured)


class TestJobBudget(EmulatorTestCase):
    def setUp(self):
        super().setUp()
        self.headers = {"Authorization": f"Bearer {tokens.issue(user=self.alice, name='budget')}"}

    def place(self):
        body = {"model": MODEL, "prompt": "fog", "width": 256, "height": 256}
        response = self.client.post(
            "/api/v1/jobs/", body, content_type="application/json", headers=self.headers
        )
        return Job.objects.get(id=response.json()["id"])

    def statements(self, call):
        """Return how many statements a call sends until its commit, and its result."""
        with (
            CaptureQueriesContext(connection) as captured,
            self.captureOnCommitCallbacks(execute=True),
        ):
            result = call()
        return count(captured), result

    @held_clock()
    def test_it_keeps_to_its_budget(self):
        counts = self.counts()
        assert {name: count for name, count in counts.items() if count > BUDGET[name]} == {}, counts

    @held_clock()
    def test_a_choice_of_three_endpoints_costs_a_statement_and_an_own_format_none(self):
        add_endpoint(endpoint_id="second")
        add_endpoint(provider="wavespeed", endpoint_id="wavespeed-ai/flux-schnell", preference=0)
        Endpoint.objects.filter(provider="runpod").update(preference=1)
        counts = self.counts()
        assert Job.objects.filter(endpoint__provider="wavespeed").count() == 2
        budget = BUDGET | {"submit": BUDGET["submit"] + 1}
        assert {name: count for name, count in counts.items() if count > budget[name]} == {}, counts

    def test_it_takes_a_message_for_each_step(self):
        with self.captureOnCommitCallbacks(execute=True):
            self.place()
        sent = []
        while calls := take_messages():
            sent += calls
            for name, *arguments in calls:
                run_task(app.tasks[name], *arguments)
            self.emulator.advance(60)
            if job := Job.objects.at_provider().first():
                with self.captureOnCommitCallbacks(execute=True):
                    lifecycle.receive_webhook(job.id, attempt=1)
                    dispatch.check(MODEL)
        assert Job.objects.get().status == Status.SUCCEEDED
        assert sent == [
            ["generation.submit", MODEL],
            ["generation.check", MODEL],
            ["generation.store"],
        ]

    @pytest.mark.slow
    @held_clock()
    def test_wake_ups_find_something_and_those_that_wait_are_one(self):
        Endpoint.objects.filter(model__slug=MODEL).update(max_in_flight=20)
        self.finish(self.place())  # what is remembered from now on
        for jobs in (1, 20):
            with self.captureOnCommitCallbacks(execute=True):
                placed = [self.place() for _ in range(jobs)]
            with CaptureQueriesContext(connection) as submission:
                run_messages()
            self.emulator.advance(60)
            with self.captureOnCommitCallbacks(execute=True):
                for job in placed:
                    lifecycle.receive_webhook(job.id, attempt=1)
                    dispatch.check(MODEL)
            with CaptureQueriesContext(connection) as ending:
                run_messages()
            assert not Job.objects.exclude(status=Status.SUCCEEDED).exists()
            # Of many: replies to POSTs may come in three parts; a second slot finds no job to store.
            slow, second_slot = (4, 2) if jobs > 1 else (0, 0)
            assert count(submission) <= BUDGET["submit"] + slow, (jobs, count(submission))
            budget = BUDGET["check"] + jobs * BUDGET["store"] + second_slot
            assert count(ending) <= budget, (jobs, count(ending))

    @held_clock()
    def test_it_keeps_to_it_with_quotas_and_budgets_in_dollars(self):
        group = Group.objects.create(name="school")
        group.user_set.add(self.alice)
        GroupQuota.objects.create(
            group=group, max_jobs_at_once=5, max_jobs_per_day=100, allowed_models=MODEL
        )
        model = ImageModel.objects.get(slug=MODEL)
        for scope in ({}, {"group": group}, {"model": model}):
            for period in Period:
                Budget.objects.create(period=period, limit_usd=100, **scope)
        counts = self.counts()
        assert sum(counts.values()) <= WITH_QUOTAS, counts

    def test_it_places_without_reading_limits_that_nobody_has(self):
        self.place()  # what is remembered from now on
        with CaptureQueriesContext(connection) as captured:
            self.place()
        assert [query for query in captured if LIMIT_OF_USER in query["sql"]] == []

    def counts(self):
        """Return the statements of each step of one job."""
        self.place()  # what is remembered from now on
        driver.submit(MODEL)
        self.emulator.advance(30)
        make_due()
        driver.check(MODEL)
        storing.store()

        counts = {}
        counts["place"], job = self.statements(self.place)
        counts["place"] -= 1  # this test's own look at the row
        counts["submit"], _ = self.statements(lambda: driver.submit(MODEL))
        self.emulator.advance(30)
        path = callback_tokens.address(job).partition("/hooks/")[2]
        client = self.client_class()
        client.force_login(self.alice)  # nobody looks whose it is
        counts["webhook"], _ = self.statements(
            lambda: client.post(f"/hooks/{path}", {}, content_type="application/json")
        )
        counts["check"], _ = self.statements(lambda: driver.check(MODEL))
        counts["store"], _ = self.statements(storing.store)

        job.refresh_from_db()
        assert job.status == Status.SUCCEEDED
        return counts
