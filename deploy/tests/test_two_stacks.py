"""Two and four machines: stacks on ports of their own share PostgreSQL, Redis, bucket and RunPod."""

import contextlib
import http.client
import io
import json
import re
import socket
import threading
import unittest
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import requests
from PIL import Image as Pillow

from artgen.database import connection_budget
from generation.testing.servers.pgbouncer import PgBouncer
from generation.testing.servers.stack import (
    FINAL,
    FOUR_MACHINES,
    PATIENCE,
    PATIENT_MACHINE,
    Stack,
    kept_stack,
)

pytestmark = [
    pytest.mark.release(
        "deploy/stack.py",
        "nginx/",
        "artgen/processes/",
        "artgen/database/",
        "generation/jobs/engine/",
    ),
    pytest.mark.s3,
    pytest.mark.nginx,
    pytest.mark.xdist_group("stack"),
    pytest.mark.limit(600),
]

OPENED = 10  # connections of the test itself
ENDPOINT = "black-forest-labs-flux-1-schnell"
ORDER = {"model": "flux-schnell", "prompt": "two lighthouses", "width": 256, "height": 256}


class Local(http.client.HTTPConnection):
    """Asks gunicorn itself by its Unix socket, which only local processes can."""

    def __init__(self, stack: Stack) -> None:
        super().__init__("localhost")
        self.path = str(stack.run_dir / "web.sock")

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class TestTwoStacks(unittest.TestCase):
    here: Stack
    there: Stack

    @classmethod
    def setUpClass(cls):
        cls.here = kept_stack(**PATIENT_MACHINE)
        cls.there = cls.enterClassContext(Stack(beside=cls.here, **PATIENT_MACHINE))

    def test_it_shows_on_one_machine_what_another_one_drives(self):
        pages = Stack(beside=self.here, processes=("nginx", "web", "sockets"), **PATIENT_MACHINE)
        with pages, pages.socket() as events:
            assert json.loads(events.recv(timeout=PATIENCE))["type"] == "snapshot"
            # It does not begin before its submission is shown: two machines tell of both.
            self.addCleanup(self.here.emulator.set_workers, ENDPOINT, 3)
            self.here.emulator.set_workers(ENDPOINT, 0)
            job = pages.ask("post", "jobs/", json=ORDER).json()
            seen = []
            while not seen or seen[-1]["status"] not in FINAL:
                message = json.loads(events.recv(timeout=PATIENCE))
                if message["type"] == "job" and message["job"]["id"] == job["id"]:
                    seen.append(message["job"])
                    if message["job"]["status"] == "submitted":
                        self.here.emulator.set_workers(ENDPOINT, 3)
        assert seen[-1]["status"] == "succeeded"
        assert {"submitted", "storing", "succeeded"} - {one["status"] for one in seen} == set()
        versions = [one["version"] for one in seen]
        assert versions == sorted(set(versions))
        for stack in (self.here, self.there):
            assert (
                stack.ask("get", f"jobs/{job['id']}/").json()["images"][0]["id"]
                == seen[-1]["images"][0]["id"]
            )

    def test_it_works_on_one_machine_from_what_was_uploaded_on_the_other(self):
        picture = io.BytesIO()
        Pillow.new("RGB", (256, 256), "teal").save(picture, "PNG")
        uploaded = self.here.ask(
            "post", "uploads/", files={"file": ("teal.png", picture.getvalue(), "image/png")}
        )
        assert uploaded.status_code == 201, uploaded.text
        order = {
            "model": "qwen-image-edit",
            "prompt": "at night",
            "source_images": [uploaded.json()["id"]],
        }
        placed = self.there.ask("post", "jobs/", json=order)
        assert placed.status_code == 201, placed.text
        job = self.there.until(
            lambda: finished(self.there, placed.json()["id"]), "the picture is there"
        )
        assert (job["status"], job["error"]) == ("succeeded", None)
        image = self.here.ask("get", f"images/{job['images'][0]['id']}/").json()
        assert requests.get(image["url"], timeout=PATIENCE).status_code == 200

    def test_it_counts_the_requests_of_both_machines_together(self):
        def placed(stack: Stack) -> float:
            asking = Local(stack)
            asking.request("GET", "/metrics")
            text = asking.getresponse().read().decode()
            asking.close()
            return float(
                re.search(
                    r'^artgen_requests_total\{kind="api",status="4xx"\} (\S+)$', text, re.MULTILINE
                )[1]
            )

        for stack in (self.here, self.there):
            assert stack.ask("get", "jobs/not-an-id/").status_code == 404
        before = placed(self.here)
        for stack in (self.here, self.there):
            for _ in range(5):
                stack.ask("get", "jobs/not-an-id/")
        for stack in (self.here, self.there):
            stack.until(
                lambda stack=stack: placed(stack) >= before + 10,
                "every process has handed its counts over",
            )
        with contextlib.ExitStack() as opened:
            for _ in range(OPENED):
                opened.enter_context(psycopg.connect(self.here.database_url))
            report = json.loads(self.there.command_that_may_fail("monitor", "--json"))
        figures = {figure["name"]: figure for figure in report["figures"]}
        assert len(figures) == 5
        assert figures["api_p95"]["value"] > 0
        assert figures["error_rate"]["value"] == 0
        # Those opened here, and at least one of each machine's web.
        assert OPENED + 2 <= figures["database_connections"]["value"] < 80, figures
        assert figures["celery_queue"]["value"] is not None

    def test_it_does_nothing_twice_although_both_machines_run_beat(self):
        assert self.here.pids()["slow"]
        assert self.there.pids()["slow"]
        before = len(self.here.emulator.jobs)
        ids = placed_by(4, [self.here, self.there] * 12)
        assert_drawn_once(self.there, ids, before=before)


@pytest.mark.pgbouncer
class TestFourStacks:
    """Behind PgBouncer: together they could open 82 connections, of which PostgreSQL gets 40."""

    def test_it_draws_a_burst_once_although_pgbouncer_is_killed_in_it(self) -> None:
        bouncer = PgBouncer()
        assert connection_budget.read(FOUR_MACHINES).connections > 80
        with contextlib.ExitStack() as pooler, contextlib.ExitStack() as started:
            pooler.enter_context(bouncer.run())
            stacks: list[Stack] = []
            for _ in range(4):
                stack = Stack(beside=stacks[0] if stacks else None, **FOUR_MACHINES)
                stack.environment["DATABASE_URL"] = bouncer.url(stack.name)
                stacks.append(started.enter_context(stack))
            most = started.enter_context(most_connections(stacks[0]))
            ids = placed_by(8, stacks * 6)
            pooler.close()
            pooler.enter_context(bouncer.run())
            ids += placed_by(8, stacks * 6)
            assert_drawn_once(stacks[3], ids)
            assert 0 < most["count"] <= bouncer.size
            with psycopg.connect(bouncer.url(stacks[0].name).partition("?")[0]) as database:
                names = database.execute("SELECT name FROM pg_prepared_statements").fetchall()
            assert any(name.startswith("PGBOUNCER_") for (name,) in names)


def placed_by(people: int, stacks: Sequence[Stack]) -> list[str]:
    """Place a job on each of these, again where nothing was answered; return the jobs' ids."""

    def place(order: tuple[int, Stack]) -> str:
        number, stack = order
        headers = {"Idempotency-Key": str(uuid4())}

        def placed() -> str:
            answer = stack.ask("post", "jobs/", json=ORDER | {"seed": number}, headers=headers)
            return str(answer.json()["id"]) if answer.ok else ""

        return str(stack.until(placed, "a job is placed"))

    with ThreadPoolExecutor(people) as crowd:
        return list(crowd.map(place, enumerate(stacks)))


def assert_drawn_once(stack: Stack, ids: Sequence[str], *, before: int = 0) -> None:
    """Wait until all jobs are final: each has succeeded in one run at RunPod, charged once.

    `before` them RunPod has had so many.
    """
    jobs = [
        stack.until(lambda job_id=job_id: finished(stack, job_id), "all is drawn") for job_id in ids
    ]
    assert Counter(job["status"] for job in jobs) == {"succeeded": len(ids)}
    assert {job["attempt"] for job in jobs} == {1}
    runs = stack.emulator.jobs[before:]
    webhooks = Counter(run.webhook for run in runs)
    assert (len(runs), max(webhooks.values())) == (len(ids), 1)
    assert re.search(
        r"^The ledger adds up: \d+ users, \d+ entries\.$", stack.command("check_ledger")
    )
    ends = stack.ask("get", "account/ledger/?limit=100").json()["results"]
    kinds = Counter((entry["job"], entry["kind"]) for entry in ends if entry["job"] in ids)
    assert kinds == {(job_id, kind): 1 for job_id in ids for kind in ("hold", "settle")}


def finished(stack: Stack, job_id: str) -> dict[str, Any] | None:
    job = stack.ask("get", f"jobs/{job_id}/").json()
    return job if job["status"] in FINAL else None


@contextlib.contextmanager
def most_connections(stack: Stack) -> Iterator[dict[str, int]]:
    """Yield the highest `count` of its database's connections, which a thread looks for."""
    highest, ended = {"count": 0}, threading.Event()

    def look() -> None:
        with psycopg.connect(stack.server_url, autocommit=True) as database:
            while not ended.wait(0.02):
                (count,) = database.execute(
                    "SELECT numbackends FROM pg_stat_database WHERE datname = %s", [stack.name]
                ).fetchone()
                highest["count"] = max(highest["count"], count)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield highest
    finally:
        ended.set()
        looking.join()
