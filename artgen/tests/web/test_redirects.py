"""`redirects.next_url` and `ids.parse_uuid`: what people send is checked in one place."""

from uuid import UUID

import pytest
from django.test import RequestFactory

from artgen.database.ids import parse_uuid
from artgen.web.redirects import next_url


@pytest.mark.parametrize("target", ["/gallery/?q=tea", "http://testserver/gallery/"])
def test_it_returns_addresses_of_this_site(target: str) -> None:
    assert next_url(RequestFactory().post("/", {"next": target})) == target
    assert next_url(RequestFactory().get("/", {"next": target})) == target


@pytest.mark.parametrize(
    "target", ["", "https://evil.example/", "//evil.example/", "javascript:alert(1)"]
)
def test_it_returns_the_default_for_all_others(target: str) -> None:
    assert next_url(RequestFactory().post("/", {"next": target}), default="/create/") == "/create/"
    assert next_url(RequestFactory().get("/", {"next": target})) == ""


def test_it_parses_ids() -> None:
    text = "019ab2f0-5c1e-7d90-a3b4-1f2e3d4c5b6a"
    assert parse_uuid(text) == UUID(text)
    assert parse_uuid("nonsense") is parse_uuid("") is None
