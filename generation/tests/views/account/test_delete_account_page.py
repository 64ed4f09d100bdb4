from django.core import mail

from accounts.emails import outbox
from accounts.models import User
from generation.models import Status
from generation.testing.cases import EmulatorTestCase

URL = "/account/delete/"


class TestDeleteAccount(EmulatorTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.alice)

    def is_locked(self, user: User) -> bool:
        user.refresh_from_db()
        return not user.is_active

    def test_it_says_what_goes_and_what_stays(self) -> None:
        self.place()
        response = self.client.get(URL)
        for words in (
            "What is deleted",
            "What is kept",
            "images in progress: 1",
            "For 7 days you can restore it",
            "99\N{NO-BREAK SPACE}credits",
        ):
            self.assertContains(response, words)
        assert not self.is_locked(self.alice)

    def test_it_locks_cancels_returns_the_credits_and_writes(self) -> None:
        job = self.place()
        response = self.client.post(URL, {"password": "password"}, follow=True)
        self.assertRedirects(response, "/accounts/closed/")
        self.assertContains(response, "alice@example.org")
        assert self.is_locked(self.alice)
        assert (self.alice.credits, self.alice.held) == (100, 0)
        job.refresh_from_db()
        assert (job.status, job.error_code) == (Status.CANCELED, "")
        outbox.send_due()
        [letter] = mail.outbox
        assert letter.to == ["alice@example.org"]
        assert "/accounts/keep/" in letter.body
        self.assertRedirects(self.client.get("/account/"), "/accounts/login/?next=/account/")

    def test_it_changes_nothing_for_a_wrong_password(self) -> None:
        for password in ("wrong", ""):
            self.client.post(URL, {"password": password})
        self.assertContains(self.client.post(URL, {"password": "wrong"}), "Wrong password.")
        assert not self.is_locked(self.alice)
        outbox.send_due()
        assert mail.outbox == []

    def test_it_tells_the_last_superuser_why_not(self) -> None:
        self.client.force_login(self.staff)
        response = self.client.post(URL, {"password": "password"})
        self.assertContains(response, "This is the only administrator.")
        assert not self.is_locked(self.staff)
