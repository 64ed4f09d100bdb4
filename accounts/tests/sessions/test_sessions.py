"""The list of signed-in devices, and signing them out."""

import pytest
from allauth.usersessions.models import UserSession
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.emails import outbox
from accounts.sessions import sessions
from generation.testing.cases import BaseTestCase

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"
URL = "/account/security/"
PASSWORD = {"username": "alice@example.org", "password": "password"}


def hash_of(client: Client) -> str:
    return sessions.hash_of(client.session.session_key)


class TestSessions(BaseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.laptop, self.phone = self.sign_in(FIREFOX), self.sign_in(SAFARI)

    def sign_in(self, agent: str = FIREFOX, email: str = "alice@example.org") -> Client:
        client = Client(headers={"User-Agent": agent, "Accept-Language": "en"})
        response = client.post("/accounts/login/", {**PASSWORD, "username": email})
        assert response.status_code == 302
        return client

    def is_signed_in(self, client: Client) -> bool:
        return client.get("/account/").status_code == 200

    def id_of(self, client: Client) -> int:
        return UserSession.objects.get(session_key=hash_of(client)).pk

    def test_it_lists_the_users_own_devices(self) -> None:
        self.sign_in(email="bob@example.org")
        page = self.laptop.get(URL)
        self.assertContains(page, "Firefox, Linux")
        self.assertContains(page, "Safari, iPhone")
        self.assertContains(page, "This device", count=1)
        self.assertContains(page, 'name="id"', count=1)
        assert "no-store" in page["Cache-Control"]

    def test_it_lists_a_session_that_is_older_than_the_list(self) -> None:
        old = Client(headers={"User-Agent": FIREFOX, "Accept-Language": "en"})
        old.force_login(self.bob)
        self.assertContains(old.get(URL), "This device", count=1)

    def test_it_stores_no_key_that_signs_in(self) -> None:
        keys = {client.session.session_key for client in (self.laptop, self.phone)}
        self.laptop.post(f"{URL}sign-out-others/")
        keys.add(self.laptop.session.session_key)
        new = {"password1": "quiet lighthouse", "password2": "quiet lighthouse"}
        self.laptop.post("/accounts/password_change/", {"oldpassword": "password", **new})
        self.assertContains(self.laptop.get(URL), "This device", count=1)
        keys.add(self.laptop.session.session_key)
        stored = set(UserSession.objects.values_list("session_key", flat=True))
        assert stored == {hash_of(self.laptop)}
        for key in stored | keys - {self.laptop.session.session_key}:
            thief = Client()
            thief.cookies["sessionid"] = key
            assert not self.is_signed_in(thief)

    def test_it_signs_one_device_out(self) -> None:
        self.laptop.post(f"{URL}sign-out/", {"id": self.id_of(self.phone)})
        assert not self.is_signed_in(self.phone)
        assert self.is_signed_in(self.laptop)

    def test_it_signs_out_no_device_of_others(self) -> None:
        bob = self.sign_in(email="bob@example.org")
        for id in (str(self.id_of(bob)), "", "x", "-1", "²", "9" * 40):
            self.laptop.post(f"{URL}sign-out/", {"id": id})
        assert self.is_signed_in(bob)
        assert self.is_signed_in(self.phone)

    def test_it_signs_out_everywhere_else(self) -> None:
        unlisted = Client()  # such as a session of an earlier version
        unlisted.force_login(self.alice)
        bob = self.sign_in(email="bob@example.org")
        self.assertRedirects(self.laptop.post(f"{URL}sign-out-others/"), URL)
        assert self.is_signed_in(self.laptop)
        assert self.is_signed_in(bob)
        assert not self.is_signed_in(self.phone)
        assert not self.is_signed_in(unlisted)
        self.assertContains(self.laptop.get(URL), "This device", count=1)
        self.assertNotContains(self.laptop.get(URL), 'name="id"')
        outbox.send_due()
        assert [email.subject for email in mail.outbox] == [
            "All other devices were signed out of ArtGen"
        ]

    def test_it_writes_a_bounded_number_of_emails(self) -> None:
        codes = [self.laptop.post(f"{URL}sign-out-others/").status_code for _ in range(12)]
        assert codes == [302] * 10 + [429] * 2

    @pytest.mark.slow
    def test_it_keeps_a_bounded_number(self) -> None:
        clients = [self.sign_in() for _ in range(sessions.MAX_SESSIONS)]
        assert not self.is_signed_in(self.laptop)
        assert not self.is_signed_in(self.phone)
        assert all(map(self.is_signed_in, clients))
        assert UserSession.objects.count() == sessions.MAX_SESSIONS

    def test_it_forgets_sessions_that_have_ended(self) -> None:
        self.phone.post("/accounts/logout/")
        sessions.forget_ended()
        assert [one.pk for one in UserSession.objects.all()] == [self.id_of(self.laptop)]

    def test_it_writes_nothing_while_the_user_looks_at_pages(self) -> None:
        self.laptop.get("/account/")
        with CaptureQueriesContext(connection) as caught:
            self.laptop.get("/account/")
        statements = [query["sql"] for query in caught]
        assert not [sql for sql in statements if "usersession" in sql]
        assert not [sql for sql in statements if sql.startswith(("UPDATE", "INSERT", "DELETE"))]
