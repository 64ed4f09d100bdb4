"""Configure pytest: deselect tests whose server is missing, mark the slow ones, set up fixtures."""

import gc
import os
import re
import shutil
import signal
import sys
from collections.abc import Generator, Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib import auth
from django.db import connection
from django.http import HttpRequest
from django.template import engines
from django.template.backends import jinja2
from django.test import TransactionTestCase, override_settings
from django.test.client import ClientMixin
from django.test.signals import template_rendered
from django.utils import translation
from jinja2 import StrictUndefined, Undefined
from jinja2.utils import missing as missing_object

from deploy import servers
from generation.testing import tiers
from generation.testing.distribution import Distribution, arrange, group
from generation.testing.kept import GROUP
from generation.testing.template import migrated_database

FOLDER = Path(__file__).parent

# Rewrite the asserts of these modules, too: a failure then shows both values.
pytest.register_assert_rewrite(
    *(
        name
        for path in FOLDER.rglob("*.py")
        if (name := f"{__package__}.{'.'.join(path.relative_to(FOLDER).with_suffix('').parts)}")
        not in sys.modules
    )
)

# A background job of a script (`nohup make test &`) ignores these, and so would the tests' children.
for number in (signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler)

# Each worker of pytest-xdist has its own Redis database, because tests clear the cache.
if os.environ.get("REDIS_URL") and (worker := os.environ.get("PYTEST_XDIST_WORKER")):
    os.environ["REDIS_URL"] = (
        f"{os.environ['REDIS_URL'].rpartition('/')[0]}/{int(worker.removeprefix('gw')) % 15 + 1}"
    )

CHROMIUMS = [
    Path("/usr/bin") / name for name in ("chromium-headless-shell", "chromium", "chromium-browser")
]
# Tests that need a browser, nginx or S3, share something slow to start, or are due before a release.
SLOW = ("browser", "nginx", "s3", "xdist_group", "release")
ALL_SLOW = re.compile(
    rf"^pytestmark = (\[[^\]]*?)?pytest\.mark\.({'|'.join(SLOW)}|slow)\b", re.MULTILINE
)
"""In a file with such tests alone."""
AVAILABLE = {
    "browser": any(path.exists() for path in CHROMIUMS),
    "nginx": shutil.which("nginx") is not None,
    "acme": all(shutil.which(name) for name in ("certbot", "pebble", "pebble-challtestsrv")),
    "caddy": shutil.which("caddy") is not None,
    "kubectl": shutil.which("kubectl") is not None,
    "promtool": shutil.which("promtool") is not None,
    "pg_dump": servers.own_postgres() is not None,
    "pgbouncer": shutil.which("pgbouncer") is not None,
    "cyllama": find_spec("cyllama") is not None,
    "faketime": any(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")),
    "exiftool": shutil.which("exiftool") is not None,
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--release",
        choices=tiers.CHOICES,
        default="all",
        help="which tests with the marker `release` run",
    )


@pytest.hookimpl(tryfirst=True)  # before that of xdist
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return a worker for each core; three for two if there are tests that mostly wait.

    Those are the tests of stacks and of the demo, which are slow.
    """
    cores = len(os.sched_getaffinity(0))
    return cores if only_fast(config) else cores + cores // 2


def only_fast(config: pytest.Config) -> bool:
    """Return whether only the fast tests are to run, as in `make check`."""
    return bool(config.getoption("markexpr") == "not slow")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Distribution | None:
    """Let workers take the tests in the order that `arrange` gives them."""
    if config.getvalue("dist") != "loadgroup":
        return None
    config.option.loadscopereorder = False
    return Distribution(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Search no garbage in modules and tests, which stay to the end: half a second each time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import no file whose tests are all slow if only fast ones are to run: a third of the time."""
    if collection_path.suffix != ".py" or not only_fast(config):
        return None
    is_slow = collection_path.stem.endswith("_browser")
    return is_slow or bool(ALL_SLOW.search(collection_path.read_text())) or None


def missing(item: pytest.Item) -> list[str]:
    """Return what the test needs and this machine does not have."""
    marks = {marker.name for marker in item.iter_markers()}
    return [name for name in AVAILABLE if name in marks and not AVAILABLE[name]]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail a test that cannot run here. At collection xdist would show an internal error."""
    if names := missing(item):
        pytest.fail(f"{item.nodeid} needs {', '.join(names)}, which CI must have", pytrace=False)


@pytest.hookimpl(tryfirst=True)  # before `-m` selects
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark slow tests; deselect those that `--release` leaves out, and, unless CI=true, those
    whose server is missing.
    """
    kept, left_out = [], []
    is_due = tiers.due(config.getoption("--release"))
    for item in items:
        marks = {marker.name for marker in item.iter_markers()}
        if not marks.isdisjoint(SLOW):
            item.add_marker(pytest.mark.slow)
        is_left_out = not is_due(item) or (missing(item) and os.environ.get("CI") != "true")
        (left_out if is_left_out else kept).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept
    if getattr(config.option, "loadgroup", False):  # for workers of pytest-xdist
        arrange(items)
    else:
        items.sort(key=group)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """Copy the test database from the template; end the run if that fails.

    What the last group has shared ends before the database is destroyed: while a browser runs, its
    event loop is that of the thread, and Django refuses queries.
    """
    if fixturedef.argname != "django_db_setup":
        return (yield)
    try:
        connection.settings_dict["TEST"]["TEMPLATE"] = migrated_database()
        result = yield
    except Exception as error:  # noqa: BLE001 whatever it is
        request.session.shouldfail = "the test database cannot be set up"
        pytest.fail(f"The test database cannot be set up: {error}", pytrace=False)
    fixturedef.addfinalizer(GROUP.close)
    return result


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Print a failure when it happens: a run may be ended, or take another half an hour."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        print(f"\n{report.outcome.upper()} {report.nodeid}\n{report.longreprtext}", flush=True)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End what a group has shared after its last test."""
    if nextitem is None or group(nextitem) != group(item):
        GROUP.close()


@pytest.fixture(autouse=True, scope="session")
def _quick_settings() -> Iterator[None]:
    """Hash passwords quickly, and do not search for static files for each test client."""
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(PASSWORD_HASHERS=hashers, WHITENOISE_USE_FINDERS=False):
        yield


@pytest.fixture(autouse=True, scope="session")
def _response_contexts() -> Iterator[None]:
    """Let `response.context` have the context of Jinja2 templates, as that of Django's."""
    plain = jinja2.Template.render

    def render(
        self: jinja2.Template, context: dict[str, Any] | None = None, request: Any = None
    ) -> str:
        context = {} if context is None else context
        html: str = plain(self, context, request)
        template_rendered.send(sender=self, template=self.template, context=context)
        return html

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jinja2.Template, "render", render)
        yield


@pytest.fixture(autouse=True, scope="session")
def _strict_templates() -> Iterator[None]:
    """Refuse a name that a template's context or object does not have.

    Keys of mappings may be absent, as may attributes of None and of what is absent itself.
    """
    from artgen.frontend.jinja import Missing  # at import, Django is not ready

    def absent(
        hint: str | None = None, obj: Any = missing_object, name: str | None = None, *error: Any
    ) -> Undefined:
        is_optional = name is None or obj is None or isinstance(obj, Mapping | dict | Undefined)
        return (Missing if is_optional else StrictUndefined)(hint, obj, name, *error)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines["jinja2"].env, "undefined", absent)
        yield


@pytest.fixture(autouse=True, scope="session")
def _one_session_a_login() -> Iterator[None]:
    """Let a client that signs in store one session, not an empty one before it."""
    plain = vars(ClientMixin)["_login"]

    def sign_in(self: Any, user: Any, backend: str | None = None) -> None:
        if settings.SESSION_COOKIE_NAME in self.cookies:
            plain(self, user, backend)
            return
        request = HttpRequest()
        request.session = import_module(settings.SESSION_ENGINE).SessionStore()
        auth.login(request, user, backend)
        request.session.save()
        self._set_login_cookies(request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ClientMixin, "_login", sign_in)
        yield


@pytest.fixture(autouse=True, scope="session")
def _quick_emptying() -> Iterator[None]:
    """Delete what a test has committed; truncating all tables takes ten times as long."""
    from generation.testing import emptying  # at import, Django is not ready

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            TransactionTestCase, "_fixture_teardown", classmethod(lambda cls: emptying.empty())
        )
        yield


@pytest.fixture(scope="session")
def _files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.fixture(autouse=True)
def _own_files(settings: object, _files: Path) -> None:
    """Store files in a folder of the test's own; tests that write none create none."""
    settings.MEDIA_ROOT = _files / uuid4().hex / "media"  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _language_of_the_site() -> None:
    """Begin each test in the language of a new process.

    A request activates the user's language for its thread, and the next test would go on with it.
    """
    translation.deactivate()


@pytest.fixture(autouse=True)
def _no_announcements() -> None:
    """Let pages read no announcements for a while: that would be one more query of some test."""
    from generation.operations.status import announcements  # at import, Django is not ready

    announcements.remember([])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print where time went."""
    reports = [
        report
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport)
    ]
    for line in tiers.times(reports):
        terminalreporter.write_line(line)
