"""Logs of nginx: JSON whatever they contain, also to a socket, as systemd gives its services."""

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

from generation.testing.servers.nginx import nginx
from generation.testing.services import answers, free_port

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


class TestErrors:
    def test_its_errors_are_objects_whatever_they_contain(self) -> None:
        with nginx(LOG_FORMAT="json") as server:
            wild = b"/\xff\xd1\x82.css"  # not UTF-8; the last byte pair is a Cyrillic letter
            for wanted in (b"/\\x.css", b'/"a".css', wild, b"/\xd1\x82\xf0\x9f\x90\xb1.css"):
                server.ask(b"GET " + wanted + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            requests.get(f"{server.url}/the-last-one/", timeout=30)
            # nginx writes both lines after the answer, that of the access log last.
            while not all("/the-last-one/" in log for log in (server.error_log, server.access_log)):
                pass
            found = [json.loads(line) for line in server.error_log.splitlines()]
            access = [json.loads(line) for line in server.access_log.splitlines()]
        assert [one["path"] for one in access] == [
            "/\\x.css",
            '/"a".css',
            "(not UTF-8)",
            "/т🐱.css",
            "/the-last-one/",
        ]
        assert {one["logger"] for one in found} == {"nginx"}
        of_path = [one for one in found if '"a".css' in one["message"]]
        assert of_path[0]["level"] == "ERROR"
        # The number of the connection leads to the request and its id.
        number = of_path[0]["message"].partition("*")[2].partition(" ")[0]
        of_request = [one for one in access if one["connection"] == int(number)]
        assert [one["path"] for one in of_request if one["request_id"]] == ['/"a".css']
