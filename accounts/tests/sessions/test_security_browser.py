"""Two-factor authentication, passkeys and devices in a real Chromium."""

from playwright.sync_api import Page, expect

from generation.testing.pages.browser import PHONE, BrowserTestCase
from generation.testing.rows.authenticator_app import code_of

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

    def sign_in(self, name: str, path: str = "/accounts/login/", **options: object) -> Page:
        page = self.visit("", path, **options)
        self.enter_password(page, name)
        page.wait_for_url("**/create/")
        return page

    def confirm_password(self, page: Page) -> None:
        page.fill("[name=password]", PASSWORD)
        page.click(".account-form .button-primary")

    def sign_out(self, page: Page) -> None:
        page.goto("/account/profile/")
        page.click(".profile-out")
        page.wait_for_url(lambda url: "/account/" not in url)

    def test_it_signs_in_with_the_code_of_an_app_on_a_phone_without_script(self) -> None:
        page = self.sign_in("guardian", java_script_enabled=False, **PHONE)
        page.goto("/account/security/")
        page.click("text=Add authenticator app")
        self.confirm_password(page)
        secret = page.locator("#totp-secret").inner_text()
        size = page.evaluate("document.querySelector('.qr').naturalWidth")
        assert size > 0  # the policy of the page lets the QR code be shown
        page.fill("[name=code]", "000000")
        page.click(".account-form .button-primary")
        expect(page.locator(".error")).to_contain_text("Wrong code.")
        page.fill("[name=code]", code_of(secret))
        page.click(".account-form .button-primary")
        codes = page.locator(".codes li")
        expect(codes).to_have_count(10)
        recovery = codes.first.inner_text()
        self.sign_out(page)
        # The next code, as of a phone whose clock is fast: each is accepted once, and a step later
        # this one is the current one.
        for code in (code_of(secret, steps=1), recovery):
            page.goto("/accounts/login/")
            self.enter_password(page, "guardian")
            page.wait_for_url("**/accounts/2fa/code/")
            page.fill("[name=code]", code)
            page.press("[name=code]", "Enter")
            page.wait_for_url("**/create/")
            self.sign_out(page)

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

    def test_it_signs_other_devices_out(self) -> None:
        laptop, phone = self.sign_in("commuter"), self.sign_in("commuter", **PHONE)
        laptop.goto("/account/security/")
        expect(laptop.locator("[action$='/sign-out/']")).to_have_count(1)
        laptop.click("text=Sign out everywhere else")
        expect(laptop.locator("#toasts")).to_contain_text("All other devices")
        expect(laptop.locator("[action$='/sign-out/']")).to_have_count(0)
        phone.goto("/gallery/")
        phone.wait_for_url("**/accounts/login/?next=/gallery/")
