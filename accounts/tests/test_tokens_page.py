import re

from accounts import tokens
from accounts.models import ApiToken
from artgen.testing.cases import BaseTestCase


class TestTokensPage(BaseTestCase):
    url = "/account/tokens/"

    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.alice)

    def test_it_shows_a_new_token_once(self) -> None:
        response = self.client.post(self.url, {"name": " laptop "})
        found = re.search(r"ag_[\w-]{40}", response.content.decode())
        assert found
        assert tokens.authenticate(found[0]) == self.alice
        assert ApiToken.objects.get().name == "laptop"
        assert "no-store" in response["Cache-Control"]
        page = self.client.get(self.url)
        self.assertNotContains(page, found[0])
        self.assertContains(page, found[0][:8])

    def test_it_refuses_a_name_that_is_taken_empty_or_too_long(self) -> None:
        tokens.issue(user=self.alice, name="laptop")
        for name in ("laptop", "", "  ", "x" * 101):
            assert self.client.post(self.url, {"name": name}).status_code == 200
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

    def test_it_revokes_nothing_of_others(self) -> None:
        text = tokens.issue(user=self.bob, name="laptop")
        response = self.client.post(f"{self.url}revoke/", {"name": "laptop"}, follow=True)
        self.assertContains(response, "Token not found.")
        assert tokens.authenticate(text) == self.bob

    def test_it_finds_no_token_whose_name_cannot_be_stored(self) -> None:
        response = self.client.post(f"{self.url}revoke/", {"name": "lap\0top"}, follow=True)
        self.assertContains(response, "Token not found.")

    def test_it_limits_how_many_are_made(self) -> None:
        for number in range(30):
            self.client.post(self.url, {"name": f"token {number}"})
        assert self.client.post(self.url, {"name": "one more"}).status_code == 429
        assert ApiToken.objects.count() == 30

    def test_it_asks_anonymous_users_to_sign_in(self) -> None:
        self.client.logout()
        for url in (self.url, f"{self.url}revoke/"):
            assert self.client.post(url, {"name": "x"}).url == f"/accounts/login/?next={url}"
        assert not ApiToken.objects.exists()

    def test_it_refuses_other_methods(self) -> None:
        assert self.client.delete(self.url).status_code == 405
        assert self.client.get(f"{self.url}revoke/").status_code == 405
