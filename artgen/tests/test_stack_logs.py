"""The logs of the production processes: nothing secret, and no warning for a HEAD request."""

import json
import re
from uuid import uuid4

import pytest
import requests
from django.urls import get_resolver
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from artgen.secret_paths import PARAMETER, routes
from artgen.testing.stack import PATIENCE, Stack, kept_stack
from artgen.tests.test_secret_paths import ADDRESSES, SECRET

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.s3,
    pytest.mark.nginx,
    pytest.mark.xdist_group("stack"),
]

LET_IN = (
    "from artgen.testing.people import let_in; print(let_in('logged', staff=['chief'])['chief'])"
)


class TestLogs:
    stack: Stack

    @pytest.fixture(autouse=True)
    def _stack(self) -> None:
        # Every user is slower than the limit, so that no request of these is refused.
        self.stack = kept_stack(NGINX_RATE="1000r/s", NGINX_ADDRESS_RATE="1000r/s")
        self.begin = len(self.stack.log)

    def lines(self) -> list[str]:
        """Return what was logged since the test began, up to a request that is made last."""
        last = f"/last-{uuid4()}/"
        self.ask("GET", last)
        self.stack.until(lambda: f"Not Found: {last}" in self.stack.log, "the log is written")
        return self.stack.log[self.begin :].splitlines()

    def ask(self, method: str, path: str, **options: object) -> int:
        answer = requests.request(
            method, f"{self.stack.url}{path}", allow_redirects=False, timeout=PATIENCE, **options
        )
        return answer.status_code

    def test_they_have_no_secret(self) -> None:
        for address in ADDRESSES:
            for method in ("GET", "HEAD", "POST"):
                self.ask(method, f"{address}?next={address}")
                self.ask(method, f"/nothing{address}?signature={SECRET}")
        self.ask("GET", f"/media/images/none.png?expires=1&signature={SECRET}")
        self.ask("GET", f"/create/?share={SECRET}")
        self.ask("GET", f"/api/v1/nothing/?token={SECRET}")
        with pytest.raises(InvalidStatus):
            connect(
                f"ws://127.0.0.1:{self.stack.port}/ws/nothing/?user={SECRET}", origin="https://evil"
            )
        lines = self.lines()
        assert sum("SECRET" in line for line in lines) > 6 * len(ADDRESSES)
        assert any('"logger": "django.request"' in line and "SECRET" in line for line in lines)
        assert [line for line in lines if SECRET in line] == []

    def test_a_head_request_leaves_no_warning(self) -> None:
        session = self.stack.command("shell", "--verbosity", "0", "--command", LET_IN)
        job = self.stack.draw()
        self.begin = len(self.stack.log)
        paths = {
            PARAMETER.sub(lambda _match: str(uuid4()), route.text)
            for route in routes(get_resolver().url_patterns)
        }
        image = job["images"][0]["id"]
        paths |= {f"/images/{image}/", f"/images/{image}/download/", f"/jobs/{job['id']}/"}
        paths |= {"/static/artgen/favicon.svg", "/nginx/page/malformed", "/metrics"}
        known = {}
        for path in sorted(paths):
            for cookies in ({}, {"sessionid": session.splitlines()[-1]}):
                known[path] = self.ask("HEAD", path, cookies=cookies)
        assert {200, 302, 404} <= set(known.values())
        assert not {status for status in known.values() if status >= 500}
        # What does not exist, or is not allowed, is said of every method (test_head_requests).
        expected = re.compile("Not Found: |Method Not Allowed|Forbidden|Unauthorized|Gone: ")
        loud = [line for line in self.lines() if is_loud(line) and not expected.search(line)]
        assert loud == []


def is_loud(line: str) -> bool:
    """Return whether this is a warning or an error of a process, or of nginx."""
    try:
        return json.loads(line).get("level") in ("WARNING", "ERROR", "CRITICAL")
    except ValueError:
        return bool(re.search(r"\[(warn|error|crit|alert)\]", line))
