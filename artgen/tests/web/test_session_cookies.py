"""`__Host-` cookies over https."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from generation.testing.cases import make_user

SESSION, CSRF = "__Host-sessionid", "__Host-csrftoken"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def https(settings: Any) -> None:
    """The settings of a PUBLIC_URL with https."""
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = SESSION, CSRF
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True


@pytest.fixture
def alice() -> User:
    return make_user("alice@example.org")


class TestNames:
    def test_over_https_they_have_the_prefix_and_what_it_demands(self, alice):
        client = Client()
        page = client.get("/accounts/login/", secure=True)
        data = {"username": alice.email, "password": "password"}
        answer = client.post("/accounts/login/", data, secure=True)
        for cookie in (page.cookies[CSRF], answer.cookies[SESSION], answer.cookies[CSRF]):
            assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
        assert answer.cookies[SESSION]["httponly"]
        assert not {"sessionid", "csrftoken"} & (page.cookies.keys() | answer.cookies.keys())

    def test_over_http_they_are_plain(self, alice, settings):
        settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "sessionid", "csrftoken"
        client = Client()
        client.force_login(alice)
        assert "sessionid" in client.cookies
        assert client.get("/account/").status_code == 200

    def test_a_subdomain_cannot_push_a_session_without_the_prefix(self, alice):
        attacker = Client()
        attacker.force_login(alice)
        pushed = Client()
        pushed.cookies["sessionid"] = attacker.cookies[SESSION].value
        assert pushed.get("/account/", secure=True).status_code == 302
