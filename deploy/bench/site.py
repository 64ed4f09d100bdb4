"""The site that is measured: the production processes of `make stack`, and accounts."""

import json
import time
from collections.abc import Callable
from typing import Any, Self

import psycopg
import redis

from deploy.bench import history as older
from deploy.bench.emulator import EmulatorProcess
from deploy.bench.processes import cpu_seconds, parent, tree
from deploy.bench.result import CannotMeasure
from generation.testing.servers.stack import Stack

MODEL = "flux-schnell"
MAX_IN_FLIGHT = 4000
FRONT = ("nginx", "web", "sockets")  # these answer requests; the others drive jobs
OPTIONS = {
    "NGINX_ACCESS_LOG": "off",
    "LOG_LEVEL": "WARNING",
    # Without the limits that keep one person or address from taking everything.
    "NGINX_ADDRESS_SOCKETS": "10000",
    "MAX_JOBS_PER_DAY": "0",
    "MAX_CANCELS_PER_DAY": "0",
}


def new_accounts(stack: Stack, count: int, *, images: int = 0) -> list[dict[str, str]]:
    program = (
        "import json; from deploy.loadtest import accounts; "
        f"print(json.dumps(accounts.make({count}, images={images})))"
    )
    return list(json.loads(stack.command("shell", "--verbosity=0", "--command", program)))


class BenchSite(Stack):
    """A stack with an emulator process, accounts, and measurements of its costs.

    It begins with `history` finished jobs.
    """

    def __init__(
        self, *, seconds: float = 1.0, painter: str = "tiny", history: int = 0, **environment: str
    ) -> None:
        super().__init__(**OPTIONS, **environment)
        if history:
            self.template = f"TEMPLATE {older.database(history)} STRATEGY file_copy"
        self.emulator = EmulatorProcess(seconds=seconds, painter=painter)
        self.accounts: list[dict[str, str]] = []

    def __enter__(self) -> Self:
        super().__enter__()
        try:
            self._look_in()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _look_in(self) -> None:
        self.command("set_model", MODEL, f"max_in_flight={MAX_IN_FLIGHT}")
        self.database = psycopg.connect(self.database_url, autocommit=True)
        self.redis = redis.Redis.from_url(self.environment["REDIS_URL"])
        self.postmaster = parent(int(self.sql("SELECT pg_backend_pid()")))

    def __exit__(self, *error: object) -> None:
        for name in ("database", "redis"):
            if client := getattr(self, name, None):
                client.close()
        super().__exit__(*error)

    def get_ready(self) -> None:
        """Wait until pages answer, sockets open and a job has succeeded."""
        self.until(lambda: self.answers("/readyz"), "web answers")
        self.until(self.opens_sockets, "sockets open")
        if "drive" not in self.processes:
            return
        job = self.draw()
        if job["status"] != "succeeded":
            raise CannotMeasure(f"the first job ended as {job['status']}: {job['error']}")

    def people(self, count: int, *, images: int = 0) -> list[dict[str, str]]:
        accounts = new_accounts(self, count, images=images)
        self.accounts += accounts
        return accounts

    def sql(self, statement: str, values: Any = None) -> Any:
        """Run one statement and return the first column of its first row, None without rows."""
        cursor = self.database.execute(statement, values)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None

    def wait(
        self, done: Callable[[], Any], *, what: str, seconds: float, every: float = 0.1
    ) -> Any:
        """Return the first true result of `done`; raise CannotMeasure after these seconds."""
        limit = time.monotonic() + seconds
        while not (result := done()):
            if time.monotonic() > limit:
                raise CannotMeasure(f"{what}: not within {seconds:g} s")
            time.sleep(every)
        return result

    # --- costs ------------------------------------------------------------------------------------
    def cpu(self) -> dict[str, float]:
        """Return the CPU seconds so far of each process, of PostgreSQL and of Redis."""
        used = {name: cpu_seconds(tree(pid)) for name, pid in self.running().items()}
        used["PostgreSQL"] = cpu_seconds(tree(self.postmaster))
        used["Redis"] = cpu_seconds([int(self.redis.info("server")["process_id"])])
        return used

    def running(self) -> dict[str, int]:
        return {name: pid for name, pid in self.pids().items() if pid}

    def stop_drivers(self) -> None:
        """Restart only the processes that answer requests."""
        self.end()
        self.processes = FRONT
        self.launch()
        self.get_ready()
