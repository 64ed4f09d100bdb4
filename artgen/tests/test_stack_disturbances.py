"""Small outages around production processes: other users do not notice them."""

import contextlib
import io
import json
import os
import socket
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from PIL import Image as Pillow

from artgen.testing.stack import FINAL, MACHINE, PATIENCE, Stack

pytestmark = [
    pytest.mark.s3,
    pytest.mark.nginx,
    pytest.mark.xdist_group("stack_disturbances"),
]

MODEL = "flux-schnell"
HANGING = 24
REFUSED = 8
UPLOADS = 8
BOB = """
from django.core.management import call_command
call_command("create_user", "bob@example.org", password="lighthouse at dusk", credits=1000)
call_command("issue_token", "bob@example.org", name="test")
"""


class Door:
    """A proxy of the bucket that does not answer while it is closed."""

    def __init__(self, host: str, port: int) -> None:
        self.behind = (host, port)
        self.opened = threading.Event()
        self.opened.set()
        self.lock = threading.Lock()
        self.waiting = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Open it, then accept no more connections."""
        self.opened.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(self.behind) as server:
            threading.Thread(target=self._pass_on, args=(server, client), daemon=True).start()
            self._pass_on(client, server, through=self._wait)

    def _wait(self) -> None:
        if self.opened.is_set():
            return
        with self.lock:
            self.waiting += 1
        self.opened.wait()
        with self.lock:
            self.waiting -= 1

    def _pass_on(self, source: socket.socket, target: socket.socket, through: Any = None) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                if through:
                    through()
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)


class TestDisturbance(unittest.TestCase):
    door: Door
    stack: Stack
    bob: dict[str, str]

    @classmethod
    def setUpClass(cls):
        s3 = urlsplit(os.environ["TEST_S3_URL"])
        cls.door = Door(s3.hostname, s3.port)
        cls.addClassCleanup(cls.door.close)
        # A stack of its own, because what hangs would disturb other tests. Requests to a closed
        # door
        # do not time out.
        given = MACHINE | {"S3_ENDPOINT_URL": cls.door.address, "S3_READ_SECONDS": str(PATIENCE)}
        cls.stack = cls.enterClassContext(Stack(**given))
        cls.addClassCleanup(
            cls.stack.emulator.stop
        )  # first: the worker waits for hanging downloads when it ends
        token = cls.stack.command("shell", "--command", BOB).splitlines()[-1]
        cls.bob = {"Authorization": f"Bearer {token}"}

    def place(self, prompt: str, **options: Any) -> dict[str, Any]:
        answer = self.stack.ask("post", "jobs/", json={"model": MODEL, "prompt": prompt}, **options)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def job(self, job_id: str, **options: Any) -> dict[str, Any]:
        return self.stack.ask("get", f"jobs/{job_id}/", **options).json()

    def storing(self) -> set[str]:
        """Return alice's jobs whose images are being downloaded."""
        found = self.stack.ask("get", "jobs/?limit=100").json()["results"]
        return {job["id"] for job in found if job["status"] == "storing"}

    def follow(self, job: dict[str, Any], **options: Any) -> str:
        """Return the final status of the job."""
        return self.stack.until(
            lambda: (status := self.job(job["id"], **options)["status"]) in FINAL and status,
            f"{job['id']} has ended",
        )

    def test_it_delays_nobody_else_for_one_persons_hanging_images(self):
        hanging = {self.place(f"[hang] lighthouse {number}")["id"] for number in range(HANGING)}
        self.stack.until(lambda: self.storing() >= hanging, "all wait for their images")

        for number in range(3):
            job = self.place(f"a lighthouse {number}", headers=self.bob)
            assert self.follow(job, headers=self.bob) == "succeeded"

        assert self.storing() >= hanging
        report = json.loads(self.stack.command_that_may_fail("doctor", "--json"))
        checks = {each["name"]: each for each in report["checks"]}
        assert checks["beat"]["ok"], checks["beat"]

    def test_it_serves_another_person_after_eight_502(self):
        self.stack.command("set_model", MODEL, f"max_in_flight={REFUSED}")
        self.stack.emulator.faults.next("run", "html_502", times=REFUSED)
        runs = len(self.stack.emulator.calls)
        burst, single = REFUSED // 2, REFUSED // 2
        answer = self.stack.ask(
            "post", "batches/", json={"jobs": [{"model": MODEL, "prompt": "a"}] * burst}
        )
        assert answer.status_code == 201, answer.text
        for number in range(single):  # tried one at a time
            self.place(f"lighthouse {number}")
        job = self.place("another lighthouse", headers=self.bob)

        assert self.follow(job, headers=self.bob) == "succeeded"

        posted = [call for call in self.stack.emulator.calls[runs:] if call.path.endswith("/run")]
        assert len(posted) > REFUSED

    def test_it_blocks_no_page_while_the_bucket_hangs(self):
        image = io.BytesIO()
        Pillow.new("RGB", (64, 64), "teal").save(image, "PNG")

        def upload() -> requests.Response:
            return self.stack.ask(
                "post", "uploads/", files={"file": ("a.png", image.getvalue(), "image/png")}
            )

        threads = int(MACHINE["GUNICORN_WORKERS"]) * 4
        self.door.opened.clear()
        with ThreadPoolExecutor(UPLOADS) as crowd:
            try:
                uploads = [crowd.submit(upload) for _ in range(UPLOADS)]
                done = UPLOADS - threads // 2
                self.stack.until(
                    lambda: sum(each.done() for each in uploads) == done, "the others are refused"
                )
                self.stack.until(
                    lambda: self.door.waiting == threads // 2,
                    "half of the threads wait for the bucket",
                )
                refused = [each.result() for each in uploads if each.done()]
                pages = [
                    self.stack.ask("get", "jobs/"),
                    requests.get(f"{self.stack.url}/", timeout=PATIENCE),
                ]
                assert self.door.waiting == threads // 2, "they still wait"
            finally:
                self.door.opened.set()
        assert [answer.status_code for answer in pages] == [200, 200]
        assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {
            (503, "unavailable")
        }
        assert all(int(answer.headers["Retry-After"]) for answer in refused)
        assert sorted(each.result().status_code for each in uploads) == [201] * 2 + [503] * done
