"""Nobody sees or changes what belongs to others: every route × identity × method."""

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import include, path

from generation.testing.isolation import owned_data, sign_in
from generation.testing.isolation.access import METHODS, Who
from generation.testing.isolation.identities import ANONYMOUS, IDENTITIES, Identity
from generation.testing.isolation.routes import Route, api_methods, site_routes
from generation.testing.isolation.rows import Tables
from generation.testing.isolation.rules import RULES, rule_of
from generation.testing.isolation.suite import forgeries, trials, violations


@pytest.fixture(autouse=True)
def _with_all_services(settings: Any) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = sign_in.services()


class TestTable:
    def test_it_has_a_rule_for_every_route(self) -> None:
        assert [route.name for route in site_routes() if rule_of(route) is None] == []

    def test_it_has_no_rule_for_a_route_that_is_gone(self) -> None:
        names = {route.name for route in site_routes()}
        assert [name for name in RULES if "*" not in name and name not in names] == []

    def test_it_has_the_methods_of_the_api_s_description(self) -> None:
        declared = {
            route.path: set(rule.methods)
            for route in site_routes()
            if route.is_described and (rule := rule_of(route)) and rule.who != Who.NOBODY
        }
        assert declared == api_methods()

    @override_settings(ROOT_URLCONF=__name__)
    def test_it_misses_a_new_route(self) -> None:
        (new,) = [route for route in site_routes() if rule_of(route) is None]
        assert (new.name, new.path) == ("new", "/new/{image_id}/")
        with pytest.raises(AssertionError, match="declare who may use new"):
            list(trials([new]))


def _new(request: HttpRequest, image_id: str) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path("", include("artgen.urls")), path("new/<uuid:image_id>/", _new, name="new")]


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("identity", IDENTITIES, ids=lambda identity: identity.name)
def test_it_keeps_the_rules(identity: Identity) -> None:
    data = owned_data.make()
    found = list(violations(data, identity, site_routes(), tables=Tables()))
    assert not found, "\n".join(["", *found])


@pytest.mark.slow
@pytest.mark.django_db
def test_it_keeps_secret_addresses_from_who_guesses() -> None:
    data = owned_data.make()
    routes = [
        route for route in site_routes() if (rule := rule_of(route)) and rule.who == Who.ADDRESS
    ]
    assert len(routes) >= 8
    found = list(forgeries(data, ANONYMOUS, routes, tables=Tables()))
    assert not found, "\n".join(["", *found])


def test_it_tries_each_route_with_each_method() -> None:
    routes = site_routes()
    tried = {(trial.route, trial.method) for trial in trials(routes)}
    assert tried == {(route, method) for route in routes for method in METHODS}
    assert len(routes) == len({route.path for route in routes})
    assert sum(1 for one in IDENTITIES for _trial in trials(routes, identity=one)) > 10_000
    assert isinstance(routes[0], Route)
