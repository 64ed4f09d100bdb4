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
OWN_CHECK = "SELECT % FROM ONLY % FOR KEY SHARE OF x"
"""PostgreSQL's check of a foreign key: SELECT 1, but SELECT $2 if the first connection that checks
after a reset has not done so before."""
FRONT = ("nginx", "web", "sockets")  # these answer requests; the others drive jobs
CONNECTING = {
    "info",
    "ping",
    "client",
    "hello",
    "auth",
    "select",
    "config",
    "subscribe",
    "unsubscribe",
    "psubscribe",
}
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
        # A role of its own, so that the statements of the benchmark are not counted.
        with psycopg.connect(self.database_url, autocommit=True) as database:
            if not database.execute("SELECT 1 FROM pg_roles WHERE rolname = 'bench'").fetchone():
                database.execute("CREATE ROLE bench SUPERUSER LOGIN")
        self.database = psycopg.connect(self.database_url, user="bench", autocommit=True)
        self.redis = redis.Redis.from_url(self.environment["REDIS_URL"])
        self.count_statements(False)
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

    def drivers(self) -> list[str]:
        return [name for name in self.running() if name not in FRONT]

    def stop_drivers(self) -> None:
        """Restart only the processes that answer requests."""
        self.end()
        self.processes = FRONT
        self.launch()
        self.get_ready()

    def statements(self) -> tuple[int, int]:
        """Return the number of SQL statements so far, without and with BEGIN, COMMIT etc.

        PostgreSQL's own checks of foreign keys, which it counts as statements, are not included.
        """
        row = self.database.execute(
            "SELECT coalesce(sum(calls) FILTER (WHERE query !~* '^(begin|commit|rollback|savepoint|"
            "release|set |reset|discard|deallocate)'), 0)::bigint, "
            "coalesce(sum(calls), 0)::bigint FROM pg_stat_statements "
            f"WHERE query NOT LIKE '{OWN_CHECK}' "
            "AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) "
            "AND userid <> current_user::regrole"
        ).fetchone()
        return (int(row[0]), int(row[1])) if row else (0, 0)

    def count_statements(self, on: bool) -> None:
        """Let PostgreSQL count statements from 0, or stop counting, which costs CPU."""
        self.sql("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        self.sql(f"ALTER SYSTEM SET pg_stat_statements.track = '{'top' if on else 'none'}'")
        self.sql("SELECT pg_reload_conf()")
        time.sleep(0.3)  # until every connection has seen it
        self.sql("SELECT pg_stat_statements_reset()")

    def redis_commands(self) -> int:
        """Return the number of Redis commands so far, those inside of scripts too."""
        return sum(
            stat["calls"]
            for name, stat in self.redis.info("commandstats").items()
            if name.removeprefix("cmdstat_").partition("|")[0] not in CONNECTING
        )
