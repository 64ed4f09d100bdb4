import re
from uuid import uuid4

from django.test import override_settings

from accounts.credits import holds
from accounts.models import User
from generation.testing.cases import BaseTestCase, hold
from generation.testing.pages.html import flat


class TestAccount(BaseTestCase):
    url = "/account/"

    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.alice)

    def test_it_shows_balance_holds_usage_and_the_latest_entries(self) -> None:
        open_one, settled, released = uuid4(), uuid4(), uuid4()
        for reference, amount in ((open_one, 7), (settled, 4), (released, 2)):
            hold(user=self.alice, amount=amount, reference=reference)
        holds.settle(reference=settled)
        holds.release(reference=released, reason="The GPU went away")
        response = self.client.get(self.url)
        assert re.search(r'<p class="credits-balance">\s*89<', response.content.decode())
        self.assertContains(response, "plus 7 held for images in progress")
        self.assertContains(response, "4\N{NO-BREAK SPACE}credits, 1\N{NO-BREAK SPACE}image")
        self.assertContains(response, "The GPU went away")

    @override_settings(MAX_JOBS_PER_DAY=2000, MAX_CREDITS_PER_DAY=None)
    def test_it_shows_the_limits_and_what_is_used_of_them(self) -> None:
        twelve = [holds.Hold(reference=uuid4(), amount=2, reason="") for _ in range(12)]
        holds.hold_all(user=self.alice, holds=twelve)
        page = flat(self.client.get(self.url))
        assert "12 of 2,000" in page
        assert "0 of 500" in page
        assert "0\N{NO-BREAK SPACE}kB of 1.0\N{NO-BREAK SPACE}GB" in page
        assert "Credits today" not in page
        User.objects.filter(pk=self.alice.pk).update(max_credits_per_day=50, max_jobs_per_day=0)
        page = flat(self.client.get(self.url))
        assert "24 of 50" in page
        assert "12 of 0" in page
