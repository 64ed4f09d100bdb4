"""A real Chromium against the real demo: what every browser test starts from."""

import json
import tempfile
import unittest
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, expect, sync_playwright

from artgen.tests.kept import ALL_TESTS, BROWSER_TESTS
from artgen.tests.plugin import CHROMIUMS
from artgen.tests.test_demo import QUICK, Demo

PATIENCE = 60_000  # ms until a test gives up; nothing waits for it when all is well
CHROMIUM = next((str(path) for path in CHROMIUMS if path.exists()), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # No page lives long enough to earn back what optimizing its scripts costs.
    "--js-flags=--no-opt --no-maglev",
]
LOCALES = {"en": "en-US", "ru": "ru-RU"}
DESKTOP, PHONE, SMALL_PHONE = (
    {"viewport": {"width": 1440, "height": 900}},
    {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True},
)
SLOW = ("--painter", "tiny", "--seconds", "1.5", "--cold-start", "0")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a browser until the block ends."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        expect.set_options(timeout=PATIENCE)
        try:
            yield browser
        finally:
            browser.close()


class Troubles(list[str]):
    """What went wrong on the pages of a test: errors of scripts, refusals by the policy, failed requests."""

    def __init__(self) -> None:
        self.forgiven: list[str] = []

    def watch(self, page: Page) -> None:
        """Collect the troubles of this page."""
        page.on("pageerror", lambda error: self.note(f"{error.stack or error} on {page.url}"))
        page.on("console", self.hear)
        page.on("response", self.look_at)

    def hear(self, said: ConsoleMessage) -> None:
        """Note what the browser complains of; error answers are noted by `look_at`, with their address."""
        if said.type in ("error", "warning") and "the server responded with a status" not in said.text:
            self.note(f"{said.text} {said.location.get('url', '')}")

    def look_at(self, response: Response) -> None:
        """Note an answer that is an error."""
        if response.status >= 400:
            self.note(f"{response.status} {response.request.method} {response.url}")

    def note(self, text: str) -> None:
        """Note one, unless the test has forgiven it."""
        if not any(part in text for part in self.forgiven):
            self.append(text)

    def forgive(self, *parts: str) -> None:
        """Leave out what contains one of these words: the test brings it about."""
        self.forgiven += parts


class Visitors:
    """Sessions of people in a demo, and contexts of a browser for them."""

    def __init__(self, demo: Demo, browser: Browser, sessions: dict[str, str]) -> None:
        self.demo, self.browser = demo, browser
        self.sessions = sessions

    def context(self, name: str = "", *, language: str = "en", theme: str = "", **options: Any) -> BrowserContext:
        """Return a fresh context: this person signed in (no name: nobody), in this language and theme.

        Accounts keep the language of their first page: `speak` changes it.
        """
        if theme:
            options["color_scheme"] = theme
        context = self.browser.new_context(locale=LOCALES[language], base_url=self.demo.url, **options)
        context.set_default_timeout(PATIENCE)
        cookies = {"sessionid": self.sessions[name]} if name else {}
        cookies |= {"theme": theme} if theme else {}
        context.add_cookies([{"name": key, "value": value, "url": self.demo.url} for key, value in cookies.items()])
        return context


def speak(page: Page, language: str) -> None:
    """Change the language of this visitor, account included."""
    token = next(one["value"] for one in page.context.cookies() if one["name"] == "csrftoken")
    form = {"csrfmiddlewaretoken": token, "language": language, "next": "/healthz"}
    assert page.context.request.post("/language/", form=form).ok


def told_by(demo: Demo, *lines: str) -> Any:
    """Run lines of Python inside the demo's environment and return what they print last, as JSON."""
    return json.loads(demo.command("shell", "--command", "\n".join(lines)).splitlines()[-1])


@contextmanager
def inhabited_demo(*classes: "type[BrowserTestCase]") -> Iterator[tuple[Demo, dict[str, str]]]:
    """Run a demo with the people of these classes, who share it; yield it and a session of each of them."""
    people = [name for one in classes for name in one.people]
    staff = [name for one in classes for name in one.staff]
    if twice := {name for name, count in Counter(people + staff).items() if count > 1}:
        raise ValueError(f"two classes that share a demo have {sorted(twice)}: each would meet what the other does")
    enter = f"import json; from artgen.tests.people import let_in; sessions = let_in(*{people!r}, staff={staff!r})"
    with tempfile.TemporaryDirectory() as data, Demo(Path(data), *classes[0].options) as demo:
        # One process for all of it: its start takes longer than what it does.
        prepared = [one.prepare for one in classes]
        yield demo, told_by(demo, enter, *prepared, "print(json.dumps(sessions))")


class BrowserTestCase(unittest.TestCase):
    """Tests that share one Chromium, and with other classes a demo; each fails for any trouble it does not forgive.

    `alone`: a demo of the class's own, for what others would be disturbed by.
    """

    options: ClassVar[tuple[str, ...]] = QUICK
    alone: ClassVar[bool] = False
    people: ClassVar[tuple[str, ...]] = ()  # names that no class sharing the demo has
    staff: ClassVar[tuple[str, ...]] = ()
    prepare: ClassVar[str] = ""  # lines of Python that run inside the demo when its people are there

    def __init_subclass__(cls) -> None:
        # One worker of pytest-xdist takes all tests of a demo: it starts once.
        group = cls.__qualname__ if cls.alone else " ".join(("demo", *cls.options))
        cls.pytestmark = [pytest.mark.browser, pytest.mark.xdist_group(group)]

    @classmethod
    def setUpClass(cls) -> None:
        cls.demo, sessions = cls.enter_demo()
        cls.visitors = Visitors(cls.demo, BROWSER_TESTS.get("chromium", chromium), sessions)

    @classmethod
    def enter_demo(cls) -> tuple[Demo, dict[str, str]]:
        """Return a demo and sessions of its people."""
        if cls.alone:
            return cls.enterClassContext(inhabited_demo(cls))
        sharing = [one for one in BrowserTestCase.__subclasses__() if one.options == cls.options and not one.alone]
        return ALL_TESTS.get(cls.options, lambda: inhabited_demo(*sharing))

    def setUp(self) -> None:
        self.troubles = Troubles()

    def tearDown(self) -> None:
        self.assertEqual(self.troubles, [])

    def open(self, name: str = "", **options: Any) -> Page:
        """Return a fresh page of this person (no name: nobody); options as `Visitors.context` takes them."""
        context = self.visitors.context(name, **options)
        self.addCleanup(context.close)
        page = context.new_page()
        self.troubles.watch(page)
        return page

    def visit(self, name: str = "", path: str = "/create/", **options: Any) -> Page:
        """Return a fresh page of this person at this address."""
        page = self.open(name, **options)
        page.goto(path)
        return page
