"""Sentry: off by default, safe with forks, and silent about people."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

from generation.testing.servers.collector import collector

pytestmark = pytest.mark.slow

SECRETS = {
    "a prompt": "PROMPT-of-a-person",
    "an address": "person@example.org",
    "a query": "QUERY-of-a-person",
    "a cookie": "COOKIE-of-a-person",
    "a token": "TOKEN-in-a-path",
    "a browser": "BROWSER-of-a-person",
}
PROGRAM = """
import logging, os, sys
import django
django.setup()
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connections

log = logging.getLogger("artgen.test")
settings.ALLOWED_HOSTS.append("testserver")
handler = get_wsgi_application()


def act(name):
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": "/accounts/reset/TOKEN-in-a-path/x/",
        "QUERY_STRING": "q=QUERY-of-a-person", "SERVER_NAME": "testserver", "SERVER_PORT": "80",
        "wsgi.url_scheme": "http", "wsgi.input": sys.stdin.buffer, "REMOTE_ADDR": "203.0.113.9",
        "HTTP_X_REQUEST_ID": f"request-{name}", "HTTP_COOKIE": "sessionid=COOKIE-of-a-person",
        "HTTP_USER_AGENT": "BROWSER-of-a-person",
    }
    from artgen.logs import log_context
    handler(environ, lambda *_: None).close()
    log_context.set_fields(request_id=f"request-{name}")
    prompt = "PROMPT-of-a-person"
    try:
        raise ValueError(f"{prompt} of person@example.org")
    except ValueError:
        log.exception("it failed for %s", prompt, extra={"job": "018f", "prompt": prompt})


if "parent" in sys.argv:
    act("parent")
    from artgen.logs import telemetry
    telemetry.flush()
connections.close_all()  # as before every fork of ours
children = []
for name in ("one", "two"):
    if pid := os.fork():
        children.append(pid)
        continue
    act(name)
    from artgen.logs import telemetry
    telemetry.flush()
    os._exit(0)
ended = [os.waitpid(pid, 0)[1] for pid in children]
sys.exit(any(ended))
"""
IMPORTED = """
import sys
import django
django.setup()
print("sentry_sdk" in sys.modules)
"""


def run(program: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "artgen.settings", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done


def database_url() -> str:
    """Return the address of the tests' own database, which has all tables."""
    at = connection.settings_dict
    return f"postgres://{at['USER']}@/{at['NAME']}?host={at['HOST']}&port={at['PORT']}"


class TestOff:
    def test_nothing_is_imported(self) -> None:
        assert run(IMPORTED).stdout.splitlines()[-1] == "False"


@pytest.mark.django_db
class TestSending:
    def test_each_process_sends_what_finds_an_error_and_nothing_that_people_wrote(self) -> None:
        """A parent that has sent something, and its forks."""
        with collector() as found:
            run(PROGRAM, "parent", **found.environment, DATABASE_URL=database_url())
            found.wait_for(lambda: len(found.events) >= 3)
            names = {"request-parent", "request-one", "request-two"}
            assert {event["tags"]["request_id"] for event in found.events} == names
            assert len(found.events) == 3
            sent = found.raw.decode(errors="replace")
        assert {what for what, secret in SECRETS.items() if secret in sent} == set()
        assert "203.0.113.9" not in sent
        assert settings.SECRET_KEY not in sent
        event = found.events[0]
        (error,) = event["exception"]["values"]
        assert (error["type"], event["logger"]) == ("ValueError", "artgen.test")
        assert error["stacktrace"]["frames"][-1]["function"] == "act"
        assert event["logentry"]["message"] == "it failed for %s"
        assert event["extra"] == {"job": "018f"}
        assert event["release"] == f"artgen@{settings.VERSION}"

    def test_a_server_that_is_away_fails_nothing(self) -> None:
        with collector() as found:
            environment = found.environment
        run(PROGRAM, "parent", **environment, DATABASE_URL=database_url())
