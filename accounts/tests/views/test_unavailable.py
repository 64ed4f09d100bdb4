"""Without Redis only pages that need it are unavailable; without a database all are."""

from django.core.cache import caches
from django.db import OperationalError, connection
from django.test import override_settings

from accounts.tokens import tokens
from generation.testing.cases import BaseTestCase
from generation.testing.services import free_port


class TestOutage(BaseTestCase):
    def setUp(self) -> None:
        super().setUp()
        away = {
            "BACKEND": "artgen.redis.cache.ForgivingRedisCache",
            "LOCATION": f"redis://127.0.0.1:{free_port()}/0",
            "OPTIONS": {"socket_connect_timeout": 1},
        }
        self.enterContext(override_settings(CACHES={"default": away}))
        self.addCleanup(caches.close_all)

    def assert_in_words(self, response) -> None:
        assert response.status_code == 503
        assert response["Retry-After"] == "30"
        self.assertContains(response, "Try again in a minute", status_code=503)

    def test_it_shows_the_pages(self) -> None:
        for url in ("/", "/accounts/login/", "/accounts/signup/"):
            assert self.client.get(url, headers={"Accept-Language": "en"}).status_code == 200

    def test_it_lets_nobody_sign_in_uncounted(self) -> None:
        data = {"username": "alice@example.org", "password": "password"}
        self.assert_in_words(
            self.client.post("/accounts/login/", data, headers={"Accept-Language": "en"})
        )
        assert not self.client.cookies.get("sessionid")

    def test_it_lets_nobody_sign_up_or_reset_a_password_uncounted(self) -> None:
        for url in ("/accounts/signup/", "/accounts/password_reset/"):
            answer = self.client.post(
                url, {"email": "new@example.org"}, headers={"Accept-Language": "en"}
            )
            self.assert_in_words(answer)

    def test_it_guards_the_admins_sign_in_too(self) -> None:
        data = {"username": "staff@example.org", "password": "password"}
        self.assert_in_words(
            self.client.post("/admin/login/", data, headers={"Accept-Language": "en"})
        )

    def test_it_answers_the_api_with_a_problem(self) -> None:
        token = tokens.issue(user=self.alice, name="test")
        response = self.client.post(
            "/api/v1/collections/",
            {"name": "Boats"},
            "application/json",
            headers={"Authorization": f"Bearer {token}"},
        )
        assert response.status_code == 503
        assert response.json()["code"] == "unavailable"
        assert response["Retry-After"] == "30"
        self.alice.refresh_from_db()
        assert (self.alice.credits, self.alice.held) == (100, 0)


class TestDatabase(BaseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.raise_request_exception = False
        self.client.force_login(self.alice)
        self.token = tokens.issue(user=self.alice, name="test")

    def away(self, *args: object) -> None:
        raise OperationalError("connection refused")

    def test_it_answers_with_a_page(self) -> None:
        for url in ("/create/", "/gallery/", "/account/"):
            with connection.execute_wrapper(self.away):
                response = self.client.get(url, headers={"Accept-Language": "en"})
            assert response["Retry-After"] == "30"
            self.assertContains(response, "The database isn’t responding", status_code=503)

    def test_it_answers_the_api_with_a_problem(self) -> None:
        with connection.execute_wrapper(self.away):
            response = self.client.get(
                "/api/v1/jobs/", headers={"Authorization": f"Bearer {self.token}"}
            )
        assert (response.status_code, response.json()["code"], response["Retry-After"]) == (
            503,
            "unavailable",
            "30",
        )

    def test_it_does_not_treat_a_bug_as_an_outage(self) -> None:
        def broken(*args: object) -> None:
            raise ValueError("a bug")

        with connection.execute_wrapper(broken):
            assert self.client.get("/gallery/").status_code == 500
