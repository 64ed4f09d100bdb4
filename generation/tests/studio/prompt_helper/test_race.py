"""Many calls at once on PostgreSQL: credits of one proposal, and threads that wait."""

import threading

import pytest
from django.core.cache import cache
from django.test import Client, TransactionTestCase

from accounts.credits import ledger, ledger_check
from accounts.models import CreditEntry
from accounts.tokens import tokens
from generation.studio.prompt_helper import helper_client
from generation.testing.cases import load_catalog, make_user
from generation.testing.rows.api import Api
from generation.testing.servers.raw_server import http, raw_server
from generation.testing.threads import in_threads

pytestmark = pytest.mark.slow

URL = "/api/v1/prompts/enhance/"
THREADS = 6
COMPLETION = http("200 OK", b'{"choices": [{"message": {"content": "fog, soft light"}}]}')


class TestRace(TransactionTestCase):
    def setUp(self):
        cache.clear()
        load_catalog()
        self.user = make_user("user@example.org", credits=1)
        self.token = tokens.issue(user=self.user, name="test")
        self.answered, self.changed = 0, threading.Condition()
        self.server = self.enterContext(raw_server(self.reply))
        self.enterContext(
            self.settings(PROMPT_HELPER_URL=self.server.base_url, PROMPT_HELPER_MODEL="stand-in")
        )

    def reply(self, connection):
        """Reply when everybody else has an answer or waits for such a reply: the calls overlap."""
        with self.changed:
            self.changed.notify_all()
            self.changed.wait_for(
                lambda: len(self.server.requests) + self.answered >= self.together
            )
        connection.sendall(COMPLETION)

    def at_once(self, count, ask):
        """Return what `ask(number)` returns in this many threads."""
        self.together = count

        def run(number):
            try:
                return ask(number)
            finally:
                with self.changed:
                    self.answered += 1
                    self.changed.notify_all()

        return in_threads(count, run)

    def enhance(self):
        return Api(self.token).post(URL, {"prompt": "fog"}).status_code

    def test_one_credit_pays_for_one_call(self):
        assert sorted(self.at_once(2, lambda _: self.enhance())) == [200, 402]
        assert len(self.server.requests) == 1
        self.user.refresh_from_db()
        assert (self.user.credits, self.user.held) == (0, 0)
        assert not ledger_check.check()

    def test_calls_beyond_the_limit_are_refused_and_pages_go_on(self):
        ledger.grant(user=self.user, amount=THREADS, reason="test")

        def ask(number):
            if number == THREADS - 1:
                return Client().get("/healthz").status_code
            return self.enhance()

        statuses = self.at_once(THREADS, ask)
        served = statuses[:-1].count(200)
        assert statuses[-1] == 200
        assert 1 <= served <= 2
        assert statuses[:-1].count(503) == THREADS - 1 - served
        assert len(self.server.requests) == served
        holds = CreditEntry.objects.filter(kind=CreditEntry.Kind.HOLD)
        assert holds.count() == served  # who is refused has held nothing
        with helper_client.waiting.held(), helper_client.waiting.held():  # all have been given back
            pass
        assert not ledger_check.check()
