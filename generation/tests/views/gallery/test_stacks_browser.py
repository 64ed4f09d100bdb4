"""Stacks, sizes and orders of the gallery in a real Chromium, by mouse, keyboard and finger."""

from typing import ClassVar

from playwright.sync_api import Locator, Page, expect

from generation.testing.pages.browser import DESKTOP, BrowserTestCase


class TestStacksInABrowser(BrowserTestCase):
    """This person has a boat and, older, a batch of three tea hills."""

    people: ClassVar = ("stacker",)
    draws: ClassVar = {"stacker": (("tea hills", 3), ("a paper boat", 1))}

    def shown(self, page: Page) -> Locator:
        return page.locator("[data-image]:visible")

    def test_it_opens_and_selects_a_stack_by_mouse_and_keys(self) -> None:
        page = self.visit("stacker", "/gallery/", **DESKTOP)
        shown, count = self.shown(page), page.locator("#selection-count")
        expect(shown).to_have_count(2)
        expect(page.locator(".month-count")).to_have_text("4\N{NO-BREAK SPACE}images")
        toggle = page.locator(".stack-toggle:visible")
        expect(toggle).to_have_attribute("aria-label", "Show 3 drafts")
        link = page.locator("[data-stack-size] .card-link")
        expect(link).to_have_attribute("aria-expanded", "false")
        link.focus()
        page.keyboard.press("x")
        expect(count).to_have_text("3 selected")
        page.keyboard.press("Delete")
        expect(shown).to_have_count(1)
        expect(page.locator(".toast")).to_contain_text("3 images moved to trash.")
        page.keyboard.press("Control+z")
        expect(shown).to_have_count(2)
        expect(page.locator(".month-count")).to_have_text("4\N{NO-BREAK SPACE}images")
        page.keyboard.press("Control+a")
        expect(count).to_have_text("4 selected")
        page.keyboard.press("Escape")
        link.click()
        expect(shown).to_have_count(4)
        page.reload()
        expect(shown).to_have_count(4)
        shown.nth(2).locator(".card-link").focus()
        page.keyboard.press("f")
        expect(page.locator("[data-count=favorites]")).to_have_text("1")
        page.keyboard.press("Delete")
        expect(shown).to_have_count(3)
        expect(page.locator(".stack-size:visible")).to_have_text("2")
        page.keyboard.press("Control+z")
        expect(page.locator(".stack-size:visible")).to_have_text("3")
        page.keyboard.press("Escape")
        expect(shown).to_have_count(2)
        page.fill("#search", "tea")
        page.press("#search", "Enter")
        expect(shown).to_have_count(3)
