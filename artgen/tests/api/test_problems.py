"""Every refusal under /api/ is a problem document (RFC 9457): of views, Django and handlers."""

import json
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.test import override_settings
from django.urls import include, path
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.tokens import tokens
from artgen.api import problems
from artgen.api.problems import KINDS
from artgen.api.views import ApiView
from generation.testing.cases import BaseTestCase

RAISED: dict[str, tuple[Exception, int, str]] = {
    "bug": (RuntimeError("secret"), 500, "server_error"),
    "big": (RequestDataTooBig(), 413, "too_large"),
    "suspicious": (SuspiciousOperation("secret"), 400, "malformed"),
    "multipart": (MultiPartParserError("secret"), 400, "malformed"),
    "missing": (Http404("secret"), 404, "not_found"),
    "forbidden": (exceptions.PermissionDenied("secret"), 403, "permission_denied"),
}


class Raising(ApiView):
    permission_classes = ()

    def get(self, request: Request, name: str) -> Response:
        raise RAISED[name][0]


def raising(request: HttpRequest, name: str) -> HttpResponse:
    raise RAISED[name][0]


urlpatterns = [
    path("api/raise/<slug:name>/", Raising.as_view({"get": "get"})),
    path("api/django/<slug:name>/", raising),
    path("", include("artgen.urls")),
]
handler400 = problems.bad_request
handler403 = problems.permission_denied
handler404 = problems.page_not_found
handler500 = problems.server_error


class ProblemTestCase(BaseTestCase):
    def assert_problem(self, response: Any, status: int, code: str) -> dict[str, Any]:
        assert response.status_code == status, response.content
        assert response["Content-Type"] == "application/problem+json"
        assert response["Cache-Control"] == "no-store"
        document = response.json()
        assert set(document) >= {"type", "title", "status", "code", "detail", "errors"}
        assert (document["status"], document["code"]) == (status, code)
        assert document["type"] == f"http://127.0.0.1:8000/api/problems/{code}/"
        return document


class TestUnknownAddresses(ProblemTestCase):
    def test_it_answers_unknown_api_paths_without_signing_in(self) -> None:
        for name in (
            "/api/",
            "/api/v1/",
            "/api/v1/nothing/",
            "/api/v2/jobs/",
            "/api/v1/jobs/1/",
            "/api/%00/%ff",
        ):
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"):
                response = self.client.generic(method, name)
                if method == "HEAD":
                    assert response.status_code == 404
                else:
                    self.assert_problem(response, 404, "not_found")

    def test_it_redirects_a_missing_slash_only_for_get(self) -> None:
        response = self.client.get("/api/v1/jobs?status=queued")
        assert (response.status_code, response["Location"]) == (301, "/api/v1/jobs/?status=queued")
        document = self.assert_problem(self.client.post("/api/v1/jobs"), 404, "not_found")
        assert "/api/v1/jobs/" in document["detail"]


class TestRefusals(ProblemTestCase):
    def setUp(self) -> None:
        super().setUp()
        token = tokens.issue(user=self.alice, name="test")
        self.headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}

    def test_it_answers_only_in_json(self) -> None:
        for accept in ("text/html", "application/xml", "image/*"):
            response = self.client.get(
                "/api/v1/account/", headers={**self.headers, "Accept": accept}
            )
            self.assert_problem(response, 406, "not_acceptable")
        for accept in ("*/*", "application/json", "application/*", "text/html, */*;q=0.1"):
            response = self.client.get(
                "/api/v1/account/", headers={**self.headers, "Accept": accept}
            )
            assert response.status_code == 200

    def test_it_lists_the_methods_that_an_address_allows(self) -> None:
        response = self.client.put("/api/v1/jobs/", headers=self.headers)
        self.assert_problem(response, 405, "method_not_allowed")
        assert response["Allow"] == "GET, POST, HEAD, OPTIONS"
        assert response.json()["detail"] == "Allowed: GET, POST, HEAD, OPTIONS."

    def test_it_translates_the_detail_and_keeps_the_code(self) -> None:
        documents = [
            self.client.get("/api/v1/nothing/", headers={"Accept-Language": language}).json()
            for language in ("en", "ru")
        ]
        assert documents[0]["code"] == documents[1]["code"]
        assert documents[0]["title"] != documents[1]["title"]


@override_settings(ROOT_URLCONF=__name__)
class TestRaised(ProblemTestCase):
    def test_it_renders_what_views_raise_without_secrets(self) -> None:
        self.client.raise_request_exception = False
        for kind in ("raise", "django"):
            for name, (_error, status, code) in RAISED.items():
                if (kind, name) == ("django", "forbidden"):
                    continue  # an exception of REST framework
                with self.subTest(kind=kind, name=name):
                    response = self.client.get(f"/api/{kind}/{name}/")
                    document = self.assert_problem(response, status, code)
                    assert "secret" not in json.dumps(document)

    def test_it_logs_bugs(self) -> None:
        self.client.raise_request_exception = False
        with self.assertLogs("django.request", "ERROR") as logs:
            self.client.get("/api/raise/bug/")
        assert "secret" in logs.output[0]


class TestKinds(ProblemTestCase):
    def test_it_explains_each_type(self) -> None:
        for code, (status, _title) in KINDS.items():
            body = self.client.get(
                f"/api/problems/{code}/", headers={"Accept-Language": "en"}
            ).json()
            assert (body["code"], body["status"]) == (code, status)
            assert body["title"]
        self.assert_problem(self.client.get("/api/problems/nothing/"), 404, "not_found")
