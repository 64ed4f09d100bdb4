"""Two-factor authentication, passkeys and devices in a real Chromium."""

from playwright.sync_api import Page, expect

from generation.testing.pages.browser import BrowserTestCase

PASSWORD = "a long password"


class TestSecurityInABrowser(BrowserTestCase):
    prepare = f"""
from django.core.management import call_command
for name in ("guardian", "keyholder", "commuter"):
    call_command("create_user", f"{{name}}@example.org", password={PASSWORD!r})
"""

    def enter_password(self, page: Page, name: str) -> None:
        page.fill("[name=username]", f"{name}@example.org")
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")

    def confirm_password(self, page: Page) -> None:
        page.fill("[name=password]", PASSWORD)
        page.click(".account-form .button-primary")

    def test_it_signs_in_with_a_passkey(self) -> None:
        here = self.demo.url.replace("127.0.0.1", "localhost")  # passkeys need a domain
        self.troubles.forgive("/ws/jobs/")  # only the host of PUBLIC_URL may open it
        page = self.open("")
        devices = page.context.new_cdp_session(page)
        devices.send("WebAuthn.enable")
        key = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        devices.send("WebAuthn.addVirtualAuthenticator", {"options": key})
        page.goto(f"{here}/accounts/login/")
        self.enter_password(page, "keyholder")
        page.wait_for_url("**/create/")
        page.goto(f"{here}/account/security/")
        page.click("a:has-text('Add passkey')")
        self.confirm_password(page)
        page.click("#passkey-button")
        expect(page.locator(".codes li")).to_have_count(10)
        page.goto(f"{here}/account/profile/")
        page.click(".profile-out")
        page.wait_for_url(lambda url: "/account/" not in url)
        page.goto(f"{here}/accounts/login/")
        self.enter_password(page, "keyholder")
        page.wait_for_url("**/accounts/2fa/code/")
        page.click("#passkey-button")
        page.wait_for_url("**/create/")
