"""Run all checks; a check that depends on a failed one is skipped."""

from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial

from generation.operations.doctor import (
    bucket,
    clock,
    conditions,
    configuration,
    database,
    mail_server,
    other_providers,
    processes,
    redis_server,
    runpod,
    signing,
    version,
    webhook,
)
from generation.operations.doctor.check import Check, error_text

CheckFunction = Callable[[], Check | Iterable[Check]]
TABLES_FIRST = "Fix database and migrations first."


def run_checks(*, test_address: str = "") -> Iterator[Check]:
    """Yield every result when it is available; an exception becomes a failed check.

    With `test_address`, a test email is sent to it.
    """
    yield from _run("settings", configuration.configuration)
    has_database = yield from _run("database", database.database)
    yield from _run_if(
        has_database, "connection_budget", database.connection_budget, "Fix the database first."
    )
    tables = yield from _run_if(
        has_database, "migrations", database.migrations, "Fix the database first."
    )
    yield from _run_if(tables, "version", version.version, TABLES_FIRST)
    has_redis = yield from _run("redis", redis_server.servers)
    broker = yield from _run("broker", redis_server.broker)
    cache = yield from _run("cache", redis_server.cache)
    yield from _run("channel_layer", redis_server.channel_layer)
    # A Redis that is full or a replica accepts connections, but no message to the workers.
    first = "Fix the broker first." if has_redis else "Fix Redis first."
    yield from _run_if(has_redis and broker, "workers", processes.workers, first)
    yield from _run_if(cache, "beat", processes.beat, "Fix the cache first.")
    yield from _run_if(cache, "sockets", processes.sockets, "Fix the cache first.")
    yield from _run("email_server", partial(mail_server.mail_server, test_address))
    yield from _run_if(tables, "conditions", conditions.conditions, TABLES_FIRST)
    yield from _run_if(tables, "spending", conditions.spending, TABLES_FIRST)
    yield from _run_if(tables, "models", runpod.models, TABLES_FIRST)
    # The key can be checked before anything else runs, with the endpoints of the catalog.
    offers = runpod.offers if tables else runpod.offers_of_catalog
    yield from _run("runpod_key", lambda: runpod.key_and_endpoints(offers()))
    yield from _run_if(tables, "providers", other_providers.other_providers, TABLES_FIRST)
    yield from _run("webhook", webhook.webhook)
    yield from _run("bucket", bucket.bucket)
    yield from _run("origin_key", signing.signing)
    yield from _run("clock", clock.clock)


def _run_if(
    possible: bool, name: str, look: CheckFunction, hint: str
) -> Generator[Check, None, bool]:
    if possible:
        return (yield from _run(name, look))
    yield Check(name, None, "not checked", hint)
    return False


def _run(name: str, look: CheckFunction) -> Generator[Check, None, bool]:
    ok = True
    try:
        result = look()
        for check in [result] if isinstance(result, Check) else result:
            ok = ok and check.ok is True
            yield check
    except Exception as error:  # noqa: BLE001 every failure is a result
        yield Check(
            name, False, error_text(error), "Unexpected error; the detail says what failed."
        )
        return False
    return ok
