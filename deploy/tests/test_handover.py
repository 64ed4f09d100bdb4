"""`deploy/handover.sh`: which of two processes nginx sends requests to."""

import http.server
import os
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.conf import settings

pytestmark = pytest.mark.slow


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_args: object) -> None: ...

    def address_string(self) -> str:
        return "here"


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    status = 200


class RunDir:
    """A folder of Unix sockets, with servers behind some of them."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self.stack = folder, stack

    def serve(self, name: str) -> Server:
        server = self.stack.enter_context(Server(str(self.folder / name), Handler))
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        self.stack.callback(server.shutdown)
        return server

    def handover(self, *arguments: str) -> int:
        return self.start(*arguments).wait()

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHON": sys.executable,
            "RUN_DIR": str(self.folder),
        }
        command = [settings.BASE_DIR / "deploy" / "handover.sh", *arguments]
        return subprocess.Popen(command, env=environment)

    @property
    def leader(self) -> str:
        return (self.folder / "web.sock").readlink().name


@pytest.fixture
def run_dir() -> Iterator[RunDir]:
    # Not tmp_path, which may be too long for a Unix socket.
    with TemporaryDirectory(dir="/tmp") as folder, ExitStack() as stack:
        yield RunDir(Path(folder), stack)


def test_it_lets_the_first_process_lead(run_dir: RunDir) -> None:
    assert run_dir.handover("begin", "web", "main") == 0
    assert run_dir.leader == "web-main.sock"


def test_it_keeps_a_leader_that_answers(run_dir: RunDir) -> None:
    run_dir.serve("web-main.sock")
    run_dir.handover("lead", "web", "main")
    run_dir.handover("begin", "web", "next")
    assert run_dir.leader == "web-main.sock"


def test_it_replaces_a_leader_that_does_not_answer(run_dir: RunDir) -> None:
    run_dir.handover("lead", "web", "main")
    run_dir.handover("begin", "web", "next")
    assert run_dir.leader == "web-next.sock"


def test_it_switches_to_the_other_one(run_dir: RunDir) -> None:
    run_dir.handover("lead", "web", "main")
    run_dir.handover("lead", "web", "next")
    assert run_dir.leader == "web-next.sock"


def test_it_tells_whether_a_process_is_ready(run_dir: RunDir) -> None:
    assert run_dir.handover("ready", "web", "main") == 1
    server = run_dir.serve("web-main.sock")
    assert run_dir.handover("ready", "web", "main") == 0
    server.status = 503
    assert run_dir.handover("ready", "web", "main") == 1


def test_it_waits_until_what_was_sent_before_is_accepted(run_dir: RunDir) -> None:
    assert run_dir.handover("drain", "web", "main") == 0  # nobody listens
    address = str(run_dir.folder / "web-main.sock")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as sent:
        server.bind(address)
        server.listen()
        sent.connect(address)
        draining = run_dir.start("drain", "web", "main")
        before, last = server.accept()[0], server.accept()[0]
        with before, last:
            assert last.recv(1000).startswith(b"GET /healthz ")
            assert draining.poll() is None
            last.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            assert draining.wait() == 0
