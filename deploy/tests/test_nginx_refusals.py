"""What nginx itself refuses: 400, 405, 414, 431 and never 500; under /api/ as a problem."""

import json
from http.client import HTTPConnection

import pytest

from artgen.api.problems import KINDS
from generation.testing.servers.echo import echo
from generation.testing.servers.nginx import Nginx, nginx

pytestmark = pytest.mark.nginx

HOST = b" HTTP/1.1\r\nHost: x\r\n"
TAIL = HOST + b"Connection: close\r\n\r\n"
LONG = b"a" * 70_000

UNREADABLE = [
    b"GARBAGE\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
    b"GET /%00" + TAIL,
    b"GET /%zz" + TAIL,
    b"GET /" + HOST + b"no header\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
    b"GET / HTTP/3.7\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1 x\r\n\r\n",
    b"POST /" + HOST + b"Content-Length: -1\r\n\r\n",
    b"POST /" + HOST + b"Transfer-Encoding: unknown\r\n\r\n",
    b"POST /" + HOST + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
    b"CONNECT x:443 HTTP/1.1\r\n\r\n",
]
UNREADABLE_BY_API = [
    b"GET /api/%00" + TAIL,
    b"GET /api/v1/%zz" + TAIL,
    b"GET //api/v1/%zz" + TAIL,
    b"GET http://x/api/v1/%zz" + TAIL,
    b"GET /api/v1/jobs/" + HOST + b"no header\r\n\r\n",
    b"POST /api/v1/jobs/" + HOST + b"Content-Length: x\r\n\r\n",
    b"POST /api/v1/jobs/" + HOST + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
    b"POST /api/v1/uploads/" + HOST + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
    b"GET /api/v1/jobs/ HTTP/9.1\r\nHost: x\r\n\r\n",
]
TOO_LARGE = [
    (b"GET %s?" + LONG + TAIL, 414, "address_too_long"),
    (b"GET %s" + HOST + b"X-Large: " + LONG + b"\r\n\r\n", 431, "headers_too_large"),
    (b"GET %s" + HOST + b"X-A: " + LONG[:16_000] + b"\r\n" + (b"X-B: " + LONG[:16_000] + b"\r\n") * 4
     + b"\r\n", 431, "headers_too_large"),
    (b"TRACE %s" + TAIL, 405, "method_not_allowed"),
    (b"PROPFIND %s" + TAIL, 405, "method_not_allowed"),
    (b"GE %s" + TAIL, 405, "method_not_allowed"),
]  # fmt: skip


@pytest.fixture(scope="module")
def server():
    with echo() as application, nginx(NGINX_WEB=application) as server:
        yield server


def assert_problem(answer: tuple[int, dict[str, str], bytes], status: int, code: str) -> None:
    found, headers, body = answer
    assert (found, headers["content-type"]) == (status, "application/problem+json")
    assert headers["cache-control"] == "no-store"
    problem = json.loads(body)
    assert (problem["status"], problem["code"]) == (status, code)
    assert KINDS[code][0] == status
    assert problem["type"].endswith(f"/api/problems/{code}/")


def assert_page(answer: tuple[int, dict[str, str], bytes], status: int) -> None:
    found, headers, body = answer
    assert (found, headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert b"ArtGen</title>" in body


class TestRefusals:
    @pytest.mark.parametrize("request_", UNREADABLE)
    def test_a_request_that_cannot_be_parsed_gets_400(self, server: Nginx, request_: bytes):
        assert_page(server.ask(request_), 400)

    @pytest.mark.parametrize("request_", UNREADABLE_BY_API)
    def test_it_is_a_problem_of_the_api(self, server: Nginx, request_: bytes):
        assert_problem(server.ask(request_), 400, "malformed")

    @pytest.mark.parametrize(("request_", "status", "code"), TOO_LARGE)
    def test_so_is_what_is_too_large(self, server: Nginx, request_: bytes, status: int, code: str):
        assert_problem(server.ask(request_.replace(b"%s", b"/api/v1/jobs/")), status, code)
        assert_page(server.ask(request_.replace(b"%s", b"/create/")), status)

    @pytest.mark.parametrize("path", ["/create/", "/compare/", "/api/v1/uploads/"])
    def test_it_says_how_large_an_image_may_be(self, server: Nginx, path: str):
        for language, said in (("en", "up to 20 MB"), ("ru", "до 20 МБ")):
            connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
            headers = {"Content-Length": "99000000", "Accept-Language": language}
            connection.request("POST", path, headers=headers)
            with connection.getresponse() as response:
                assert response.status == 413
                allowed = response.headers["Access-Control-Allow-Origin"]
                assert allowed == ("*" if "api" in path else None)
                assert said in response.read().decode()

    def test_it_speaks_russian(self, server: Nginx):
        request = b"GET /api/%%zz HTTP/1.1\r\nAccept-Language: ru\r\nHost: x\r\n\r\n"
        # nginx stops at the address, before it knows the language.
        assert_problem(server.ask(request), 400, "malformed")
        request = b"TRACE /api/ HTTP/1.1\r\nAccept-Language: ru\r\nHost: x\r\n\r\n"
        assert "Метод не поддерживается" in server.ask(request)[2].decode()

    def test_a_head_request_gets_no_body(self, server: Nginx):
        status, headers, body = server.ask(b"HEAD /api/%zz" + TAIL)
        assert (status, headers["content-type"], body) == (400, "application/problem+json", b"")

    def test_its_own_pages_have_no_address(self, server: Nginx):
        for path in (b"/nginx/page/malformed", b"/nginx/problem/malformed"):
            assert server.ask(b"GET " + path + TAIL)[0] == 404

    def test_it_passes_on_what_fits(self, server: Nginx):
        headers = b"".join(b"X-%d: %s\r\n" % (number, LONG[:100]) for number in range(80))
        line = b"GET /api/v1/jobs/?" + LONG[:15_000] + HOST
        large = b"X-Large: " + LONG[:15_000] + b"\r\n"
        assert server.ask(line + large + headers + b"Connection: close\r\n\r\n")[0] == 200

    def test_it_sends_what_waits_to_the_sockets(self):
        with echo() as application, nginx(NGINX_SOCKETS=application) as server:
            waits = b"/api/v1/jobs/?wait=9", b"/api/v1/batches/?wait=9"
            for path in (*waits, b"/mcp", b"/mcp/", b"/v1/models", b"/sdapi/v1/options"):
                assert server.ask(b"GET " + path + TAIL)[0] == 200, path
            for path in (b"/", b"/mcp2", b"/mcp/x", b"/api/v1/jobs/"):
                assert server.ask(b"GET " + path + TAIL)[0] == 503, path


class TestOtherOrigins:
    """Programs in browsers send tokens from any origin; cookies are of no use to them."""

    ORIGIN = b"Origin: https://app.example\r\nCookie: sessionid=x\r\nConnection: close\r\n\r\n"

    @pytest.mark.parametrize(
        "path", ["/api/v1/jobs/", "/v1/images/edits", "/sdapi/v1/txt2img", "/mcp"]
    )
    def test_it_lets_them_ask_without_a_token(self, server: Nginx, path: str):
        asked = b"Access-Control-Request-Method: POST\r\n" + self.ORIGIN
        status, headers, body = server.ask(b"OPTIONS " + path.encode() + HOST + asked)
        assert (status, body) == (204, b"")
        allowed = {name: value for name, value in headers.items() if "access-control" in name}
        assert allowed == {
            "access-control-allow-origin": "*",
            "access-control-allow-methods": "*",
            "access-control-allow-headers": "Authorization, *",
            "access-control-max-age": "7200",
        }
        assert f'"path":"{path}"' in server.access_log

    @pytest.mark.parametrize(
        ("line", "status"),
        [
            (b"GET /api/v1/jobs/", 200),
            (b"GET /v1/models", 503),  # nothing listens
            (b"TRACE /mcp", 405),
            (b"GET /api/v1/jobs/?" + LONG, 414),
        ],
        ids=lambda value: str(value)[:20],
    )
    def test_they_read_answers_and_refusals(self, server: Nginx, line: bytes, status: int):
        found, headers, _body = server.ask(line + HOST + self.ORIGIN)
        assert (found, headers["access-control-allow-origin"]) == (status, "*")
        assert headers["access-control-expose-headers"] == "*"
        assert "access-control-allow-credentials" not in headers

    def test_they_read_no_pages(self, server: Nginx):
        for line in (b"GET /create/", b"TRACE /create/"):
            headers = server.ask(line + HOST + self.ORIGIN)[1]
            assert not [name for name in headers if "access-control" in name]
