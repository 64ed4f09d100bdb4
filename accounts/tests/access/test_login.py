import time
from unittest import mock

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.core.cache import cache
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse

from accounts.emails import outbox
from accounts.limits import sign_in_attempts
from accounts.models import User
from artgen.settings import accounts as accounts_settings
from generation.testing.cases import BaseTestCase
from generation.testing.rows.authenticator_app import SECRET, code_of


class TestLogin(BaseTestCase):
    url = "/accounts/login/"

    def setUp(self) -> None:
        super().setUp()
        self.client = Client(headers={"accept-language": "en"})

    def hold_clock(self) -> None:
        """Keep the minute of a limit from ending while requests are sent."""
        clock = mock.patch("django_ratelimit.core.time.time", return_value=time.time())
        self.enterContext(clock)

    def sign_in(self, email: str = "alice@example.org", password: str = "password", **data: str):
        return self.client.post(self.url, {"username": email, "password": password, **data})

    def signed_in_as(self) -> str | None:
        return self.client.session.get("_auth_user_id")

    def test_it_signs_in_whatever_the_case_of_the_address(self) -> None:
        response = self.sign_in(" Alice@Example.ORG ")
        self.assertRedirects(response, reverse("create"), fetch_redirect_response=False)
        assert self.signed_in_as() == str(self.alice.pk)

    def test_it_rotates_the_session_key(self) -> None:
        self.client.get(reverse("signup"))
        session = self.client.session
        session["before"] = 1
        session.save()
        before = self.client.cookies[settings.SESSION_COOKIE_NAME].value
        self.sign_in()
        assert self.client.cookies[settings.SESSION_COOKIE_NAME].value != before
        assert not Client(
            headers={"cookie": f"{settings.SESSION_COOKIE_NAME}={before}"}
        ).session.get("_auth_user_id")

    @pytest.mark.slow
    def test_it_replaces_an_old_hash_and_a_confirmation_does_not(self) -> None:
        with override_settings(PASSWORD_HASHERS=accounts_settings.PASSWORD_HASHERS):
            old = make_password("password", hasher="pbkdf2_sha256")
            User.objects.filter(pk=self.alice.pk).update(password=old)
            self.sign_in()
            self.alice.refresh_from_db()
            assert self.alice.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
            User.objects.filter(pk=self.alice.pk).update(password=old)
            client = Client()
            client.force_login(User.objects.get(pk=self.alice.pk))
            client.post(reverse("account_reauthenticate"), {"password": "password"})
            assert client.get("/create/").status_code == 200
            assert User.objects.get(pk=self.alice.pk).password == old

    def test_it_counts_although_another_sign_in_resets_the_counter(self) -> None:
        request = RequestFactory().get(self.url)
        plain, others = cache.add, iter(["a sign-in"])

        def add(*args: object) -> bool:
            added: bool = plain(*args)
            for _sign_in in others:
                sign_in_attempts.reset(request, "alice@example.org")
            return added

        with mock.patch.object(cache, "add", add):
            attempt = sign_in_attempts.count_attempt(request, "alice@example.org")
        assert attempt.left == sign_in_attempts.FREE_ATTEMPTS - 1

    def test_it_goes_where_the_visitor_was_going(self) -> None:
        response = self.sign_in(next="/account/ledger/?page=2")
        self.assertRedirects(response, "/account/ledger/?page=2", fetch_redirect_response=False)

    def test_it_never_leads_to_another_site(self) -> None:
        for target in ("https://evil.example/", "//evil.example/", "/\\evil.example"):
            with self.subTest(target):
                response = self.sign_in(next=target)
                self.assertRedirects(response, reverse("create"), fetch_redirect_response=False)
                response = self.client.get(self.url, {"next": target})
                self.assertRedirects(response, reverse("create"), fetch_redirect_response=False)
                self.client.logout()

    def test_it_says_the_same_to_everybody_who_may_not_come_in(self) -> None:
        User.objects.filter(pk=self.bob.pk).update(is_active=False)
        answers = set()
        for email, password in (
            ("alice@example.org", "wrong"),
            ("bob@example.org", "password"),
            ("nobody@example.org", "password"),
        ):
            response = self.sign_in(email, password)
            self.assertContains(response, "Wrong email or password. 4 attempts left.")
            assert "_auth_user_id" not in self.client.session
            answers.add(
                response.content.decode()
                .replace(email, "")
                .split("<form", 2)[2]
                .split("value=", 2)[2]
            )
        assert len({len(answer) for answer in answers}) == 1

    def test_it_hashes_a_password_for_an_unknown_address_too(self) -> None:
        hashers = ["accounts.tests.access.test_login.CountingHasher"]
        for email in ("alice@example.org", "nobody@example.org"):
            with self.settings(PASSWORD_HASHERS=hashers):
                user = User.objects.filter(email=email).first()
                if user:
                    user.set_password("password")
                    user.save(update_fields=["password"])
                CountingHasher.calls = 0
                self.sign_in(email, "wrong")
            assert CountingHasher.calls == 1, email

    def test_it_pauses_after_five_wrong_passwords(self) -> None:
        for left in (4, 3, 2, 1):
            self.assertContains(self.sign_in(password="wrong"), f"{left} attempt")
        self.assertContains(self.sign_in(password="wrong"), "Try again in 30\N{NO-BREAK SPACE}s")
        response = self.sign_in()
        self.assertContains(response, "Too many attempts for this email", status_code=429)
        assert 0 < int(response["Retry-After"]) <= 30
        assert self.signed_in_as() is None

    def test_it_pauses_an_unknown_address_just_the_same(self) -> None:
        for _ in range(5):
            self.sign_in("nobody@example.org", "wrong")
        assert self.sign_in("nobody@example.org", "wrong").status_code == 429
        self.assertRedirects(self.sign_in(), reverse("create"), fetch_redirect_response=False)

    def test_it_lets_a_browser_in_that_was_here_before(self) -> None:
        self.sign_in()
        self.client.post(reverse("logout"))
        stranger = Client()
        for _ in range(6):
            stranger.post(self.url, {"username": "alice@example.org", "password": "wrong"})
        assert (
            stranger.post(
                self.url, {"username": "alice@example.org", "password": "password"}
            ).status_code
            == 429
        )
        self.assertRedirects(self.sign_in(), reverse("create"), fetch_redirect_response=False)

    def test_it_forgets_the_wrong_ones_after_the_right_one(self) -> None:
        for _ in range(4):
            self.sign_in(password="wrong")
        self.sign_in()
        self.client.post(reverse("logout"))
        self.assertContains(self.sign_in(password="wrong"), "4 attempts left")

    @pytest.mark.slow
    def test_it_limits_an_address_on_the_net(self) -> None:
        self.hold_clock()
        for number in range(60):
            self.client.post(self.url, {"username": f"user{number}@example.org", "password": ""})
        response = self.sign_in()
        assert response.status_code == 429
        self.assertTemplateUsed(response, "429.html")
        assert 0 < int(response["Retry-After"]) <= 60
        assert self.signed_in_as() is None

    def test_it_pauses_the_admins_sign_in_as_well(self) -> None:
        for _ in range(5):
            self.client.post(
                "/admin/login/", {"username": "staff@example.org", "password": "wrong"}
            )
        response = self.client.post(
            "/admin/login/", {"username": "staff@example.org", "password": "password"}
        )
        self.assertContains(response, "Too many attempts for this email", status_code=429)
        assert self.signed_in_as() is None

    def test_it_says_the_same_to_a_wrong_password_and_to_users_who_are_not_staff(self) -> None:
        for url in ("/admin/login/", "/accounts/login/?next=/admin/accounts/"):
            cache.clear()
            wrong = {"username": "staff@example.org", "password": "wrong"}
            user = {"username": "alice@example.org", "password": "password"}
            pages = [self.client.post(url, data) for data in (wrong, user)]
            for page in pages:
                self.assertContains(page, "Wrong email or password. 4 attempts left.")
            assert self.signed_in_as() is None, url
            # The right password of somebody else is one more failed attempt.
            self.assertContains(self.client.post(url, user), "3 attempts left")

    def test_it_signs_staff_in_to_the_admin(self) -> None:
        data = {"username": "staff@example.org", "password": "password"}
        response = self.client.post("/admin/login/?next=/admin/accounts/user/", data)
        self.assertRedirects(response, "/admin/accounts/user/")
        self.client.logout()
        self.assertRedirects(self.client.post("/admin/login/", data), "/admin/")

    def test_it_does_not_send_users_in_circles(self) -> None:
        self.client.force_login(self.alice)
        response = self.client.get("/admin/", follow=True)
        assert response.status_code == 403
        assert len(response.redirect_chain) == 1

    @pytest.mark.slow
    def test_it_shares_the_limit_of_an_address_with_the_admins_sign_in(self) -> None:
        self.hold_clock()
        for number in range(30):
            data = {"username": f"user{number}@example.org", "password": ""}
            self.client.post(self.url, data)
            self.client.post("/admin/login/", data)
        for url in (self.url, "/admin/login/"):
            data = {"username": "staff@example.org", "password": "password"}
            assert self.client.post(url, data).status_code == 429, url
            assert self.client.post(url, data, REMOTE_ADDR="10.0.0.9").status_code == 302, url
            self.client.logout()

    @pytest.mark.slow
    def test_it_lets_the_owner_in_whatever_strangers_try_elsewhere(self) -> None:
        for number in range(4):
            network = f"10.0.1.{number}"
            for _ in range(16):
                Client().post(
                    self.url,
                    {"username": "alice@example.org", "password": "wrong"},
                    REMOTE_ADDR=network,
                )
                Client().post(RESET, {"email": "alice@example.org"}, REMOTE_ADDR=network)
                Client().post(SIGN_UP, {"email": "alice@example.org"}, REMOTE_ADDR=network)
        for url in (RESET, SIGN_UP):
            assert self.client.post(url, {"email": "alice@example.org"}).status_code == 302, url
        assert self.sign_in().status_code == 302
        outbox.send_due()
        assert len(mail.outbox) == 2 * (4 * 5 + 1)

    @pytest.mark.slow
    def test_it_limits_the_emails_to_one_address_from_everywhere(self) -> None:
        for number in range(31):
            response = Client().post(
                RESET, {"email": "alice@example.org"}, REMOTE_ADDR=f"10.0.1.{number}"
            )
        assert response.status_code == 429

    @pytest.mark.slow
    def test_it_pauses_before_a_second_factor_except_in_a_known_browser(self) -> None:
        self.sign_in()
        self.client.post(reverse("logout"))
        TOTP.activate(self.alice, SECRET)
        stranger = Client(headers={"accept-language": "en"})
        tries = ("wrong",) * 6 + ("password", "wrong")
        *_tries, wrong, right, again = (
            stranger.post(self.url, {"username": "alice@example.org", "password": password})
            for password in tries
        )
        for response in (wrong, right, again):
            self.assertContains(response, "Too many attempts for this email", status_code=429)
        _counter, gate = sign_in_attempts.keys(response.wsgi_request, "alice@example.org")
        cache.delete(gate)  # as if the pause had passed
        response = stranger.post(self.url, {"username": "alice@example.org", "password": "wrong"})
        self.assertContains(response, "Try again in 1\N{NO-BREAK SPACE}min")
        assert self.sign_in().url == "/accounts/2fa/code/"
        assert self.client.post("/accounts/2fa/code/", {"code": code_of()}).status_code == 302
        assert self.signed_in_as() == str(self.alice.pk)


RESET, SIGN_UP = "/accounts/password_reset/", "/accounts/signup/"


class TestPause(BaseTestCase):
    def test_it_grows_up_to_a_quarter_of_an_hour(self) -> None:
        counts = (1, 4, 5, 6, 7, 8, 9, 10, 11, 1000)
        pauses = [0, 0, 30, 60, 120, 240, 480, 900, 900, 900]
        assert [sign_in_attempts.pause_after(count) for count in counts] == pauses

    def test_it_allows_another_try_when_it_is_over(self) -> None:
        request = self.client.get("/accounts/login/").wsgi_request
        _counter, gate = sign_in_attempts.keys(request, "alice@example.org")
        waits = []
        for _ in range(8):
            current = sign_in_attempts.count_attempt(request, "alice@example.org")
            waits.append(current.wait)
            if current.wait:
                with pytest.raises(sign_in_attempts.MustWait) as caught:
                    sign_in_attempts.count_attempt(request, "alice@example.org")
                assert 0 < caught.value.seconds <= current.wait
            cache.delete(gate)  # as if the pause had passed
        assert waits == [0, 0, 0, 0, 30, 60, 120, 240]

    def test_it_counts_codes_from_everywhere(self) -> None:
        request = RequestFactory().post("/", REMOTE_ADDR="10.0.0.1")
        other = RequestFactory().post("/", REMOTE_ADDR="10.0.0.2")
        for kind, left in ((sign_in_attempts.PASSWORDS, 4), (sign_in_attempts.CODES, 3)):
            sign_in_attempts.count_attempt(request, "alice@example.org", of=kind)
            attempt = sign_in_attempts.count_attempt(other, "alice@example.org", of=kind)
            assert attempt.left == left

    def test_it_ignores_the_cookie_of_another_account(self) -> None:
        self.client.post(
            "/accounts/login/", {"username": "bob@example.org", "password": "password"}
        )
        self.client.post("/accounts/logout/")
        for _ in range(5):
            self.client.post(
                "/accounts/login/", {"username": "alice@example.org", "password": "wrong"}
            )
        response = self.client.post(
            "/accounts/login/", {"username": "alice@example.org", "password": "password"}
        )
        assert response.status_code == 429


class CountingHasher:
    """Counts how often a password is hashed."""

    algorithm = "counting"
    calls = 0

    def salt(self) -> str:
        return "salt"

    def encode(self, password: str, salt: str) -> str:
        type(self).calls += 1
        return f"counting${salt}${password[::-1]}"

    def decode(self, encoded: str) -> dict[str, str]:
        return {"algorithm": "counting", "salt": "salt", "hash": encoded.rpartition("$")[2]}

    def verify(self, password: str, encoded: str) -> bool:
        return self.encode(password, "salt") == encoded

    def must_update(self, encoded: str) -> bool:
        return False

    def harden_runtime(self, password: str, encoded: str) -> None:
        return None
