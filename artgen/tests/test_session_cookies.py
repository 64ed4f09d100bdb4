"""`__Host-` cookies over https, and sessions of the version before them."""

import importlib
import time
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts import sockets
from accounts.models import User
from artgen import session_cookies
from artgen.session_cookies import RENAMED_AT, SessionCookie
from artgen.testing.cases import make_user
from artgen.testing.people import let_in
from generation.jobs.routing import websocket

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


@pytest.fixture
def old_key(alice: User) -> str:
    """The key of a session of the version before."""
    return let_in("alice")["alice"]


def browser(**cookies: str) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.cookies.load(cookies)
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/account/", secure=True).status_code == 200


def data_of(key: str) -> Any:
    return importlib.import_module(settings.SESSION_ENGINE).SessionStore(key)


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


class TestUpgrade:
    def test_it_takes_over_a_session_of_the_version_before(self, old_key):
        client = browser(sessionid=old_key, csrftoken="a" * 32)
        answer = client.get("/account/", secure=True)
        assert answer.status_code == 200
        assert answer.cookies[SESSION].value == old_key
        assert answer.cookies[CSRF].value == "a" * 32
        del client.cookies["sessionid"]
        assert is_signed_in(client)

    def test_an_open_page_can_still_send_its_form(self, old_key):
        client = browser(sessionid=old_key, csrftoken="a" * 32)
        data = {"theme": "dark", "csrfmiddlewaretoken": "a" * 32}
        headers = {"Referer": "https://testserver/"}
        assert client.post("/theme/", data, headers=headers, secure=True).status_code == 302

    def test_the_old_name_works_for_requests_that_are_on_their_way(self, old_key):
        assert is_signed_in(browser(sessionid=old_key))
        assert is_signed_in(browser(sessionid=old_key))

    def test_afterwards_it_opens_nothing(self, old_key):
        assert is_signed_in(browser(sessionid=old_key))
        session = data_of(old_key)
        session[RENAMED_AT] = int(time.time()) - session_cookies.GRACE_SECONDS
        session.save()
        assert not is_signed_in(browser(sessionid=old_key))
        assert is_signed_in(browser(**{SESSION: old_key}))

    def test_only_the_mark_ends_the_old_name(self, old_key):
        assert is_signed_in(browser(sessionid=old_key))
        session = data_of(old_key)
        del session[RENAMED_AT]
        session.save()
        assert is_signed_in(browser(sessionid=old_key))

    def test_a_subdomain_cannot_push_a_new_session_under_the_old_name(self, alice):
        attacker = Client()
        data = {"username": alice.email, "password": "password"}
        attacker.post("/accounts/login/", data, secure=True)
        pushed = browser(sessionid=attacker.cookies[SESSION].value, csrftoken="b" * 32)
        answer = pushed.get("/account/", secure=True)
        assert answer.status_code == 302
        assert SESSION not in answer.cookies
        assert CSRF not in answer.cookies or answer.cookies[CSRF].value != "b" * 32

    def test_the_new_name_wins(self, old_key):
        bob = make_user("bob@example.org")
        client = Client()
        client.force_login(bob)
        client.cookies["sessionid"] = old_key
        page = client.get("/account/", secure=True)
        assert page.context["user"] == bob

    def test_an_unknown_key_opens_nothing(self):
        client = browser(sessionid="f" * 32)
        answer = client.get("/account/", secure=True)
        assert answer.status_code == 302
        assert SESSION not in answer.cookies

    def test_signing_out_removes_both_names(self, old_key):
        client = browser(sessionid=old_key, csrftoken="a" * 32)
        assert is_signed_in(client)
        data = {"csrfmiddlewaretoken": "a" * 32}
        headers = {"Referer": "https://testserver/"}
        answer = client.post(reverse("logout"), data, headers=headers, secure=True)
        assert answer.status_code == 302
        for name in (SESSION, "sessionid", "csrftoken"):
            assert answer.cookies[name]["max-age"] == 0, name
        assert not is_signed_in(browser(sessionid=old_key))

    def test_a_guest_with_an_old_token_is_left_alone(self):
        answer = browser(theme="dark").get("/", secure=True)
        assert answer.status_code == 200
        assert "sessionid" not in answer.cookies


class TestSockets:
    def test_they_know_both_names(self, old_key, alice):
        old, new = SessionCookie(old_key, is_old=True), SessionCookie(old_key)
        assert sockets.signed_in([old, new]) == {old: alice, new: alice}
        session = data_of(old_key)
        session[RENAMED_AT] = 0
        session.save()
        assert sockets.signed_in([old, new]) == {new: alice}

    @pytest.mark.django_db(transaction=True)
    def test_an_open_page_keeps_its_socket_over_the_upgrade(self, old_key):
        async def code_of(cookie: str) -> int:
            headers = [(b"cookie", cookie.encode()), (b"origin", settings.PUBLIC_URL.encode())]
            socket = WebsocketCommunicator(websocket, "/ws/jobs/", headers=headers)
            await socket.connect()
            message = await socket.receive_output(timeout=60)
            await socket.disconnect()
            return message.get("code", 0)

        def mark() -> None:
            session = data_of(old_key)
            session[RENAMED_AT] = 0
            session.save()

        async def run() -> list[int]:
            codes = [await code_of(f"sessionid={old_key}")]
            await sync_to_async(mark)()
            codes.append(await code_of(f"sessionid={old_key}"))
            codes.append(await code_of(f"{SESSION}={old_key}"))
            return codes

        assert async_to_sync(run)() == [0, 4401, 0]
