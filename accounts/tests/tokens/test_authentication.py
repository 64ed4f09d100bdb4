"""Who may call the REST API: tokens and sessions."""

from typing import Any, ClassVar

from django.test import Client

from accounts.models import ApiToken
from accounts.tokens import tokens
from generation.testing.cases import BaseTestCase

ACCOUNT = "/api/v1/account/"


class TestBearer(BaseTestCase):
    token: ClassVar[str]

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.token = tokens.issue(user=cls.alice, name="test")

    def get(self, authorization: str, **headers: str) -> Any:
        return self.client.get(ACCOUNT, headers={"Authorization": authorization, **headers})

    def assert_refused(self, response: Any, code: str, challenge: str) -> None:
        assert response.status_code == 401
        assert response["Content-Type"] == "application/problem+json"
        assert response["WWW-Authenticate"] == challenge
        assert response.json()["code"] == code

    def test_it_lets_the_owner_of_a_token_in(self) -> None:
        for scheme in ("Bearer", "bearer", "BEARER"):
            response = self.get(f"{scheme} {self.token}")
            assert (response.status_code, response.json()["email"]) == (200, "alice@example.org")

    def test_it_notes_the_use(self) -> None:
        self.get(f"Bearer {self.token}")
        assert ApiToken.objects.get().last_used_at

    def test_it_asks_strangers_for_a_token(self) -> None:
        for authorization in ("", "Basic YTpi", self.token, f"Token {self.token}"):
            self.assert_refused(
                self.get(authorization), "not_authenticated", 'Bearer realm="ArtGen"'
            )
        self.assert_refused(self.client.get(ACCOUNT), "not_authenticated", 'Bearer realm="ArtGen"')

    def test_it_refuses_tokens_that_are_not_valid(self) -> None:
        challenge = 'Bearer realm="ArtGen", error="invalid_token"'
        for text in (
            "",
            "x",
            "ag_" + "x" * 40,
            self.token[:-1],
            f"{self.token} x",
            "ключ",
            "x" * 5000,
        ):
            self.assert_refused(self.get(f"Bearer {text}"), "invalid_token", challenge)

    def test_it_does_not_fall_back_to_the_session_when_the_token_is_wrong(self) -> None:
        self.client.force_login(self.bob)
        assert self.get("Bearer wrong").status_code == 401

    def test_it_takes_the_token_before_the_session(self) -> None:
        self.client.force_login(self.bob)
        assert self.get(f"Bearer {self.token}").json()["email"] == "alice@example.org"

    def test_it_speaks_the_language_asked_for_else_that_of_the_owner(self) -> None:
        def title(**headers: str) -> str:
            response = self.client.post(
                ACCOUNT, headers={"Authorization": f"Bearer {self.token}", **headers}
            )
            return str(response.json()["title"])

        english, russian = ("Method not allowed", title(**{"Accept-Language": "ru"}))
        assert russian != english
        assert title(**{"Accept-Language": "en"}) == english
        assert title() == english
        self.alice.language = "ru"
        self.alice.save(update_fields=["language"])
        assert title() == russian
        assert title(**{"Accept-Language": "en"}) == english


class TestSession(BaseTestCase):
    def test_it_lets_a_signed_in_browser_in(self) -> None:
        self.client.force_login(self.alice)
        assert self.client.get(ACCOUNT).json()["email"] == "alice@example.org"

    def test_it_asks_for_the_csrf_token_before_it_changes_anything(self) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(self.alice)
        assert client.get(ACCOUNT).status_code == 200
        response = client.post("/api/v1/jobs/", {}, content_type="application/json")
        assert (response.status_code, response.json()["code"]) == (403, "csrf_failed")
        assert response["Content-Type"] == "application/problem+json"
        client.get("/accounts/password_change/")
        token = client.cookies["csrftoken"].value
        headers = {"X-CSRFToken": token}
        response = client.post(
            "/api/v1/jobs/", {}, content_type="application/json", headers=headers
        )
        assert response.status_code == 400

    def test_it_speaks_the_language_of_the_user(self) -> None:
        self.alice.language = "ru"
        self.alice.save(update_fields=["language"])
        self.client.force_login(self.alice)
        assert self.client.post(ACCOUNT)["Content-Language"] == "ru"
