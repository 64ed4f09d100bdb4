"""A list of prompts, in a real Chromium."""

from typing import ClassVar

from playwright.sync_api import Page, expect

from generation.testing.pages.browser import DESKTOP, BrowserTestCase

LIST = "a kite\na boat\n\na lamp"
PASTE = """(prompt, text) => {
    const data = new DataTransfer()
    data.setData("text/plain", text)
    prompt.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }))
    const longest = prompt.maxLength
    prompt.value = text
    prompt.dispatchEvent(new Event("input", { bubbles: true }))
    return longest
}"""


class TestPromptListsInABrowser(BrowserTestCase):
    people: ClassVar = ("lister",)

    def create_list(self, page: Page, button: str) -> None:
        page.locator("[name=count][value='1']").check(force=True)
        page.fill("#prompt", LIST)
        page.locator("[data-lines]").click()
        expect(page.locator("#create-button")).to_contain_text(button)

    def test_each_line_becomes_a_run_for_one_price(self) -> None:
        page = self.visit("lister", "/create/?model=flux-schnell", **DESKTOP)
        box = page.locator("[name=lines]")
        page.fill("#prompt", "a kite")
        expect(box).to_be_hidden()
        self.create_list(page, "Create 3 × 1")
        expect(page.locator("#create-button")).to_contain_text("3 credits")
        page.locator(".model-button").click()
        page.locator(".model-option[value=flux-dev]").click()
        expect(page.locator("#create-button")).to_contain_text("9 credits")
        expect(page.locator("#prompt")).to_have_value(LIST)
        page.reload()
        expect(page.locator("#create-button")).to_contain_text("Create 3 × 1")
        page.locator("#prompt").press("Enter")
        expect(page.locator(".toast", has_text="3 prompts sent")).to_contain_text("Cancel")
        expect(page.locator("[data-run]")).to_have_count(3)
        expect(page.locator(".run-prompt").first).to_have_text("a lamp")
        expect(page.locator("[data-image]")).to_have_count(3)

    def test_a_long_paste_is_a_list(self) -> None:
        page = self.visit("lister", **DESKTOP)
        prompt = page.locator("#prompt")
        prompt.fill("")
        expect(prompt).to_have_attribute("maxlength", "2000")
        assert prompt.evaluate(PASTE, "a kite\n" * 400) > 2800
        expect(page.locator("[name=lines]")).to_be_checked()
        expect(page.locator("#prompt-count")).to_contain_text("6 / 2000")
        text = "A list of prompts can have up to 64 images."
        expect(page.locator("#create-dock")).to_contain_text(text)
