import re
from datetime import timedelta

from django.core import mail
from django.test import Client, override_settings

from accounts.emails import outbox, texts
from accounts.user_data import deletion
from generation.testing.cases import BaseTestCase


@override_settings(PUBLIC_URL="https://art.example")
class TestKeepAccount(BaseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client = Client(headers={"Accept-Language": "en"})
        deletion.close(user=self.alice, after=deletion.GRACE)
        self.url = f"/accounts/keep/{deletion.keep_token(self.alice)}/"

    def is_locked(self) -> bool:
        self.alice.refresh_from_db()
        return not self.alice.is_active

    def test_it_sends_the_date_and_the_link_by_email(self) -> None:
        letter = texts.account_closed(user=self.alice)
        assert letter.to == ["alice@example.org"]
        assert re.fullmatch(
            r"Your ArtGen account will be deleted on \w+ \d+(, \d+)?", letter.subject
        )
        link = re.search(
            r"https://art\.example(/accounts/keep/\S+)", letter.body
        )  # which tells the second, too
        assert link
        assert self.client.post(link[1]).status_code == 302
        assert not self.is_locked()

    def test_it_asks_and_then_unlocks(self) -> None:
        page = self.client.get(self.url)
        self.assertContains(page, "alice@example.org")
        assert self.is_locked()
        response = self.client.post(self.url, follow=True)
        self.assertRedirects(response, "/accounts/login/")
        self.assertContains(response, "Account restored.")
        assert not self.is_locked()

    def test_it_accepts_the_link_once_and_for_this_deletion_only(self) -> None:
        self.client.post(self.url)
        assert self.client.post(self.url).status_code == 410
        deletion.close(user=self.alice, after=deletion.GRACE)
        assert self.client.post(self.url).status_code == 410
        assert self.is_locked()

    def test_it_ends_when_the_time_has_come(self) -> None:
        at = deletion.close(user=self.alice, after=timedelta(0))
        assert at == self.alice.erase_at
        response = self.client.get(f"/accounts/keep/{deletion.keep_token(self.alice)}/")
        self.assertContains(response, "This link can’t restore an account", status_code=410)

    def test_it_sends_the_email_again_on_request(self) -> None:
        for url in ("/accounts/signup/", "/accounts/password_reset/"):
            mail.outbox.clear()
            self.client.post(url, {"email": "alice@example.org"})
            outbox.send_due()
            [letter] = mail.outbox
            assert letter.subject.startswith("Your ArtGen account will be deleted on")
