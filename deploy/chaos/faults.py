"""Make the planned faults happen, each in its time, and count them."""

import os
import random
import signal
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

import redis
import requests

from deploy.chaos import proxy
from deploy.chaos.plan import PROCESSES, PlannedFault
from deploy.chaos.site import ChaosSite
from generation.testing.servers.stack import children

STATES = {
    "refuses connections": proxy.CLOSED,
    "is slow": proxy.SLOW,
    "answers errors": proxy.ERROR,
}
PATIENCE = 120.0  # seconds until a process to kill is running


class Disturber:
    """Carries out the steps of a plan; `done` counts what has happened."""

    def __init__(self, site: ChaosSite, steps: Sequence[PlannedFault], *, seed: int) -> None:
        self.site, self.steps = site, steps
        self.done: Counter[str] = Counter()
        self.problems: list[str] = []
        self._chance = random.Random(seed)
        self._proxy_locks = {name: threading.Lock() for name in site.proxies}
        self._threads: list[threading.Thread] = []
        self._kinds: dict[str, Callable[[PlannedFault], None]] = {
            **{f"kill {name}": self._kill for name in PROCESSES},
            "lose a machine, whose clock jumps": self._clock,
            "lose both machines": self._lose,
            "kill PostgreSQL": self._down,
            "restart PostgreSQL": self._restart,
            "kill Redis": self._down,
            "empty Redis": self._empty,
            "kill S3": self._down,
            **{
                f"{server} {what}": partial(self._treat, server, state)
                for server in site.proxies
                for what, state in STATES.items()
            },
            "RunPod refuses the key": self._key,
        }

    def run(self) -> None:
        """Carry out all steps, and return when the last one is over and everything runs again."""
        began = time.monotonic()
        for step in self.steps:
            time.sleep(max(0.0, began + step.at - time.monotonic()))
            if step.call:
                self._plan(step)
                continue
            thread = threading.Thread(target=self._do, args=(step,), name=step.what, daemon=True)
            thread.start()
            self._threads.append(thread)
        for thread in self._threads:
            thread.join()

    def _do(self, step: PlannedFault) -> None:
        try:
            self._kinds[step.what](step)
        except Exception:  # noqa: BLE001  the others go on, the run is reported as incomplete
            self.problems.append(f"{step.what}: {traceback.format_exc()}")
        else:
            self.done[step.what] += 1

    def _plan(self, step: PlannedFault) -> None:
        with suppress(requests.RequestException):
            fault = {"call": step.call, "fault": step.what, "endpoint": step.endpoint}
            self.site.ask_emulator("POST", "faults", fault)

    # --- processes --------------------------------------------------------------------------------
    def _kill(self, step: PlannedFault) -> None:
        name = step.what.removeprefix("kill ")
        limit = time.monotonic() + PATIENCE
        while not (pid := self._find(name)):
            if time.monotonic() > limit:
                raise RuntimeError("it does not run")
            time.sleep(0.1)
        os.kill(pid, signal.SIGKILL)

    def _find(self, name: str) -> int:
        process, _, child = name.partition(" ")
        first, second = self.site.machines
        has_both = process in second.processes
        pid = (self._chance.choice((first, second)) if has_both else first).pid(process)
        if not child or not pid:
            return pid
        with suppress(OSError):
            return self._chance.choice(children(pid) or [0])
        return 0

    def _lose(self, step: PlannedFault) -> None:
        """Kill all processes of both machines at the same time; start them again later."""
        first, second = self.site.machines
        with first.lock, second.lock:
            first.kill_all()
            second.kill_all()
            time.sleep(step.seconds)
            other = threading.Thread(target=second.revive, name="second machine", daemon=True)
            other.start()
            first.revive()
            other.join()

    def _clock(self, step: PlannedFault) -> None:
        """Lose the second machine; its clock is off in the other direction when it starts again."""
        machine = self.site.second
        with machine.lock:
            machine.kill_all()
            time.sleep(step.seconds)
            self.site.skew = -self.site.skew
            machine.change(**self.site.options, **self.site.clock())
            machine.revive()

    # --- servers ----------------------------------------------------------------------------------
    def _down(self, step: PlannedFault) -> None:
        server = self.site.servers[step.what.removeprefix("kill ")]
        with server.lock:
            server.kill()
            time.sleep(step.seconds)
            server.start()

    def _restart(self, step: PlannedFault) -> None:
        server = self.site.servers["PostgreSQL"]
        with server.lock:
            server.stop()
            server.start()

    def _empty(self, step: PlannedFault) -> None:
        server = self.site.servers["Redis"]
        with server.lock, redis.Redis.from_url(server.url) as client:
            client.flushall()

    def _treat(self, server: str, state: str, step: PlannedFault) -> None:
        with self._proxy_locks[server]:
            self.site.proxies[server].treat(state)
            time.sleep(step.seconds)
            self.site.proxies[server].treat(proxy.OPEN)

    def _key(self, step: PlannedFault) -> None:
        """Refuse the key for a while, as after a rotation."""
        self.site.ask_emulator("POST", "key", {"api_key": "another"})
        time.sleep(step.seconds)
        self.site.ask_emulator("POST", "key", {"api_key": "test"})
