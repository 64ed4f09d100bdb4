"""Staff ban and invite in the admin, by hand in a real Chromium; what the people concerned see."""

import os

from playwright.sync_api import Page, expect

from artgen.testing.browser import PHONE, BrowserTestCase

PASSWORD = "a long password"


class TestPeopleInABrowser(BrowserTestCase):
    staff = ("boss",)
    prepare = f"""
from django.core.management import call_command
call_command("create_user", "rascal@example.org", password={PASSWORD!r}, name="Rascal")
"""

    def look(self, page: Page, name: str) -> None:
        """Save a screenshot to the folder ADMIN_SHOTS, if set."""
        if folder := os.environ.get("ADMIN_SHOTS"):
            page.screenshot(path=f"{folder}/{name}.png", full_page=True)

    def sign_in(self, page: Page) -> None:
        page.goto("/accounts/login/")
        page.fill("[name=username]", "rascal@example.org")
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")

    def test_staff_ban_a_person_who_then_sees_the_reason(self) -> None:
        rascal = self.open()
        self.sign_in(rascal)
        rascal.wait_for_url("**/create/")
        page = self.visit("boss", "/admin/accounts/user/?q=rascal")
        self.look(page, "users")
        page.click("text=rascal@example.org")
        expect(page.locator(".person")).to_contain_text("active")
        self.look(page, "user")
        page.click(".object-tools >> text=Ban")
        page.fill("[name=reason]", "Advertising in Explore")
        page.select_option("[name=period]", "30")
        self.look(page, "ban")
        page.click("button.admin-button-danger")
        expect(page.locator(".person")).to_contain_text("banned until")
        self.look(page, "user-banned")
        self.troubles.forgive("403 POST", "/ws/jobs/", "401")
        rascal.goto("/gallery/")
        rascal.wait_for_url("**/accounts/login/**")
        self.sign_in(rascal)
        expect(rascal.locator("h1")).to_have_text("Your account is banned")
        expect(rascal.locator("body")).to_contain_text("Advertising in Explore")
        self.look(rascal, "banned")
        page.click("text=Lift ban")
        page.click(".admin-form button")
        expect(page.locator(".person")).to_contain_text("active")
        self.sign_in(rascal)
        rascal.wait_for_url("**/create/")
        page.goto("/admin/accounts/auditentry/?q=Advertising")
        expect(page.locator("#result_list")).to_contain_text("rascal@example.org")
        self.look(page, "audit")

    def test_an_invitation_leads_from_the_admin_to_the_first_page(self) -> None:
        page = self.visit("boss", "/admin/accounts/invitation/")
        self.look(page, "list0")
        page.click(".addlink")
        page.fill("[name=addresses]", "guest@example.org, Other Guest <other@example.org>")
        page.fill("[name=credits]", "33")
        self.look(page, "invite")
        page.click(".admin-form button")
        expect(page.locator(".messagelist")).to_contain_text("2 invitations sent.")
        expect(page.locator("#result_list")).to_contain_text("Pending")
        self.look(page, "invitations")
        link = self.demo.letter_link("/accounts/invitation/")
        guest = self.visit("", link, **PHONE)
        expect(guest.locator("body")).to_contain_text("@example.org")
        self.look(guest, "invitation")
        guest.fill("[name=password]", PASSWORD)
        guest.click("form .button-primary")
        guest.wait_for_url("**/create/")
        guest.goto("/account/")
        expect(guest.locator(".credits-balance")).to_contain_text("33")
        again = self.visit("", link)
        again.wait_for_url("**/accounts/login/")
        page.reload()
        expect(page.locator("#result_list")).to_contain_text("Accepted")
