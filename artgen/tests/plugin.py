"""pytest's rules here: what needs a server that is not there is left out, but never in CI."""

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import TestCase, TransactionTestCase, override_settings

from artgen.tests.kept import GROUP

# Nothing of what is loaded until the tests begin is garbage, and looking for it takes each worker a second.
gc.disable()

# Each worker of pytest-xdist gets a database of its own in Redis: one clears its cache while another counts on it.
if os.environ.get("REDIS_URL") and (worker := os.environ.get("PYTEST_XDIST_WORKER")):
    os.environ["REDIS_URL"] = (
        f"{os.environ['REDIS_URL'].rpartition('/')[0]}/{int(worker.removeprefix('gw')) % 15 + 1}"
    )

# The shell is Chromium without the parts of its window: it starts and draws with a fifth less work.
CHROMIUMS = [
    Path("/usr/bin") / name for name in ("chromium-headless-shell", "chromium", "chromium-browser")
]
LONG = ("demo", "stack", "Pages")  # groups of tests that take minutes
AVAILABLE = {
    "postgres": os.environ.get("DATABASE_URL", "").startswith("postgres"),
    "redis": bool(os.environ.get("REDIS_URL")),
    "browser": any(path.exists() for path in CHROMIUMS),
    "nginx": shutil.which("nginx") is not None,
    "kubectl": shutil.which("kubectl") is not None,
    "promtool": shutil.which("promtool") is not None,
    "s3": bool(os.environ.get("TEST_S3_URL")),
    "exiftool": shutil.which("exiftool") is not None,
}


@pytest.hookimpl(tryfirst=True)  # before xdist's own
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return three workers for two cores: whole stacks and pictures under way make tests wait that need no core."""
    cores = len(os.sched_getaffinity(0))
    return cores + cores // 2


def group(item: pytest.Item) -> str:
    """Return the name of the tests that this one shares something with, which one worker runs in a row; "" = none."""
    marker = item.get_closest_marker("xdist_group")
    return str(marker.args[0]) if marker else ""


def _turn(item: pytest.Item) -> tuple[int, str, int]:
    """Return how early a test begins: long groups first; last what keeps both cores busy until the end.

    Between the tests inside of transactions and those that empty the database come those without one: many start
    processes and wait for them.
    """
    name = group(item)
    kind = getattr(item, "cls", None) or object
    database = (
        0 if issubclass(kind, TestCase) else 2 if issubclass(kind, TransactionTestCase) else 1
    )
    return LONG.index(name) if name in LONG else len(LONG) + (not name), name, database


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put groups together; deselect tests whose server is missing, which with CI=true is an error."""
    items.sort(key=_turn)
    kept, left_out = [], []
    for item in items:
        needed = [name for name in AVAILABLE if item.get_closest_marker(name)]
        missing = [name for name in needed if not AVAILABLE[name]]
        if missing and os.environ.get("CI") == "true":
            raise pytest.UsageError(f"{item.nodeid} needs {', '.join(missing)}, which CI must have")
        (left_out if missing else kept).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def pytest_collection_finish(session: pytest.Session) -> None:
    """Collect garbage from now on, but for what is loaded."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    """End without a last search for garbage."""
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End what a group has shared behind its last test: idle servers take time from others, too."""
    if nextitem is None or group(nextitem) != group(item):
        GROUP.close()


@pytest.fixture(autouse=True, scope="session")
def _quick_settings() -> Iterator[None]:
    """Hash passwords quickly, from the users that setUpTestData makes on; list no static files for each client."""
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(PASSWORD_HASHERS=hashers, WHITENOISE_USE_FINDERS=False):
        yield


@pytest.fixture(scope="session")
def _files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that goes away."""
    return tmp_path_factory.mktemp("files")


@pytest.fixture(autouse=True)
def _own_files(settings: object, _files: Path) -> None:
    """Keep files in a folder of the test's own, which is made only for the tests that write some."""
    settings.MEDIA_ROOT = _files / uuid4().hex / "media"  # type: ignore[attr-defined]
