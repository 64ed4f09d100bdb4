"""`deploy/further.sh` and `nginx/follow.sh`: further web processes behind a real nginx."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import requests
from django.conf import settings

from generation.testing.servers.nginx import Nginx, nginx

pytestmark = [pytest.mark.nginx, pytest.mark.slow]

PATIENCE = 30
# A web process: answers with its name until SIGTERM and finishes what it has accepted, as gunicorn.
SERVER = """
import contextlib, http.server, os, signal, socketserver, sys, threading
folder, name = sys.argv[1:]
class Handler(http.server.BaseHTTPRequestHandler):
    wbufsize = -1  # an answer is sent as a whole, or nginx asks another process
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(name)))
        self.end_headers()
        self.wfile.write(name.encode())
    def log_message(self, *words): ...
    def address_string(self): return "here"
class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    request_queue_size = 128
with contextlib.suppress(FileNotFoundError):
    os.remove(f"{folder}/web-{name}.sock")
server = Server(f"{folder}/web-{name}.sock", Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
server.server_close()
"""


class Site:
    """A first web process, nginx in front of it, and further processes on demand."""

    def __init__(self, folder: Path, server: Nginx, stack: contextlib.ExitStack) -> None:
        self.folder, self.nginx, self.stack = folder, server, stack
        self.failures: list[str] = []
        self.answers: Counter[str] = Counter()

    def start(self, name: str) -> subprocess.Popen[bytes]:
        """Start a further process, named by its number; wait until it answers users' requests."""
        command = [sys.executable, "-c", SERVER, str(self.folder), name]
        process = subprocess.Popen(
            [settings.BASE_DIR / "deploy" / "further.sh", "web", name, *command],
            env={"PATH": os.environ["PATH"], "PYTHON": sys.executable, "RUN_DIR": str(self.folder)},
            start_new_session=True,
        )
        self.stack.callback(process.wait)
        self.stack.callback(self.kill, process)
        self.until(lambda: self.ask() == name)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Kill the script and its server, as `docker kill` does."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    def ask(self) -> str:
        """Return who answers, "" if nobody does."""
        answer = requests.get(self.nginx.url, timeout=PATIENCE)
        return answer.text if answer.ok else ""

    def until(self, done: Callable[[], bool]) -> None:
        """Wait until that is true."""
        limit = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < limit, self.nginx.error_log
            time.sleep(0.02)

    @contextlib.contextmanager
    def load(self) -> Iterator[None]:
        """Let four users ask without a pause; count who answers, and failures."""
        ended = threading.Event()
        self.answers.clear()

        def ask() -> None:
            with requests.Session() as session:
                while not ended.is_set():
                    answer = session.get(self.nginx.url, timeout=PATIENCE)
                    if answer.ok:
                        self.answers[answer.text] += 1
                    else:
                        self.failures.append(f"{answer.status_code}")

        users = [threading.Thread(target=ask) for _ in range(4)]
        for user in users:
            user.start()
        try:
            yield
        finally:
            ended.set()
            for user in users:
                user.join()


@pytest.fixture
def site() -> Iterator[Site]:
    with TemporaryDirectory(dir="/tmp") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        environment = {
            "NGINX_WEB": f"unix:{folder}/web.sock",
            "NGINX_RATE": "10000r/s",
            "NGINX_BURST": "10000",
            "NGINX_ADDRESS_RATE": "10000r/s",
            "NGINX_ADDRESS_BURST": "10000",
            "NGINX_FOLLOW_SECONDS": "0.1",
        }
        first = subprocess.Popen([sys.executable, "-c", SERVER, str(folder), "main"])
        stack.callback(first.wait)
        stack.callback(first.kill)
        (folder / "web.sock").symlink_to("web-main.sock")
        server = stack.enter_context(nginx(**environment))
        site = Site(folder, server, stack)
        site.until(lambda: site.ask() == "main")
        yield site


def test_it_divides_requests_and_loses_none_when_a_process_ends(site: Site) -> None:
    second, third = site.start("1"), site.start("2")
    with site.load():
        site.until(lambda: all(site.answers[name] > 50 for name in ("main", "1", "2")))
    assert set(site.answers) == {"main", "1", "2"}

    with site.load():
        second.send_signal(signal.SIGTERM)
        second.wait()
        site.kill(third)
        third.wait()
        before = sum(site.answers.values())
        site.until(lambda: sum(site.answers.values()) > before + 100)
        site.start("1")  # without a reload, which would close connections that clients keep
        site.start("2")
    assert site.failures == []
    assert second.returncode == 0
    with site.load():
        site.until(lambda: set(site.answers) == {"main", "1", "2"})
