"""nginx with a socket as its standard output, as systemd gives its services."""

import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import requests
from django.conf import settings

from artgen.testing.services import answers, free_port

pytestmark = pytest.mark.nginx

PATIENCE = 30


class TestJournal:
    def test_it_writes_the_access_log_to_a_socket(self):
        journal, output = socket.socketpair()
        port = free_port()
        with TemporaryDirectory(dir="/tmp") as name, journal, output:
            environment = {
                "PATH": os.environ["PATH"],
                "RUN_DIR": name,
                "STATIC_ROOT": name,
                "NGINX_TEMPLATES": str(settings.BASE_DIR / "nginx"),
                "NGINX_PORT": str(port),
                "NGINX_WORKERS": "1",
                "NGINX_SOCKETS": "127.0.0.1:1",
                "NGINX_WEB": "127.0.0.1:1",
                "PUBLIC_URL": f"http://127.0.0.1:{port}",
            }
            with (Path(name) / "errors.log").open("wb") as errors:
                server = subprocess.Popen(
                    ["sh", settings.BASE_DIR / "deploy" / "start.sh", "nginx"],
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=errors,
                )
            try:
                until = time.monotonic() + PATIENCE
                while not answers(port):
                    assert server.poll() is None, (Path(name) / "errors.log").read_text()
                    assert time.monotonic() < until
                    time.sleep(0.02)
                requests.get(f"http://127.0.0.1:{port}/gallery/", timeout=PATIENCE)
                journal.settimeout(PATIENCE)
                line = journal.makefile().readline()
                assert json.loads(line)["path"] == "/gallery/"
            finally:
                server.send_signal(signal.SIGTERM)
                server.wait()
