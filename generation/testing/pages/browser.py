"""Base classes of the browser tests: a real Chromium against the demo."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Response,
    Route,
    expect,
    sync_playwright,
)

from generation.testing.kept import GROUP
from generation.testing.plugin import CHROMIUMS
from generation.testing.servers.demo import Demo, DemoTestCase

PATIENCE = 60_000  # ms until a test gives up; no test waits for it when all is well
CHROMIUM = next((str(path) for path in CHROMIUMS if path.exists()), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--enable-features=NetworkServiceInProcess2",
    # No page lives long enough to earn back what optimizing its scripts costs.
    "--js-flags=--no-opt --no-maglev",
]
# For what only these change: other looks of the pages, their bytes, the presses of an action.
LOOKS = pytest.mark.release(
    *(
        f"{app}/{folder}/"
        for app in ("artgen", "accounts", "generation")
        for folder in ("static", "jinja2", "templates")
    ),
    *("accounts/admin/", "generation/admin/", "generation/testing/pages/"),
)
LOCALES = {"en": "en-US", "ru": "ru-RU"}
DESKTOP, PHONE, SMALL_PHONE = (
    {"viewport": {"width": 1440, "height": 900}},
    {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True},
)


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
    """The script errors, CSP violations and failed requests on the pages of a test."""

    def __init__(self) -> None:
        self.forgiven: list[str] = []

    def watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.note(f"{error.stack or error} on {page.url}"))
        page.on("console", self.hear)
        page.on("response", self.look_at)

    def hear(self, said: ConsoleMessage) -> None:
        """Note an error or warning; `look_at` notes error responses, with their address."""
        if (
            said.type in ("error", "warning")
            and "the server responded with a status" not in said.text
            and "registration blocked by Playwright" not in said.text
        ):
            self.note(f"{said.text} {said.location.get('url', '')}")

    def look_at(self, response: Response) -> None:
        """Note an answer that is an error."""
        if response.status >= 400:
            self.note(f"{response.status} {response.request.method} {response.url}")

    def note(self, text: str) -> None:
        """Note a trouble unless the test ignores it."""
        if not any(part in text for part in self.forgiven):
            self.append(text)

    def forgive(self, *parts: str) -> None:
        """Ignore what contains one of these texts, because the test causes it."""
        self.forgiven += parts


class Visitors:
    """Browser contexts for users of a demo."""

    def __init__(self, demo: Demo, browser: Browser, sessions: dict[str, str]) -> None:
        self.demo, self.browser = demo, browser
        self.sessions = sessions

    def context(
        self, name: str = "", *, language: str = "en", theme: str = "", **options: Any
    ) -> BrowserContext:
        """Return a new context: this user signed in (or nobody), in this language and theme.

        An account keeps the language of its first page; `speak` changes it.
        """
        if theme:
            options["color_scheme"] = theme
        # Routes of a page do not see what a service worker requests.
        options.setdefault("service_workers", "block")
        context = self.browser.new_context(
            locale=LOCALES[language], base_url=self.demo.url, **options
        )
        context.set_default_timeout(PATIENCE)
        cookies = {"sessionid": self.sessions[name]} if name else {}
        cookies |= {"theme": theme} if theme else {}
        context.add_cookies(
            [{"name": key, "value": value, "url": self.demo.url} for key, value in cookies.items()]
        )
        return context


SWIPE = """(element, [x, y]) => {
  const box = element.getBoundingClientRect()
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
  const send = (name, moved) => element.dispatchEvent(new PointerEvent(name, {
    pointerId: 7, pointerType: "touch", isPrimary: true, bubbles: true,
    clientX: at.x + moved * x, clientY: at.y + moved * y,
  }))
  send("pointerdown", 0); send("pointermove", 1); send("pointerup", 1)
}"""


def swipe(element: Locator, x: int, y: int) -> None:
    """Move one finger by (x, y) pixels from the middle of the element, and lift it."""
    element.evaluate(SWIPE, [x, y])


def speak(page: Page, language: str) -> None:
    """Change the language of this visitor, account included."""
    token = next(one["value"] for one in page.context.cookies() if one["name"] == "csrftoken")
    form = {"csrfmiddlewaretoken": token, "language": language, "next": "/healthz"}
    assert page.context.request.post("/language/", form=form).ok


class BrowserTestCase(DemoTestCase, abstract=True):
    """Tests of a demo in a shared Chromium; each fails for any trouble that it does not ignore."""

    marks = (pytest.mark.browser,)

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.visitors = Visitors(cls.demo, GROUP.get("chromium", chromium), cls.sessions)

    def setUp(self) -> None:
        self.troubles = Troubles()

    def tearDown(self) -> None:
        assert self.troubles == []

    def open(self, name: str = "", **options: Any) -> Page:
        """Return a new page of this user (or nobody); options as for `Visitors.context`."""
        context = self.visitors.context(name, **options)
        self.addCleanup(context.close)
        page = context.new_page()
        self.troubles.watch(page)
        return page

    def first(self, page: Page, held: list[Route]) -> Route:
        """Return the first request that the test holds, as soon as there is one."""
        limit = time.monotonic() + PATIENCE / 1000
        while not held:
            assert time.monotonic() < limit, "the page has sent no such request"
            page.evaluate("1")  # Playwright learns of requests while it does something
        return held[0]

    def visit(self, name: str = "", path: str = "/create/", **options: Any) -> Page:
        """Return a fresh page of this person at this address."""
        page = self.open(name, **options)
        page.goto(path)
        return page
