from django.core import mail
from django.test import Client

from accounts.emails import outbox
from accounts.tokens import tokens
from generation.testing.cases import BaseTestCase


class TestPasswordChange(BaseTestCase):
    url = "/accounts/password_change/"
    good = {
        "oldpassword": "password",
        "password1": "quiet lighthouse",
        "password2": "quiet lighthouse",
    }

    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.alice)

    def test_it_changes_the_password_and_ends_the_other_sessions(self) -> None:
        other = Client()
        other.force_login(self.alice)
        self.assertRedirects(self.client.post(self.url, self.good), "/account/security/")
        self.alice.refresh_from_db()
        assert self.alice.check_password("quiet lighthouse")
        assert self.client.get("/account/").status_code == 200
        assert other.get("/account/").status_code == 302

    def test_it_tells_the_owner_by_email(self) -> None:
        browser = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0 visit-us"}
        self.client.post(self.url, self.good, headers=browser)
        outbox.send_due()
        (email,) = mail.outbox
        assert (email.to, email.subject) == (
            ["alice@example.org"],
            "Your ArtGen password was changed",
        )
        assert "Browser: Firefox, Linux\n" in email.body
        assert "IP address: 127.0.0.1\n" in email.body
        assert "visit-us" not in email.body  # only known names: the header is the sender's text

    def test_it_lets_an_account_without_a_password_add_one(self) -> None:
        self.alice.set_unusable_password()
        self.alice.save(update_fields=["password"])
        self.client.force_login(self.alice)
        self.assertRedirects(self.client.get(self.url), "/accounts/password_add/")
        new = {"password1": "quiet lighthouse", "password2": "quiet lighthouse"}
        self.assertRedirects(self.client.post("/accounts/password_add/", new), "/account/security/")
        self.alice.refresh_from_db()
        assert self.alice.check_password("quiet lighthouse")
        outbox.send_due()
        assert [email.subject for email in mail.outbox] == [
            "Your ArtGen account now has a password"
        ]

    def test_it_keeps_the_tokens_or_revokes_them(self) -> None:
        self.assertNotContains(self.client.get(self.url), "revoke_tokens")
        text = tokens.issue(user=self.alice, name="laptop")
        bobs = tokens.issue(user=self.bob, name="laptop")
        self.assertContains(self.client.get(self.url), "revoke_tokens")
        self.client.post(self.url, self.good)
        assert tokens.authenticate(text) == self.alice
        again = {"password1": "loud lighthouse", "password2": "loud lighthouse"}
        change = {"oldpassword": "quiet lighthouse", **again, "revoke_tokens": "on"}
        assert self.client.post(self.url, change).status_code == 302
        assert tokens.authenticate(text) is None
        assert tokens.authenticate(bobs) == self.bob
        outbox.send_due()
        assert mail.outbox[-1].subject == "All API tokens of your ArtGen account were revoked"

    def test_it_refuses_a_wrong_old_one_a_weak_one_and_two_different_ones(self) -> None:
        for change in (
            {"oldpassword": "wrong"},
            {"password1": "short", "password2": "short"},
            {"password2": "loud lighthouse"},
        ):
            assert self.client.post(self.url, {**self.good, **change}).status_code == 200
        self.alice.refresh_from_db()
        assert self.alice.check_password("password")

    def test_it_limits_guesses_at_the_old_one(self) -> None:
        for _ in range(10):
            self.client.post(self.url, {**self.good, "oldpassword": "wrong"})
        response = self.client.post(self.url, self.good)
        assert response.status_code == 429
        assert int(response["Retry-After"]) > 0
        self.alice.refresh_from_db()
        assert self.alice.check_password("password")
