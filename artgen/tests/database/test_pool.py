"""artgen.database.postgresql: PostgreSQL restarted, silent, or with dead connections under one process."""

import contextlib
import os
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from django.db import NotSupportedError, OperationalError, connections

from artgen.database.postgresql.base import DatabaseWrapper, drop_connections
from artgen.database.postgresql.connection import SILENCE_SECONDS, PostgresConnection
from artgen.database.postgresql.server import SERVER
from generation.testing.servers.silence import Proxy
from generation.testing.services import prepare_postgres, running

pytestmark = [pytest.mark.django_db]


def asker(*, size: int = 1, **options: Any) -> Callable[[str], Any]:
    """Return a function that takes a connection of one pool, from any thread, and sends a query.

    A larger pool adds a connection when the first query waits for the first one.
    """
    settings = connections.databases["default"]
    pool = {"connection_class": PostgresConnection, "min_size": 1, "max_size": size, "timeout": 1}
    options = {**settings["OPTIONS"], "pool": pool, **options}
    settings = {**settings, "OPTIONS": options, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}

    def ask(query: str) -> Any:
        database = DatabaseWrapper(settings, alias="default")
        try:
            with database.cursor() as cursor:
                cursor.execute(query)
                return cursor.fetchall()
        finally:
            database.close()

    return ask


@pytest.fixture(autouse=True)
def own_server() -> Iterator[None]:
    """Let the process forget the server of the test, which may be gone."""
    yield
    drop_connections()
    SERVER.connect = None
    while SERVER.is_open:
        pass


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    proxy = Proxy("127.0.0.1", int(parse_qs(urlsplit(os.environ["DATABASE_URL"]).query)["port"][0]))
    yield proxy
    proxy.close()


def test_it_reads_moments_in_utc() -> None:
    [(moment, none)] = asker()("SELECT '2026-03-04 05:06:07.08+03'::timestamptz, NULL::timestamptz")
    assert (moment, none) == (datetime(2026, 3, 4, 2, 6, 7, 80_000, UTC), None)
    assert moment.tzinfo is UTC


def through(proxy: Proxy, *, size: int = 1) -> Callable[[str], Any]:
    return asker(size=size, host="127.0.0.1", port=proxy.port, dbname="postgres")


def until_it_answers(ask: Callable[[str], Any]) -> None:
    while True:
        with contextlib.suppress(OperationalError):
            assert ask("SELECT 1") == [(1,)]
            return


@pytest.mark.slow
def test_it_waits_no_longer_than_a_moment_for_a_silent_server(proxy: Proxy):
    ask = through(proxy, size=2)
    errors: list[Exception] = []

    def wait() -> None:
        try:
            ask("SELECT pg_sleep(600)")
        except OperationalError as error:
            errors.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert ask("SELECT 1") == [(1,)]
    proxy.silent()
    with pytest.raises(OperationalError):
        ask("SELECT 1")
    waiting.join()
    assert len(errors) == 1
    for _ in range(20):
        with pytest.raises(OperationalError, match="just now"):
            ask("SELECT 1")
    proxy.speaks()
    until_it_answers(ask)


@pytest.mark.slow
def test_it_does_not_cut_a_slow_statement_of_a_server_that_responds(proxy: Proxy):
    assert through(proxy)("SELECT 1 FROM pg_sleep(1.5)") == [(1,)]


@pytest.mark.slow
def test_it_replaces_a_connection_that_became_silent_while_it_was_idle(proxy: Proxy):
    ask = through(proxy)
    assert ask("SELECT 1") == [(1,)]
    proxy.silent()
    proxy.speaks()
    with psycopg.connect(os.environ["DATABASE_URL"]) as other:
        other.execute("SELECT pg_sleep(%s)", [SILENCE_SECONDS])
    assert ask("SELECT 1") == [(1,)]


def test_it_notices_a_machine_that_is_gone_without_a_word(proxy: Proxy):
    options = connections.databases["default"]["OPTIONS"]
    given = {name: options[name] for name in ("connect_timeout", "tcp_user_timeout")}
    given |= {name: value for name, value in options.items() if name.startswith("keepalives")}
    with (
        psycopg.connect(host="127.0.0.1", port=proxy.port, user="postgres", **given) as database,
        socket.fromfd(database.fileno(), socket.AF_INET, socket.SOCK_STREAM) as line,
    ):
        seconds = [
            line.getsockopt(socket.IPPROTO_TCP, option)
            for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        ]
        assert seconds == [10, 5, 3]
        assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 15_000


class Server:
    """A PostgreSQL of the test's own, which can be stopped and started."""

    def __init__(self, folder: Path) -> None:
        self.command, self.port, self.url = prepare_postgres(folder)
        self.log = folder / "postgres.log"

    @contextlib.contextmanager
    def run(self) -> Iterator[None]:
        """Run it until the block ends."""
        with running(self.command, port=self.port, log=self.log, stop=signal.SIGQUIT):
            yield


@pytest.fixture
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="artgen-test-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Server(Path(folder))


@pytest.mark.slow
def test_it_answers_at_once_while_there_is_no_server_and_works_after_its_return(server: Server):
    ask = asker(host="127.0.0.1", port=server.port, dbname="postgres")
    with server.run():
        until_it_answers(ask)
    for _ in range(3):
        with pytest.raises(OperationalError, match="just now"):
            ask("SELECT 1")
    with server.run():
        until_it_answers(ask)


def test_it_fails_once_on_a_connection_with_a_plan_outdated_by_a_migration():
    """PostgreSQL refuses the prepared plan, and the connection is then replaced.

    A connection that has not sent the statement often enough has no plan and does not fail.
    """
    name = connections.databases["default"]["NAME"]
    ask = asker()
    other = psycopg.connect(os.environ["DATABASE_URL"], dbname=name, autocommit=True)
    read = "SELECT pg_backend_pid(), word FROM outdated_plan"
    other.execute("CREATE TABLE outdated_plan AS SELECT 'x'::varchar(5) AS word")
    try:
        ((connection, _word),) = {ask(read)[0] for _ in range(5)}
        other.execute("ALTER TABLE outdated_plan ALTER word TYPE varchar(9)")
        with pytest.raises(NotSupportedError, match="cached plan"):
            ask(read)
        ((replacement, _word),) = ask(read)
        assert replacement != connection
    finally:
        other.execute("DROP TABLE outdated_plan")
        other.close()
