"""A visit from signing up to a ZIP archive, and seconds without a connection."""

from typing import Any, ClassVar
from zipfile import ZipFile

from playwright.sync_api import Page, expect

from generation.testing.pages.browser import DESKTOP, BrowserTestCase
from generation.testing.servers.demo import GPUS

AWAY = 3_000  # ms


class TestJourneyInABrowser(BrowserTestCase):
    people: ClassVar = ("tunneler",)

    def sign_up(self, email: str, **options: Any) -> Page:
        """Sign up by email address, email and password, and return the Create page."""
        page = self.visit(path="/accounts/signup/", **options)
        page.fill("[name=email]", email)
        page.press("[name=email]", "Enter")
        page.wait_for_url("**/signup/sent/")
        page.goto(self.demo.letter_link("/accounts/signup/"))
        page.fill("[name=name]", "Vera")
        page.fill("[name=password]", "lantern-fog-42")
        page.press("[name=password]", "Enter")
        page.wait_for_url("**/create/")
        return page

    def test_it_goes_from_signing_up_to_a_zip(self) -> None:
        """Sign up, create four images and cancel one; then search, and download a ZIP archive."""
        prompt, page = "seven lighthouses in fog", self.sign_up("vera@example.org", **DESKTOP)
        done, canceled = (
            page.locator("[data-status=succeeded]"),
            page.locator("[data-status=canceled]"),
        )
        page.click(".model-button")
        page.click(".model-option[value=z-image-turbo]")
        expect(page.locator("#model-name")).to_contain_text("Z-Image Turbo")
        page.fill("#prompt", prompt)
        page.click(".segments label:has([value='4'])")
        expect(page.locator("#create-button")).to_contain_text("4")
        self.addCleanup(self.demo.tell_emulator, "endpoints/z-image-turbo", workers=GPUS)
        self.demo.tell_emulator("endpoints/z-image-turbo", workers=0)
        page.click("#create-button")
        expect(page.locator("[data-job]")).to_have_count(4)
        page.locator("[data-job]").last.locator("[data-cancel] button").click()
        expect(canceled).to_have_count(1)
        self.demo.tell_emulator("endpoints/z-image-turbo", workers=GPUS)
        expect(done).not_to_have_count(0)
        page.reload()
        expect(page.locator("[data-job]")).to_have_count(4)
        expect(page.locator("#prompt")).to_have_value(prompt)
        expect(done).to_have_count(3)
        expect(canceled).to_have_count(1)

        page.goto("/gallery/")
        tiles = page.locator("[data-image]")
        expect(tiles).to_have_count(3)
        page.fill("#search", "lighthouse")
        page.press("#search", "Enter")
        page.wait_for_url("**q=*")
        expect(tiles).to_have_count(3)
        page.goto("/gallery/")
        page.click("#select")
        page.locator(".card-link").first.click()  # the stack of all three
        page.click("[popovertarget=selection-formats]")
        with page.expect_download() as begun:
            page.click("[data-act=download][value=original]")
        with ZipFile(begun.value.path()) as archive:
            assert archive.testzip() is None
            assert [name.rpartition(".")[2] for name in archive.namelist()] == ["png"] * 3 + [
                "json"
            ]

    def test_it_continues_after_seconds_without_a_connection(self):
        self.troubles.forgive("net::ERR_INTERNET_DISCONNECTED")
        page = self.visit("tunneler")
        page.fill("#prompt", "a train in a tunnel")
        page.click(".segments label:has([value='4'])")
        expect(page.locator("#create-button")).to_contain_text("4")
        page.click("#create-button")
        expect(page.locator("[data-job]")).to_have_count(4)
        page.context.set_offline(True)
        expect(page.locator(".toast")).to_contain_text("You’re offline")
        page.wait_for_timeout(AWAY)
        expect(page.locator("[data-job]")).to_have_count(4)
        page.context.set_offline(False)
        expect(page.locator("[data-status=succeeded]")).to_have_count(4)
        expect(page.locator("#prompt")).to_have_value("a train in a tunnel")
