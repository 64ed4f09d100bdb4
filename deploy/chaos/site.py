"""The site: two machines, the second with a wrong clock, and the emulator.

Two models have a second endpoint, at WaveSpeed and at an image server; these and the bucket are
behind proxies.
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import requests
from psycopg.rows import dict_row

from artgen.database.connection_budget import LANES
from deploy.bench.emulator import EmulatorProcess
from deploy.bench.processes import tree
from deploy.bench.site import new_accounts
from deploy.chaos import further_endpoints
from deploy.chaos.form import Form
from deploy.chaos.proxy import Proxy
from deploy.chaos.servers import KillableServer
from generation.testing.servers.stack import MACHINE, Stack
from generation.testing.servers.webhook_receiver import Receiver, listening

MODELS = {
    "flux-schnell": {"width": 256, "height": 256},  # JPEG by address
    "qwen-image": {},  # PNG by address
    "z-image-turbo": {},  # a list of one image
    "sdxl-turbo": {},  # the image is in the reply, which is then read a second time
}
EDITOR = "flux-kontext"  # PNG by address, of a source image
MAX_IN_FLIGHT = 30
FURTHER = (further_endpoints.WAVESPEED, further_endpoints.IMAGE_SERVER)
AT_FURTHER = 2  # jobs at each of these, so that RunPod gets some of the same model
FAKETIME = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
"""Of Debian's package libfaketime: it changes what a program reads as the time."""


class Machine(Stack):
    """The processes of one machine: `kill_all` is its loss, `revive` its next start."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.lock = threading.Lock()  # held while a fault has stopped it

    def get_ready(self) -> None:
        """Wait until pages answer and the workers have started, as far as they run here."""
        if "nginx" in self.processes:
            super().get_ready()

    def kill_all(self) -> None:
        """Kill all processes at once, and the one that would start them again before."""
        for pid in tree(self.process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def revive(self) -> None:
        """Start the machine again; its release step may need several tries."""
        while True:
            try:
                self.launch()
            except AssertionError:  # such as the release step without PostgreSQL
                with suppress(OSError):
                    self.kill_all()
                time.sleep(0.5)
            else:
                return

    def pid(self, name: str) -> int:
        """Return the process id of one of its processes, 0 while it is not running."""
        with suppress(OSError, ValueError):
            return self.pids().get(name, 0)
        return 0


class ChaosSite:
    """Everything that runs, between `running` and the end of its block."""

    def __init__(self, form: Form, *, seed: int, servers: dict[str, KillableServer]) -> None:
        self.form, self.seed, self.servers = form, seed, servers
        os.environ["DATABASE_URL"] = servers["PostgreSQL"].url
        os.environ["REDIS_URL"] = servers["Redis"].url
        os.environ["TEST_S3_URL"] = servers["S3"].url
        self.emulator = EmulatorProcess(
            form.gpu, "--slow-seconds=5", "--late-seconds=30", f"--seed={seed}", workers=100
        )
        self.proxies = {
            "S3": Proxy(servers["S3"].port, seed=seed, slow_seconds=5),
            "WaveSpeed": Proxy(self.emulator.port, seed=seed, slow_seconds=5),
            "the image server": Proxy(self.emulator.port, seed=seed, slow_seconds=5),
        }
        options = MACHINE | form.environment | {"GUNICORN_WORKERS": "2"}
        options["S3_ENDPOINT_URL"] = self.proxies["S3"].address
        options |= further_endpoints.wavespeed_settings(self.proxies["WaveSpeed"].address)
        options |= further_endpoints.image_server_settings(self.proxies["the image server"].address)
        self.listening = listening()
        self.receiver: Receiver = self.listening.__enter__()
        self.receiver.fails_first = True
        options["WEBHOOK_HOSTS"] = self.receiver.host
        self.first = Machine(**options)
        self.first.emulator = self.emulator
        self.skew = form.skew if seed % 2 else -form.skew
        self.options = options
        self.second: Machine

    def start(self, stack: ExitStack) -> None:
        """Start all of it; `stack` ends it."""
        for proxy in self.proxies.values():
            stack.callback(proxy.close)
        stack.push(self.listening)
        stack.enter_context(self.first)
        self.accounts = self._prepare()
        self.second = Machine(beside=self.first, processes=LANES, **self.options, **self.clock())
        stack.enter_context(self.second)

    def clock(self) -> dict[str, str]:
        """Return the environment of a machine whose clock is off by `skew` seconds."""
        if not FAKETIME:
            sys.exit("A clock cannot be changed: Debian's package libfaketime is not installed.")
        return {
            "LD_PRELOAD": str(FAKETIME[0]),
            "FAKETIME": f"{self.skew:+d}",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def _prepare(self) -> list[dict[str, str]]:
        """Put the models on offer, create the users and return their accounts."""
        values = (f"max_in_flight={MAX_IN_FLIGHT}", "enabled=true")
        calls = "\n".join(
            f"call_command('set_model', {slug!r}, *{values!r})" for slug in (*MODELS, EDITOR)
        )
        program = f"from django.core.management import call_command\n{calls}"
        self.first.command("shell", "--command", program)
        for endpoint in FURTHER:
            endpoint.add(self.first, max_in_flight=AT_FURTHER)
        accounts = new_accounts(self.first, self.form.users)
        self.secrets = self._add_webhooks([account["email"] for account in accounts])
        return accounts

    def _add_webhooks(self, emails: list[str]) -> list[str]:
        """Give each user a webhook for ended jobs, and return their secrets."""
        program = (
            "import json; from accounts.models import User\n"
            "from accounts.webhooks import addresses\n"
            "print(json.dumps([addresses.add(user=User.objects.get(email=email), "
            "topics=['jobs', 'batches'], credits_below=1, "
            f"url={self.receiver.url('/')!r} + str(number))[1] "
            f"for number, email in enumerate({emails!r})]))"
        )
        secrets: list[str] = json.loads(
            self.first.command("shell", "--verbosity=0", "--command", program)
        )
        return secrets

    def ask_emulator(self, method: str, path: str, document: Any = None) -> Any:
        reply = requests.request(
            method,
            f"http://{self.emulator.image_host}/emulator/{path}",
            json=document,
            headers={"Authorization": "Bearer test"},
            timeout=30,
        )
        reply.raise_for_status()
        return reply.json()

    def runpod_faults(self) -> set[tuple[str, str]]:
        """Return the faults that have happened at the emulator: call and fault."""
        faults_by_call = self.ask_emulator("GET", "record")["faults"]
        return {(call, fault) for call, faults in faults_by_call.items() for fault in faults}

    def rows(self, statement: str) -> list[dict[str, Any]]:
        with psycopg.connect(self.first.database_url, row_factory=dict_row) as database:
            return list(database.execute(statement))

    def wait_until_idle(self, *, seconds: float) -> None:
        """Wait until every job has ended, nothing must be stopped and all webhooks are sent, at
        most these seconds.
        """
        began = time.monotonic()
        unfinished = (
            "SELECT (SELECT count(*) FROM generation_job WHERE due_at IS NOT NULL OR stop_pending)"
            " + (SELECT count(*) FROM accounts_webhookmessage WHERE due_at IS NOT NULL) AS count"
        )
        while time.monotonic() - began < seconds:
            if not self.rows(unfinished)[0]["count"]:
                return
            time.sleep(0.5)

    @property
    def machines(self) -> Sequence[Machine]:
        return self.first, self.second


@contextmanager
def running(form: Form, *, seed: int, servers: dict[str, KillableServer]) -> Iterator[ChaosSite]:
    with ExitStack() as stack:
        site = ChaosSite(form, seed=seed, servers=servers)
        site.start(stack)
        yield site
