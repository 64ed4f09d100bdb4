"""Large bodies and answers in nginx: of senders whom Django knows, a few at a time of each."""

import contextlib
import json
import os
import select
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from generation.testing.servers.echo import Echo
from generation.testing.servers.nginx import Nginx, nginx

pytestmark = [pytest.mark.nginx, pytest.mark.release("nginx/", "artgen/web/userless_requests.py")]

UPLOADS, FORM, WEBHOOK = "/api/v1/uploads/", "/create/", "/hooks/runpod/"
CHECK = "/made-here/"
USER = {"Authorization": "Bearer good"}
ANOTHER = {"Authorization": "Bearer good too"}
STRANGERS = ({}, {"Authorization": "Bearer invented"}, {"Cookie": "sessionid=invented"})
IMAGE = bytes(20_000_000)
IMAGES = "/v1/images/generations"
IMAGE_ADDRESSES = (IMAGES, "/v1/images/edits", "/sdapi/v1/txt2img", "/t/good/sdapi/v1/img2img")


class Application(Echo):
    """Knows users and one webhook; answers a POST with the size of its body, or with an image."""

    def do_GET(self) -> None:
        _scheme, _space, account = (self.headers["Authorization"] or "").partition(" ")
        is_known = self.path.startswith("/nginx/sender/") and (
            "/good/" in self.path or account.startswith("good")
        )
        self.answer(204 if is_known else 403, b"", account=account)

    def do_POST(self) -> None:
        size = len(self.rfile.read(int(self.headers["Content-Length"] or 0)))
        answer = {"path": self.path, "size": size}
        if self.path in IMAGE_ADDRESSES:
            answer["image"] = IMAGE[:2_500_000].hex()
        self.answer(200, json.dumps(answer).encode())

    def answer(self, status: int, body: bytes, *, account: str = "") -> None:
        self.send_response(status)
        self.send_header("X-Account", account)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def server() -> Iterator[Nginx]:
    with contextlib.ExitStack() as opened:
        application = opened.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Application))
        Thread(target=application.serve_forever, args=(0.02,), daemon=True).start()
        opened.callback(application.shutdown)
        web = f"127.0.0.1:{application.server_port}"
        servers = {"NGINX_WEB": web, "NGINX_SOCKETS": web}
        options = {"NGINX_TRUSTED_PROXIES": "127.0.0.1", "NGINX_RATE": "1000r/s"}
        yield opened.enter_context(nginx(**servers, **options))


def post(server: Nginx, path: str, body: Any, headers: dict[str, str], **options: Any) -> Any:
    """Return status, headers and JSON of the answer."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    with contextlib.closing(connection):
        connection.request("POST", path, body, headers, **options)
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, answer.headers, json.loads(text) if text else None


@contextlib.contextmanager
def slow(
    server: Nginx, path: str, *, size: int, headers: dict[str, str]
) -> Iterator[socket.socket]:
    """Announce a body of this size, send a part of it and hold the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as line:
        announce(line, path, size=size, headers=headers)
        line.sendall(bytes(300_000))
        yield line


def announce(line: socket.socket, path: str, *, size: int, headers: dict[str, str]) -> None:
    """Send the headers of a request with a body of this size."""
    lines = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {size}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    line.sendall("\r\n".join([*lines, "", ""]).encode())


def stored(server: Nginx, folder: str = "body") -> int:
    """Return the number of bodies, or answers, that nginx stores: its files have no name."""
    parent = (server.folder / "nginx" / "nginx.pid").read_text().strip()
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    links = [link for child in children for link in Path(f"/proc/{child}/fd").iterdir()]
    # realpath does not fail for a file that nginx has closed meanwhile
    return sum(f"/{folder}/" in os.path.realpath(link) for link in links)


def hold(server: Nginx, lines: list[socket.socket]) -> None:
    """Send these bodies byte by byte until nginx stores them all; fail if it refuses one."""
    while stored(server) < len(lines):
        for line in lines:
            line.sendall(b"-")
        time.sleep(0.1)


class TestLargeBodies:
    @pytest.mark.parametrize("headers", STRANGERS)
    @pytest.mark.parametrize(
        ("path", "status"),
        [(UPLOADS, 401), ("/api/v1/jobs/", 401), (FORM, 302), ("/", 302), (f"{WEBHOOK}bad/", 404)],
    )
    def test_it_stores_nothing_of_strangers(
        self, server: Nginx, path: str, status: int, headers: dict[str, str]
    ) -> None:
        size = 11_000_000 if path.startswith(WEBHOOK) else 1_900_000
        with contextlib.ExitStack() as held:
            lines = [
                held.enter_context(slow(server, path, size=size, headers=headers))
                for _ in range(14)
            ]
            answers = {int(line.recv(65_536).split()[1]) for line in lines}
            assert answers - {429} == {status}
            assert stored(server) == 0
            customer = {**USER, "X-Forwarded-For": "192.0.2.9"}
            assert post(server, UPLOADS, IMAGE, customer)[2]["size"] == len(IMAGE)

    def test_it_ends_a_body_that_stops_coming(self, server: Nginx) -> None:
        with slow(server, "/api/v1/jobs/", size=310_000, headers=USER) as line:
            line.settimeout(30)  # three times as long as nginx waits
            with pytest.raises(ConnectionResetError):
                line.recv(65_536)

    @pytest.mark.parametrize("same", ["account", "address"])
    def test_it_stores_six_bodies_of_one_account_or_address(self, server: Nginx, same: str) -> None:
        attacker = [
            {
                "Authorization": "Bearer good" if same == "account" else f"Bearer good {number}",
                "X-Forwarded-For": f"192.0.2.{number if same == 'account' else 1}",
            }
            for number in range(10, 17)
        ]
        customer = {**ANOTHER, "X-Forwarded-For": "192.0.2.2"}
        with contextlib.ExitStack() as held:
            lines = [
                held.enter_context(slow(server, FORM, size=60_000_000, headers=headers))
                for headers in attacker[:6]
            ]
            hold(server, lines)
            status, headers, problem = post(server, UPLOADS, IMAGE, attacker[6])
            assert (status, problem["code"]) == (503, "unavailable")
            assert problem["detail"].startswith("Too many large files")
            assert headers["Content-Type"] == "application/problem+json"
            assert headers["Retry-After"]
            assert post(server, UPLOADS, IMAGE, customer)[0] == 200
            assert post(server, "/api/v1/jobs/", b"{}", attacker[6])[0] == 200

    def test_it_stores_thirty_two_of_all(self, server: Nginx) -> None:
        with contextlib.ExitStack() as held:
            lines: list[socket.socket] = []
            for number in range(32):
                headers = {
                    "Authorization": f"Bearer good {number}",
                    "X-Forwarded-For": f"198.51.100.{number}",
                }
                line = held.enter_context(slow(server, UPLOADS, size=20_000_000, headers=headers))
                hold(server, [*lines, line])
                lines.append(line)
            assert post(server, UPLOADS, IMAGE, USER)[0] == 503
            assert post(server, "/api/v1/jobs/", b"{}", USER)[0] == 200

    def test_it_stores_few_images_that_strangers_check(self, server: Nginx) -> None:
        senders = [{"X-Forwarded-For": f"192.0.2.{number // 2}"} for number in range(2, 12)]
        assert post(server, CHECK, IMAGE, senders[0])[2] == {"path": CHECK, "size": len(IMAGE)}
        with contextlib.ExitStack() as held:

            def send(headers: dict[str, str]) -> socket.socket:
                return held.enter_context(slow(server, CHECK, size=len(IMAGE), headers=headers))

            lines = [send(headers) for headers in senders[:2]]
            hold(server, lines)
            assert send(senders[0]).recv(65_536).startswith(b"HTTP/1.1 503")
            lines += [send(headers) for headers in senders[2:8]]
            hold(server, lines)
            assert send(senders[8]).recv(65_536).startswith(b"HTTP/1.1 503")
            assert post(server, UPLOADS, IMAGE, USER)[0] == 200

    def test_it_stores_two_hundred_answers_of_one_account(self, server: Nginx) -> None:
        user = {"Authorization": "Bearer good-at-reading-slowly"}
        with contextlib.ExitStack() as held:
            for number, path in enumerate(IMAGE_ADDRESSES * 50):
                line = held.enter_context(socket.socket())
                line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # it reads nothing
                line.connect(("127.0.0.1", server.port))
                headers = {**user, "X-Forwarded-For": f"192.0.2.{number}"}
                announce(line, path, size=0, headers=headers)
                while stored(server, "proxy") <= number:
                    time.sleep(0.01)
            for path in IMAGE_ADDRESSES[:3]:
                status, headers, problem = post(server, path, b"{}", user)
                assert (status, problem["code"]) == (503, "unavailable"), path
                assert headers["Retry-After"]
            assert post(server, IMAGES, b"{}", ANOTHER)[0] == 200
            assert post(server, "/v1/other", b"{}", user)[0] == 200
        assert post(server, IMAGES, b"{}", {})[0] == 200  # Django refuses strangers itself

    def test_it_holds_four_hundred_small_bodies_of_one_address(self, server: Nginx) -> None:
        with contextlib.ExitStack() as held:
            lines = []
            for number in range(420):
                headers = {"Cookie": f"sessionid=invented{number}"}
                line = held.enter_context(socket.create_connection(("127.0.0.1", server.port)))
                lines.append(line)
                announce(line, "/api/v1/jobs/", size=90_000, headers=headers)
            while len(refused := select.select(lines, [], [], 1)[0]) < 20:
                pass
            assert {line.recv(65_536).split()[1] for line in refused} == {b"429"}
            assert len(refused) == 20
            customer = {**USER, "X-Forwarded-For": "192.0.2.9"}
            assert post(server, "/api/v1/jobs/", b"{}", customer)[0] == 200

    def test_it_passes_on_what_a_user_sends(self, server: Nginx) -> None:
        for path, size in ((UPLOADS, 20_500_000), (FORM, 63_000_000), ("/api/v1/jobs/", 900_000)):
            answer = post(server, f"{path}?a=%20b", bytes(size), USER)
            assert (answer[0], answer[2]) == (200, {"path": f"{path}?a=%20b", "size": size})
        assert post(server, f"{WEBHOOK}good/", bytes(11_000_000), {})[2]["size"] == 11_000_000

    def test_it_passes_on_bodies_of_unknown_length(self, server: Nginx) -> None:
        chunks = [bytes(50_000)] * 4
        assert post(server, UPLOADS, chunks, USER, encode_chunked=True)[2]["size"] == 200_000
        status, headers, problem = post(server, UPLOADS, iter([b"x"]), {})
        assert (status, problem["code"]) == (401, "not_authenticated")
        assert headers["WWW-Authenticate"] == 'Bearer realm="ArtGen"'

    def test_it_does_not_ask_about_a_request_without_a_body(self, server: Nginx) -> None:
        answer = server.ask(
            b"DELETE /api/v1/jobs/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        assert answer[0] == 501  # of the application, which has no such method

    def test_it_stops_where_an_upload_would(self, server: Nginx) -> None:
        for path, size in ((UPLOADS, 24_000_000), (FORM, 70_000_000), ("/api/v1/jobs/", 3_000_000)):
            with slow(server, path, size=size, headers=USER) as line:
                assert line.recv(65_536).startswith(b"HTTP/1.1 413"), path

    def test_its_own_addresses_are_not_there(self, server: Nginx) -> None:
        for path in (b"/nginx/large/upload", b"/nginx/body/upload", b"/nginx/sender"):
            request = b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
            assert server.ask(request + b"Connection: close\r\n\r\n")[0] == 404

    def test_it_logs_the_address_that_was_asked_for(self, server: Nginx) -> None:
        post(server, f"{UPLOADS}?secret", bytes(200_000), USER)
        post(server, f"{WEBHOOK}good/", bytes(200_000), {})
        while f"{WEBHOOK}SECRET" not in server.access_log:  # written after the answer
            pass
        lines = [json.loads(line) for line in server.access_log.splitlines()]
        passed = {line["path"] for line in lines if line["status"] == 200}
        assert {UPLOADS, f"{WEBHOOK}SECRET"} <= passed
        assert not [path for path in passed if path.startswith("/nginx/")]

    def test_a_full_disk_is_a_problem_of_the_api(self, server: Nginx) -> None:
        bodies = server.folder / "nginx" / "body"
        bodies.rename(bodies.with_name("away"))
        bodies.write_text("not a folder")
        try:
            status, headers, problem = post(server, UPLOADS, IMAGE, USER)
        finally:
            bodies.unlink()
            bodies.with_name("away").rename(bodies)
        assert (status, problem["code"]) == (503, "unavailable")
        assert headers["Content-Type"] == "application/problem+json"
        assert headers["Retry-After"]
