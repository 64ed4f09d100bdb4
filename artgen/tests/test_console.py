"""Processes whose whole output is JSON, and what prints as JSON without being logged."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from django.conf import settings

from artgen.testing.nginx import nginx

CONSOLE = "artgen.observability.console"


def run(*arguments: str, sent: str = "") -> tuple[int, list[dict[str, Any]]]:
    """Return the exit status, and the objects of all lines."""
    done = subprocess.run(
        [sys.executable, "-m", CONSOLE, *arguments],
        cwd=settings.BASE_DIR,
        env={**os.environ, "LOG_FORMAT": "json", "SECRET_KEY": "x"},
        input=sent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def run_code(folder: Path, code: str) -> tuple[int, list[dict[str, Any]]]:
    file = folder / "program.py"
    file.write_text(code)
    return run(str(file), "an argument")


class TestProcess:
    def test_it_prints_each_line_as_an_object(self, tmp_path: Path) -> None:
        status, found = run_code(
            tmp_path,
            "import sys\n"
            "print('one', end=' ', flush=True)\nprint('line')\nprint()\nprint('two\\nthree')\n"
            "print('wrong', file=sys.stderr)\nprint(sys.argv[1:], __name__, end='')\n",
        )
        assert status == 0
        assert [(one["level"], one["message"]) for one in found] == [
            ("INFO", "one line"),
            ("INFO", "two"),
            ("INFO", "three"),
            ("WARNING", "wrong"),
            ("INFO", "['an argument'] __main__"),
        ]
        assert {one["logger"] for one in found} == {"program"}
        assert all(one["time"].endswith("+00:00") for one in found)

    def test_it_redacts_what_is_printed(self, tmp_path: Path) -> None:
        _, (found,) = run_code(tmp_path, "print('GET /accounts/reset/abc/def/?next=x')")
        assert found["message"] == "GET /accounts/reset/SECRET?QUERY"

    def test_a_traceback_is_one_object(self, tmp_path: Path) -> None:
        status, (found,) = run_code(tmp_path, "def f():\n    raise ValueError('no\\nway')\nf()")
        assert status == 1
        assert found["level"] == "CRITICAL"
        assert found["exception"].startswith("Traceback")
        assert found["exception"].endswith("ValueError: no\nway")

    def test_so_is_that_of_a_thread_a_destructor_and_a_warning(self, tmp_path: Path) -> None:
        status, found = run_code(
            tmp_path,
            "import threading, warnings\n"
            "def f(): raise ValueError('thread')\n"
            "t = threading.Thread(target=f); t.start(); t.join()\n"
            "class A:\n    def __del__(self): raise ValueError('destructor')\n"
            "A()\n"
            "warnings.warn('old')\n",
        )
        assert status == 0
        assert ["thread" in found[0]["exception"], "destructor" in found[1]["exception"]] == [
            True,
            True,
        ]
        assert "UserWarning: old" in found[2]["message"]

    def test_a_message_at_the_end_is_an_object(self, tmp_path: Path) -> None:
        status, (found,) = run_code(tmp_path, "import sys; sys.exit('it cannot start')")
        assert (status, found["message"]) == (1, "it cannot start")
        assert run_code(tmp_path, "import sys; sys.exit(3)") == (3, [])

    def test_it_runs_a_module(self) -> None:
        status, (found,) = run("artgen.connection_budget", "sum")
        assert status == 0
        assert found["message"].startswith("web ")

    def test_settings_that_cannot_be_loaded_are_one_object(self, monkeypatch: Any) -> None:
        monkeypatch.setenv("LOG_LEVEL", "NONSENSE")
        status, (found,) = run("artgen.beat")
        assert status == 1
        assert "LOG_LEVEL is 'NONSENSE'" in found["exception"]

    def test_it_prints_what_a_script_sends(self) -> None:
        status, (one, two) = run("-", "configure", "ERROR", sent='a "b"\n\nc')
        assert status == 0
        assert (one["logger"], one["level"], one["message"]) == ("configure", "ERROR", 'a "b"')
        assert two["message"] == "c"


@pytest.mark.nginx
class TestNginx:
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
