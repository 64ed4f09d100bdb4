"""The logs of the production processes: JSON, nothing secret, and no warning for a HEAD request."""

import json
import re
from typing import Any
from uuid import uuid4

import pytest
import requests
from django.urls import get_resolver
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from generation.testing.secret_addresses import ADDRESSES, SECRET
from generation.testing.secret_paths import PARAMETER, routes
from generation.testing.servers.stack import PATIENCE, PATIENT_MACHINE, Stack, kept_stack

pytestmark = [pytest.mark.s3, pytest.mark.nginx, pytest.mark.xdist_group("stack")]

LET_IN = "from generation.testing.rows.people import let_in; print(let_in('logged', staff=['chief'])['chief'])"


class TestLogs:
    stack: Stack

    @pytest.fixture(autouse=True)
    def _stack(self) -> None:
        self.stack = kept_stack(**PATIENT_MACHINE)
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

    @pytest.mark.release("artgen/processes/", "artgen/logs/", "deploy/gunicorn.conf.py")
    @pytest.mark.limit(300)
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
        # What does not exist, or is not allowed, is said of every method.
        expected = re.compile("Not Found: |Method Not Allowed|Forbidden|Unauthorized|Gone: ")
        loud = [line for line in self.lines() if is_loud(line) and not expected.search(line)]
        assert loud == []

    def test_each_process_logs_json(self) -> None:
        """From the start on, the errors of nginx, too; `release` prints text."""
        self.ask("GET", "/%zz")
        job = self.stack.draw()
        self.lines()
        found = entries(self.stack.log)
        assert all({"level", "logger", "message"} <= set(entry) for entry in found)
        assert all("time" in entry for entry in found if entry["logger"] != "nginx")
        # nginx, web, workers and `make stack` itself; sockets is silent.
        loggers = {entry["logger"] for entry in found}
        assert {"nginx", "gunicorn.error", "celery.apps.worker", "stack"} <= loggers
        assert any(entry.get("job") == job["id"] for entry in found)

    def test_the_lane_drive_checks_for_alerts(self) -> None:
        """And ends with it, whatever the check waits for (`Stack.end` waits for that)."""
        watching = "generation.operations.alerts.watching"
        started = {one["message"] for one in entries(self.stack.log) if one["logger"] == watching}
        assert started == {"checking for alerts every 30 s"}

    def order(self) -> tuple[str, str, dict[str, dict[str, Any]]]:
        """Place a job and return the ids of request and job and, by message, its lines."""
        request_id = f"request-{uuid4()}"
        order = {"model": "flux-schnell", "prompt": "a lighthouse"}
        answer = self.stack.ask("post", "jobs/", json=order, headers={"X-Request-ID": request_id})

        def found() -> dict[str, dict[str, Any]]:
            lines = [entry for entry in entries(self.stack.log) if request_id in str(entry)]
            by_message = {entry["message"]: entry for entry in lines}
            expected = {"job placed", "job succeeded", "request"}
            return by_message if expected <= by_message.keys() else {}

        return request_id, answer.json()["id"], self.stack.until(found, "the job has ended")

    def test_the_id_of_a_request_leads_to_all_lines_about_its_job(self) -> None:
        request_id, job_id, by_message = self.order()
        assert by_message["job submitting"]["placed_by_request"] == request_id
        assert by_message["request"]["path"] == "/api/v1/jobs/"
        placed, ended = by_message["job placed"], by_message["job succeeded"]
        assert (placed["request_id"], placed["job"]) == (request_id, job_id)
        assert "runpod_id" not in placed
        assert (ended["placed_by_request"], ended["job"]) == (request_id, job_id)
        assert ended["runpod_id"]
        assert ended["task"] == "generation.store"
        assert ended["message_id"]
        # The worker may have looked at the job before its webhook has come.
        hook = self.stack.until(
            lambda: self.logged("webhook received", job=job_id), "the webhook is logged"
        )
        assert hook["request_id"] != request_id
        self.stack.until(
            lambda: self.logged("request", request_id=hook["request_id"]),
            "nginx has logged RunPod's request with this id",
        )

    def logged(self, message: str, **values: str) -> dict[str, Any] | None:
        """Return the first line with this message and these values."""
        wanted = {"message": message, **values}.items()
        return next((one for one in entries(self.stack.log) if wanted <= one.items()), None)


def entries(log: str) -> list[dict[str, Any]]:
    """Return the objects of the complete lines that have one."""
    lines = log[: log.rfind("\n") + 1].splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def is_loud(line: str) -> bool:
    """Return whether this is a warning or an error of a process, or of nginx."""
    return line.startswith("{") and json.loads(line)["level"] in ("WARNING", "ERROR", "CRITICAL")
