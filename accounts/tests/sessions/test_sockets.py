"""sockets.signed_in: who opens a socket with which session's cookie."""

from datetime import timedelta

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.sessions import socket_access
from generation.testing.cases import BaseTestCase


class TestSignedIn(BaseTestCase):
    def session(self, user: User) -> str:
        self.client = Client()
        self.client.force_login(user)
        return str(self.client.session.session_key)

    def change(self, **values: str) -> None:
        session = self.client.session
        session.update(values)
        session.save()

    def test_it_finds_each_session_s_user_in_one_query(self) -> None:
        keys = {
            self.session(self.alice): self.alice,
            self.session(self.alice): self.alice,
            self.session(self.bob): self.bob,
        }
        with self.assertNumQueries(1):
            assert socket_access.signed_in(list(keys)) == keys

    def test_it_finds_sessions_that_the_cache_has_forgotten(self) -> None:
        key = self.session(self.alice)
        cache.clear()
        assert socket_access.signed_in([key]) == {key: self.alice}

    def test_it_knows_nobody_by_what_is_no_session(self) -> None:
        for key in ("", "short", "made-up-session-key-of-thirty-two"):
            assert socket_access.signed_in([key]) == {}
        assert socket_access.signed_in([str(Client().session.session_key)]) == {}

    def test_it_finds_others_beside_a_key_that_cannot_be_stored(self) -> None:
        key = self.session(self.alice)
        assert socket_access.signed_in([key, "abcdefgh\0abcdefgh", "\udcff" * 32]) == {
            key: self.alice
        }

    def test_it_treats_a_cookie_with_nul_as_nobody_s(self) -> None:
        cookie = r'sessionid="abcdefgh\000abcdefgh"'
        response = Client().get("/create/", headers={"Cookie": cookie})
        assert response.url == "/accounts/login/?next=/create/"

    def test_it_leaves_out_a_locked_account(self) -> None:
        key = self.session(self.alice)
        User.objects.filter(pk=self.alice.pk).update(is_active=False)
        assert socket_access.signed_in([key]) == {}

    def test_it_leaves_out_a_session_from_before_the_last_change_of_the_password(self) -> None:
        key = self.session(self.alice)
        self.alice.set_password("another one")
        self.alice.save(update_fields=["password"])
        assert socket_access.signed_in([key]) == {}

    def test_it_leaves_out_a_session_without_the_password_s_mark(self) -> None:
        key = self.session(self.alice)
        self.change(**{HASH_SESSION_KEY: ""})
        assert socket_access.signed_in([key]) == {}

    def test_it_leaves_out_a_way_of_signing_in_that_is_not_allowed(self) -> None:
        key = self.session(self.alice)
        self.change(**{BACKEND_SESSION_KEY: "somewhere.else.Backend"})
        assert socket_access.signed_in([key]) == {}

    def test_it_leaves_out_a_user_who_is_gone(self) -> None:
        key = self.session(self.alice)
        self.change(**{SESSION_KEY: "0199a3c1-0000-7000-8000-000000000000"})
        assert socket_access.signed_in([key]) == {}

    def test_it_leaves_out_a_session_that_has_ended(self) -> None:
        key = self.session(self.alice)
        Session.objects.filter(session_key=key).update(
            expire_date=timezone.now() - timedelta(seconds=1)
        )
        cache.clear()
        assert socket_access.signed_in([key]) == {}
