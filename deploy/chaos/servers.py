"""PostgreSQL, Redis and an S3 server that can be killed and started again with their data."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deploy.bench.processes import tree
from generation.testing import services

PATIENCE = 60
# A commit must survive `kill -9` of PostgreSQL; only the machine does not fail, so no fsync.
POSTGRES = {"synchronous_commit": "on", "autovacuum": "on"}


class KillableServer:
    """One server, as a process that answers on a port of the loopback address."""

    def __init__(self, name: str, prepared: tuple[list[str], int, str], log: Path) -> None:
        self.name = name
        command, self.port, self.url = prepared
        # A fault starts it again from a thread, whose end counts as that of the parent.
        self.command = [word for word in command if not word.startswith("--pdeathsig")]
        self.log = log
        self.lock = threading.Lock()  # held while a fault has stopped it
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            with self.log.open("ab") as output:
                self.process = subprocess.Popen(
                    self.command,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                )
            while self.process.poll() is None and time.monotonic() < limit:
                if services.answers(self.port):
                    return
                time.sleep(0.05)
            time.sleep(0.5)  # what it has left behind may still be in the way
        raise RuntimeError(f"{self.name} does not start: {self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        """Kill it with all its children, as `kill -9` does."""
        if self.process is not None:
            for pid in tree(self.process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait(PATIENCE)

    def stop(self) -> None:
        """Stop it as an operator does; it ends its connections."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
            self.kill()


@contextmanager
def running(folder: Path) -> Iterator[dict[str, KillableServer]]:
    """Run the three servers until the block ends: `PostgreSQL`, `Redis` and `S3`."""
    services.POSTGRES_SETTINGS |= POSTGRES
    prepared = {
        "PostgreSQL": services.prepare_postgres(folder),
        "Redis": services.prepare_redis(),
        "S3": services.prepare_s3(folder),
    }
    servers = {
        name: KillableServer(name, parts, folder / f"{name}.log")
        for name, parts in prepared.items()
    }
    try:
        for server in servers.values():
            server.start()
        yield servers
    finally:
        for server in servers.values():
            server.kill()
