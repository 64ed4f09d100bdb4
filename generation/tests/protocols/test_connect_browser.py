"""The page "Connect" in a real Chromium."""

import requests
from playwright.sync_api import expect

from generation.testing.pages.browser import BrowserTestCase

PASSWORD = "a long password"


class TestConnectInABrowser(BrowserTestCase):
    prepare = f"""
from django.core.management import call_command
call_command("create_user", "connector@example.org", password={PASSWORD!r})
"""

    def test_it_shows_what_arrives_and_hands_the_token_to_the_api_reader(self) -> None:
        page = self.visit("", "/accounts/login/?next=/connect/curl/")
        page.fill("[name=username]", "connector@example.org")
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.click("text=Create token for curl")
        page.fill("[name=password]", PASSWORD)
        page.click(".account-form .button-primary")
        token = page.locator("#token-text").inner_text()
        expect(page.locator("#snippet-1")).to_contain_text(f"Bearer {token}")
        headers = {"Authorization": f"Bearer {token}", "User-Agent": "curl/8.14.1"}
        assert requests.get(f"{self.demo.url}/v1/models", headers=headers, timeout=30).ok
        expect(page.locator("#arrivals .access-value")).to_have_text("curl")
        expect(page.locator("#status")).to_have_text("A request has arrived.")
        expect(page.locator("#token-text")).to_have_text(token)

        with page.context.expect_page() as opened:
            page.click("text=Try the token")
        reader = opened.value
        call = reader.locator("#operations-account-get_account")
        call.locator(".opblock-summary-control").click()
        call.locator(".try-out__btn").click()
        with reader.expect_request("**/api/v1/account/") as sent:
            call.locator(".execute").click()
        assert sent.value.headers["authorization"] == f"Bearer {token}"
        for tab in (page, reader):
            assert tab.evaluate("sessionStorage.length") == 0
