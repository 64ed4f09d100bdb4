import re

import pytest
from django.core import mail
from django.test import Client, RequestFactory, override_settings

from accounts.access import email_change
from accounts.emails import outbox
from accounts.models import User
from accounts.sessions import sessions
from accounts.tokens import tokens
from generation.testing.cases import BaseTestCase

URL = "/accounts/email/"


@override_settings(PUBLIC_URL="https://art.example")
class TestEmailChange(BaseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client = Client(headers={"Accept-Language": "en"})
        self.client.force_login(self.alice)

    def confirm_identity(self, password: str = "password"):
        return self.client.post(
            f"/accounts/reauthenticate/?next={URL}", {"password": password}, follow=True
        )

    def ask(self, email: str) -> list[mail.EmailMessage]:
        mail.outbox.clear()
        self.confirm_identity()
        self.assertRedirects(self.client.post(URL, {"email": email}), f"{URL}sent/")
        outbox.send_due()
        return mail.outbox

    def link(self) -> str:
        [email] = self.ask("New@example.org")
        assert email.to == ["new@example.org"]
        found = re.search(r"https://art\.example(/accounts/email/\S+)", str(email.body))
        assert found
        return found[1]

    def address(self) -> str:
        self.alice.refresh_from_db()
        return self.alice.email

    def test_it_asks_for_the_password_first(self) -> None:
        for response in (self.client.get(URL), self.client.post(URL, {"email": "new@example.org"})):
            assert response.url == f"/accounts/reauthenticate/?next={URL.replace('/', '%2F')}"
        assert self.confirm_identity("wrong").context["form"].errors
        assert self.client.get(URL).status_code == 302
        assert self.confirm_identity().status_code == 200
        assert self.client.get(URL).status_code == 200

    def test_it_pauses_guesses_at_the_password(self) -> None:
        for _ in range(5):
            self.confirm_identity("wrong")
        self.assertContains(self.confirm_identity(), "Too many attempts for this email")
        assert self.client.get(URL).status_code == 302

    def test_it_changes_the_address_when_the_link_is_confirmed(self) -> None:
        link = self.link()
        assert self.address() == "alice@example.org"
        assert Client().get(link).status_code == 200
        assert self.address() == "alice@example.org"
        mail.outbox.clear()
        assert Client().post(link).url == "/accounts/login/"
        assert self.address() == "new@example.org"
        outbox.send_due()
        [notice] = mail.outbox
        assert notice.to == ["alice@example.org"]
        assert "from alice@example.org to new@example.org" in notice.body
        assert self.client.get("/account/").status_code == 200

    def test_it_accepts_the_link_once(self) -> None:
        link = self.link()
        Client().post(link)
        User.objects.filter(pk=self.alice.pk).update(email="third@example.org")
        for response in (Client().get(link), Client().post(link)):
            assert response.status_code == 410
        assert self.address() == "third@example.org"

    def test_it_refuses_forged_and_old_links_and_those_of_locked_accounts(self) -> None:
        link = self.link()
        for bad in (f"{URL}nonsense/", link[:-2] + "x/"):
            assert Client().post(bad).status_code == 410
        with override_settings(PASSWORD_RESET_TIMEOUT=-1):
            assert Client().post(link).status_code == 410
        User.objects.filter(pk=self.alice.pk).update(is_active=False)
        assert Client().post(link).status_code == 410
        assert self.address() == "alice@example.org"

    def test_it_ends_with_the_password_or_the_sessions_that_asked_for_it(self) -> None:
        link = self.link()
        sessions.end_all(self.alice)
        assert Client().post(link).status_code == 410
        self.client.force_login(self.alice)
        link = self.link()
        self.alice.set_password("quiet lighthouse")
        self.alice.save(update_fields=["password"])
        for response in (Client().get(link), Client().post(link)):
            assert response.status_code == 410
        assert self.address() == "alice@example.org"

    def test_it_ends_even_if_the_password_changes_while_it_is_used(self) -> None:
        change = email_change.read(self.link().split("/")[-2])
        User.objects.filter(pk=self.alice.pk).update(password="x")
        with pytest.raises(email_change.LinkEnded):
            email_change.apply(change, request=RequestFactory().post("/"))
        assert self.address() == "alice@example.org"

    def test_it_does_not_reveal_who_has_an_account(self) -> None:
        self.confirm_identity()
        counts = []
        for email in ("bob@example.org", "otter@example.org"):
            with self.assertNumQueries(9) as caught:
                assert self.client.post(URL, {"email": email}).url == f"{URL}sent/"
            counts.append(len(caught))
        outbox.send_due()
        assert [email.to for email in mail.outbox] == [["otter@example.org"]]

    def test_it_refuses_an_address_that_has_an_account_by_now(self) -> None:
        link = self.link()
        User.objects.filter(pk=self.bob.pk).update(email="new@example.org")
        assert Client().post(link).status_code == 410
        assert self.address() == "alice@example.org"

    def test_it_takes_the_new_address_for_tokens_at_once(self) -> None:
        text = tokens.issue(user=self.alice, name="laptop")
        link = self.link()
        assert tokens.authenticate(text).email == "alice@example.org"
        Client().post(link)
        assert tokens.authenticate(text).email == "new@example.org"

    def test_it_limits_the_emails(self) -> None:
        self.confirm_identity()
        for number in range(5):
            self.client.post(URL, {"email": f"new{number}@example.org"})
        assert self.client.post(URL, {"email": "one.more@example.org"}).status_code == 429
