"""Another site cannot write in a signed-in browser: every route that writes needs a CSRF token."""

from collections.abc import Iterator

import pytest
from django.middleware.csrf import CsrfViewMiddleware
from django.test import Client

from generation.testing.isolation import owned_data
from generation.testing.isolation.access import Who
from generation.testing.isolation.identities import (
    ANONYMOUS,
    MANAGER,
    OTHERS_TOKEN,
    OWNER,
    Identity,
)
from generation.testing.isolation.owned_data import OwnedData
from generation.testing.isolation.routes import Route, site_routes
from generation.testing.isolation.rows import Tables
from generation.testing.isolation.rules import rule_of
from generation.testing.isolation.suite import State, Trial, request, trials

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

WRITING = ("POST", "PUT", "PATCH", "DELETE")
FORBIDDEN = 403
TOKEN = "a" * 32


def writes(*, exempt: bool = False) -> list[Trial]:
    """Return the trials of all declared methods that write."""
    return [
        trial
        for trial in trials(site_routes())
        if trial.method in WRITING
        and trial.method in trial.rule.methods
        and trial.rule.is_csrf_exempt == exempt
    ]


def sender(trial: Trial) -> Identity:
    """Return who may use the route."""
    if trial.rule.who in (Who.STAFF, Who.ANY_STAFF):
        return MANAGER
    return ANONYMOUS if trial.rule.who in (Who.EVERYONE, Who.ADDRESS) else OWNER


def accepted(data: OwnedData, found: list[Trial], *, tables: Tables) -> Iterator[str]:
    """Yield the requests that were not refused without a CSRF token, or changed something."""
    before = State(tables)
    for trial in found:
        response = request(sender(trial).client(data, enforces_csrf=True), data, trial)
        if response.status_code != FORBIDDEN or before.changes():
            yield f"{trial.method} {trial.route.path}: {response.status_code}"


def test_it_refuses_every_write_without_a_csrf_token() -> None:
    data, found = owned_data.make(), writes()
    assert len({trial.route for trial in found}) > 100
    assert list(accepted(data, found, tables=Tables())) == []


def test_it_finds_a_check_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    data, found = owned_data.make(), writes()
    some = [one for one in found if one.route.name in ("favorite_image", "api/v1/quotes/")]
    monkeypatch.setattr(CsrfViewMiddleware, "process_view", lambda *_: None)
    assert len(list(accepted(data, some, tables=Tables()))) == len(some) == 2


def test_it_takes_the_token_of_a_cookie_that_other_sites_cannot_read() -> None:
    data = owned_data.make()
    for name in ("favorite_image", "api/v1/quotes/"):
        (trial,) = [one for one in writes() if one.route.name == name]
        client: Client = OWNER.client(data, enforces_csrf=True)
        client.cookies["csrftoken"] = TOKEN
        assert request(client, data, trial, **{"X-CSRFToken": TOKEN}).status_code < 400
        assert request(client, data, trial, **{"X-CSRFToken": "b" * 32}).status_code == FORBIDDEN


def test_it_needs_no_csrf_token_beside_an_api_token() -> None:
    data = owned_data.make()
    for trial in [one for one in writes() if one.route.is_api and one.rule.who == Who.USERS]:
        client = OTHERS_TOKEN.client(data, enforces_csrf=True)
        assert request(client, data, trial).status_code != FORBIDDEN


def test_it_exempts_only_addresses_with_a_signed_token() -> None:
    data, found = owned_data.make(), writes(exempt=True)
    assert {trial.route for trial in found} == {Route("runpod_hook", "/hooks/runpod/{token}/")}
    (trial,) = found
    assert rule_of(trial.route).who == Who.ADDRESS
    client = ANONYMOUS.client(data, enforces_csrf=True)
    assert request(client, data, trial).status_code == 200
    data.values["hook"] += "x"
    assert request(client, data, trial).status_code == 404
