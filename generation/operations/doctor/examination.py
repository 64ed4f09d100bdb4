"""The whole round, in an order in which later checks may rest on earlier ones."""

from collections.abc import Callable, Generator, Iterable, Iterator

from generation.operations.doctor import clock, emails, files, plumbing, runpod
from generation.operations.doctor.check import Check, words_of

Look = Callable[[], Check | Iterable[Check]]


def examine() -> Iterator[Check]:
    """Yield every check as it is done; a check that breaks is a finding, not an end."""
    database = yield from _done("database", plumbing.database)
    tables = yield from _rest(
        database, "migrations", plumbing.migrations, "Mend the database first."
    )
    broker = yield from _done("broker", plumbing.broker)
    cache = yield from _done("cache", plumbing.cache)
    yield from _done("channel_layer", plumbing.channel_layer)
    yield from _rest(broker, "workers", plumbing.workers, "Mend the broker first.")
    yield from _rest(cache, "beat", plumbing.beat, "Mend the cache first.")
    yield from _rest(tables, "emails", emails.emails, "Mend database and migrations first.")
    yield from _rest(tables, "jobs", plumbing.jobs, "Mend database and migrations first.")
    yield from _rest(tables, "models", runpod.models, "Mend database and migrations first.")
    yield from _rest(
        tables, "runpod_key", runpod.key_and_endpoints, "Mend database and migrations first."
    )
    yield from _rest(
        tables, "runpod_outages", runpod.outages, "Mend database and migrations first."
    )
    yield from _done("webhook", runpod.webhook)
    yield from _done("bucket", files.bucket)
    yield from _done("disk", files.disk)
    yield from _done("clock", clock.clock)


def _rest(possible: bool, name: str, look: Look, hint: str) -> Generator[Check, None, bool]:
    if possible:
        return (yield from _done(name, look))
    yield Check(name, False, "not looked at", hint)
    return False


def _done(name: str, look: Look) -> Generator[Check, None, bool]:
    ok = True
    try:
        found = look()
        for check in [found] if isinstance(found, Check) else found:
            ok = ok and check.ok
            yield check
    except Exception as error:  # noqa: BLE001 whatever breaks is what the doctor is there to tell
        yield Check(
            name, False, words_of(error), "This was not expected; the detail says what broke."
        )
        return False
    return ok
