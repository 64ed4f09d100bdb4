"""Rules of moderation in a real Chromium. `test_staff_day` reviews by keyboard."""

import os

from playwright.sync_api import Page, expect

from artgen.testing.browser import PHONE, BrowserTestCase, speak

QUEUE = "/admin/generation/promptreview/queue/"


class TestModerationInABrowser(BrowserTestCase):
    staff = ("moderator",)

    def look(self, page: Page, name: str) -> None:
        """Save a screenshot to the folder MODERATION_SHOTS, if set."""
        if folder := os.environ.get("MODERATION_SHOTS"):
            page.screenshot(path=f"{folder}/{name}.png", full_page=True)

    def test_it_tries_a_rule_before_it_is_saved(self) -> None:
        staff = self.visit("moderator", "/admin/generation/moderationrule/add/")
        staff.fill("[name=pattern]", "кортик")
        staff.fill("#try_text", "Матрос с кортиком")
        staff.click("[data-preview]")
        expect(staff.locator("[data-preview-target] mark")).to_have_text("кортиком")
        self.look(staff, "rule")
        for theme, options in (("dark", {}), ("light", PHONE)):
            shown = self.visit("moderator", QUEUE, theme=theme, **options)
            speak(shown, "ru" if theme == "light" else "en")
            shown.reload()
            self.look(shown, f"queue-{theme}")
            width = shown.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert width <= 0
