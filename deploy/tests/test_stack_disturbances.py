"""Silent servers, a bucket like Yandex's and small outages around one set of production processes.

Every request ends, and other users do not notice what one of them causes.
"""

import contextlib
import hashlib
import io
import json
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from PIL import Image as Pillow
from websockets.exceptions import ConnectionClosed, InvalidStatus

from generation.demo.emulator.painters import tiny_png
from generation.testing.servers.silence import Proxy
from generation.testing.servers.stack import FINAL, MACHINE, PATIENCE, Stack, children, connected
from generation.testing.servers.yandex import Yandex, create_bucket

pytestmark = [
    pytest.mark.release(
        *("deploy/stack.py", "deploy/gunicorn.conf.py", "nginx/", "artgen/processes/"),
        *("artgen/redis/", "artgen/http/", "artgen/database/", "generation/files/"),
        *("generation/jobs/engine/", "generation/providers/"),
    ),
    pytest.mark.s3,
    pytest.mark.nginx,
    pytest.mark.xdist_group("stack_disturbances"),
    pytest.mark.limit(600),
]

SECONDS = 15
"""Far above what a request takes, and below what it took before silence was noticed: 15 to 180."""
MB = 1024  # kB
AT_ONCE = 4
MODEL = "flux-schnell"
JOB = {"model": MODEL, "prompt": "a lighthouse at dusk"}
HANGING = 24
UPLOADS = 8
THREADS = int(MACHINE["GUNICORN_WORKERS"]) * 4
PEOPLE = """
from django.core.management import call_command
from django.test import Client
from accounts.models import User
client = Client()
client.force_login(User.objects.get())
print("session", client.cookies["sessionid"].value)
call_command("create_user", "bob@example.org", password="lighthouse at dusk", credits=1000)
call_command("issue_token", "bob@example.org", name="test")
"""


class Site:
    """A stack whose PostgreSQL, Redis and bucket can become silent, and requests to it."""

    def __init__(self, opened: contextlib.ExitStack) -> None:
        query = parse_qs(urlsplit(os.environ["DATABASE_URL"]).query)
        redis_url, s3 = urlsplit(os.environ["REDIS_URL"]), urlsplit(os.environ["TEST_S3_URL"])
        yandex = opened.enter_context(Yandex(f"http://{s3.hostname}:{s3.port}", limited=True))
        self.postgresql = Proxy("127.0.0.1", int(query["port"][0]))
        self.redis = Proxy("127.0.0.1", redis_url.port or 6379)
        self.bucket = Proxy("127.0.0.1", yandex.port)
        for proxy in (self.postgresql, self.redis, self.bucket):
            opened.callback(proxy.close)
        self.bucket_url = f"http://127.0.0.1:{self.bucket.port}"
        # Requests to the bucket do not time out while the proxy holds them.
        self.stack = Stack(
            **MACHINE,
            S3_ENDPOINT_URL=self.bucket_url,
            S3_REGION="ru-central1",
            S3_READ_SECONDS=str(PATIENCE),
        )
        create_bucket(os.environ["TEST_S3_URL"], self.stack.name)
        own_redis = urlsplit(self.stack.environment["REDIS_URL"]).path
        self.stack.environment |= {
            "DATABASE_URL": f"postgres://postgres@127.0.0.1:{self.postgresql.port}/{self.stack.name}",
            "REDIS_URL": f"redis://127.0.0.1:{self.redis.port}{own_redis}",
        }
        opened.enter_context(self.stack)
        # First, because the workers wait for hanging downloads when they end.
        opened.callback(self.stack.emulator.stop)
        printed = self.stack.command("shell", "--command", PEOPLE).splitlines()
        session = next(line for line in printed if line.startswith("session "))
        self.cookies = {"sessionid": session.split()[1]}
        self.bob = {"Authorization": f"Bearer {printed[-1]}"}

    def page(self, path: str) -> int:
        address = f"{self.stack.url}{path}"
        answer = requests.get(address, cookies=self.cookies, timeout=SECONDS, allow_redirects=False)
        return answer.status_code

    def api(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.stack.token}"}
        address = f"{self.stack.url}/api/v1/{path}"
        return requests.request(method, address, headers=headers, timeout=SECONDS, **options)

    def socket(self) -> int | str:
        try:
            with self.stack.socket() as socket:
                return str(json.loads(socket.recv(timeout=PATIENCE))["type"])
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else "closed"
        except InvalidStatus as refused:  # nginx limits how often one client may connect
            return refused.response.status_code

    def place(self, prompt: str, **options: Any) -> dict[str, Any]:
        order = {"model": MODEL, "prompt": prompt}
        answer = self.stack.ask("post", "jobs/", json=order, **options)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def follow(self, job: dict[str, Any], **options: Any) -> str:
        """Return the final status of the job."""

        def status() -> str:
            return self.stack.ask("get", f"jobs/{job['id']}/", **options).json()["status"]

        return self.stack.until(lambda: (now := status()) in FINAL and now, "the job has ended")

    def let_store_connect(self) -> list[int]:
        """Draw until each process that stores images has connected to PostgreSQL."""
        peer = f":{self.postgresql.port:04X}"
        while True:
            processes = children(self.stack.pids()["store"])
            peers = [" ".join(connected(process)) for process in processes]
            if all(f"{each} ".count(f"{peer} ") for each in peers):
                return processes
            jobs = [self.place(f"a lighthouse {number}") for number in range(len(processes))]
            assert {self.follow(job) for job in jobs} == {"succeeded"}

    def upload(self, data: bytes) -> requests.Response:
        return self.stack.ask("post", "uploads/", files={"file": ("image.png", data)})


class Memory(threading.Thread):
    """Watches how much memory the processes take together, in kB."""

    def __init__(self, pids: list[int]) -> None:
        super().__init__(daemon=True)
        self.pids = pids
        self.peak = 0
        self.has_ended = threading.Event()

    def now(self) -> int:
        return sum(self.of(pid) for pid in self.pids)

    def of(self, pid: int) -> int:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))

    def run(self) -> None:
        while not self.has_ended.wait(0.01):
            self.peak = max(self.peak, self.now())


@pytest.fixture(scope="class")
def site() -> Iterator[Site]:
    with contextlib.ExitStack() as opened:
        yield Site(opened)


class TestServers:
    def test_it_starts_with_a_key_that_may_only_list_put_get_and_delete(self, site: Site) -> None:
        for words in (
            "WARNING: public access: could not be set (501 NotImplemented). Configure manually: ",
            "requests without a key: rejected",
        ):
            assert words in site.stack.log
        (image,) = site.stack.draw()["images"]
        for name in ("url", "thumbnail_url"):
            assert image[name].startswith(f"{site.bucket_url}/{site.stack.name}/"), image[name]
            bare = image[name].partition("?")[0]
            assert requests.get(bare, timeout=PATIENCE).status_code == 403
        data = requests.get(image["url"], timeout=PATIENCE).content
        assert hashlib.sha256(data).hexdigest() == image["sha256"]

    @pytest.mark.parametrize(
        ("size", "statuses", "most"), [((7000, 7000), {400}, 50), ((6000, 4000), {201, 503}, 300)]
    )
    def test_it_returns_the_memory_of_large_images_and_takes_none_for_bombs(
        self, site: Site, size: tuple[int, int], statuses: set[int], most: int
    ) -> None:
        for _ in range(8):  # what each process loads at its first upload
            site.upload(tiny_png(640, 480, 0))
        web = site.stack.pids()["web"]
        memory = Memory([web, *children(web)])
        idle, data = memory.now(), tiny_png(*size, 0)
        memory.start()
        with ThreadPoolExecutor(AT_ONCE) as crowd:
            answers = list(crowd.map(lambda _: site.upload(data), range(AT_ONCE)))
        memory.has_ended.set()
        memory.join()
        assert {answer.status_code for answer in answers} <= statuses
        assert min(statuses) in {answer.status_code for answer in answers}
        assert all("Retry-After" in one.headers for one in answers if one.status_code == 503)
        assert memory.peak - idle < most * MB
        assert memory.now() - idle < 50 * MB

    def test_it_answers_while_postgresql_is_silent_and_works_after_that(self, site: Site) -> None:
        begun = len(site.stack.log)
        storing = site.let_store_connect()
        site.postgresql.silent()
        try:
            paths = ("/create/", "/gallery/", "/explore/", "/readyz", "/", "/account/profile/")
            with ThreadPoolExecutor(len(paths)) as crowd:  # more than there are threads
                assert list(crowd.map(site.page, paths)) == [503] * len(paths)
            assert site.stack.answers("/healthz")
            assert site.api("post", "jobs/", json=JOB).status_code == 503
            assert site.socket() == 4503
        finally:
            site.postgresql.speaks()
        site.stack.until(lambda: site.page("/create/") == 200, "pages are served")
        site.stack.until(site.stack.opens_sockets, "sockets open")
        assert site.stack.draw()["status"] == "succeeded"
        assert site.let_store_connect() == storing
        assert "Traceback" not in site.stack.log[begun:]

    def test_it_places_jobs_while_redis_is_silent_and_draws_them_after_that(
        self, site: Site
    ) -> None:
        begun = len(site.stack.log)
        with site.stack.socket() as socket:
            assert json.loads(socket.recv(timeout=PATIENCE))["type"] == "snapshot"
            site.redis.silent()
            try:
                paths = ("/create/", "/gallery/", "/explore/", "/healthz")
                with ThreadPoolExecutor(len(paths)) as crowd:
                    assert list(crowd.map(site.page, paths)) == [200] * len(paths)
                placed = site.api("post", "jobs/", json=JOB)
                assert placed.status_code == 201, placed.text
                limited = site.api("post", "images/", json={"share": "a"})
                assert (limited.status_code, limited.json()["code"]) == (503, "unavailable")
            finally:
                site.redis.speaks()
            assert site.stack.follow(placed.json(), socket)["status"] == "succeeded"
        site.stack.until(site.stack.opens_sockets, "sockets open")
        assert site.stack.draw()["status"] == "succeeded"
        assert "Traceback" not in site.stack.log[begun:]

    def test_it_blocks_no_page_while_the_bucket_hangs(self, site: Site) -> None:
        image = io.BytesIO()
        Pillow.new("RGB", (64, 64), "teal").save(image, "PNG")
        site.bucket.hold()
        with ThreadPoolExecutor(UPLOADS) as crowd:
            try:
                uploads = [crowd.submit(site.upload, image.getvalue()) for _ in range(UPLOADS)]
                done = UPLOADS - THREADS // 2
                site.stack.until(
                    lambda: sum(each.done() for each in uploads) == done, "the others are refused"
                )
                site.stack.until(
                    lambda: site.bucket.held == THREADS // 2,
                    "half of the threads wait for the bucket",
                )
                refused = [each.result() for each in uploads if each.done()]
                pages = [
                    site.stack.ask("get", "jobs/"),
                    requests.get(f"{site.stack.url}/", timeout=PATIENCE),
                ]
                assert site.bucket.held == THREADS // 2, "they still wait"
            finally:
                site.bucket.release()
        assert [answer.status_code for answer in pages] == [200, 200]
        assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {
            (503, "unavailable")
        }
        assert all(int(answer.headers["Retry-After"]) for answer in refused)
        assert sorted(each.result().status_code for each in uploads) == [201] * 2 + [503] * done


class TestOnePerson:
    """In a stack of their own, because what hangs would disturb others."""

    def test_it_delays_nobody_else_for_one_persons_hanging_images(self, site: Site) -> None:
        def storing() -> set[str]:
            """Return alice's jobs whose images are being downloaded."""
            found = site.stack.ask("get", "jobs/?limit=100").json()["results"]
            return {job["id"] for job in found if job["status"] == "storing"}

        hanging = {site.place(f"[hang] lighthouse {number}")["id"] for number in range(HANGING)}
        site.stack.until(lambda: storing() >= hanging, "all wait for their images")

        for number in range(3):
            job = site.place(f"a lighthouse {number}", headers=site.bob)
            assert site.follow(job, headers=site.bob) == "succeeded"

        assert storing() >= hanging
        report = json.loads(site.stack.command_that_may_fail("doctor", "--json"))
        checks = {each["name"]: each for each in report["checks"]}
        assert checks["beat"]["ok"], checks["beat"]
