"""Every page in Chromium: no finding of axe, no overflow, no missing translation, no layout shift."""

import re
from pathlib import Path
from typing import ClassVar

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import ViewportSize

from generation.catalog.catalog_file import CATALOG_FILE, read_catalog
from generation.testing.isolation.routes import site_routes
from generation.testing.pages.browser import DESKTOP, LOOKS, BrowserTestCase, speak
from generation.testing.pages.pages import ADMIN, ERRORS, NO_PAGES, PAGES, Page, go
from generation.testing.servers.demo import QUICK, Demo, run_python

HERE = Path(__file__).parent
AXE = next((HERE / "axe").glob("axe-core-*.min.js")).read_text()
PHONES: tuple[ViewportSize, ...] = ({"width": 360, "height": 720}, {"width": 320, "height": 720})
MAX_LAYOUT_SHIFT = 0.001  # cumulative layout shift; browsers rate 0.1 as good
NAMES = sorted(
    {model["name"] for model in read_catalog(CATALOG_FILE)["models"]}, key=len, reverse=True
)
CHECKS = (HERE / "checks.js").read_text()
LATIN = re.compile(
    r"(?:\b[A-Za-z’']{2,}[ ,.:]+){2,}[A-Za-z’']{2,}"
)  # three words in a row that are not Russian


def without_names(text: str) -> str:
    """Return the text without names of models, which are not translated."""
    for name in NAMES:
        text = text.replace(name, "")
    return text


class TestRoutes:
    def test_it_covers_every_address_or_lists_it_in_no_pages(self):
        names = {route.name for route in site_routes() if not (route.is_admin or route.is_api)}
        walked = {page.route for page in PAGES}
        assert names - walked - NO_PAGES == set(), (
            "add a Page to generation/testing/pages/pages.py, or a name to NO_PAGES"
        )
        assert (walked | NO_PAGES) - names == set(), "these addresses no longer exist"


class TestPages(BrowserTestCase):
    """A demo whose images have Russian prompts, and a tab for each of its users."""

    maxDiff = None
    apart = "pages"
    options = QUICK
    errors: ClassVar[dict[str, dict[str, str]]]
    ids: ClassVar[dict[str, str]]

    @classmethod
    def enter_demo(cls) -> tuple[Demo, dict[str, str]]:
        demo, _nobody = super().enter_demo()
        filled = run_python(
            demo, "from generation.testing.pages.content import fill", "fill('ru', runs=7)"
        )
        cls.ids, cls.errors = filled["ids"], filled["errors"]
        return demo, filled["sessions"]

    def setUp(self) -> None:
        super().setUp()
        self.language = "en"
        self.tabs: dict[str, Tab] = {}
        self.opened: set[str] = set()  # users in whose tab something is open on the page

    def show(self, page: Page, viewport: ViewportSize) -> Tab:
        """Return the tab of the page's user with this page, before anything is opened on it."""
        if page.who not in self.tabs:
            tab = self.open(
                page.who, language=self.language, theme="light", reduced_motion="reduce", **DESKTOP
            )
            tab.add_init_script(AXE + CHECKS)
            tab.goto(
                "/accounts/closed/"
            )  # loads the fonts, as on every page but the first one of a visit
            speak(tab, self.language)
            self.tabs[page.who] = tab
        tab = self.tabs[page.who]
        tab.set_viewport_size(viewport)
        # Several states of a page are checked in turn, without loading it again.
        if page.act and tab.url == f"{self.demo.url}{page.address(self.ids)}":
            if page.who in self.opened:
                tab.keyboard.press("Escape")
            return tab
        self.load(page, tab)
        return tab

    def load(self, page: Page, tab: Tab) -> None:
        """Open this page in the tab."""
        self.opened.discard(page.who)
        if page.status >= 400:
            self.troubles.forgive(f"{page.status} GET")
        answer = go(tab, page, ids=self.ids, errors=self.errors[self.language])
        assert (answer and answer.status) == page.status

    def open_up(self, page: Page, tab: Tab) -> None:
        """Check that the layout has not shifted, and open what is closed at first."""
        moved = tab.evaluate("checks.shifts()")
        assert sum(one["value"] for one in moved) < MAX_LAYOUT_SHIFT, moved
        if page.act:
            page.act(tab)
            self.opened.add(page.who)
        tab.evaluate("checks.settled()")

    def check(self, tab: Tab, **rules: list[str]) -> list[str]:
        """Return the findings of axe."""
        return tab.evaluate("rules => checks.axe(rules)", rules)

    def fit(self, tab: Tab) -> None:
        """Check that nothing overflows sideways on a phone."""
        for viewport in PHONES:
            tab.set_viewport_size(viewport)
            tab.evaluate("checks.settled()")
            assert tab.evaluate("checks.sideways()") == []

    @LOOKS
    @pytest.mark.limit(600)
    def test_it_is_accessible_in_both_themes_and_fits_a_phone(self):
        for page in (*PAGES, *ERRORS):
            with self.subTest(page.name):
                tab = self.show(page, DESKTOP["viewport"])
                self.open_up(page, tab)
                assert self.check(tab, off=[*page.off]) == []
                tab.keyboard.press("Tab")
                assert tab.evaluate("checks.unseen()") == []
                tab.evaluate("checks.theme('dark')")
                tab.evaluate("checks.settled()")
                assert self.check(tab, only=["color-contrast"]) == []
                tab.evaluate("checks.theme('light')")
                self.fit(tab)

    @LOOKS
    def test_it_is_accessible_in_the_admin(self):
        self.troubles.forgive("Applying inline style")  # by axe itself, while it measures
        for page in ADMIN:
            with self.subTest(page.name):
                tab = self.show(page, DESKTOP["viewport"])
                assert self.check(tab) == []
                tab.evaluate("checks.theme('dark')")
                tab.evaluate("checks.settled()")
                assert self.check(tab, only=["color-contrast"]) == []

    @pytest.mark.limit(600)
    def test_it_is_accessible_in_russian_on_a_phone(self):
        self.language = "ru"
        for page in (*PAGES, *ERRORS):
            with self.subTest(page.name):
                tab = self.show(page, PHONES[0])
                self.open_up(page, tab)
                # An open menu may cover other controls: it can be closed.
                off = [*page.off, *(["target-size"] if page.act else [])]
                assert self.check(tab, off=off) == []
                assert tab.evaluate("document.documentElement.lang") == "ru"
                texts = tab.evaluate("checks.texts()")
                assert [text for text in texts if LATIN.search(without_names(text))] == []
                self.fit(tab)
