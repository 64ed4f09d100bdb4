"""Forms of staff whose session ends while they write, in a real Chromium."""

from playwright.sync_api import Page, expect

from generation.testing.pages.browser import BrowserTestCase, speak

PASSWORD = "a long password"


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
