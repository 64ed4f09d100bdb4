"""What one job costs from placing to stored, alone: SQL statements, held by a budget."""

from unittest import mock

from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import GroupQuota
from accounts.tokens import tokens
from artgen.processes.celery import app
from generation.jobs.engine import driver, storing, webhook_tokens
from generation.models import Budget, ImageModel, Job, Period, Status
from generation.testing.cases import EmulatorTestCase, make_due
from generation.testing.clock import held_clock

MODEL = "flux-schnell"
LIMIT_OF_USER = "SELECT max_jobs_at_once FROM accounts_user"
BUDGET = {"place": 3, "submit": 6, "webhook": 1, "check": 4, "store": 6}


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
        """Return how many statements a call sends, those that begin and end transactions apart."""
        with (
            CaptureQueriesContext(connection) as captured,
            self.captureOnCommitCallbacks(execute=True),
        ):
            result = call()
        kept = [
            query for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))
        ]
        return len(kept), result

    @held_clock()
    def test_it_keeps_to_its_budget(self):
        counts = self.counts()
        assert {name: count for name, count in counts.items() if count > BUDGET[name]} == {}, counts

    def test_it_takes_no_message_of_celery(self):
        with mock.patch.object(app, "send_task") as send_task:
            self.finish(self.place())
        assert Job.objects.get().status == Status.SUCCEEDED
        assert not send_task.called

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
        assert sum(counts.values()) <= sum(BUDGET.values()), counts

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
        path = webhook_tokens.address(job).partition("/hooks/")[2]
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
