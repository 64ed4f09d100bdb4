"""Scopes and spending limits of API tokens, over every call of the API."""

import re
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.request import Request

from accounts.credits import ledger, ledger_check
from accounts.models import ApiToken
from accounts.tokens import tokens
from accounts.tokens.permissions import TokenScope
from generation.models import Job
from generation.testing.rows.api import FLUX, Api, ApiTestCase, make_image, stored

JOBS = "/api/v1/jobs/"
ID = "019ab2f0-5c1e-7d90-a3b4-1f2e3d4c5b6a"


def calls() -> list[tuple[str, str, str]]:
    """Return method, path and needed scope of every call, from the URL configuration."""
    found: list[tuple[str, str, str]] = []

    def walk(patterns: list[URLPattern | URLResolver], prefix: str) -> None:
        for one in patterns:
            path = prefix + str(one.pattern)
            if isinstance(one, URLResolver):
                walk(one.url_patterns, path)
            elif path.startswith("api/v1/"):
                view = one.callback.cls
                address = "/" + re.sub(r"<[^>]+>", ID, path)
                for method, name in one.callback.actions.items():
                    if view.authentication_classes and method != "head":
                        default = "read" if method == "get" else "manage"
                        scope = getattr(view, name).operation.scope or default
                        found.append((method, address, scope))

    walk(get_resolver().url_patterns, "")
    return found


class TestScopes(ApiTestCase):
    def api_of(self, *scopes: str, **limits: Any) -> Api:
        return Api(tokens.issue(user=self.alice, name=" ".join(scopes), scopes=scopes, **limits))

    def test_it_needs_the_scope_for_every_call_and_no_other(self) -> None:
        found = calls()
        assert len(found) > 25
        assert {scope for _method, _address, scope in found} == {"read", "create", "manage"}
        apis = {scope: self.api_of(scope) for scope in ("read", "create", "manage")}
        before = stored()
        for method, address, needed in found:
            for scope, api in apis.items():
                response = api.call(method.upper(), address, {})
                if scope == needed:
                    assert b"missing_scope" not in response.content, (method, address)
                else:
                    document = self.assert_problem(response, 403, "missing_scope")
                    assert document["scope"] == needed, (method, address)
        assert stored() == before

    def test_it_lets_a_token_that_creates_do_that_alone(self) -> None:
        image = make_image(self.alice)
        api = self.api_of("create")
        job = api.post(JOBS, FLUX)
        assert job.status_code == 201
        assert api.post(f"{JOBS}{job.json()['id']}/cancel/").status_code == 200
        self.assert_problem(api.get(JOBS), 403, "missing_scope")
        self.assert_problem(api.delete(f"/api/v1/images/{image.pk}/"), 403, "missing_scope")
        image.refresh_from_db()
        assert image.trashed_at is None

    def test_it_lets_sessions_do_everything(self) -> None:
        self.client.force_login(self.alice)
        assert self.client.get(JOBS).status_code == 200
        assert self.client.post(JOBS, FLUX, content_type="application/json").status_code == 201

    def test_it_says_what_is_needed(self) -> None:
        response = self.api_of("read").post(JOBS, FLUX)
        document = self.assert_problem(response, 403, "missing_scope")
        assert document["detail"] == "The token needs the scope “create”. Create another token."


def test_it_would_place_a_job_without_the_scope(monkeypatch: pytest.MonkeyPatch, db: Any) -> None:
    def allow(self: TokenScope, request: Request, view: Any) -> bool:
        return True

    monkeypatch.setattr(TokenScope, "has_permission", allow)
    ApiTestCase.setUpTestData()
    token = tokens.issue(user=ApiTestCase.alice, name="read", scopes=["read"])
    assert Api(token).post(JOBS, FLUX).status_code == 201


class TestSpendingLimit(ApiTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.api = Api(tokens.issue(user=self.alice, name="limited", credit_limit=7))

    def spent(self) -> int:
        return ApiToken.objects.get(name="limited").credits_spent

    def test_it_places_until_the_limit_is_reached(self) -> None:
        assert self.api.post(JOBS, FLUX).status_code == 201  # 3 credits
        assert self.api.post(JOBS, FLUX).status_code == 201
        before = stored()
        document = self.assert_problem(self.api.post(JOBS, FLUX), 402, "token_limit_reached")
        assert (document["needed"], document["available"]) == (3, 1)
        assert (stored(), self.spent()) == (before, 6)
        assert ledger_check.check() == []

    def test_it_counts_batches_and_retries(self) -> None:
        batch = self.api.post("/api/v1/batches/", FLUX | {"count": 2})
        assert (batch.status_code, self.spent()) == (201, 6)
        job = batch.json()["jobs"][0]["id"]
        self.assert_problem(self.api.post(f"{JOBS}{job}/retry/"), 402, "token_limit_reached")
        self.assert_problem(
            self.api.post("/api/v1/batches/", FLUX | {"count": 2}), 402, "token_limit_reached"
        )
        assert (Job.objects.count(), self.spent()) == (2, 6)

    def test_it_charges_nothing_when_the_user_has_too_few_credits(self) -> None:
        ledger.adjust(user=self.alice, amount=-98, reason="for the test")
        self.assert_problem(self.api.post(JOBS, FLUX), 402, "too_few_credits")
        assert self.spent() == 0

    def test_it_charges_a_repeated_request_once(self) -> None:
        for _ in range(2):
            self.api.post(JOBS, FLUX, **{"Idempotency-Key": "one"})
        assert self.spent() == 3

    def test_it_does_not_count_other_tokens_or_the_page(self) -> None:
        other = Api(tokens.issue(user=self.alice, name="free"))
        assert other.post(JOBS, FLUX).status_code == 201
        assert ApiToken.objects.get(name="free").credits_spent == self.spent() == 0

    def test_it_gives_no_credits_back_to_the_limit(self) -> None:
        job = self.api.post(JOBS, FLUX).json()["id"]
        self.api.post(f"{JOBS}{job}/cancel/")
        assert self.spent() == 3
