"""`make stack`: the production processes, and their settings as they run."""

import asyncio
import concurrent.futures
import hashlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import unittest
from collections import Counter
from pathlib import Path

import psycopg
import pytest
import redis
import requests
from django.conf import settings
from PIL import Image as Pillow
from websockets.exceptions import ConnectionClosed

from artgen.database import connection_budget
from artgen.database.connection_budget import LANES
from artgen.environment import process_numbers
from artgen.processes import sockets_heartbeat
from generation.testing.servers.nginx import ask_at_once
from generation.testing.servers.stack import (
    PATIENCE,
    PATIENT_MACHINE,
    Stack,
    children,
    kept_stack,
)

pytestmark = [pytest.mark.s3, pytest.mark.nginx, pytest.mark.xdist_group("stack")]

CORES = process_numbers.cores()
RUNNER = pytest.mark.release("deploy/stack.py", "deploy/gunicorn.conf.py", "artgen/processes/")


def gone(pids: list[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


async def open_socket(port: int, session: str) -> tuple[str, int]:
    """Return the status of the handshake and the close code of the socket."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"GET /ws/jobs/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        f"Cookie: sessionid={session}\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    frame = await reader.readexactly(4) if b" 101 " in head else b"\0\0\0\0"
    writer.close()
    return head.split(b" ")[1].decode(), int.from_bytes(frame[2:], "big")


class TestStack(unittest.TestCase):
    stack: Stack

    @classmethod
    def setUpClass(cls):
        cls.stack = kept_stack()

    def get(self, path: str, **options) -> requests.Response:
        return requests.get(f"{self.stack.url}{path}", timeout=PATIENCE, **options)

    # --- jobs -------------------------------------------------------------------------------------
    def test_it_draws_the_first_picture_and_hands_it_out_of_the_bucket(self):
        job = self.stack.draw()
        assert (job["status"], job["error"], job["attempt"]) == ("succeeded", None, 1)
        (image,) = job["images"]
        for name in ("url", "thumbnail_url"):
            assert image[name].startswith(self.stack.environment["S3_ENDPOINT_URL"]), image[name]
        data = requests.get(image["url"], timeout=PATIENCE).content
        assert hashlib.sha256(data).hexdigest() == image["sha256"]
        with Pillow.open(io.BytesIO(data)) as picture:
            assert picture.size == (image["width"], image["height"])
        # The webhook came in through nginx and was answered with 200.
        assert 200 in [delivery.status for delivery in self.stack.emulator.deliveries]

    def test_it_streams_events_at_once(self):
        headers = {"Authorization": f"Bearer {self.stack.token}"}
        with self.get("/api/v1/events", headers=headers, stream=True) as stream:
            assert stream.headers["Content-Type"] == "text/event-stream; charset=utf-8"
            lines = stream.iter_lines(chunk_size=1, decode_unicode=True)
            assert next(line for line in lines if line.startswith("event")) == "event: snapshot"
            job = self.stack.draw()
            shown = next(line for line in lines if '"succeeded"' in line and job["id"] in line)
            assert shown.startswith('data: {"type":"job"')

    def test_it_serves_pages_in_plain_http_where_the_public_address_is_http(self):
        answer = self.get("/accounts/login/", allow_redirects=False)
        assert answer.status_code == 200
        assert "Strict-Transport-Security" not in answer.headers
        assert "secure" not in answer.headers["Set-Cookie"].lower()

    # --- settings ---------------------------------------------------------------------------------
    def test_each_lane_has_its_queue_and_niceness(self):
        program = (
            "import json; from artgen.processes.celery import app;"
            "inspect = app.control.inspect(timeout=20, limit=4);"
            "print(json.dumps([inspect.stats(), inspect.active_queues(), app.conf.task_acks_late]))"
        )
        answer = subprocess.run(
            [sys.executable, "-c", program],
            cwd=settings.BASE_DIR,
            env=self.stack.environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        by_worker, queues, acks_late = json.loads(answer.splitlines()[-1])
        lanes = {name.partition("@")[0]: each["pid"] for name, each in by_worker.items()}
        assert {
            name.partition("@")[0]: [queue["name"] for queue in each]
            for name, each in queues.items()
        } == {lane: [lane] for lane in LANES}
        assert acks_late
        # Mingle and gossip are off.
        assert re.search(r"drive@\S+ ready\.", self.stack.log)
        assert "mingle: " not in self.stack.log
        with redis.Redis.from_url(self.stack.environment["REDIS_URL"]) as broker:
            assert broker.exists("_kombu.binding.celery.pidbox")
            assert not broker.exists("_kombu.binding.celeryev")
        pids = self.stack.pids()
        assert lanes == {lane: pids[lane] for lane in LANES}
        base = os.getpriority(os.PRIO_PROCESS, pids["drive"])
        niceness = {
            lane: os.getpriority(os.PRIO_PROCESS, pid) - base for lane, pid in lanes.items()
        }
        assert niceness == {"drive": 0, "store": 5, "slow": 5}
        # What forks shares no thread and no connection to the database.
        assert len(list(Path(f"/proc/{lanes['store']}/task").iterdir())) == 1

    def test_it_opens_the_planned_connections_and_replaces_broken_ones(self):
        with concurrent.futures.ThreadPoolExecutor(30) as crowd:
            list(crowd.map(lambda _: self.get("/readyz").status_code, range(120)))
        with psycopg.connect(self.stack.database_url) as database:
            counts = dict(
                database.execute(
                    "SELECT application_name, count(*) FROM pg_stat_activity WHERE datname = %s"
                    " AND application_name LIKE 'artgen-%%' GROUP BY 1",
                    [self.stack.name],
                ).fetchall()
            )
        planned = connection_budget.read(self.stack.environment)
        assert counts["artgen-web"] <= planned.web_workers * planned.web_pool
        assert counts.get("artgen-sockets", 0) <= planned.sockets_pool
        for lane, planned_count in planned.worker_lanes.items():
            assert counts.get(f"artgen-{lane}", 0) <= planned_count, lane
        assert planned.connections <= 80

        # As after a restart of PostgreSQL: broken connections are replaced before they are used.
        with psycopg.connect(self.stack.database_url) as database:
            cut = database.execute(
                "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity"
                " WHERE datname = %s AND application_name = 'artgen-web'",
                [self.stack.name],
            ).fetchall()
        assert (True,) in cut
        assert [self.get("/readyz").status_code for _ in range(30)] == [200] * 30

    # --- sockets ----------------------------------------------------------------------------------
    def test_it_refuses_nobody_when_everybody_opens_a_socket_at_once(self):
        async def rush() -> list[tuple[str, int]]:
            each = [
                open_socket(self.stack.port, f"made-up-session-{number}") for number in range(600)
            ]
            return list(await asyncio.gather(*each))

        # In another thread: Playwright may have left a running event loop in this one.
        with concurrent.futures.ThreadPoolExecutor(1) as thread:
            answers = thread.submit(lambda: asyncio.run(rush())).result()
        assert Counter(answers) == {("101", 4401): 600}

    def test_it_closes_the_sockets_of_a_revoked_token_without_an_error(self):
        owner = self.stack.token
        self.stack.token = self.stack.command("issue_token", "alice@example.org", "--name=lost")
        try:
            with self.stack.socket() as socket:
                socket.recv(timeout=PATIENCE)
                self.stack.command("revoke_token", "alice@example.org", "lost")
                with pytest.raises(ConnectionClosed) as closed:
                    socket.recv(timeout=PATIENCE)
        finally:
            self.stack.token = owner
        assert closed.value.rcvd.code == 4012
        assert "close code" not in self.stack.log

    def test_it_notices_sockets_that_hang(self):
        report = json.loads(self.stack.command_that_may_fail("doctor", "--json"))
        check = next(check for check in report["checks"] if check["name"] == "sockets")
        assert check["detail"] == "a socket process runs, PUBLIC_URL opens sockets"
        daphne = self.stack.pids()["sockets"]
        os.kill(daphne, signal.SIGSTOP)
        try:
            with redis.Redis.from_url(self.stack.environment["REDIS_URL"]) as client:
                client.delete(f":1:{sockets_heartbeat.ALIVE}")  # as when it expires
            answer = self.get("/readyz")
            assert (answer.status_code, answer.json()["checks"]["sockets"]) == (503, False)
            assert self.get("/readyz?exclude=sockets").status_code == 200
        finally:
            os.kill(daphne, signal.SIGCONT)
        self.stack.until(lambda: self.stack.answers("/readyz"), "sockets report again")

    # --- nginx ------------------------------------------------------------------------------------
    def test_it_refuses_more_than_20_requests_a_second_of_one_user_in_the_shape_of_the_api(self):
        def user(token: str, language: str = "en") -> dict[str, str]:
            return {"Authorization": f"Bearer {token}", "Accept-Language": language}

        api = "/api/v1/models/"
        answers = ask_at_once(self.stack.port, api, [user("made-up-token-of-a-greedy-user")] * 150)
        refused = [answer for answer in answers if answer.status == 429]
        assert len(refused) > 20
        assert len(answers) - len(refused) >= 40, "a burst passes"
        answer = refused[0]
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["Retry-After"] == "1"
        assert re.search("^[0-9a-f]{32}$", answer.headers["X-Request-ID"])
        assert json.loads(answer.body) == {
            "type": f"{self.stack.url}/api/problems/too_many_requests/",
            "title": "Too many requests",
            "status": 429,
            "code": "too_many_requests",
            "detail": "Wait a moment, then send fewer requests.",
            "errors": [],
        }
        other = self.get(api, headers=user("somebody-else"))
        assert other.status_code == 401, "others are let through"
        russian = user("another-greedy-user", "ru-RU,ru;q=0.9,en;q=0.8")
        answers = ask_at_once(self.stack.port, api, [russian] * 100)
        titles = {json.loads(one.body)["title"] for one in answers if one.status == 429}
        assert "Слишком много запросов" in titles

        pages = ask_at_once(self.stack.port, "/", [{"Cookie": "sessionid=greedy"}] * 150)
        page = next(page for page in pages if page.status == 429)
        assert (page.headers["Content-Type"], page.headers["Retry-After"]) == (
            "text/html; charset=utf-8",
            "1",
        )

    def test_it_lets_a_webhooks_large_body_pass_and_refuses_larger_ones(self):
        def ring(hook: str, megabytes: float) -> int:
            body = b" " * int(megabytes * 1024 * 1024)
            address = f"{self.stack.url}/hooks/runpod/{hook}/"
            return requests.post(address, data=body, timeout=PATIENCE).status_code

        self.stack.draw()
        hook = self.stack.emulator.jobs[-1].webhook.rstrip("/").rpartition("/")[2]
        assert [ring(hook, 12) for _ in range(5)] == [200] * 5
        assert ring(hook, 12.1) == 413
        assert ring("made-up", 12) == 404

    def test_gunicorn_takes_all_headers_and_addresses_that_nginx_takes(self):
        large = {"Accept-Language": "en", "X-A": "a" * 15_000, "X-B": "b" * 15_000}
        answer = self.stack.ask("get", "account/", headers=large)
        assert answer.status_code == 200, answer.text
        answer = self.stack.ask("get", f"account/?{'q' * 15_000}")
        assert answer.json()["detail"] == "Unknown parameter."
        answer = self.stack.ask("get", "account/", headers={"X-A": "a" * 17_000})
        assert (answer.status_code, answer.json()["code"]) == (431, "headers_too_large")

    def test_it_takes_uploads_of_twenty_megabytes_and_refuses_larger_ones_at_their_field(self):
        picture = io.BytesIO()
        Pillow.effect_noise((512, 512), 100).convert("RGB").save(picture, "PNG")
        for length, status in ((20_000_000, 201), (40_000_000, 413)):
            padded = picture.getvalue() + b"\0" * (length - picture.tell())
            answer = self.stack.ask(
                "post", "uploads/", files={"file": ("noise.png", padded, "image/png")}
            )
            assert answer.status_code == status, answer.text
        assert [error["field"] for error in answer.json()["errors"]] == ["file"]

    def test_it_keeps_metrics_to_itself(self):
        for path in (
            "/metrics",
            "/metrics/",
            "//metrics",
            "/x/../metrics",
            "/%6detrics",
            "/metrics?a=b",
        ):
            request = requests.Request("GET", self.stack.url).prepare()
            request.url = f"{self.stack.url}{path}"
            with requests.Session() as session:
                assert session.send(request, timeout=PATIENCE).status_code == 404, path

    def test_it_serves_static_files_compressed_and_for_ever(self):
        page = self.get("/accounts/login/").text
        path = re.search(r"/static/artgen/artgen\.[0-9a-f]{12}\.css", page)[0]
        plain = self.get(path, headers={"Accept-Encoding": "identity"}).content
        for encoding in ("br", "gzip"):
            answer = self.get(path, headers={"Accept-Encoding": encoding}, stream=True)
            assert answer.headers["Content-Encoding"] == encoding
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert answer.headers["Vary"] == "Accept-Encoding"
            assert answer.headers["Content-Type"] == "text/css"
            assert len(answer.raw.read(decode_content=False)) < len(plain) / 2
        assert self.get("/static/nothing.css").status_code == 404
        assert self.get("/static/../nginx.conf").status_code == 404

    def test_it_compresses_pages(self):
        answer = self.get("/", headers={"Accept-Encoding": "br"}, stream=True)
        assert answer.headers["Content-Encoding"] == "br"

    def test_it_passes_a_request_id_on_and_believes_no_strangers_address(self):
        answer = self.get("/healthz", headers={"X-Request-ID": "0123456789abcdef"})
        assert answer.headers["X-Request-ID"] == "0123456789abcdef"
        answer = self.get("/healthz", headers={"X-Request-ID": "no good\tid"})
        assert re.search("^[0-9a-f]{32}$", answer.headers["X-Request-ID"])
        self.get(
            "/nothing-here", headers={"X-Forwarded-For": "203.0.113.9", "X-Real-IP": "203.0.113.9"}
        )
        line = self.stack.until(
            lambda: next(
                (line for line in self.stack.log.splitlines() if '"/nothing-here"' in line), None
            ),
            "nginx has written its log",
        )
        assert json.loads(line)["address"] == "127.0.0.1"

    def test_it_shows_a_maintenance_page(self):
        file = self.stack.run_dir / "nginx" / "maintenance"
        file.touch()
        try:
            page, answer = (
                self.get("/", headers={"Accept-Language": "en"}),
                self.stack.ask("get", "models/"),
            )
        finally:
            file.unlink()
        assert (page.status_code, page.headers["Retry-After"]) == (503, "10")
        assert "ArtGen is temporarily unavailable" in page.text
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert self.get("/").status_code == 200

    def run_again(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Return the exit status and the error output of a second `make stack`."""
        outcome = subprocess.run(
            [sys.executable, "deploy/stack.py", *arguments],
            cwd=settings.BASE_DIR,
            env=self.stack.environment | environment,
            check=False,
            capture_output=True,
            text=True,
        )
        return outcome.returncode, outcome.stderr

    def test_it_does_not_start_twice(self):
        before = self.stack.pids()
        status, errors = self.run_again()
        assert status == 1
        assert "It is already running from" in errors
        assert self.stack.pids() == before

    def test_it_says_what_is_missing(self):
        for changed, words in (
            ({"DATABASE_URL": ""}, "DATABASE_URL is not set"),
            ({"REDIS_URL": ""}, "REDIS_URL is not set"),
            ({"PATH": ""}, "nginx is not installed"),
            ({"RUN_DIR": f"/tmp/{'x' * 90}"}, "too long for Unix sockets"),
        ):
            status, errors = self.run_again(**changed)
            assert status == 1
            assert words in errors
        status, errors = self.run_again("gunicorn")
        assert (status, "Unknown process gunicorn" in errors) == (1, True), errors


@RUNNER
class TestRunner(unittest.TestCase):
    def setUp(self):
        self.stack = kept_stack()

    def family(self) -> list[int]:
        """Return all processes of the stack but the runner."""
        pids = self.stack.pids().values()
        return [one for pid in pids for one in (pid, *children(pid))]

    def test_its_processes_end_with_it_even_when_it_is_killed(self):
        family = self.family()
        self.stack.process.kill()
        self.stack.process.wait()
        while not gone(family):
            time.sleep(0.05)
        self.stack.change(**PATIENT_MACHINE)  # what the following tests use
        self.stack.launch()
        self.stack.get_ready()
        assert self.stack.draw()["status"] == "succeeded"

        family = self.family()
        self.stack.process.send_signal(signal.SIGINT)  # Ctrl-C
        assert self.stack.process.wait() == 0
        while not gone(family):  # the filter of nginx's error log ends after nginx
            time.sleep(0.05)
        assert list(self.stack.run_dir.glob("*.pid")) == []
        self.stack.launch()
        self.stack.get_ready()

    def test_it_starts_nginx_when_web_answers(self):
        self.stack.end()
        self.stack.launch()
        bound, started = (
            (self.stack.run_dir / name).stat().st_mtime_ns
            for name in ("web-main.sock", "nginx.pid")
        )
        assert bound < started
        self.stack.get_ready()


@RUNNER
class TestKilled(unittest.TestCase):
    def setUp(self):
        self.stack = kept_stack(**PATIENT_MACHINE)

    def test_it_starts_a_killed_lane_again_and_leaves_the_others(self):
        before = self.stack.pids()
        os.kill(before["store"], signal.SIGKILL)

        started = self.stack.until(
            lambda: (pid := self.stack.pids()["store"]) != before["store"] and pid,
            "the lane is running again",
        )

        assert self.stack.pids() == before | {"store": started}
        assert self.stack.draw()["status"] == "succeeded"
        assert "store ended with -9 and is started again" in self.stack.log

    def test_it_starts_again_whatever_is_killed(self):
        before = self.stack.pids()
        family = [child for pid in before.values() for child in (pid, *children(pid))]
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        after = self.stack.until(
            lambda: (
                (pids := self.stack.pids())
                and all(pids.values())
                and not set(pids.values()) & set(before.values())
                and pids
            ),
            "all are running again",
        )
        assert set(after) == set(before)
        self.stack.until(lambda: self.stack.answers("/readyz"), "web answers again")
        self.stack.until(self.stack.opens_sockets, "sockets open again")
        assert self.stack.draw()["status"] == "succeeded"
        self.stack.until(lambda: gone(family), "none of the old ones is left")
