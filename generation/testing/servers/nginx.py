"""nginx alone, as deploy/start.sh runs it: its own log files, no application."""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from generation.testing.services import free_port, running


class Answer(NamedTuple):
    """A response and its body."""

    status: int
    headers: Message
    body: bytes


def ask_at_once(port: int, path: str, headers: Iterable[dict[str, str]]) -> list[Answer]:
    """Send a GET with each of these headers before any answer is read; return the answers.

    nginx gets all of them in a moment, at any speed of what is behind it, and counts them against
    its limits.
    """
    with contextlib.ExitStack() as opened:
        lines = []
        for one in headers:
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
            opened.callback(line.close)
            line.connect()
            lines.append((line, one))
        for line, one in lines:
            line.request("GET", path, headers=one)
        answers = [line.getresponse() for line, _ in lines]
        return [Answer(one.status, one.headers, one.read()) for one in answers]


@dataclass
class Nginx:
    """A running nginx: `port` of the loopback address, and its logs."""

    port: int
    folder: Path
    templates: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def access_log(self) -> str:
        return (self.folder / "access").read_text()

    @property
    def error_log(self) -> str:
        return (self.folder / "log").read_text()

    def ask(self, request: bytes) -> tuple[int, dict[str, str], bytes]:
        """Send these bytes on a connection of their own; return status, headers, body."""
        answer = b""
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.settimeout(20)
            connection.sendall(request)
            while more := connection.recv(65_536):
                answer += more
        head, _, body = answer.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        pairs = (line.split(": ", 1) for line in lines)
        return int(status.split()[1]), {name.lower(): value for name, value in pairs}, body


@contextlib.contextmanager
def nginx(*, secret_paths: str | None = None, **environment: str) -> Iterator[Nginx]:
    """Run it until the block ends. `secret_paths` replaces nginx/secret_paths.txt."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder, port = Path(name), free_port()
        folder.chmod(0o755)
        templates = folder / "templates"
        shutil.copytree(settings.BASE_DIR / "nginx", templates)
        if secret_paths is not None:
            (templates / "secret_paths.txt").write_text(secret_paths)
        environment = {
            "PATH": os.environ["PATH"],
            "RUN_DIR": name,
            "STATIC_ROOT": name,
            "NGINX_TEMPLATES": str(templates),
            "NGINX_PORT": str(port),
            "NGINX_WORKERS": "1",
            "NGINX_ACCESS_LOG": str(folder / "access"),
            "NGINX_SOCKETS": "127.0.0.1:1",
            "NGINX_WEB": "127.0.0.1:1",
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "LANGUAGE_CODE": "en",
            **environment,
        }
        pairs = "".join(f"{name}={value}\n" for name, value in environment.items())
        (folder / "environment").write_text(pairs)
        command = ["env", "-i", *(f"{name}={value}" for name, value in environment.items())]
        command += ["sh", str(settings.BASE_DIR / "deploy" / "start.sh"), "nginx"]
        with running(command, port=port, log=folder / "log", stop=signal.SIGTERM):
            yield Nginx(port, folder, templates)
