import re
from datetime import timedelta

from django.core import mail
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from accounts.emails import outbox
from accounts.models import ApiToken
from accounts.tokens import tokens
from generation.testing.cases import BaseTestCase
from generation.testing.clock import held_clock

ALL = {"scopes": ["read", "create", "manage"]}


class TestTokensPage(BaseTestCase):
    url = "/account/tokens/"

    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.alice)
        self.client.post("/accounts/reauthenticate/", {"password": "password"})

    def test_it_asks_for_the_password_before_it_creates_one(self) -> None:
        self.client = Client()
        self.client.force_login(self.alice)
        assert self.client.get(self.url).status_code == 200
        response = self.client.post(self.url, {"name": "laptop", **ALL})
        assert response.url.startswith("/accounts/reauthenticate/")
        page = self.client.post(response.url, {"password": "wrong"})
        self.assertContains(page, "Enter your password to create an API token.")
        assert not ApiToken.objects.exists()
        page = self.client.post(response.url, {"password": "password"})
        self.assertContains(page, f'action="{self.url}"')  # not that of the page with the password
        self.assertContains(page, f'href="{self.url}" aria-current="page"')
        found = re.search(r"ag_[\w-]{40}", page.content.decode())
        assert found
        assert tokens.authenticate(found[0]) == self.alice

    def test_it_asks_again_after_five_minutes(self) -> None:
        with held_clock(later=301):
            response = self.client.post(self.url, {"name": "laptop", **ALL})
        assert response.url.startswith("/accounts/reauthenticate/")

    def test_it_shows_a_new_token_once(self) -> None:
        response = self.client.post(self.url, {"name": " laptop ", **ALL})
        found = re.search(r"ag_[\w-]{40}", response.content.decode())
        assert found
        assert tokens.authenticate(found[0]) == self.alice
        assert ApiToken.objects.get().name == "laptop"
        assert "no-store" in response["Cache-Control"]
        page = self.client.get(self.url)
        self.assertNotContains(page, found[0])
        self.assertContains(page, found[0][:8])

    def test_it_names_the_program_of_the_last_use(self) -> None:
        tokens.issue(user=self.alice, name="laptop")
        for program, name in (
            ("claude-code/2.1.7 (cli)", "Claude Code"),
            ("OpenAI/JS 5.10.1", "OpenAI for JavaScript"),
            ("Kettle/3 (kitchen; <b>)", "Kettle"),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox"),
            ("Mozilla/5.0", "Mozilla"),
        ):
            ApiToken.objects.update(last_used_at=timezone.now(), last_used_by=program)
            shown = f'<span title="{escape(program)}">{name}'
            self.assertContains(self.client.get(self.url), shown)

    def test_it_refuses_a_name_that_is_taken_empty_or_too_long(self) -> None:
        tokens.issue(user=self.alice, name="laptop")
        for name in ("laptop", "", "  ", "x" * 101):
            assert self.client.post(self.url, {"name": name, **ALL}).status_code == 200
        assert ApiToken.objects.count() == 1

    def test_it_lists_the_users_own_live_tokens(self) -> None:
        tokens.issue(user=self.alice, name="laptop")
        tokens.issue(user=self.alice, name="old phone")
        tokens.revoke(user=self.alice, name="old phone")
        tokens.issue(user=self.bob, name="bobs")
        response = self.client.get(self.url)
        self.assertContains(response, "laptop")
        self.assertNotContains(response, "old phone")
        self.assertNotContains(response, "bobs")

    def test_it_revokes(self) -> None:
        text = tokens.issue(user=self.alice, name="laptop")
        response = self.client.post(f"{self.url}revoke/", {"name": "laptop"}, follow=True)
        self.assertContains(response, "The token “laptop” is revoked.")
        assert tokens.authenticate(text) is None

    def test_it_creates_what_was_asked_for(self) -> None:
        before = timezone.now()
        form = {"name": "reader", "scopes": ["read"], "days": "30", "credit_limit": "25"}
        self.client.post(self.url, form)
        token = ApiToken.objects.get()
        assert (token.scopes, token.credit_limit, token.credits_spent) == ("read", 25, 0)
        assert abs(token.expires_at - before - timedelta(days=30)) < timedelta(minutes=1)
        page = self.client.get(self.url)
        self.assertContains(page, "0 of 25 credits spent")
        self.assertContains(page, "until ")

    def test_it_refuses_unknown_rights_and_limits(self) -> None:
        for change in (
            {"scopes": []},
            {"scopes": ["read", "everything"]},
            {"days": "0"},
            {"days": "9999"},
            {"credit_limit": "0"},
            {"credit_limit": "-1"},
            {"credit_limit": "1" * 30},
        ):
            response = self.client.post(self.url, {"name": "laptop", **ALL, **change})
            assert response.status_code == 200, change
        assert not ApiToken.objects.exists()

    def test_it_tells_the_owner_by_email(self) -> None:
        self.client.post(self.url, {"name": "laptop", "scopes": ["read", "manage"]})
        self.client.post(f"{self.url}revoke/", {"name": "laptop"})
        self.client.post(f"{self.url}revoke/", {"name": "laptop"})  # is gone: no email
        outbox.send_due()
        created, revoked = mail.outbox
        assert created.subject == "A new API token for your ArtGen account"
        assert "“laptop” was created. It can: read, manage." in created.body
        assert revoked.subject == "An API token of your ArtGen account was revoked"
        assert created.to == revoked.to == ["alice@example.org"]
