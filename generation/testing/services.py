"""Run a command with temporary PostgreSQL, Redis and S3 servers.

    python -m generation.testing.services -- COMMAND…

Their programs come from wheels, except those of an installed PostgreSQL. A DATABASE_URL, REDIS_URL or TEST_S3_URL of the environment is
used instead.
"""

import contextlib
import errno
import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from deploy import servers
from generation.testing import template

PROGRAMS = servers.postgres_programs(own=True)
# Kept between runs: to make and migrate a PostgreSQL takes eight seconds of a processor.
KEPT = Path(__file__).parents[2] / ".cache" / "postgres-for-tests"
POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "200",
    "random_page_cost": "1.1",  # as in docker-compose.yml: plans depend on it
    "shared_buffers": "128MB",
    "logging_collector": "off",
}


def main(command: list[str]) -> int:
    """Run the command with the servers and return its exit status."""
    environment = os.environ
    # The tests start dozens of processes; with this each would compile all modules.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with contextlib.ExitStack() as stack:
        folder = Path(
            stack.enter_context(
                tempfile.TemporaryDirectory(prefix="artgen-test-", ignore_cleanup_errors=True)
            )
        )
        folder.chmod(0o755)
        environment.setdefault("DATA_DIR", str(folder / "data"))
        environment.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
        for name, start in (("DATABASE_URL", postgres), ("REDIS_URL", redis), ("TEST_S3_URL", s3)):
            if name not in environment:
                environment[name] = stack.enter_context(start(folder))
            print(f"{name}: {environment[name]}", flush=True)
        # pg_dump must not be older than the server.
        environment["PATH"] = f"{PROGRAMS}:{environment['PATH']}"
        return subprocess.run(command, env=environment, check=False).returncode


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Yield the address of the socket of a new PostgreSQL, which has the migrated template."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = KEPT / template.digest(servers.postgres_version(PROGRAMS))
        if not kept.exists():
            keep_cluster(kept, folder)
        copy(kept if kept.exists() else folder / "first" / "postgres", folder / "postgres")
    with _postgres_running(folder / "postgres", stop=signal.SIGQUIT) as url:
        yield url


def keep_cluster(kept: Path, folder: Path) -> None:
    """Make a PostgreSQL with the template, and keep its folder in the place of those before."""
    first = folder / "first" / "postgres"
    first.parent.mkdir()
    servers.create_cluster(PROGRAMS, first)
    try:
        with _postgres_running(first, stop=signal.SIGINT) as url:
            template.migrated_database(url)
    except RuntimeError:
        return  # the first test does it again and says why it fails
    for other in KEPT.glob("*/"):
        shutil.rmtree(other)
    copy(first, kept.with_suffix(".new"))
    kept.with_suffix(".new").rename(kept)


def copy(source: Path, target: Path) -> None:
    """Copy a folder with the owners of its files."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def prepare_postgres(folder: Path) -> tuple[list[str], int, str]:
    """Return the command, port and address of a new PostgreSQL."""
    servers.create_cluster(PROGRAMS, folder / "postgres")
    return _postgres(folder / "postgres")


def _postgres(data: Path) -> tuple[list[str], int, str]:
    port = free_port()
    command = servers.postgres(PROGRAMS, data, port=port, settings=POSTGRES_SETTINGS)
    return command, port, servers.postgres_url(data, port=port)


@contextlib.contextmanager
def _postgres_running(data: Path, *, stop: signal.Signals) -> Iterator[str]:
    """Yield the address of a PostgreSQL that takes connections: it listens before it does."""
    command, port, url = _postgres(data)
    is_ready = partial(servers.answers, PROGRAMS, data, port=port)
    log = data.with_suffix(".log")
    with running(command, port=port, log=log, stop=stop, is_ready=is_ready):
        yield url


@contextlib.contextmanager
def redis(folder: Path) -> Iterator[str]:
    """Yield the address of a new Valkey."""
    server, port, url = prepare_redis()
    with running(server, port=port, log=folder / "redis.log", stop=signal.SIGKILL):
        yield url


def prepare_redis() -> tuple[list[str], int, str]:
    """Return the command, port and address of a new Valkey."""
    port = free_port()
    options = ("--port", str(port), "--bind", "127.0.0.1", "--databases", "64")
    return servers.valkey(*options), port, f"redis://127.0.0.1:{port}/0"


@contextlib.contextmanager
def s3(folder: Path) -> Iterator[str]:
    """Yield the address of a new S3 server (SeaweedFS) with the key "key" and secret "secret"."""
    server, port, url = prepare_s3(folder)
    with running(server, port=port, log=folder / "s3.log", stop=signal.SIGKILL, seconds=30):
        yield url


def prepare_s3(folder: Path) -> tuple[list[str], int, str]:
    """Return the command, port and address of a new S3 server."""
    program = str(Path(sys.executable).parent / "weed")
    data, port = folder / "s3", free_port()
    data.mkdir()
    identities = data / "identities.json"
    identities.write_text(
        '{"identities":[{"name":"artgen","credentials":[{"accessKey":"key","secretKey":"secret"}],'
        '"actions":["Admin","Read","Write","List","Tagging"]}]}'
    )
    server = [
        program,
        f"-logdir={data}",
        "mini",
        f"-dir={data}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
    ]
    server += [f"-s3.port={port}", f"-s3.config={identities}", "-webdav=false", "-admin.ui=false"]
    server += [f"-{name}.port={free_port()}" for name in ("master", "volume", "filer", "admin")]
    server += [
        "-volume.max=100000",
        "-master.telemetry=false",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
    ]
    return server, port, f"http://key:secret@127.0.0.1:{port}"


@contextlib.contextmanager
def running(
    command: list[str],
    *,
    port: int,
    log: Path,
    stop: signal.Signals,
    seconds: float = 20,
    is_ready: Callable[[], bool] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends; the block begins when it is ready, or its port answers."""
    is_ready = is_ready or partial(answers, port)
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
        )
    try:
        until = time.monotonic() + seconds
        while not is_ready():
            if server.poll() is not None or time.monotonic() > until:
                raise RuntimeError(
                    f"{command[0]} did not start: {log.read_text(errors='replace')[-2000:]}"
                )
            time.sleep(0.02)
        yield server
    finally:
        server.send_signal(stop)
        server.wait()


def answers(port: int) -> bool:
    """Return whether a server listens on this port of the loopback address."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """Return a free port of the loopback address, which no other process is given meanwhile.

    A server takes some time to listen, and a test may need a port on which nobody listens. So each
    port is reserved until this process ends, by the name of a Unix socket, which one process of
    the machine can have; other workers of pytest-xdist and other test runs get other ports.

    SeaweedFS also listens on the port 10,000 above, and refuses a port that is 10,000 above another
    of its own. So all ports are between 10,000 and 20,000, below those of outgoing connections.
    """
    while True:
        port = secrets.choice(range(10_000, 20_000))
        if not answers(port) and not answers(port + 10_000) and reserve(port):
            return port


def reserve(port: int) -> bool:
    """Reserve a port until this process ends; return False if it is reserved already.

    Raises OSError on a machine without such names, which only Linux has.
    """
    reservation = socket.socket(socket.AF_UNIX)
    try:
        reservation.bind(f"\0artgen-test-port-{port}")
    except OSError as error:
        reservation.close()
        if error.errno != errno.EADDRINUSE:
            raise
        return False
    _reservations.append(reservation)
    return True


_reservations: list[socket.socket] = []


if __name__ == "__main__":
    sys.exit(main(sys.argv[sys.argv.index("--") + 1 :]))
