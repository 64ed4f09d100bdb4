"""Two-factor authentication: setting it up, signing in with it, and who must use it."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

from accounts.access.second_factor_middleware import SecondFactorMiddleware
from accounts.emails import outbox
from accounts.sessions import second_factor_rules, socket_access
from accounts.tokens import tokens
from generation.testing.cases import BaseTestCase
from generation.testing.clock import held_clock
from generation.testing.rows.authenticator_app import SECRET, code_of

URL = "/accounts/2fa/"
SECURITY = "/account/security/"
PASSWORD = {"username": "alice@example.org", "password": "password"}


class SecondFactorTestCase(BaseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client = Client(headers={"Accept-Language": "en"})

    def enter_password(self, client: Client | None = None, **data: str) -> Any:
        return (client or self.client).post("/accounts/login/", {**PASSWORD, **data})

    def enter_code(self, code: str, client: Client | None = None) -> Any:
        return (client or self.client).post(f"{URL}code/", {"code": code})

    def is_signed_in(self, client: Client | None = None) -> bool:
        return "_auth_user_id" in (client or self.client).session

    def subjects(self) -> list[str]:
        outbox.send_due()
        return [email.subject for email in mail.outbox]


class TestSettingUp(SecondFactorTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.alice)

    def confirm(self, password: str = "password") -> None:
        self.client.post("/accounts/reauthenticate/", {"password": password})

    def add_app(self) -> str:
        self.confirm()
        page = self.client.get(f"{URL}app/add/").content.decode()
        found = re.search(r'id="totp-secret">(\w+)<', page)
        assert found
        with self.captureOnCommitCallbacks(execute=True):
            response = self.client.post(f"{URL}app/add/", {"code": code_of(found[1])})
        self.assertRedirects(response, f"{URL}recovery-codes/")
        return found[1]

    def test_it_asks_for_the_password_first(self) -> None:
        for path in ("app/add/", "passkeys/add/"):
            assert self.client.get(URL + path).url.startswith("/accounts/reauthenticate/")
        self.confirm("wrong")
        assert self.client.get(f"{URL}app/add/").status_code == 302

    def test_it_adds_an_app_and_shows_recovery_codes(self) -> None:
        self.add_app()
        page = self.client.get(f"{URL}recovery-codes/").content.decode()
        codes = re.findall(r"<li>(\d{8})</li>", page)
        assert len(set(codes)) == 10
        download = self.client.get(f"{URL}recovery-codes.txt")
        assert download.content.decode().split() == codes
        assert "no-store" in download["Cache-Control"]
        assert self.subjects() == ["Two-factor authentication is on for your ArtGen account"]

    def test_it_ends_the_sessions_without_the_factor(self) -> None:
        thief = Client()
        thief.force_login(self.alice)
        self.add_app()
        assert thief.get("/account/").status_code == 302
        assert self.client.get("/account/").status_code == 200
        with override_settings(MFA_REQUIRED="everybody"):
            assert self.client.get("/account/").status_code == 200

    def test_it_stores_no_secret_in_clear(self) -> None:
        secret = self.add_app()
        stored = [str(one.data) for one in Authenticator.objects.all()]
        assert len(stored) == 2
        assert not [data for data in stored if secret in data]
        codes = RecoveryCodes(Authenticator.objects.get(type="recovery_codes"))
        assert not [code for code in codes.get_unused_codes() if code in "".join(stored)]

    def test_it_removes_the_app_and_the_codes_with_it(self) -> None:
        self.add_app()
        assert self.client.post(f"{URL}app/remove/").url == SECURITY
        assert not Authenticator.objects.exists()
        assert self.subjects()[-1] == "The authenticator app was removed from your ArtGen account"

    def test_it_reads_recovery_codes_only_with_get(self) -> None:
        self.confirm()
        stored = RecoveryCodes.activate(self.alice).instance.data
        for path in ("recovery-codes/", "recovery-codes.txt"):
            assert self.client.post(URL + path).status_code == 405
        assert Authenticator.objects.get(type="recovery_codes").data == stored
        assert self.client.get(f"{URL}recovery-codes/").status_code == 200
        assert Authenticator.objects.get(type="recovery_codes").data != stored

    def test_it_offers_passkeys(self) -> None:
        self.confirm()
        page = self.client.get(f"{URL}passkeys/add/")
        self.assertContains(page, '"creation_options"')
        self.assertContains(page, '"id": "testserver"')
        malformed = ("nonsense", '{"id": 1}', "[]", "9" * 5000, "[" * 100_000)
        for credential in ("", "{}", *malformed):
            response = self.client.post(
                f"{URL}passkeys/add/", {"name": "key", "credential": credential}
            )
            assert response.status_code == 200, credential
        assert not Authenticator.objects.exists()


class TestSigningIn(SecondFactorTestCase):
    def setUp(self) -> None:
        super().setUp()
        TOTP.activate(self.alice, SECRET)
        self.codes = RecoveryCodes.activate(self.alice).generate_codes()

    def test_it_asks_for_a_code_after_the_password(self) -> None:
        self.assertRedirects(self.enter_password(), f"{URL}code/")
        assert not self.is_signed_in()
        assert self.client.get("/account/").status_code == 302
        assert self.enter_code(code_of()).status_code == 302
        assert self.is_signed_in()

    def test_it_goes_where_the_visitor_was_going(self) -> None:
        self.enter_password(next="/account/ledger/")
        self.assertRedirects(self.enter_code(code_of()), "/account/ledger/")

    def test_it_needs_no_code_of_other_users(self) -> None:
        self.enter_password(username="bob@example.org")
        assert self.is_signed_in()

    def test_it_takes_no_code_without_the_password(self) -> None:
        assert self.enter_code(code_of()).url == "/accounts/login/"
        assert not self.is_signed_in()

    def test_it_accepts_a_code_once(self) -> None:
        code = code_of()
        self.enter_password()
        self.enter_code(code)
        cache.delete(f"allauth.mfa.totp.used?user={self.alice.pk}&code={code}")  # after 30 s
        thief = Client(headers={"Accept-Language": "en"})
        self.enter_password(thief)
        self.assertContains(self.enter_code(code, thief), "Wrong code.")
        assert not self.is_signed_in(thief)

    def test_it_accepts_a_recovery_code_once(self) -> None:
        self.enter_password()
        assert self.enter_code(self.codes[0]).status_code == 302
        other = Client(headers={"Accept-Language": "en"})
        self.enter_password(other)
        assert self.enter_code(self.codes[0], other).status_code == 200
        assert self.enter_code(self.codes[1], other).status_code == 302

    def test_it_accepts_codes_of_a_clock_that_is_half_a_minute_off(self) -> None:
        with held_clock():
            for steps in (-1, 1):
                client = Client()
                self.enter_password(client)
                assert self.enter_code(code_of(steps=steps), client).status_code == 302
            self.enter_password()
            assert self.enter_code(code_of(steps=-2)).status_code == 200

    @pytest.mark.slow
    def test_it_pauses_after_wrong_codes_whatever_the_password_does(self) -> None:
        for _ in range(6):
            stranger = Client(headers={"Accept-Language": "en"})
            self.enter_password(stranger)
            response = self.enter_code("000000", stranger)
        self.assertContains(response, "Too many attempts for this email")
        self.enter_password()
        self.assertContains(self.enter_code(code_of()), "Too many attempts for this email")
        assert not self.is_signed_in()

    @pytest.mark.slow
    def test_it_would_not_pause_a_browser_that_was_here_before(self) -> None:
        self.enter_password()
        self.enter_code(self.codes[0])
        self.client.post("/accounts/logout/")
        for _ in range(6):
            stranger = Client()
            self.enter_password(stranger)
            self.enter_code("000000", stranger)
        self.enter_password()
        assert self.enter_code(self.codes[1]).status_code == 302

    def test_it_refuses_malformed_passkeys(self) -> None:
        self.enter_password()
        for credential in ("", "{}", "[]", "1", '{"id": 1}', '{"id": "AA", "rawId": "AA"}'):
            response = self.client.post(f"{URL}code/", {"credential": credential})
            assert response.status_code == 200, credential
        assert not self.is_signed_in()
        self.enter_code(code_of())
        assert self.is_signed_in()

    def test_it_guards_the_admin(self) -> None:
        TOTP.activate(self.staff, SECRET)
        data = {"username": "staff@example.org", "password": "password"}
        self.assertRedirects(self.client.post("/admin/login/", data), f"{URL}code/")
        assert self.client.get("/admin/").status_code == 302
        self.assertRedirects(self.enter_code(code_of()), "/admin/")

    def test_it_asks_after_a_new_password_too(self) -> None:
        self.alice.set_password("quiet lighthouse")
        self.alice.save(update_fields=["password"])
        self.assertRedirects(self.enter_password(password="quiet lighthouse"), f"{URL}code/")

    def test_it_is_removed_by_command(self) -> None:
        call_command("reset_second_factor", "Alice@example.org")
        self.enter_password()
        assert self.is_signed_in()
        assert self.subjects() == ["Two-factor authentication is off for your ArtGen account"]
        for email in ("alice@example.org", "nobody@example.org"):
            with pytest.raises(CommandError):
                call_command("reset_second_factor", email)


@override_settings(MFA_REQUIRED="staff")
class TestRequired(SecondFactorTestCase):
    def sign_in_staff(self) -> None:
        self.client.post(
            "/accounts/login/", {"username": "staff@example.org", "password": "password"}
        )

    def test_it_leads_staff_to_setting_it_up(self) -> None:
        self.sign_in_staff()
        for url in ("/admin/", "/admin/accounts/user/", "/gallery/", "/account/tokens/"):
            response = self.client.get(url)
            assert response.url.startswith(f"{URL}required/?next="), url
        steps = self.client.get("/admin/", follow=True)
        assert steps.redirect_chain[1][0].startswith(f"{URL}app/add/")
        self.assertContains(steps, "Two-factor authentication is required for your account.")
        assert self.client.post("/account/tokens/", {"name": "x"}).status_code == 302
        assert not self.staff.tokens.exists()

    def test_it_lets_staff_in_once_it_is_set_up(self) -> None:
        self.sign_in_staff()
        self.client.post("/accounts/reauthenticate/", {"password": "password"})
        page = self.client.get(f"{URL}app/add/").content.decode()
        found = re.search(r'id="totp-secret">(\w+)<', page)
        assert found
        self.client.post(f"{URL}app/add/", {"code": code_of(found[1])})
        assert self.client.get("/admin/").status_code == 200

    def test_it_asks_sessions_for_a_code_that_are_older_than_the_factor(self) -> None:
        self.client.force_login(self.staff)
        TOTP.activate(self.staff, SECRET)
        steps = self.client.get("/admin/", follow=True)
        assert steps.redirect_chain[-1][0].startswith(f"{URL}confirm/")
        back = self.client.post(steps.redirect_chain[-1][0], {"code": code_of()})
        assert back.url == "/admin/"
        assert self.client.get("/admin/").status_code == 200

    def test_it_refuses_the_api_and_sockets_of_that_session(self) -> None:
        self.client.force_login(self.staff)
        response = self.client.get("/api/v1/account/")
        assert (response.status_code, response.json()["code"]) == (403, "second_factor_required")
        cookie = self.client.session.session_key
        assert socket_access.signed_in([cookie]) == {}
        with override_settings(MFA_REQUIRED="nobody"):
            assert socket_access.signed_in([cookie]) == {cookie: self.staff}

    def test_it_asks_the_session_whatever_header_is_sent_beside_it(self) -> None:
        self.client.force_login(self.staff)
        for header, status in (("x", 403), ("Basic eA==", 403), ("Bearer", 401), ("Bearer x", 401)):
            response = self.client.get("/api/v1/account/", headers={"Authorization": header})
            assert response.status_code == status, header

    def test_it_lets_tokens_work(self) -> None:
        text = tokens.issue(user=self.staff, name="laptop")
        response = self.client.get("/api/v1/account/", headers={"Authorization": f"Bearer {text}"})
        assert response.status_code == 200

    def test_it_keeps_the_last_factor(self) -> None:
        self.client.force_login(self.staff)
        totp = TOTP.activate(self.staff, SECRET).instance
        self.client.post(f"{URL}confirm/", {"code": code_of()})
        page = self.client.post(f"{URL}app/remove/")
        self.assertContains(page, "Add another factor first.")
        assert Authenticator.objects.filter(pk=totp.pk).exists()

    def test_it_lets_other_users_go_on(self) -> None:
        self.client.force_login(self.alice)
        assert self.client.get("/account/").status_code == 200
        with override_settings(MFA_REQUIRED="everybody"):
            assert self.client.get("/account/").status_code == 302
            assert Client().get("/accounts/login/").status_code == 200

    def test_it_lets_them_sign_out(self) -> None:
        self.client.force_login(self.staff)
        self.client.post("/accounts/logout/")
        assert not self.is_signed_in()

    def test_it_trusts_no_record_of_another_user(self) -> None:
        session = {
            second_factor_rules.METHODS_USER: str(self.alice.pk),
            second_factor_rules.METHODS: [{"method": "mfa", "at": 1.0}],
        }
        assert second_factor_rules.is_passed(session, self.alice)
        assert not second_factor_rules.is_passed(session, self.staff)
        assert not second_factor_rules.is_passed({}, self.staff)


@override_settings(MFA_REQUIRED="staff")
def test_it_would_let_staff_in_without_the_guard(monkeypatch: pytest.MonkeyPatch, db: Any) -> None:
    monkeypatch.setattr(SecondFactorMiddleware, "process_view", lambda *_args: None)
    BaseTestCase.setUpTestData()
    client = Client()
    client.force_login(BaseTestCase.staff)
    assert client.get("/admin/").status_code == 200
