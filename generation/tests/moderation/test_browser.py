"""Rules of moderation in a real Chromium. `test_staff_work` reviews by keyboard."""

from playwright.sync_api import expect

from generation.testing.pages.browser import BrowserTestCase


class TestModerationInABrowser(BrowserTestCase):
    staff = ("moderator",)

    def test_it_tries_a_rule_before_it_is_saved(self) -> None:
        page = self.visit("moderator", "/admin/generation/moderationrule/add/")
        page.fill("[name=pattern]", "кортик")
        page.fill("#try_text", "Матрос с кортиком")
        page.click("[data-preview]")
        expect(page.locator("[data-preview-target] mark")).to_have_text("кортиком")
