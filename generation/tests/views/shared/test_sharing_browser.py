"""Sharing in a real Chromium.

A link opened signed out and stopped; the full view.
"""

from playwright.sync_api import Page, expect

from generation.testing.pages.browser import BrowserTestCase

RECORD_COPIES = """() => {
    navigator.clipboard.write = async ([item]) => {
        const blob = await item.getType("text/plain")
        globalThis.copied = await blob.text()
    }
}"""


class TestSharingInABrowser(BrowserTestCase):
    people = ("sharer", "looker", "remixer")

    def picture(self, name: str) -> Page:
        """Return the page of a picture that this person has just made."""
        page = self.visit(name)
        page.fill("#prompt", "a lighthouse in fog")
        page.click(".segments label:has([value='1'])")
        expect(page.locator("#create-button")).to_contain_text("1 credit")
        page.click("#create-button")
        expect(page.locator("[data-status=succeeded]")).to_have_count(1)
        page.goto("/gallery/")
        page.goto(page.locator(".card-link").first.get_attribute("href") or "")
        return page

    def test_it_shares_by_link_until_that_is_stopped(self):
        page = self.picture("sharer")
        page.evaluate(RECORD_COPIES)
        page.keyboard.press("s")
        toast = page.locator(".toast", has_text="Link copied")
        expect(toast).to_be_visible()
        address = page.evaluate("globalThis.copied")
        toast.get_by_role("button", name="Options").click()
        expect(page.locator("#share-dialog")).to_be_visible()
        assert page.input_value("#share-address") == address
        page.locator("#share [name=parameters]").first.check()
        page.locator("#share").get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".share-message")).to_have_text("Saved.")
        assert page.input_value("#share-address") == address
        expect(page.locator("#seen")).to_contain_text("Anyone with the link can see this")
        stranger = self.visit(path=address)
        expect(stranger.locator("h1")).to_have_text("a lighthouse in fog")
        loaded = "picture => picture.decode().then(() => picture.naturalWidth)"
        assert stranger.locator(".frame-image").evaluate(loaded) > 0
        remixer = self.visit("remixer")
        remixer.fill("#prompt", "my own words")
        remixer.goto(address)
        remixer.click(".shared-actions .button-primary")
        expect(remixer.locator("#prompt")).to_have_value("a lighthouse in fog")
        remixer.wait_for_url("**/create/")
        remixer.click(".toast >> text=Undo")
        expect(remixer.locator("#prompt")).to_have_value("my own words")
        remixer.goto(address)
        page.click("#share .button-danger")
        expect(page.locator("#share-address")).to_have_count(0)
        expect(page.locator("#seen")).to_contain_text("Only you can see this")
        page.keyboard.press("Escape")
        expect(page.locator("#share-open")).to_be_focused()
        remixer.click(".shared-actions .button-primary")
        expect(remixer.locator(".toast")).to_contain_text("This image is no longer shared")
        expect(remixer.locator("#prompt")).to_have_value("my own words")
        self.troubles.forgive("404")
        stranger.reload()
        expect(stranger.locator("h1")).to_have_text("Page not found")

    def test_it_opens_the_full_view_and_zooms(self):
        page = self.picture("looker")
        viewer, level = page.locator("#viewer"), page.locator("[data-zoom-level]")
        page.locator(".frame-open").click()
        expect(viewer).to_be_visible()
        whole = level.inner_text()
        page.keyboard.press("+")
        expect(level).not_to_have_text(whole)
        page.keyboard.press("0")
        expect(level).to_have_text(whole)
        page.mouse.move(600, 300)
        page.mouse.wheel(0, -400)
        expect(level).not_to_have_text(whole)
        before = page.locator(".viewer-image").evaluate("picture => picture.style.transform")
        page.mouse.down()
        page.mouse.move(500, 260)
        page.mouse.up()
        assert (
            page.locator(".viewer-image").evaluate("picture => picture.style.transform") != before
        )
        page.keyboard.press("Escape")
        expect(viewer).to_be_hidden()
        expect(page.locator(".frame-open")).to_be_focused()
