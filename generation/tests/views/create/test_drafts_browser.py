"""Draft, then final, in a real Chromium."""

import re
from typing import ClassVar

from playwright.sync_api import expect

from generation.testing.pages.browser import DESKTOP, BrowserTestCase


class TestDraftsInABrowser(BrowserTestCase):
    people: ClassVar = ("drafter",)

    def test_drafts_are_finished_one_or_several_at_once(self) -> None:
        page = self.visit("drafter", "/create/?model=flux-dev", **DESKTOP)
        page.fill("#prompt", "a kite")
        expect(page.locator(".draft-button")).to_contain_text("8 drafts")
        page.locator("#prompt").press("Control+Shift+Enter")
        drafts = page.locator("[data-run]").first.locator("[data-image]")
        expect(drafts).to_have_count(8)
        expect(page.locator(".run-model").first).to_contain_text("P-Image")
        expect(page.locator(".run-made").first).to_have_text("8 drafts")
        expect(page.locator("#model-name .model-name")).to_have_text("FLUX.1 dev")
        drafts.nth(1).hover()
        finish = drafts.nth(1).locator("[data-make=finish]")
        finish.hover()
        expect(finish).to_have_attribute(
            "data-tip", re.compile("^Finish · D\nFLUX.1 Kontext · 1024 × 1024 · 3")
        )
        finish.click()
        finals = page.locator("[data-run]").first.locator("[data-image]")
        expect(page.locator(".run-model").first).to_contain_text("FLUX.1 Kontext")
        expect(finals).to_have_count(1)
        expect(page.locator(".run-made").first).to_have_text("From a draft · 1024 × 1024")
        drafts = page.locator("[data-run]").nth(1).locator(".card-link")
        drafts.first.focus()
        for key in ("x", "ArrowRight", " "):
            page.keyboard.press(key)
        page.locator("[data-act=finals]").press("Enter")
        choice = page.locator(".finals-item").first
        expect(choice).to_be_focused()
        expect(choice).to_contain_text(re.compile(r"FLUX.1 Kontext\s+2 images · 1024 × 1024"))
        choice.press("Enter")
        expect(finals).to_have_count(2)
        expect(page.locator(".tick:checked")).to_have_count(0)
        page.goto("/gallery/")
        single = page.locator("[data-image]:not([data-stack-size]) .card-link:visible")
        single.first.press("d")  # a final
        expect(page.locator(".toast-bad")).to_contain_text("Not possible for this image")
        page.get_by_role("button", name="Show 8 drafts").click()
        page.locator(".card-link:visible").last.press("d")
        expect(page.locator(".toast", has_text="From a draft · 1024 × 1024, ")).to_be_visible()
