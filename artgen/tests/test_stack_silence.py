"""PostgreSQL or Redis that accepts connections and answers nothing, under production processes.

`python -m artgen.tests.test_stack_silence postgresql|redis|both SECONDS` prints how long requests
take before, during and after it.
"""

import json
import os
import sys
import time
import unittest
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from websockets.exceptions import ConnectionClosed, InvalidStatus

from artgen.testing.silence import Proxy
from artgen.testing.stack import FINAL, MACHINE, PATIENCE, Stack

pytestmark = [
    pytest.mark.s3,
    pytest.mark.nginx,
    pytest.mark.xdist_group("stack_silence"),
]

SECONDS = 15
"""Far above what a request takes, and below what it took before silence was noticed: 15 to 180."""
SIGN_IN = """
from django.test import Client
from accounts.models import User
client = Client()
client.force_login(User.objects.get())
print(client.cookies["sessionid"].value)
"""
JOB = {"model": "flux-schnell", "prompt": "a lighthouse at dusk"}


class Site:
    """A stack whose PostgreSQL and Redis can become silent, and requests of alice to it."""

    def __init__(self, postgresql: Proxy, redis: Proxy, stack: Stack) -> None:
        self.postgresql, self.redis, self.stack = postgresql, redis, stack
        session = stack.command("shell", "--command", SIGN_IN).splitlines()[-1]
        self.cookies = {"sessionid": session}

    def page(self, path: str, *, seconds: float = SECONDS) -> int:
        address = f"{self.stack.url}{path}"
        answer = requests.get(address, cookies=self.cookies, timeout=seconds, allow_redirects=False)
        return answer.status_code

    def api(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.stack.token}"}
        address = f"{self.stack.url}/api/v1/{path}"
        return requests.request(method, address, headers=headers, **{"timeout": SECONDS} | options)

    def socket(self) -> int | str:
        try:
            with self.stack.socket() as socket:
                return str(json.loads(socket.recv(timeout=PATIENCE))["type"])
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else "closed"
        except InvalidStatus as refused:  # nginx limits how often one client may connect
            return refused.response.status_code


@contextmanager
def site() -> Iterator[Site]:
    query = parse_qs(urlsplit(os.environ["DATABASE_URL"]).query)
    redis_url = urlsplit(os.environ["REDIS_URL"])
    postgresql, redis = (
        Proxy("127.0.0.1", int(query["port"][0])),
        Proxy("127.0.0.1", redis_url.port),
    )
    stack = Stack(**MACHINE)
    stack.environment |= {
        "DATABASE_URL": f"postgres://postgres@127.0.0.1:{postgresql.port}/{stack.name}",
        "REDIS_URL": f"redis://127.0.0.1:{redis.port}{urlsplit(stack.environment['REDIS_URL']).path}",
    }
    try:
        with stack:
            yield Site(postgresql, redis, stack)
    finally:
        postgresql.close()
        redis.close()


class TestSilence(unittest.TestCase):
    site: Site

    @classmethod
    def setUpClass(cls) -> None:
        cls.site = cls.enterClassContext(site())

    def test_it_answers_while_postgresql_is_silent_and_works_after_that(self) -> None:
        self.site.postgresql.silent()
        self.addCleanup(self.site.postgresql.speaks)
        paths = ("/create/", "/gallery/", "/explore/", "/readyz", "/", "/account/profile/")
        with ThreadPoolExecutor(len(paths)) as crowd:  # more than there are threads
            assert list(crowd.map(self.site.page, paths)) == [503] * len(paths)
        assert self.site.stack.answers("/healthz")
        assert self.site.api("post", "jobs/", json=JOB).status_code == 503
        assert self.site.socket() == 4503
        self.site.postgresql.speaks()
        self.site.stack.until(lambda: self.site.page("/create/") == 200, "pages are served")
        self.site.stack.until(self.site.stack.opens_sockets, "sockets open")
        assert self.site.stack.draw()["status"] == "succeeded"
        assert "Traceback" not in self.site.stack.log

    def test_it_places_jobs_while_redis_is_silent_and_draws_them_after_that(self) -> None:
        socket = self.enterContext(self.site.stack.socket())
        assert json.loads(socket.recv(timeout=PATIENCE))["type"] == "snapshot"
        self.site.redis.silent()
        self.addCleanup(self.site.redis.speaks)
        paths = ("/create/", "/gallery/", "/explore/", "/healthz")
        with ThreadPoolExecutor(len(paths)) as crowd:
            assert list(crowd.map(self.site.page, paths)) == [200] * len(paths)
        placed = self.site.api("post", "jobs/", json=JOB)
        assert placed.status_code == 201, placed.text
        limited = self.site.api("post", "images/", json={"share": "a"})
        assert (limited.status_code, limited.json()["code"]) == (503, "unavailable")
        self.site.redis.speaks()
        assert self.site.stack.follow(placed.json(), socket)["status"] == "succeeded"
        self.site.stack.until(self.site.stack.opens_sockets, "sockets open")
        assert self.site.stack.draw()["status"] == "succeeded"
        assert "Traceback" not in self.site.stack.log


def measure(what: str, seconds: float) -> None:
    """Print the times of each kind of request, and when each works again."""
    with site() as here:
        kinds: dict[str, Callable[[], Any]] = {
            path: partial(here.page, path, seconds=PATIENCE)
            for path in ("/healthz", "/readyz", "/explore/", "/create/", "/gallery/")
        }
        kinds["GET jobs"] = lambda: here.api("get", "jobs/", timeout=PATIENCE).status_code
        kinds["POST jobs"] = lambda: (
            here.api("post", "jobs/", json=JOB, timeout=PATIENCE).status_code
        )
        kinds["socket"] = here.socket

        def timed(ask: Callable[[], Any]) -> tuple[float, Any]:
            start = time.monotonic()
            answer = ask()
            return time.monotonic() - start, answer

        def final() -> int:
            found = here.api("get", "jobs/?limit=100", timeout=PATIENCE).json().get("results", ())
            return sum(job["status"] in FINAL for job in found)

        for ask in kinds.values():
            ask()
        before = {kind: timed(ask) for kind, ask in kinds.items()}
        while (ended_before := final()) < 2:
            time.sleep(0.1)
        proxies = {"postgresql": [here.postgresql], "redis": [here.redis]}
        start = time.monotonic()
        for proxy in proxies.get(what, [here.postgresql, here.redis]):
            proxy.silent()

        def repeat(ask: Callable[[], Any]) -> list[tuple[float, Any]]:
            times = []
            while time.monotonic() < start + seconds:
                times.append(timed(ask))
                time.sleep(0.2)
            return times

        def again(kind: str) -> float:
            while (answer := kinds[kind]()) != before[kind][1]:
                assert time.monotonic() < spoken + PATIENCE, (kind, answer)
                time.sleep(0.05)
            return time.monotonic() - spoken

        def first_end() -> float:
            while final() <= ended_before:
                time.sleep(0.1)
            return time.monotonic() - spoken

        with ThreadPoolExecutor(len(kinds) + 1) as crowd:
            during = {kind: crowd.submit(repeat, ask) for kind, ask in kinds.items()}
            time.sleep(seconds)
            here.postgresql.speaks()
            here.redis.speaks()
            spoken = time.monotonic()
            back = {kind: crowd.submit(again, kind) for kind in kinds}
            ended = crowd.submit(first_end)
        say = partial(print, flush=True)
        say(f"{what} silent for {seconds:.0f} s; seconds of a request")
        for kind in kinds:
            times = during[kind].result()
            answers = sorted({str(answer) for _, answer in times})
            say(
                f"{kind:10} before {before[kind][0]:5.2f}  first {times[0][0]:5.2f}"
                f"  then at most {max((each for each, _ in times[1:]), default=0):5.2f}"
                f"  {' '.join(answers):12} n={len(times):4}  back after {back[kind].result():5.2f}"
            )
        say(f"the next job ended {ended.result():.1f} s after the silence")


if __name__ == "__main__":
    measure(sys.argv[1], float(sys.argv[2]))
