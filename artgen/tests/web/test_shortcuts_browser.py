"""Keyboard shortcuts in a real browser, with English and Russian keyboard layouts."""

from playwright.sync_api import Page, expect

from generation.testing.pages.browser import BrowserTestCase

RUSSIAN = """({ key, code, shiftKey = false }) => document.activeElement.dispatchEvent(
  new KeyboardEvent("keydown", { key, code, shiftKey, bubbles: true, cancelable: true }))"""


def press_russian(page: Page, key: str, code: str, **modifiers: bool) -> None:
    """Press a key while the Russian layout is active, which Playwright does not know."""
    page.evaluate(RUSSIAN, {"key": key, "code": code, **modifiers})


class TestShortcuts(BrowserTestCase):
    people = ("presser",)

    def test_it_opens_the_list_on_both_layouts_but_not_while_typing(self):
        page = self.visit(path="/")
        shortcuts = page.locator("#shortcuts-dialog")
        page.keyboard.press("?")
        expect(shortcuts).to_be_visible()
        page.keyboard.press("Escape")
        expect(shortcuts).to_be_hidden()
        press_russian(page, ",", "Slash", shiftKey=True)
        expect(shortcuts).to_be_visible()
        page.keyboard.press("Escape")
        prompt = page.locator("input[name=prompt]")
        prompt.press("?")
        expect(prompt).to_have_value("?")
        expect(shortcuts).to_be_hidden()

    def test_it_leaves_single_keys_alone_where_they_are_turned_off(self):
        page = self.visit("presser")
        page.fill("#prompt", "a lighthouse")
        page.click(".segments label:has([value='1'])")
        page.keyboard.press("Control+Enter")
        image = page.locator("[data-status=succeeded] a.card-link").first
        expect(image).to_have_count(1)
        page.goto(image.get_attribute("href") or "")
        favorite = page.locator("#favorite")
        before = favorite.get_attribute("aria-pressed")
        other = "false" if before == "true" else "true"
        press_russian(page, "а", "KeyF")
        expect(favorite).to_have_attribute("aria-pressed", other)
        page.keyboard.press("f")
        expect(favorite).to_have_attribute("aria-pressed", str(before))
        page.keyboard.press("?")
        page.locator("#shortcuts-dialog [data-single-keys]").click()
        page.keyboard.press("Escape")
        page.keyboard.press("f")
        page.keyboard.press("?")
        expect(favorite).to_have_attribute("aria-pressed", str(before))
        expect(page.locator("#shortcuts-dialog")).to_be_hidden()
        page.locator("#more > summary").click()
        page.locator("#keys-name").click()  # the list stays reachable
        expect(page.locator("#shortcuts-dialog")).to_be_visible()
