"""No log has a secret of an address: generated from the URL configuration, for every route."""

import logging
import subprocess
import sys

import pytest
import requests
from django.conf import settings
from django.http import HttpRequest
from django.urls import get_resolver, include, path, re_path
from django.utils.log import log_response

from artgen.logs.logging import JsonFormatter, TextFormatter
from artgen.logs.redaction import SECRET_PATHS, redact
from generation.testing import secret_paths
from generation.testing.secret_addresses import ADDRESSES, ROUTES, SECRET, SECRET_ROUTES
from generation.testing.servers.nginx import nginx


def view(request: HttpRequest) -> None:
    pass


class TestRoutes:
    def test_it_knows_for_each_parameter_of_text_whether_it_is_secret(self):
        undeclared = {route.text: route.undeclared for route in ROUTES if route.undeclared}
        assert undeclared == {}, "add them to generation/testing/secret_paths.py"

    def test_the_file_is_what_the_routes_give(self):
        expected = secret_paths.prefixes(get_resolver().url_patterns)
        assert SECRET_PATHS.read_text().split() == expected, "nginx/secret_paths.txt"

    def test_it_finds_the_routes_that_are_known_to_be_secret(self):
        names = {"/accounts/keep/", "/accounts/signup/", "/hooks/runpod/", "/s/"}
        assert names <= {route.text.partition("<")[0] for route in SECRET_ROUTES}
        assert len(SECRET_ROUTES) >= 7

    def test_it_finds_a_new_route_without_a_declaration(self):
        patterns = [path("invite/<str:code_of_friend>/", view), path("jobs/<uuid:id>/", view)]
        found = [(route.text, route.undeclared) for route in secret_paths.routes(patterns)]
        assert found == [("/invite/<code_of_friend>/", ("code_of_friend",)), ("/jobs/<id>/", ())]

    def test_it_reads_every_kind_of_route(self):
        patterns = [
            path("a.b/<int:number>/<slug:name>/<token>/end/", view),
            path("plain/", view),
            path(
                "accounts/",
                include(
                    [
                        re_path(r"^confirm-email/(?P<key>[-:\w]+)/$", view),
                        re_path(
                            r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$", view
                        ),
                        re_path(r"^old\.html/(?P<token>(a|b)+)\Z", view),
                    ]
                ),
            ),
        ]
        assert secret_paths.prefixes(patterns) == [
            "/a\\.b/[^/]+/[^/]+/",
            "/accounts/confirm-email/",
            "/accounts/old\\.html/",
            "/accounts/password/reset/key/",
        ]

    def test_it_refuses_an_expression_that_it_cannot_read(self):
        for text in (r"^[ab]/(?P<token>\w+)/$", r"^a+/x$"):
            with pytest.raises(ValueError, match="only fixed text and groups"):
                secret_paths.prefixes([re_path(text, view)])


class TestRedaction:
    @pytest.mark.parametrize("address", ADDRESSES)
    def test_it_redacts_each_secret_route(self, address):
        for line in (
            f"Not Found: {address}",
            f"<WSGIRequest: GET '{address}?a=b'>",
            f'GET "https://art.example.org{address}" HTTP/1.1',
            f"/{address}/more",
            f"x={address[:-1]}",
            address.replace("/s/", "/s//"),
        ):
            assert SECRET not in redact(line), redact(line)
            assert "SECRET" in redact(line)

    def test_it_keeps_what_is_not_secret(self):
        for line in (
            "Forbidden (Origin checking failed): /create/",
            "POST /api/v1/jobs/018f/ took 3 s, retry? yes",
            "no slash at all?x=1 and/or?",
            "a/b",
        ):
            assert redact(line) == line

    def test_it_removes_query_strings(self):
        assert redact("/p/?next=/create/?share=x&a=1 b") == "/p/?QUERY b"
        assert redact("/" * 1_000_000) == "/" * 1_000_000, "in linear time"
        signed = "https://s3.example.org/images/1.png?X-Amz-Signature=abc&x=1"
        assert redact(f"get {signed}.") == "get https://s3.example.org/images/1.png?QUERY"
        assert redact("'/media/a.png?expires=1&signature=s'") == "'/media/a.png?QUERY'"

    @pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
    @pytest.mark.parametrize("address", ADDRESSES)
    def test_both_formats_redact_message_extra_and_traceback(self, formatter, address):
        try:
            raise ValueError(f"cannot serve {address}")
        except ValueError:
            record = logging.getLogger("x").makeRecord(
                "x", logging.ERROR, "file", 1, "failed: %s", (address,), sys.exc_info(),
                extra={"address": address},
            )  # fmt: skip
        line = formatter.format(record)
        assert SECRET not in line
        assert line.count("SECRET") >= 2

    @pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
    def test_it_redacts_what_django_says_of_a_response(self, formatter, rf, caplog):
        address = ADDRESSES[0]
        request = rf.get(address, {"share": "slug-of-an-image"})
        response = type("Response", (), {"status_code": 404})()
        log_response("Not Found: %s", request.get_full_path(), request=request, response=response)
        (record,) = caplog.records
        line = formatter.format(record)
        assert SECRET in caplog.text, "the control: without a formatter the secret is there"
        assert SECRET not in line
        assert "slug-of-an-image" not in line

    def test_every_handler_has_such_a_format(self):
        handlers = settings.LOGGING["handlers"].values()
        assert {handler["formatter"] for handler in handlers} <= {"text", "json"}
        assert settings.LOGGING["formatters"] == {
            "text": {"()": "artgen.logs.logging.TextFormatter"},
            "json": {"()": "artgen.logs.logging.JsonFormatter"},
        }


@pytest.mark.nginx
class TestNginxLogs:
    def logs(self, **options: str) -> tuple[str, str]:
        """Request each secret address; return the access log and the error log."""
        with nginx(NGINX_BURST="10000", **options) as server:
            for address in ADDRESSES:
                for wanted in (address, f"/{address}", f"{address}?next=/s/{SECRET}/"):
                    requests.get(f"{server.url}{wanted}", timeout=30)  # the application is away
                here = {"Referer": f"{server.url}{address}"}
                requests.get(f"{server.url}/static/none.css", headers=here, timeout=30)
                server.ask(f"GET {address}%zz HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                server.ask(f"GET {address}?{'a' * 70_000} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            # nginx writes the access log, and the filter the error log, after the answer.
            last = requests.get(f"{server.url}/the-last-one/", timeout=30)
            assert last.status_code == 503  # not 429: what is refused is not in the error log
            while not all("/the-last-one/" in log for log in (server.error_log, server.access_log)):
                pass
            return server.access_log, server.error_log

    def test_they_have_no_secret(self):
        access, errors = self.logs()
        assert access.count("SECRET") >= 3 * len(ADDRESSES)
        assert errors.count("SECRET") >= 3 * len(ADDRESSES)
        assert errors.count("referrer:") >= len(ADDRESSES)
        assert SECRET not in access
        assert SECRET not in errors
        assert "next=" not in errors

    def test_a_reload_takes_new_patterns(self):
        with nginx(secret_paths="/nothing/\n") as server:

            def ask(number: int) -> str:
                """Return the line of the error log about a request of /invite/TOKEN-number/."""
                requests.get(f"{server.url}/invite/TOKEN-{number}/?n={number}.", timeout=30)
                requests.get(f"{server.url}/after-{number}/", timeout=30)
                while f"/after-{number}/" not in server.error_log:
                    pass
                return server.error_log

            assert "TOKEN-1" in ask(1)
            (server.templates / "secret_paths.txt").write_text("/invite/\n")
            environment = {
                key: value
                for line in (server.folder / "environment").read_text().splitlines()
                for key, value in [line.split("=", 1)]
            }
            done = subprocess.run(
                [server.templates / "reload.sh", server.folder / "nginx"],
                env=environment, check=True, capture_output=True, text=True,
            )  # fmt: skip
            assert "reloaded" in done.stdout, done.stderr
            numbers = iter(range(2, 1000))
            while f"TOKEN-{(number := next(numbers))}" in ask(number):
                pass  # workers of the old configuration, the filter of the old patterns
            assert "/invite/SECRET" in server.error_log
