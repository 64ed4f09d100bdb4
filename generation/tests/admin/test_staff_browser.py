"""Staff write an announcement and pause for maintenance, in a real Chromium."""

from playwright.sync_api import Page, expect

from artgen.testing.browser import BrowserTestCase, speak

PROMPT = "a heron at dusk"
PASSWORD = "a long password"


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
        with page.expect_navigation():
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
        with admin.expect_navigation():
            admin.dblclick("[name=_save]")
        page = self.visit("", "/explore/")
        line = page.locator(".announcement")
        expect(line).to_have_count(1)
        expect(line).to_contain_text("Two new models are here.")
        with page.expect_response("**/announcements/*/close/"):
            line.locator("button").click()
        expect(line).to_have_count(0)
        page.reload()
        expect(line).to_have_count(0)
        assert page.evaluate("document.body.style.getPropertyValue('--announced')") == ""


class TestFormsInABrowser(BrowserTestCase):
    prepare = f"""
from django.core.management import call_command
for name in ("formwriter", "substitute"):
    call_command("create_user", name + "@example.org", password={PASSWORD!r}, superuser=True)
"""
    ADD = "/admin/generation/announcement/add/"

    def sign_in(self, page: Page, name: str) -> None:
        page.fill("[name=username]", f"{name}@example.org")
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")

    def opened(self) -> Page:
        """Return the form, half filled in, of a member of staff whose session has ended."""
        page = self.visit("", "/accounts/login/")
        self.sign_in(page, "formwriter")
        page.wait_for_url("**/create/")
        speak(page, "en")
        page.goto(self.ADD)
        page.fill("[name=text_en]", "Typed for long")
        page.select_option("[name=level]", "warning")
        page.context.clear_cookies(name="sessionid")
        page.click("[name=_save]")
        page.wait_for_url("**/login/**")
        return page

    def test_what_was_typed_outlives_the_session(self) -> None:
        page = self.opened()
        self.sign_in(page, "formwriter")
        page.wait_for_url(f"**{self.ADD}")
        expect(page.locator(".kept-form")).to_contain_text("is not saved yet")
        expect(page.locator("[name=text_en]")).to_have_value("Typed for long")
        expect(page.locator("[name=level]")).to_have_value("warning")
        page.click("[name=_save]")  # the Russian text is missing
        expect(page.locator("#id_text_ru_error")).to_be_visible()
        page.goto(self.ADD)
        expect(page.locator("[name=text_en]")).to_have_value("")

    def test_what_was_typed_outlives_an_error_page(self) -> None:
        page = self.visit("", self.ADD)
        self.sign_in(page, "formwriter")
        page.wait_for_url(f"**{self.ADD}")
        page.fill("[name=text_en]", "Typed for long")
        page.context.clear_cookies(name="csrftoken")
        self.troubles.forgive("403 POST")
        with page.expect_response(lambda reply: reply.status == 403):
            page.click("[name=_save]")
        page.wait_for_load_state()
        page.go_back()
        expect(page.locator(".kept-form")).to_be_visible()
        expect(page.locator("[name=text_en]")).to_have_value("Typed for long")

    def test_nobody_else_sees_what_was_typed(self) -> None:
        page = self.opened()
        self.sign_in(page, "substitute")
        page.wait_for_url(f"**{self.ADD}")
        expect(page.locator(".admin-nav-email")).to_contain_text("substitute")
        assert page.evaluate("sessionStorage.getItem('admin-form')") is None
        expect(page.locator("[name=text_en]")).to_have_value("")

    def test_no_password_is_kept(self) -> None:
        page = self.visit("", "/admin/accounts/user/add/")
        self.sign_in(page, "formwriter")
        page.wait_for_url("**/admin/accounts/user/add/")
        page.fill("[name=email]", "newcomer@example.org")
        for name in ("password1", "password2"):
            page.fill(f"[name={name}]", "known to nobody")
        page.context.clear_cookies(name="sessionid")
        page.click("[name=_save]")
        page.wait_for_url("**/login/**")
        kept = page.evaluate("sessionStorage.getItem('admin-form')")
        assert "newcomer@example.org" in kept
        assert "known to nobody" not in kept
