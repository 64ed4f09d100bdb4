"""Moderation in a real Chromium: a refused prompt is appealed and approved; all by keyboard."""

import os

from playwright.sync_api import Page, expect

from artgen.testing.browser import PHONE, BrowserTestCase, speak

RULE = """
from generation.models import ModerationRule
ModerationRule.objects.create(pattern="cutlass", category="violence")
"""
QUEUE = "/admin/generation/promptreview/queue/"


class TestModerationInABrowser(BrowserTestCase):
    people = ("author", "painter")
    staff = ("moderator",)
    prepare = RULE
    alone = True  # the queue shows what others submit

    def look(self, page: Page, name: str) -> None:
        """Save a screenshot to the folder MODERATION_SHOTS, if set."""
        if folder := os.environ.get("MODERATION_SHOTS"):
            page.screenshot(path=f"{folder}/{name}.png", full_page=True)

    def create(self, name: str, prompt: str) -> Page:
        page = self.visit(name)
        page.fill("#prompt", prompt)
        page.click(".segments label:has([value='1'])")
        page.click("#create-button")
        return page

    def test_a_refused_prompt_is_appealed_and_approved_by_keyboard(self) -> None:
        self.troubles.forgive("403 POST")
        page = self.create("author", "an old cutlass on a barrel")
        note = page.locator("#composer .note-bad")
        expect(note).to_contain_text("violence (“cutlass”)")
        self.look(page, "refused")
        note.locator("button").click()
        page.wait_for_url("**/account/reviews/")
        expect(page.locator(".review")).to_have_attribute("data-state", "waiting")
        self.look(page, "reviews")

        staff = self.visit("moderator", QUEUE)
        expect(staff.locator(".queue-prompt")).to_have_text("an old cutlass on a barrel")
        self.look(staff, "queue-request")
        staff.keyboard.press("a")
        expect(staff.locator(".messagelist .success")).to_be_visible()
        expect(staff.locator(".queue-prompt")).to_have_count(0)

        page.reload()
        expect(page.locator(".review")).to_have_attribute("data-state", "approved")
        page.click(".review .text-link")
        expect(page.locator("[data-status=succeeded]")).to_have_count(1)

    def test_it_moderates_images_by_keyboard(self) -> None:
        page = self.create("painter", "a lighthouse in fog")
        expect(page.locator("[data-status=succeeded]")).to_have_count(1)
        page.goto("/gallery/")
        page.goto(page.locator(".card-link").first.get_attribute("href") or "")
        page.keyboard.press("s")
        page.click("#share form[action$='/publish/'] button")
        expect(page.locator("#share")).to_contain_text("waiting for review")

        staff = self.visit("moderator", f"{QUEUE}?show=images")
        image = staff.locator(".queue-images img")
        blur = "image => getComputedStyle(image).filter"
        assert "blur" in image.evaluate(blur)
        self.look(staff, "queue-blurred")
        staff.keyboard.press("v")
        assert image.evaluate(blur) == "none"
        self.look(staff, "queue-image")
        staff.keyboard.press("r")
        expect(staff.locator("#reason")).to_be_focused()
        staff.keyboard.type("a lighthouse, narrow")  # letters of the reason are not shortcuts
        staff.keyboard.press("Escape")
        staff.keyboard.press("n")
        staff.wait_for_url("**after=**")
        staff.keyboard.press("r")
        staff.keyboard.type("Not sharp")
        staff.keyboard.press("Enter")
        expect(staff.locator(".messagelist .success")).to_be_visible()
        page.reload()
        page.keyboard.press("s")
        expect(page.locator("#share")).to_contain_text("Not sharp")

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
