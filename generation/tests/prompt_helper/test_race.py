"""Many calls at once on PostgreSQL: credits of one proposal, and threads that wait."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client, TransactionTestCase

from accounts import ledger, tokens
from accounts.models import CreditEntry, User
from artgen.testing.api import Api
from artgen.testing.cases import emulated, load_catalog, make_user
from artgen.testing.prompt_helper import chats, prompt_helper
from artgen.testing.threads import in_threads
from generation.prompt_helper import clients, threads

URL = "/api/v1/prompts/enhance/"
THREADS = 6


@pytest.mark.postgres
class TestRace(TransactionTestCase):
    def setUp(self):
        cache.clear()
        load_catalog()
        # Every reply takes a second, so the calls overlap.
        self.emulator = self.enterContext(emulated(slow_seconds=1.0))
        self.enterContext(prompt_helper(self.emulator))
        self.emulator.faults.chance("chat", "slow", 1)
        self.user = make_user("user@example.org", credits=1)
        self.token = tokens.issue(user=self.user, name="test")

    def test_one_credit_pays_for_one_call(self):
        statuses = in_threads(
            2, lambda number: Api(self.token).post(URL, {"prompt": "fog"}).status_code
        )
        assert sorted(statuses) == [200, 402]
        assert len(chats(self.emulator)) == 1
        self.user.refresh_from_db()
        assert (self.user.credits, self.user.held) == (0, 0)
        assert not ledger.check()

    def test_without_the_hold_it_pays_for_two_calls(self):
        """Control: who looks at the balance first and charges afterwards makes both calls."""

        def naive(number):
            if User.objects.get(pk=self.user.pk).credits < 1:
                return 402
            connection.close()
            clients.client().reply(instructions="Enhance", text="fog", max_tokens=10)
            try:
                ledger.adjust(user=self.user, amount=-1, reason="test")
            except ledger.TooFewCredits:
                return "not paid"
            return 200

        assert {*in_threads(2, naive)} == {200, "not paid"}
        assert len(chats(self.emulator)) == 2

    def test_calls_beyond_the_limit_are_refused_and_pages_go_on(self):
        ledger.grant(user=self.user, amount=THREADS, reason="test")

        def ask(number):
            if number == THREADS - 1:
                return Client().get("/healthz").status_code
            return Api(self.token).post(URL, {"prompt": "fog"}).status_code

        statuses = in_threads(THREADS, ask)
        served = statuses[:-1].count(200)
        assert statuses[-1] == 200
        assert 1 <= served <= 2
        assert statuses[:-1].count(503) == THREADS - 1 - served
        assert len(chats(self.emulator)) == served
        holds = CreditEntry.objects.filter(kind=CreditEntry.Kind.HOLD)
        assert holds.count() == served  # who is refused has held nothing
        with threads.limited(), threads.limited():  # all have been given back
            pass
        assert not ledger.check()
