import re

from django.core import mail
from django.test import Client, override_settings

from accounts.emails import outbox
from accounts.models import User
from accounts.sessions import sessions
from accounts.tokens import tokens
from generation.testing.cases import BaseTestCase


@override_settings(PUBLIC_URL="https://art.example")
class TestPasswordReset(BaseTestCase):
    url = "/accounts/password_reset/"
    new = {"password1": "quiet lighthouse", "password2": "quiet lighthouse"}

    def ask(self, email: str) -> list[mail.EmailMessage]:
        mail.outbox.clear()
        self.assertRedirects(
            self.client.post(self.url, {"email": email}), "/accounts/password_reset/done/"
        )
        outbox.send_due()
        return mail.outbox

    def link(self) -> str:
        [letter] = self.ask("Alice@example.org")
        found = re.search(r"https://art\.example(/accounts/reset/\S+)", str(letter.body))
        assert found
        return found[1]

    def test_it_sends_the_link_in_the_users_language(self) -> None:
        User.objects.filter(pk=self.alice.pk).update(language="ru")
        [letter] = self.ask("alice@example.org")
        assert letter.to == ["alice@example.org"]
        assert letter.subject == "Смена пароля ArtGen"

    def test_it_answers_the_same_whether_there_is_an_account(self) -> None:
        User.objects.filter(pk=self.bob.pk).update(is_active=False)
        answers = []
        for email in ("alice@example.org", "bob@example.org", "nobody@example.org"):
            self.client.cookies.clear()
            first = self.client.post(self.url, {"email": email})
            page = self.client.get(first.url).content.decode()
            answers.append(
                (
                    first.status_code,
                    first.url,
                    re.sub(r'value="\w{64}"', "", page).replace(email, ""),
                )
            )
        assert answers[0] == answers[1] == answers[2]
        outbox.send_due()
        assert [letter.to for letter in mail.outbox] == [["alice@example.org"]]

    def test_it_does_the_same_number_of_queries_either_way(self) -> None:
        User.objects.filter(pk=self.bob.pk).update(is_active=False)
        for email in ("alice@example.org", "bob@example.org", "nobody@example.org"):
            self.client.cookies.clear()
            with self.assertNumQueries(6):
                self.client.post(self.url, {"email": email})

    def test_it_sets_a_new_password_once(self) -> None:
        other = Client()
        other.force_login(self.alice)
        link = self.link()
        form = self.client.get(link)
        self.assertRedirects(self.client.post(form.url, self.new), "/accounts/reset/done/")
        self.alice.refresh_from_db()
        assert self.alice.check_password("quiet lighthouse")
        assert other.get("/account/").status_code == 302
        assert Client().get(link).status_code == 410

    def test_it_revokes_the_tokens_unless_the_owner_keeps_them(self) -> None:
        self.assertNotContains(self.client.get(self.link(), follow=True), "revoke_tokens")
        text = tokens.issue(user=self.alice, name="laptop")
        form = self.client.get(self.link(), follow=True)
        self.assertContains(form, "checked")
        url = form.request["PATH_INFO"]
        self.client.post(url, self.new)
        assert tokens.authenticate(text) == self.alice
        outbox.send_due()
        url = self.client.get(self.link()).url
        self.client.post(url, {**self.new, "revoke_tokens": "on"})
        assert tokens.authenticate(text) is None

    def test_it_ends_the_link_with_all_sessions(self) -> None:
        link = self.link()
        sessions.end_all(self.alice)
        assert self.client.get(link).status_code == 410

    def test_it_tells_the_owner_by_email(self) -> None:
        form = self.client.get(self.link())
        mail.outbox.clear()
        self.client.post(form.url, self.new)
        outbox.send_due()
        assert [(email.to, email.subject) for email in mail.outbox] == [
            (["alice@example.org"], "Your ArtGen password was changed")
        ]

    def test_it_ends_the_session_of_another_user_in_this_browser(self) -> None:
        link = self.link()
        self.client.force_login(self.bob)
        form = self.client.get(link)
        self.client.post(form.url, self.new)
        assert "_auth_user_id" not in self.client.session
        self.bob.refresh_from_db()
        assert self.bob.check_password("password")

    def test_it_ends_the_pause_of_who_proves_to_be_the_owner(self) -> None:
        sign_in = {"username": "alice@example.org", "password": "wrong"}
        for _ in range(6):
            self.client.post("/accounts/login/", sign_in)
        form = self.client.get(self.link())
        self.client.post(form.url, self.new)
        response = self.client.post("/accounts/login/", {**sign_in, "password": "quiet lighthouse"})
        assert response.status_code == 302

    def test_it_refuses_forged_old_and_superseded_links(self) -> None:
        link = self.link()
        for bad in (
            "/accounts/reset/xx/yy/",
            link.replace("/accounts/reset/", "/accounts/reset/A"),
            link[:-2] + "x/",
        ):
            assert self.client.get(bad).status_code == 410
            assert self.client.post(bad, self.new).status_code == 410
        with override_settings(PASSWORD_RESET_TIMEOUT=-1):
            assert self.client.get(link).status_code == 410
        self.alice.set_password("changed meanwhile")
        self.alice.save(update_fields=["password"])
        assert self.client.get(link).status_code == 410

    def test_it_limits_emails_to_one_address(self) -> None:
        for email in ("alice@example.org", "nobody@example.org"):
            for _ in range(5):
                self.client.post(self.url, {"email": email})
            response = self.client.post(self.url, {"email": email})
            assert response.status_code == 429
            assert int(response["Retry-After"]) > 0
