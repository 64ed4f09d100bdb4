"""Signing in with another service: a provider of OpenID Connect on this machine."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client, override_settings
from django.utils import timezone

from accounts.access import bans
from accounts.credits import ledger, ledger_check
from accounts.emails import outbox, sign_up_links
from accounts.models import Invitation, User
from artgen.environment import social_apps
from artgen.environment.env import Environment
from generation.testing.cases import BaseTestCase
from generation.testing.services import free_port

pytestmark = pytest.mark.slow

LOGIN = "/accounts/openid/oidc/login/"
SECURITY = "/account/security/"


class Provider(ThreadingHTTPServer):
    """Signs in `person` without asking."""

    person: dict[str, Any]
    status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answers(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        if self.path.endswith("/openid-configuration"):
            self.reply(
                {
                    "issuer": self.server.url,
                    "authorization_endpoint": f"{self.server.url}/authorize",
                    "token_endpoint": f"{self.server.url}/token",
                    "userinfo_endpoint": f"{self.server.url}/userinfo",
                    "jwks_uri": f"{self.server.url}/keys",
                }
            )
        else:
            self.reply(self.server.person)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.reply({"access_token": "secret", "token_type": "Bearer"})

    def reply(self, data: dict[str, Any]) -> None:
        body = json.dumps(data).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def provider() -> Iterator[Provider]:
    with Provider(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        with override_settings(SOCIALACCOUNT_PROVIDERS=configured(server.url)):
            yield server
        server.shutdown()


def configured(url: str) -> dict[str, Any]:
    values = {"OIDC_CLIENT_ID": "artgen", "OIDC_SERVER_URL": url, "OIDC_NAME": "Company"}

    class Values(Environment):
        ENVIRON = values

    return social_apps.read(Values())


class SocialTestCase(BaseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client = Client(headers={"Accept-Language": "en"})
        self.provider = self.enterContext(provider())
        self.be("nina@example.org")

    def be(self, email: str, *, verified: Any = True, sub: str = "1") -> None:
        self.provider.person = {
            "sub": sub,
            "email": email,
            "email_verified": verified,
            "name": "Nina",
        }

    def sign_in(self, client: Client | None = None, **data: str) -> Any:
        client = client or self.client
        start = client.post(LOGIN, {"process": "login", **data})
        assert start.url.startswith(f"{self.provider.url}/authorize?")
        query = parse_qs(urlsplit(start.url).query)
        assert query["code_challenge_method"] == ["S256"]
        return client.get(f"{LOGIN}callback/", {"code": "x", "state": query["state"][0]})

    def user_id(self) -> str | None:
        return self.client.session.get("_auth_user_id")


class TestSigningIn(SocialTestCase):
    def test_it_offers_what_is_set_up(self) -> None:
        for url in ("/accounts/login/", "/accounts/signup/"):
            self.assertContains(self.client.get(url), "Continue with Company")
        with override_settings(SOCIALACCOUNT_PROVIDERS={}):
            self.assertNotContains(self.client.get("/accounts/login/"), "Continue with")

    def test_it_creates_an_account_with_the_starting_credits(self) -> None:
        with self.settings(DEFAULT_CREDITS=50):
            self.assertRedirects(
                self.sign_in(next="/account/"), "/account/", fetch_redirect_response=False
            )
        nina = User.objects.get(email="nina@example.org")
        assert (nina.name, nina.credits, nina.has_usable_password()) == ("Nina", 50, False)
        assert self.user_id() == str(nina.pk)
        assert ledger_check.check() == []
        self.client.post("/accounts/logout/")
        self.sign_in()
        assert self.user_id() == str(nina.pk)
        assert User.objects.count() == 4

    def test_it_creates_no_account_that_sign_up_does_not_allow(self) -> None:
        self.be("nina@example.org")
        for mode in ("invitation", "domain", "closed"):
            with override_settings(SIGN_UP=mode, SIGN_UP_DOMAINS=["example.com"]):
                self.sign_in()
            assert not User.objects.filter(email="nina@example.org").exists(), mode
            assert self.user_id() is None
        with override_settings(SIGN_UP="domain", SIGN_UP_DOMAINS=["example.org"], DOMAIN_CREDITS=3):
            self.sign_in()
        assert User.objects.get(email="nina@example.org").credits == 3

    @override_settings(SIGN_UP="invitation")
    def test_it_uses_the_invitation_of_its_address(self) -> None:
        self.be("nina@example.org")
        invitation = Invitation.objects.create(
            email="nina@example.org",
            credits=12,
            language="en",
            expires_at=timezone.now() + timedelta(days=1),
        )
        self.sign_in()
        nina = User.objects.get(email="nina@example.org")
        invitation.refresh_from_db()
        assert (nina.credits, invitation.user) == (12, nina)

    def test_it_shows_a_banned_person_the_ban(self) -> None:
        self.be("alice@example.org")
        bans.ban(user=self.alice, reason="Spam", until=None, actor=self.staff)
        response = self.sign_in()
        self.assertContains(response, "Spam", status_code=403)
        assert self.user_id() is None

    def test_it_finds_the_account_of_a_verified_address(self) -> None:
        self.be("Alice@Example.org")
        self.sign_in()
        assert self.user_id() == str(self.alice.pk)
        self.alice.refresh_from_db()
        assert self.alice.check_password("password")
        outbox.send_due()
        assert [(email.to, email.subject) for email in mail.outbox] == [
            (["alice@example.org"], "A service was connected to your ArtGen account")
        ]

    def test_it_signs_nobody_in_by_an_unverified_address(self) -> None:
        for email in ("alice@example.org", "nina@example.org"):
            self.be(email, verified=False)
            self.assertRedirects(self.sign_in(), "/accounts/signup/sent/")
            assert self.user_id() is None
        assert User.objects.count() == 3
        assert not SocialAccount.objects.exists()
        outbox.send_due()
        assert [(email.to, email.subject) for email in mail.outbox] == [
            (["alice@example.org"], "You already have an ArtGen account"),
            (["nina@example.org"], "Confirm your email for ArtGen"),
        ]

    def confirm_address(self, client: Client) -> Any:
        outbox.send_due()
        (link,) = re.findall(r"(/accounts/signup/\S+)", mail.outbox[-1].body)
        page = client.get(link)
        password = {"password": "correct horse"} if client is not self.client else {}
        return page, client.post(link, {"name": "Nina", **password})

    def test_it_opens_an_account_with_an_address_that_our_email_confirms(self) -> None:
        self.be("nina@example.org", verified=False)
        self.sign_in(next="/account/")
        page, response = self.confirm_address(self.client)
        self.assertNotContains(page, 'name="password"')
        self.assertRedirects(response, "/account/")
        nina = User.objects.get(email="nina@example.org")
        assert not nina.has_usable_password()
        assert SocialAccount.objects.get().user == nina
        self.client.post("/accounts/logout/")
        self.sign_in()
        assert self.user_id() == str(nina.pk)

    def test_it_connects_no_service_of_another_browser(self) -> None:
        self.be("nina@example.org", verified=False)
        self.sign_in()
        _page, response = self.confirm_address(Client(headers={"Accept-Language": "en"}))
        assert response.status_code == 302
        assert User.objects.get(email="nina@example.org").has_usable_password()
        assert not SocialAccount.objects.exists()

    @override_settings(SIGN_UP_WITH={"password"})
    def test_it_opens_no_account_with_a_service_that_only_signs_in(self) -> None:
        for verified in (True, False):
            self.be("nina@example.org", verified=verified)
            self.assertRedirects(self.sign_in(), "/accounts/login/")
        assert not User.objects.filter(email="nina@example.org").exists()
        self.assertNotContains(self.client.get("/accounts/signup/"), "Continue with")
        self.assertContains(self.client.get("/accounts/login/"), "Continue with Company")
        self.be("alice@example.org")
        self.sign_in()
        assert self.user_id() == str(self.alice.pk)

    @override_settings(SIGN_IN_WITH={"password"})
    def test_it_knows_no_service_that_may_not_sign_in(self) -> None:
        assert self.client.post(LOGIN).status_code == 404
        self.assertNotContains(self.client.get("/accounts/login/"), "Continue with")

    @override_settings(SIGN_IN_WITH={"oidc"})
    def test_it_takes_no_password_where_services_alone_sign_in(self) -> None:
        password = {"username": "alice@example.org", "password": "password"}
        assert self.client.post("/accounts/login/", password).status_code == 403
        assert self.client.post("/admin/login/", password).status_code == 403
        self.assertNotContains(self.client.get("/accounts/login/"), 'name="password"')
        self.assertRedirects(self.client.get("/accounts/password_reset/"), "/accounts/login/")
        page = self.client.get("/accounts/signup/")
        self.assertContains(page, "Sign up in another way")
        self.assertContains(page, "Continue with Company")
        assert self.client.post("/accounts/signup/", {"email": "a@b.cd"}).status_code == 403
        link = sign_up_links.make_token("otter@example.org")
        self.assertContains(self.client.get(f"/accounts/signup/{link}/"), "Continue with Company")
        self.be("alice@example.org")
        self.sign_in()
        assert self.user_id() == str(self.alice.pk)
        self.client.force_login(self.alice)
        own = SocialAccount.objects.get()
        with pytest.raises(ValidationError, match="Connect another service first"):
            get_adapter().validate_disconnect(own, SocialAccount.objects.all())

    def test_it_takes_no_other_word_than_true_for_a_verified_address(self) -> None:
        for claim in ("false", "no", "0", "False", "True", "", 0, 1, None, [True]):
            self.be("alice@example.org", verified=claim)
            self.sign_in()
            assert self.user_id() is None, claim
        assert not SocialAccount.objects.exists()
        self.be("alice@example.org", verified="true")
        self.sign_in()
        assert self.user_id() == str(self.alice.pk)

    def test_it_reads_the_claim_of_google_in_the_same_way(self) -> None:
        apps = {"google": {"APPS": [{"client_id": "x", "secret": "x", "name": "Google"}]}}
        request = self.client.get("/accounts/login/").wsgi_request
        with override_settings(SOCIALACCOUNT_PROVIDERS=apps):
            google = get_adapter(request).get_provider(request, "google")
            claims = {"sub": "1", "email": "alice@example.org", "email_verified": "false"}
            login = google.sociallogin_from_response(request, claims)
            with pytest.raises(ImmediateHttpResponse):
                get_adapter(request).pre_social_login(request, login)
        assert not SocialAccount.objects.exists()

    def test_it_signs_in_no_locked_account(self) -> None:
        User.objects.filter(pk=self.alice.pk).update(is_active=False)
        self.be("alice@example.org")
        self.assertRedirects(self.sign_in(), "/accounts/login/")
        assert self.user_id() is None

    def test_it_asks_for_the_second_factor(self) -> None:
        TOTP.activate(self.alice, "JBSWY3DPEHPK3PXP")
        self.be("alice@example.org")
        self.assertRedirects(self.sign_in(), "/accounts/2fa/code/")
        assert self.user_id() is None

    def test_it_keeps_the_account_when_the_address_there_changes(self) -> None:
        self.be("alice@example.org")
        self.sign_in()
        self.client.post("/accounts/logout/")
        self.be("bob@example.org")
        self.sign_in()
        assert self.user_id() == str(self.alice.pk)

    def test_it_never_leads_to_another_site(self) -> None:
        response = self.sign_in(next="https://evil.example/")
        assert response.url == "/create/"

    def test_it_says_when_the_service_fails_or_is_away(self) -> None:
        self.provider.status = 500
        assert self.client.post(LOGIN, {"process": "login"}).status_code == 401
        away = configured(f"http://127.0.0.1:{free_port()}")
        with override_settings(SOCIALACCOUNT_PROVIDERS=away):
            response = self.client.post(LOGIN, {"process": "login"})
        self.assertTemplateUsed(response, "accounts/social_failed.html")


class TestConnecting(SocialTestCase):
    def connect(self) -> Any:
        return self.sign_in(process="connect")

    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.alice)

    def confirm(self) -> None:
        self.client.post("/accounts/reauthenticate/", {"password": "password"})

    def test_it_connects_after_the_password_even_without_a_verified_address(self) -> None:
        self.be("whoever@example.org", verified=False)
        assert self.connect().url == "/accounts/reauthenticate/"
        assert not SocialAccount.objects.exists()
        ledger.grant(user=self.alice, amount=5, reason="test")  # after self.alice was read
        self.confirm()
        assert SocialAccount.objects.get().user == self.alice
        self.alice.refresh_from_db()
        assert self.alice.credits == 105
        self.assertContains(self.client.get(SECURITY), "Disconnect")
        self.client.post("/accounts/logout/")
        self.sign_in()
        assert self.user_id() == str(self.alice.pk)

    def test_it_takes_no_service_of_another_account(self) -> None:
        SocialAccount.objects.create(user=self.bob, provider="oidc", uid="1")
        self.confirm()
        self.connect()
        assert SocialAccount.objects.get().user == self.bob

    def test_it_disconnects(self) -> None:
        own = SocialAccount.objects.create(user=self.alice, provider="oidc", uid="1")
        bobs = SocialAccount.objects.create(user=self.bob, provider="oidc", uid="2")
        self.confirm()
        for id in (str(bobs.pk), "", "x", str(own.pk)):
            self.client.post(f"{SECURITY}disconnect/", {"id": id})
        assert list(SocialAccount.objects.all()) == [bobs]
        outbox.send_due()
        assert mail.outbox[-1].subject == "A service was disconnected from your ArtGen account"

    def test_it_disconnects_a_service_that_is_no_longer_set_up(self) -> None:
        own = SocialAccount.objects.create(user=self.alice, provider="gone", uid="1")
        self.confirm()
        response = self.client.post(f"{SECURITY}disconnect/", {"id": own.pk}, follow=True)
        self.assertContains(response, "The service has been disconnected.")
        assert not SocialAccount.objects.exists()

    def test_it_asks_for_the_password_before_it_disconnects(self) -> None:
        own = SocialAccount.objects.create(user=self.alice, provider="oidc", uid="1")
        response = self.client.post(f"{SECURITY}disconnect/", {"id": own.pk})
        assert response["Location"].startswith("/accounts/reauthenticate/")
        assert SocialAccount.objects.exists()

    def test_it_keeps_the_only_way_to_sign_in(self) -> None:
        self.alice.set_unusable_password()
        self.alice.save(update_fields=["password"])
        self.client.force_login(self.alice)
        own = SocialAccount.objects.create(user=self.alice, provider="oidc", uid="1")
        response = self.client.post(f"{SECURITY}disconnect/", {"id": own.pk}, follow=True)
        self.assertContains(response, "Add a password first")
        assert SocialAccount.objects.exists()


class TestSettings(BaseTestCase):
    def read(self, **values: str) -> dict[str, Any]:
        class Values(Environment):
            ENVIRON = values

        return social_apps.read(Values())

    def test_it_offers_nothing_by_itself(self) -> None:
        assert self.read() == self.read(GOOGLE_CLIENT_SECRET="x") == {}

    def test_it_offers_what_the_environment_names(self) -> None:
        found = self.read(
            GOOGLE_CLIENT_ID="g", YANDEX_CLIENT_ID="y", VK_CLIENT_ID="v", GITHUB_CLIENT_ID="h"
        )
        assert set(found) == {"google", "yandex", "vk", "github"}
        assert found["google"]["APPS"][0]["client_id"] == "g"

    def test_it_allows_forms_to_be_sent_there(self) -> None:
        found = self.read(
            GITHUB_CLIENT_ID="h", OIDC_CLIENT_ID="o", OIDC_SERVER_URL="https://id.example/realm"
        )
        assert social_apps.form_targets(found) == ["https://github.com", "https://id.example"]
        assert social_apps.form_targets({}) == []
