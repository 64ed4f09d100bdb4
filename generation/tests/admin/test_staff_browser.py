"""Staff write an announcement and pause for maintenance, in a real Chromium."""

from playwright.sync_api import Page, expect

from artgen.testing.browser import BrowserTestCase, speak

PROMPT = "a heron at dusk"


class TestStaffInABrowser(BrowserTestCase):
    alone = True  # it pauses image creation for everyone
    people = ("alice",)
    staff = ("boss",)

    def admin(self, path: str) -> Page:
        page = self.visit("boss", f"/admin/{path}", viewport={"width": 1300, "height": 900})
        speak(page, "en")
        page.reload()
        return page

    def turn(self, page: Page, mode: str, message: str = "") -> None:
        """Set the creation switch."""
        page.goto("/admin/generation/generationswitch/")
        page.check(f"[name=mode][value={mode}]")
        page.fill("[name=message]", message)
        page.click("[name=_continue]")
        expect(page.locator(f"[name=mode][value={mode}]")).to_be_checked()

    def test_a_visitor_keeps_the_prompt_over_maintenance_and_places_it(self) -> None:
        admin = self.admin("")
        page = self.visit("alice")
        page.fill("#prompt", PROMPT)
        self.turn(admin, "maintenance", "A new disk until noon.")
        self.troubles.forgive("503 POST")
        page.click("#create-button")
        expect(page.locator("#create-dock .note")).to_contain_text("A new disk until noon.")
        expect(page.locator("#create-button")).to_contain_text("Paused")
        expect(page.locator("#prompt")).to_have_value(PROMPT)
        page.reload()
        expect(page.locator("#prompt")).to_have_value(PROMPT)
        expect(page.locator("#create-dock .note")).to_contain_text("A new disk until noon.")
        page.goto("/status/")
        expect(page.locator(".status-now")).to_contain_text("Maintenance")
        self.turn(admin, "on")
        page.goto("/create/")
        expect(page.locator("#prompt")).to_have_value(PROMPT)
        page.click("#create-button")
        expect(page.locator("[data-run]").first).to_contain_text(PROMPT)

    def test_an_announcement_is_closed_for_good(self) -> None:
        admin = self.admin("generation/announcement/add/")
        admin.fill("[name=text_en]", "Two new models are here.")
        admin.fill("[name=text_ru]", "Две новые модели.")
        admin.click("[name=_save]")
        page = self.visit("", "/explore/")
        line = page.locator(".announcement")
        expect(line).to_contain_text("Two new models are here.")
        with page.expect_response("**/announcements/*/close/"):
            line.locator("button").click()
        expect(line).to_have_count(0)
        page.reload()
        expect(line).to_have_count(0)
        assert page.evaluate("document.body.style.getPropertyValue('--announced')") == ""
