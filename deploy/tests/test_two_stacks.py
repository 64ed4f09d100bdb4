"""Two machines: two stacks on two ports share PostgreSQL, Redis, the bucket and RunPod."""

import contextlib
import http.client
import io
import json
import re
import socket
import unittest
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest
import requests
from PIL import Image as Pillow
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from generation.testing.servers.stack import FINAL, PATIENCE, PATIENT_MACHINE, Stack, kept_stack

pytestmark = [
    pytest.mark.s3,
    pytest.mark.nginx,
    pytest.mark.xdist_group("stack"),
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

    def page(
        self, stack: Stack, session: requests.Session, path: str, **form: str
    ) -> requests.Response:
        """Get a page with the session, or post its form."""
        if not form:
            return session.get(f"{stack.url}{path}", timeout=PATIENCE, allow_redirects=False)
        token = re.search(
            r'name="csrfmiddlewaretoken" value="([^"]+)"', self.page(stack, session, path).text
        )[1]
        form["csrfmiddlewaretoken"] = token
        return session.post(
            f"{stack.url}{path}", data=form, timeout=PATIENCE, allow_redirects=False
        )

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
            lambda: self.finished(self.there, placed.json()["id"]), "the picture is there"
        )
        assert (job["status"], job["error"]) == ("succeeded", None)
        image = self.here.ask("get", f"images/{job['images'][0]['id']}/").json()
        assert requests.get(image["url"], timeout=PATIENCE).status_code == 200

    def finished(self, stack: Stack, job_id: str) -> dict | None:
        job = stack.ask("get", f"jobs/{job_id}/").json()
        return job if job["status"] in FINAL else None

    def test_it_knows_on_one_machine_who_signed_in_on_the_other(self):
        session = requests.Session()
        answer = self.page(
            self.here,
            session,
            "/accounts/login/",
            username="alice@example.org",
            password="lighthouse at dusk",
        )
        assert answer.status_code == 302, answer.text[:500]
        assert self.page(self.there, session, "/account/").status_code == 200
        cookies = "; ".join(f"{name}={value}" for name, value in session.cookies.items())
        headers = {"Cookie": cookies}
        address = f"ws://127.0.0.1:{self.there.port}/ws/jobs/"
        with connect(address, additional_headers=headers, origin=self.here.url) as events:
            assert json.loads(events.recv(timeout=PATIENCE))["type"] == "snapshot"

    def test_it_counts_the_sockets_of_a_user_on_both_machines_together(self):
        with contextlib.ExitStack() as sockets:
            for number in range(20):
                stack = (self.here, self.there)[number % 2]
                events = sockets.enter_context(stack.socket())
                assert json.loads(events.recv(timeout=PATIENCE))["type"] == "snapshot"
            for stack in (self.here, self.there):
                with stack.socket() as further, pytest.raises(ConnectionClosed) as closed:
                    further.recv(timeout=PATIENCE)
                assert closed.value.rcvd.code == 4429

    def test_it_counts_wrong_passwords_on_both_machines_together(self):
        guess = {"username": "guessed@example.org", "password": "wrong"}
        statuses = []
        while 429 not in statuses and len(statuses) < 30:
            stack = (self.here, self.there)[len(statuses) % 2]
            statuses.append(
                self.page(stack, requests.Session(), "/accounts/login/", **guess).status_code
            )
        assert 429 in statuses
        for stack in (self.here, self.there):
            assert (
                self.page(stack, requests.Session(), "/accounts/login/", **guess).status_code == 429
            )

    def test_it_places_once_what_is_asked_of_both_machines_with_one_key(self):
        headers = {"Idempotency-Key": str(uuid4())}

        def place(stack: Stack) -> requests.Response:
            return stack.ask("post", "jobs/", json=ORDER, headers=headers)

        with ThreadPoolExecutor(4) as crowd:
            answers = list(crowd.map(place, [self.here, self.there] * 2))
        assert {answer.status_code for answer in answers} <= {200, 201, 409}, [
            a.text for a in answers
        ]
        again = place(self.there)
        assert again.status_code == 200
        assert {a.json()["id"] for a in answers if a.status_code != 409} == {again.json()["id"]}

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

    def test_it_does_nothing_twice_although_both_machines_run_a_beat(self):
        assert self.here.pids()["beat"]
        assert self.there.pids()["beat"]
        before = len(self.here.emulator.jobs)

        def place(number: int) -> str:
            stack = (self.here, self.there)[number % 2]
            answer = stack.ask("post", "jobs/", json=ORDER | {"seed": number})
            return answer.json()["id"]

        with ThreadPoolExecutor(4) as crowd:
            ids = list(crowd.map(place, range(24)))
        jobs = [
            self.here.until(lambda job_id=job_id: self.finished(self.there, job_id), "all is drawn")
            for job_id in ids
        ]
        assert Counter(job["status"] for job in jobs) == {"succeeded": 24}
        assert {job["attempt"] for job in jobs} == {1}
        runs = self.here.emulator.jobs[before:]
        webhooks = Counter(run.webhook for run in runs)
        assert (len(runs), max(webhooks.values())) == (24, 1)
        assert re.search(
            r"^The ledger adds up: \d+ users, \d+ entries\.$", self.there.command("check_ledger")
        )
        ends = self.there.ask("get", "account/ledger/?limit=100").json()["results"]
        kinds = Counter((entry["job"], entry["kind"]) for entry in ends if entry["job"] in ids)
        assert kinds == {(job_id, kind): 1 for job_id in ids for kind in ("hold", "settle")}
