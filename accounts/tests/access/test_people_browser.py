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

    def test_an_empty_account_asks_for_credits_and_gets_an_image(self) -> None:
        person = self.open(**PHONE)
        person.goto("/accounts/login/")
        person.fill("[name=username]", "penniless@example.org")
        person.fill("[name=password]", PASSWORD)
        person.press("[name=password]", "Enter")
        person.wait_for_url("**/create/")
        person.fill("#prompt", "a heron at dusk")
        expect(person.locator("#create-button")).to_be_disabled()
        person.click("text=How to get credits")
        person.wait_for_url("**/account/get-credits/")
        self.look(person, "get-credits")
        person.fill("[name=note]", "For the poster of our fair.\nThank you!")
        person.click("text=Send request")
        expect(person.locator(".credit-request")).to_contain_text("Open")
        self.look(person, "asked")
        page = self.visit("boss", "/admin/")
        expect(page.locator("body")).to_contain_text("1 request for credits")
        self.look(page, "start-with-request")
        page.click("text=Decide")
        expect(page.locator(".credit-note")).to_contain_text("For the poster of our fair.")
        page.fill("[name=amount]", "20")
        page.fill("[name=answer]", "Enjoy the fair.")
        self.look(page, "decide")
        page.click("text=Grant")
        expect(page.locator(".messagelist")).to_contain_text("penniless@example.org")
        self.look(page, "requests")
        person.reload()
        expect(person.locator(".credit-request")).to_contain_text("Enjoy the fair.")
        self.look(person, "granted")
        person.goto("/create/")
        expect(person.locator("#prompt")).to_have_value("a heron at dusk")
        person.click("#create-button")
        expect(person.locator("[data-status=succeeded] img").first).to_be_visible()
        person.goto("/account/ledger/")
        expect(person.locator(".lines")).to_contain_text("charged")
        person.click(".lines-entries summary >> nth=0")
        expect(person.locator(".lines-entries li").first).to_be_visible()
        self.look(person, "statement")
        if os.environ.get("ADMIN_SHOTS"):
            self.look_around(page)

    def look_around(self, page: Page) -> None:
        """Keep screenshots of further pages, for people to look at."""
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for name, path in (
                ("vouchers-new", "/admin/accounts/voucher/add/"),
                ("vouchers", "/admin/accounts/voucher/"),
                ("credit-page", "/admin/accounts/creditpage/"),
                ("costs", "/admin/generation/imagemodel/costs/"),
                ("account", "/account/"),
                ("ledger", "/account/ledger/"),
                ("get-credits-wide", "/account/get-credits/"),
            ):
                page.goto(path)
                self.look(page, f"{name}-{scheme}")
