"""Staff invite people in the admin, in a real Chromium; what these see."""

import os

from playwright.sync_api import Page, expect

from generation.testing.pages.browser import PHONE, BrowserTestCase

PASSWORD = "a long password"


class TestPeopleInABrowser(BrowserTestCase):
    staff = ("boss",)
    prepare = f"""
from django.core.management import call_command
call_command("create_user", "penniless@example.org", password={PASSWORD!r}, credits=0)
"""

    def look(self, page: Page, name: str) -> None:
        """Save a screenshot to the folder ADMIN_SHOTS, if set."""
        if folder := os.environ.get("ADMIN_SHOTS"):
            page.screenshot(path=f"{folder}/{name}.png", full_page=True)

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
