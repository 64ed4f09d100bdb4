"""Run all checks; a check that depends on a failed one is skipped."""

from collections.abc import Callable, Generator, Iterable, Iterator

from generation.operations.doctor import clock, emails, files, infrastructure, runpod
from generation.operations.doctor.check import Check, error_text

CheckFunction = Callable[[], Check | Iterable[Check]]


def run_checks() -> Iterator[Check]:
    """Yield every result when it is available; an exception becomes a failed check."""
    database = yield from _run("database", infrastructure.database)
    tables = yield from _run_if(
        database, "migrations", infrastructure.migrations, "Fix the database first."
    )
    broker = yield from _run("broker", infrastructure.broker)
    cache = yield from _run("cache", infrastructure.cache)
    yield from _run("channel_layer", infrastructure.channel_layer)
    yield from _run_if(broker, "workers", infrastructure.workers, "Fix the broker first.")
    yield from _run_if(cache, "beat", infrastructure.beat, "Fix the cache first.")
    yield from _run_if(tables, "emails", emails.emails, "Fix database and migrations first.")
    yield from _run_if(tables, "jobs", infrastructure.jobs, "Fix database and migrations first.")
    yield from _run_if(tables, "models", runpod.models, "Fix database and migrations first.")
    yield from _run_if(
        tables, "runpod_key", runpod.key_and_endpoints, "Fix database and migrations first."
    )
    yield from _run_if(
        tables, "runpod_outages", runpod.outages, "Fix database and migrations first."
    )
    yield from _run("webhook", runpod.webhook)
    yield from _run("bucket", files.bucket)
    yield from _run("disk", files.disk)
    yield from _run("clock", clock.clock)


def _run_if(
    possible: bool, name: str, look: CheckFunction, hint: str
) -> Generator[Check, None, bool]:
    if possible:
        return (yield from _run(name, look))
    yield Check(name, False, "not checked", hint)
    return False


def _run(name: str, look: CheckFunction) -> Generator[Check, None, bool]:
    ok = True
    try:
        found = look()
        for check in [found] if isinstance(found, Check) else found:
            ok = ok and check.ok
            yield check
    except Exception as error:  # noqa: BLE001 every failure is a result
        yield Check(
            name, False, error_text(error), "Unexpected error; the detail says what failed."
        )
        return False
    return ok
