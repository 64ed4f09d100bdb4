"""artgen.postgresql.pool: connections of one process, and PostgreSQL restarted under them."""

import contextlib
import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import NotSupportedError, connections

from artgen.postgresql.base import DatabaseWrapper
from artgen.postgresql.pool import Pool, PoolTimeout
from artgen.testing.services import prepare_postgres, running

pytestmark = pytest.mark.postgres


def make_pool(url: str = "", **options: Any) -> Pool:
    """Return a pool in which nobody may wait by default."""
    options = {"max_size": 3, "timeout": 0, "max_lifetime": 1800, **options}
    parameters = {"conninfo": url or os.environ["DATABASE_URL"], "autocommit": True}
    return Pool(parameters=parameters, configure=lambda connection: False, **options)


@pytest.fixture
def pool() -> Iterator[Pool]:
    pool = make_pool()
    yield pool
    pool.close()


def works(connection: psycopg.Connection) -> bool:
    return connection.execute("SELECT 1").fetchone() == (1,)


def test_it_gives_the_same_connection_out_again(pool: Pool):
    connection = pool.getconn()
    assert works(connection)
    pool.putconn(connection)
    assert pool.getconn() is connection
    pool.putconn(connection)


def test_it_gives_out_no_more_than_it_may(pool: Pool):
    connections = [pool.getconn() for _ in range(3)]
    with pytest.raises(PoolTimeout):
        pool.getconn()
    pool.putconn(connections.pop())
    connections.append(pool.getconn())
    for connection in connections:
        pool.putconn(connection)


def test_it_lets_the_next_one_wait_until_one_comes_back():
    pool = make_pool(max_size=1, timeout=60)
    connection = pool.getconn()
    got: list[psycopg.Connection] = []
    waiting = threading.Thread(target=lambda: got.append(pool.getconn()))
    waiting.start()
    pool.putconn(connection)
    waiting.join()
    assert got == [connection]
    pool.putconn(connection)
    pool.close()


def test_it_closes_what_is_broken_or_in_the_middle_of_something(pool: Pool):
    broken, busy = pool.getconn(), pool.getconn()
    broken.close()
    busy.autocommit = False
    busy.execute("SELECT 1")
    pool.putconn(broken)
    pool.putconn(busy)
    assert busy.closed
    fresh = [pool.getconn() for _ in range(3)]
    assert all(works(connection) for connection in fresh)
    for connection in fresh:
        pool.putconn(connection)


def test_it_opens_another_one_in_place_of_an_old_one():
    pool = make_pool(max_lifetime=0)
    connection = pool.getconn()
    pool.putconn(connection)
    assert connection.closed
    pool.close()


def test_it_counts_none_that_could_not_be_configured():
    def refuse(connection: psycopg.Connection) -> None:
        raise psycopg.ProgrammingError

    pool = make_pool()
    pool.configure = refuse
    for _ in range(4):
        with pytest.raises(psycopg.ProgrammingError):
            pool.getconn()


def test_it_closes_those_in_use_when_they_come_back_after_its_end(pool: Pool):
    idle, used = pool.getconn(), pool.getconn()
    pool.putconn(idle)
    pool.close()
    assert idle.closed
    assert works(used)
    pool.putconn(used)
    assert used.closed


class Server:
    """A PostgreSQL of the test's own, which can be stopped and started."""

    def __init__(self, folder: Path) -> None:
        prepared = prepare_postgres(folder)
        assert prepared is not None
        self.command, self.port, self.url = prepared
        self.log = folder / "postgres.log"

    @contextlib.contextmanager
    def run(self) -> Iterator[None]:
        """Run it until the block ends; enter it once it takes connections."""
        with running(self.command, port=self.port, log=self.log, stop=signal.SIGQUIT):
            patient = make_pool(self.url, timeout=60)
            patient.putconn(patient.getconn())
            patient.close()
            yield


@pytest.fixture
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="artgen-test-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Server(Path(folder))


def test_it_works_at_once_after_a_restart(server: Server):
    pool = make_pool(server.url)  # in which a single pause would be the end
    with server.run():
        connections = [pool.getconn() for _ in range(3)]
        for connection in connections:
            pool.putconn(connection)
    with server.run():
        for _ in range(3):
            connection = pool.getconn()
            assert works(connection)
            assert connection not in connections
            pool.putconn(connection)
        pool.close()


def test_it_waits_for_a_server_that_is_just_starting(server: Server):
    pool = make_pool(server.url, timeout=60)
    got: list[bool] = []

    def ask() -> None:
        connection = pool.getconn()
        got.append(works(connection))
        pool.putconn(connection)

    waiting = [threading.Thread(target=ask) for _ in range(6)]
    for thread in waiting:
        thread.start()
    with server.run():
        for thread in waiting:
            thread.join()
        pool.close()
    assert got == [True] * 6


def test_it_tells_that_there_is_no_server(server: Server):
    pool = make_pool(server.url)
    for _ in range(4):  # none of them is lost to the pool
        with pytest.raises(psycopg.OperationalError) as refusal:
            pool.getconn()
        assert not isinstance(refusal.value, PoolTimeout)


@pytest.mark.django_db
def test_it_fails_once_only_on_a_plan_outdated_by_a_migration():
    settings = connections.databases["default"]
    options = {**settings["OPTIONS"], "pool": {"max_size": 1, "timeout": 5, "max_lifetime": 1800}}
    ours = DatabaseWrapper({**settings, "OPTIONS": options, "CONN_MAX_AGE": 0}, alias="default")
    other = psycopg.connect(os.environ["DATABASE_URL"], dbname=settings["NAME"], autocommit=True)

    def read() -> list[tuple[str]]:
        try:
            with ours.cursor() as cursor:
                cursor.execute("SELECT word FROM outdated_plan WHERE word <> %s", ["x"])
                found: list[tuple[str]] = cursor.fetchall()
                return found
        finally:
            ours.close()  # back into the pool

    other.execute("CREATE TABLE outdated_plan (word varchar(5))")
    try:
        for _ in range(options["prepare_threshold"] + 2):
            read()
        other.execute("ALTER TABLE outdated_plan ALTER word TYPE varchar(9)")
        with pytest.raises(NotSupportedError, match="cached plan"):
            read()
        assert read() == []
    finally:
        other.execute("DROP TABLE outdated_plan")
        other.close()
        ours.close_pool()
