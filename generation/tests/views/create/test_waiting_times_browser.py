"""The model's row and the button say the same waiting time, in a real Chromium."""

import re

from playwright.sync_api import Page, expect

from generation.testing.pages.browser import DESKTOP, PHONE, BrowserTestCase


class TestWaitingTimes(BrowserTestCase):
    people = ("waiter", "hurrier")

    def times(self, page: Page) -> tuple[str, str]:
        """Return what the row of the model and the button say."""
        row = page.locator("[data-model-row]").inner_text()
        button = page.locator(".create-meta.create-ready > span:last-child").inner_text()
        return row.rpartition("·")[2].strip(), button.strip()

    def test_row_and_button_agree_for_one_image(self) -> None:
        visits = (("waiter", "en", DESKTOP), ("hurrier", "ru", PHONE))
        for name, language, options in visits:
            page = self.visit(name, language=language, **options)
            page.locator(".segments label:has([value='1'])").click()
            button = page.locator("#create-button")
            expect(button).to_contain_text(re.compile(r"\D1\b"))
            expect(page.locator(".quote-stale")).to_have_count(0)
            row, said = self.times(page)
            assert row == said
            assert re.search(r"\d", said)
