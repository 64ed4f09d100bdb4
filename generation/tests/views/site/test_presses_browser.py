"""How many presses the ten most frequent actions take on a desktop, in a real Chromium.

A press is a click or a key; pointing and the letters of a text are none. Where Midjourney has the
action, it takes as many at least.
"""

import re
from typing import ClassVar

from playwright.sync_api import Locator, expect

from generation.testing.pages.browser import DESKTOP, LOOKS, BrowserTestCase

PRESSES = {
    "make": 1,
    "vary": 1,
    "upscale": 1,
    "reuse prompt": 1,
    "share": 2,
    "favorite": 1,
    "download": 1,
    "delete and undo": 2,
    "compare": 2,
    "find an old image": 3,
}


class TestPressesInABrowser(BrowserTestCase):
    people: ClassVar = ("press_counter",)
    draws: ClassVar = {"press_counter": (("an old harbor", 2), ("tea hills", 2))}
    side = 512
    marks: ClassVar = (LOOKS,)

    def press(self, what: Locator | str) -> None:
        """Press this key, or click on this element after pointing at its card."""
        self.presses += 1
        if isinstance(what, str):
            self.page.keyboard.press(what)
        else:
            what.click()

    def card(self, selector: str) -> Locator:
        """Point at the newest image of the harbor, and return a part of its card."""
        run = self.page.locator("[data-run]", has_text="an old harbor").last
        card = run.locator("[data-image]").first
        card.hover()
        return card.locator(selector)

    def counted(self, action: str) -> None:
        self.found[action], self.presses = self.presses, 0

    def test_ten_actions(self) -> None:
        self.found: dict[str, int] = {}
        self.presses = 0
        page = self.page = self.visit("press_counter", **DESKTOP)
        page.context.grant_permissions(["clipboard-write"])
        runs = page.locator("[data-run]")
        expect(runs).to_have_count(2)

        page.locator("#prompt").fill("a kite")
        self.press("Enter")
        expect(runs).to_have_count(3)
        self.counted("make")

        self.press(self.card("[data-make=vary]"))
        expect(page.locator("[data-run][data-made='4 variants']")).to_have_count(1)
        self.counted("vary")

        self.press(self.card("[data-make=upscale]"))
        expect(runs).to_have_count(5)
        self.counted("upscale")

        self.press(self.card("[data-make=reuse]"))
        expect(page.locator("#prompt")).to_have_value("an old harbor")
        self.counted("reuse prompt")

        self.press(self.card(".card-link"))
        self.press(page.locator("[data-lightbox=share]"))
        expect(page.locator(".toast", has_text="Link copied")).to_be_visible()
        self.counted("share")
        page.keyboard.press("Escape")

        favorite = self.card("[data-favorite]")
        self.press(favorite)
        expect(favorite).to_have_attribute("aria-pressed", "true")
        self.counted("favorite")

        with page.expect_download() as download:
            self.press(self.card("[download]"))
        assert download.value.suggested_filename
        self.counted("download")

        images = page.locator("[data-run]", has_text="an old harbor").last.locator("[data-image]")
        self.press(self.card("[data-trash]"))
        expect(images).to_have_count(1)
        self.press(page.locator(".toast[data-key=moved] .button"))
        expect(images).to_have_count(2)
        self.counted("delete and undo")

        self.press(self.card("[data-details]"))
        self.press(page.locator("#compare"))
        expect(page.locator(".compare-image")).to_have_count(2)
        self.counted("compare")

        page.goto("/create/")
        self.press(page.locator("header").get_by_role("link", name="Gallery"))
        page.wait_for_url("**/gallery/")
        expect(page.locator("#search-key")).to_be_visible()  # the script listens
        self.press("/")
        page.keyboard.type("harbor")
        self.press("Enter")
        page.wait_for_url(re.compile("q=harbor"))
        expect(page.locator("[data-image]").first).to_be_visible()
        self.counted("find an old image")

        assert self.found == PRESSES
