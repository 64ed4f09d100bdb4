"""Headers of every response, and what is cached of signed-in pages."""

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from accounts.models import User
from generation.gallery.sharing import share_links
from generation.testing.cases import load_catalog, make_user
from generation.testing.rows.api import make_image
from generation.testing.secret_paths import routes

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

FIXED = sorted(
    {route.text for route in routes(get_resolver().url_patterns) if "<" not in route.text}
)


@pytest.fixture
def alice() -> User:
    return make_user("alice@example.org", is_staff=True, is_superuser=True)


@pytest.fixture
def client(alice: User) -> Client:
    load_catalog()
    client = Client(raise_request_exception=False)
    client.force_login(alice)
    return client


class TestPolicies:
    @pytest.mark.parametrize(
        "address",
        ["/", "/accounts/login/", "/api/v1/jobs/", "/nothing/", "/healthz", "/hooks/runpod/x/"],
    )
    def test_every_response_has_them(self, address):
        answer = Client().get(address)
        assert "camera=()" in answer["Permissions-Policy"]
        assert "fullscreen=(self)" in answer["Permissions-Policy"]
        assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"

    def test_other_sites_may_show_a_shared_file(self, alice):
        load_catalog()
        image = make_image(alice)
        slug = share_links.share_by_link(
            image, until=None, with_parameters=True, with_name=False
        ).link_slug
        page = Client().get(reverse("shared", args=[slug]))
        assert page["Cross-Origin-Resource-Policy"] == "same-origin"
        file = Client().get(reverse("shared_image", args=[slug]))
        assert file["Cross-Origin-Resource-Policy"] == "cross-origin"


class TestCaching:
    def test_no_shared_cache_keeps_what_a_user_gets(self, client, alice):
        for address in FIXED:
            client.force_login(alice)  # a page before may have ended the session
            answer = client.get(address)
            assert address == reverse("logout") or "Clear-Site-Data" not in answer, address
            control = {part.strip() for part in answer.get("Cache-Control", "").split(",")}
            if address == "/api/schema/":
                continue  # the same for everybody
            assert "private" in control or "no-store" in control, (address, answer.headers)
            assert control & {"no-cache", "no-store"}, (address, answer.headers)

    def test_it_leaves_what_a_view_has_said(self, client):
        assert "no-store" in client.get("/account/")["Cache-Control"]
        gallery = client.get("/gallery/")
        assert gallery["Cache-Control"] == "private, no-cache"
        again = client.get("/gallery/", headers={"If-None-Match": gallery["ETag"]})
        assert (again.status_code, again["Cache-Control"]) == (304, "private, no-cache")

    def test_guests_may_keep_the_start_page(self):
        assert "private" not in Client().get("/").get("Cache-Control", "")


class TestSignOut:
    @pytest.mark.parametrize(
        ("host", "secure", "cleared"),
        [
            ("127.0.0.1:8000", False, True),
            ("localhost", False, True),
            ("[::1]:8000", False, True),
            ("backend", False, False),
            ("backend", True, True),
        ],
    )
    def test_it_clears_the_cache_where_browsers_obey(self, client, host, secure, cleared):
        answer = client.post(reverse("logout"), headers={"host": host}, secure=secure)
        assert answer.status_code == 302
        assert answer.get("Clear-Site-Data", "") == ('"cache"' if cleared else "")

    def test_that_of_a_stranger_clears_nothing(self):
        assert "Clear-Site-Data" not in Client().post(reverse("logout")).headers
