"""The tabs of the account; taking one's data along and leaving, in a real Chromium.

With the keyboard alone, and without script.
"""

import io
import zipfile

from playwright.sync_api import Page, expect

from generation.testing.pages.browser import BrowserTestCase

PASSWORD = "a long password"


class TestLeavingInABrowser(BrowserTestCase):
    prepare = f"""
from django.core.management import call_command
for name in ("exporter", "closer", "tabs"):
    call_command("create_user", f"{{name}}@example.org", password={PASSWORD!r}, credits=20)
"""

    def sign_in(self, name: str, **options: object) -> Page:
        page = self.visit("", "/accounts/login/", **options)
        page.fill("[name=username]", f"{name}@example.org")
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url("**/create/")
        return page

    def test_it_prepares_tells_and_hands_out_with_the_keyboard_alone(self) -> None:
        page = self.sign_in("exporter")
        page.fill("#prompt", "a lighthouse in fog")
        page.focus(".segments :checked")
        for _ in range(2):
            page.keyboard.press("ArrowLeft")
        page.keyboard.press("Control+Enter")
        expect(page.locator("[data-status=succeeded]")).to_have_count(2)
        page.goto("/account/data/")
        page.focus("#export-ask button")
        page.keyboard.press("Enter")
        part = page.locator(".export-part")
        expect(part).to_have_count(1)
        expect(page.locator("#export-ask button")).to_be_visible()
        part.focus()
        with page.expect_download() as download:
            page.keyboard.press("Enter")
        archive = zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes()))
        assert archive.testzip() is None
        assert sum(name.startswith("pictures/") for name in archive.namelist()) == 2
        assert "a lighthouse in fog" in archive.read("prompts.txt").decode()
