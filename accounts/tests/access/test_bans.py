"""Bans: who is refused at once, what a banned person sees, and how a ban ends."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.test import Client, override_settings
from django.utils import timezone

from accounts.access import bans, staff_rights
from accounts.access.middleware import BanMiddleware
from accounts.emails import outbox
from accounts.models import User
from accounts.sessions import socket_access
from accounts.tokens import tokens
from accounts.user_data import deletion
from generation.testing.cases import BaseTestCase
from generation.testing.rows.authenticator_app import SECRET, code_of

ACCOUNT = "/api/v1/account/"
PASSWORD = {"username": "alice@example.org", "password": "password"}


class BanTestCase(BaseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client = Client(headers={"Accept-Language": "en"})

    def ban(self, *, days: float | None = 3, reason: str = "Spam in Explore") -> None:
        until = None if days is None else timezone.now() + timedelta(days=days)
        bans.ban(user=self.alice, reason=reason, until=until, actor=self.staff)

    def end(self) -> None:
        """Let the ban end."""
        before = timezone.now() - timedelta(seconds=1)
        User.objects.filter(pk=self.alice.pk).update(banned_until=before)

    def sign_in(self) -> Any:
        return self.client.post("/accounts/login/", PASSWORD)

    def is_signed_in(self, client: Client | None = None) -> bool:
        return bool((client or self.client).get(ACCOUNT).status_code == 200)


class TestSigningIn(BanTestCase):
    def test_it_shows_reason_and_end_and_signs_nobody_in(self) -> None:
        self.ban(days=None)
        response = self.sign_in()
        self.assertContains(response, "Your account is banned", status_code=403)
        self.assertContains(response, "Spam in Explore", status_code=403)
        self.assertContains(response, "The ban has no end date.", status_code=403)
        assert not self.is_signed_in()

    @override_settings(CONTACT="help@example.org")
    def test_it_shows_the_end_and_whom_to_write_to(self) -> None:
        self.ban()
        response = self.sign_in()
        self.assertContains(response, "You can sign in again from", status_code=403)
        self.assertContains(response, "mailto:help@example.org", status_code=403)

    def test_it_reveals_nothing_without_the_password(self) -> None:
        self.ban()
        response = self.client.post("/accounts/login/", {**PASSWORD, "password": "wrong"})
        self.assertContains(response, "Wrong email or password.")
        self.assertNotContains(response, "Spam in Explore")

    def test_it_shows_the_ban_before_it_asks_for_a_code(self) -> None:
        TOTP.activate(self.alice, SECRET)
        self.ban()
        self.assertContains(self.sign_in(), "Spam in Explore", status_code=403)
        assert self.client.get("/accounts/2fa/code/").status_code == 302

    def test_it_refuses_the_code_of_a_sign_in_that_began_before(self) -> None:
        TOTP.activate(self.alice, SECRET)
        assert self.sign_in().url == "/accounts/2fa/code/"
        self.ban()
        response = self.client.post("/accounts/2fa/code/", {"code": code_of()})
        self.assertContains(response, "Spam in Explore", status_code=403)
        assert not self.is_signed_in()

    def test_it_signs_in_after_the_end(self) -> None:
        self.ban()
        self.end()
        assert self.sign_in().status_code == 302
        assert self.is_signed_in()


class TestRefusals(BanTestCase):
    def test_it_ends_open_sessions_and_sockets_at_once(self) -> None:
        self.client.force_login(self.alice)
        cookie = str(self.client.session.session_key)
        assert self.is_signed_in()
        assert socket_access.signed_in([cookie]) == {cookie: self.alice}
        with self.captureOnCommitCallbacks() as after_commit:
            self.ban()
        assert not self.is_signed_in()
        assert socket_access.signed_in([cookie]) == {}
        assert after_commit, "open sockets are closed after the commit"

    def test_it_refuses_a_token_that_was_just_used(self) -> None:
        text = tokens.issue(user=self.alice, name="script")
        get = {"Authorization": f"Bearer {text}"}
        assert self.client.get(ACCOUNT, headers=get).status_code == 200  # now it is cached
        self.ban()
        response = self.client.get(ACCOUNT, headers=get)
        assert response.status_code == 403
        problem = response.json()
        assert problem["code"] == "account_banned"
        assert problem["reason"] == "Spam in Explore"
        assert problem["until"].endswith("Z")
        assert problem["detail"].startswith("Your account is banned until")
        assert tokens.owners([text]) == {}, "sockets"

    def test_it_accepts_the_token_again_after_the_end(self) -> None:
        text = tokens.issue(user=self.alice, name="script")
        get = {"Authorization": f"Bearer {text}"}
        self.ban()
        assert self.client.get(ACCOUNT, headers=get).status_code == 403
        self.end()
        assert self.client.get(ACCOUNT, headers=get).status_code == 200
        assert set(tokens.owners([text])) == {text}

    def test_it_ends_a_session_that_was_renewed_in_the_same_moment(self) -> None:
        self.client.force_login(self.alice)
        self.ban()
        self._renew()
        response = self.client.get(ACCOUNT)
        assert (response.status_code, response.json()["code"]) == (403, "account_banned")
        self._renew()
        self.assertContains(self.client.get("/create/"), "Spam in Explore", status_code=403)
        assert not self.is_signed_in()

    def test_only_the_middleware_keeps_that_session_out(self) -> None:
        self.client.force_login(self.alice)
        self.ban()
        self._renew()
        kept = BanMiddleware.__call__
        try:
            BanMiddleware.__call__ = lambda self, request: self.get_response(request)  # type: ignore[method-assign]
            assert self.is_signed_in()
        finally:
            BanMiddleware.__call__ = kept  # type: ignore[method-assign]

    def _renew(self) -> None:
        """Sign in as a request does that read the user after the ban."""
        self.alice.refresh_from_db()
        self.client.force_login(self.alice)


class TestUseCase(BanTestCase):
    def test_it_refuses_to_ban_oneself_and_staff(self) -> None:
        helper = self.make_user("helper@example.org", is_staff=True)
        with pytest.raises(bans.CannotBanYourself):
            bans.ban(user=self.staff, reason="x", until=None, actor=self.staff)
        with pytest.raises(staff_rights.StaffProtected):
            bans.ban(user=self.staff, reason="x", until=None, actor=helper)
        bans.ban(user=helper, reason="x", until=None, actor=self.staff)
        helper.refresh_from_db()
        assert helper.is_banned

    def test_it_refuses_an_erased_account_and_wrong_input(self) -> None:
        now = timezone.now()
        for reason, until in (("  ", None), ("x" * 301, None), ("x", now)):
            with pytest.raises(ValueError, match=r"reason|future"):
                bans.ban(user=self.alice, reason=reason, until=until, actor=self.staff)
        deletion.close(user=self.alice, after=timedelta(0))
        deletion.anonymize(self.alice.pk)
        with pytest.raises(deletion.AlreadyErased):
            bans.ban(user=self.alice, reason="x", until=None, actor=self.staff)

    def test_it_tells_the_person_by_email_and_staff_in_the_log(self) -> None:
        self.ban()
        outbox.send_due()
        assert mail.outbox[-1].to == ["alice@example.org"]
        assert "Reason: Spam in Explore" in mail.outbox[-1].body
        entry = LogEntry.objects.get()
        assert (entry.user, entry.object_id) == (self.staff, str(self.alice.pk))
        assert "Spam in Explore" in entry.change_message

    def test_it_lifts_a_ban_once(self) -> None:
        self.ban()
        bans.lift(user=self.alice, actor=self.staff)
        assert not User.objects.get(pk=self.alice.pk).is_banned
        assert self.sign_in().status_code == 302
        with pytest.raises(bans.NotBanned):
            bans.lift(user=self.alice, actor=self.staff)

    def test_it_forgets_the_ban_of_an_erased_account(self) -> None:
        self.ban()
        deletion.close(user=self.alice, after=timedelta(0))
        deletion.anonymize(self.alice.pk)
        erased = User.objects.get(pk=self.alice.pk)
        assert (erased.banned_at, erased.banned_until, erased.ban_reason) == (None, None, "")
        assert "alice@example.org" not in str(LogEntry.objects.values_list())


class TestAdmin(BanTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.staff)
        self.url = f"/admin/accounts/user/{self.alice.pk}"

    def test_it_bans_with_reason_and_end(self) -> None:
        self.assertContains(self.client.get(f"{self.url}/ban/"), "alice@example.org")
        data = {"reason": "Spam", "period": "7"}
        self.assertRedirects(self.client.post(f"{self.url}/ban/", data), f"{self.url}/change/")
        self.alice.refresh_from_db()
        assert self.alice.ban_reason == "Spam"
        assert self.alice.banned_until
        left = self.alice.banned_until - timezone.now()
        assert timedelta(days=6, hours=23) < left <= timedelta(days=7)
        page = self.client.get(f"{self.url}/change/")
        self.assertContains(page, "banned until")
        self.assertContains(page, "Lift ban")
        listed = self.client.get("/admin/accounts/user/?banned=yes")
        self.assertContains(listed, "alice@example.org")
        self.assertNotContains(listed, "bob@example.org")

    def test_it_asks_for_a_reason_and_a_time_that_is_to_come(self) -> None:
        for data in (
            {"reason": "", "period": "7"},
            {"reason": "x", "period": "until", "until": ""},
            {"reason": "x", "period": "until", "until": "2020-01-01T10:00"},
            {"reason": "x", "period": "until", "until": "soon"},
            {"reason": "x", "period": "until", "until": "9999-12-31T23:59"},
            {"reason": "x", "period": "9999999"},
            {"reason": "x" * 301, "period": "7"},
        ):
            response = self.client.post(f"{self.url}/ban/", data)
            assert response.status_code == 200, data
            assert "errorlist" in response.content.decode(), data
        assert not User.objects.get(pk=self.alice.pk).is_banned

    def test_it_bans_until_a_time_and_without_an_end(self) -> None:
        self.client.post(
            f"{self.url}/ban/", {"reason": "x", "period": "until", "until": "2050-01-02T10:30"}
        )
        self.alice.refresh_from_db()
        assert self.alice.banned_until
        local = timezone.localtime(self.alice.banned_until)
        assert f"{local:%Y-%m-%d %H:%M}" == "2050-01-02 10:30"
        self.client.post(f"{self.url}/ban/", {"reason": "x", "period": ""})
        self.alice.refresh_from_db()
        assert self.alice.banned_until is None

    def test_it_lifts_the_ban_by_post_alone(self) -> None:
        self.ban()
        page = self.client.get(f"{self.url}/lift-ban/")
        self.assertContains(page, "Reason: Spam in Explore")
        self.assertNotContains(page, "Your account")  # staff read it
        assert User.objects.get(pk=self.alice.pk).is_banned
        self.client.post(f"{self.url}/lift-ban/")
        assert not User.objects.get(pk=self.alice.pk).is_banned

    def test_it_signs_out_everywhere_by_post_alone(self) -> None:
        other = Client(headers={"Accept-Language": "en"})
        other.force_login(self.alice)
        self.client.get(f"{self.url}/sign-out/")
        assert self.is_signed_in(other)
        self.assertRedirects(self.client.post(f"{self.url}/sign-out/"), f"{self.url}/change/")
        assert not self.is_signed_in(other)
        assert LogEntry.objects.get().change_message == "signed out everywhere"
        outbox.send_due()
        assert mail.outbox[-1].subject == "You were signed out of ArtGen on all devices"
