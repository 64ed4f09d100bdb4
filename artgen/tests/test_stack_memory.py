"""Images of many pixels in real web processes: what memory they take, and that it is returned."""

import concurrent.futures
import threading
import time
from pathlib import Path

import pytest
import requests

from artgen.testing.stack import PATIENCE, Stack, children
from generation.demo.emulator.painting import tiny_png

pytestmark = [
    pytest.mark.s3,
    pytest.mark.nginx,
    pytest.mark.xdist_group("stack_memory"),
]

MB = 1024  # kB
AT_ONCE = 4


class Memory(threading.Thread):
    """Watches how much memory the processes take together, in kB."""

    def __init__(self, pids):
        super().__init__(daemon=True)
        self.pids = pids
        self.peak = 0
        self.has_ended = threading.Event()

    def now(self):
        return sum(self.of(pid) for pid in self.pids)

    def of(self, pid):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))

    def run(self):
        while not self.has_ended.wait(0.01):
            self.peak = max(self.peak, self.now())

    def end(self):
        self.has_ended.set()
        self.join()


@pytest.fixture(scope="module")
def stack():
    with Stack(GUNICORN_WORKERS="2", processes=("nginx", "web", "sockets")) as started:
        for _ in range(8):  # what each process loads at its first upload
            upload(started, tiny_png(640, 480, 0))
        yield started


def upload(stack, data):
    headers = {"Authorization": f"Bearer {stack.token}"}
    files = {"file": ("image.png", data)}
    return requests.post(
        f"{stack.url}/api/v1/uploads/", headers=headers, files=files, timeout=PATIENCE
    )


def upload_at_once(stack, data):
    """Return the responses, and the memory above idle in kB: at its peak and afterwards."""
    web = stack.pids()["web"]
    memory = Memory([web, *children(web)])
    idle = memory.now()
    memory.start()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        sent = [pool.submit(upload, stack, data) for _ in range(AT_ONCE)]
        while not all(one.done() for one in sent):  # others are served meanwhile
            page = requests.get(f"{stack.url}/accounts/login/", timeout=PATIENCE)
            assert page.status_code == 200
            time.sleep(0.1)  # nginx allows 20 requests a second
    memory.end()
    return [one.result() for one in sent], memory.peak - idle, memory.now() - idle


def test_it_takes_no_memory_to_refuse_a_bomb(stack):
    responses, peak, _after = upload_at_once(stack, tiny_png(7000, 7000, 0))
    assert {response.status_code for response in responses} == {400}
    fields = {response.json()["errors"][0]["code"] for response in responses}
    assert fields == {"too_many_pixels"}
    assert peak < 50 * MB, f"{peak / MB:.0f} MB"


def test_it_returns_the_memory_of_the_largest_images(stack):
    responses, peak, after = upload_at_once(stack, tiny_png(6000, 4000, 0))
    statuses = [response.status_code for response in responses]
    assert 201 in statuses
    assert set(statuses) <= {201, 503}
    assert all("Retry-After" in one.headers for one in responses if one.status_code == 503)
    assert peak < 300 * MB, f"{peak / MB:.0f} MB"
    assert after < 50 * MB, f"{after / MB:.0f} MB"
