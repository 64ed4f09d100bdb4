"""Presets, own styles and favorite models in a real Chromium, on desktop and phone."""

from playwright.sync_api import Page, expect

from generation.testing.pages.browser import PHONE, BrowserTestCase


class TestPresetsInTheBrowser(BrowserTestCase):
    people = ("presetter", "presetter_phone", "presetter_taker")

    def open_presets(self, page: Page) -> None:
        page.click(".model-button")
        page.click("[data-purpose=preset]")
        expect(page.locator("#models .model-option[name=switch]").first).to_be_hidden()

    def save(self, page: Page, name: str) -> None:
        self.open_presets(page)
        page.fill("#preset-name", name)
        page.press("#preset-name", "Enter")
        expect(page.locator("[data-key=preset] p")).to_be_visible()
        expect(page.locator("#presets")).to_be_hidden()

    def test_it_is_saved_applied_undone_and_updated(self):
        page = self.visit("presetter", "/create/?model=flux-dev&prompt=a+kite")
        expect(page.locator("#composer[data-model=flux-dev]")).to_be_visible()
        page.click("label.style:has([value=oil])")
        page.click("label:has([name=count][value='2'])")
        self.save(page, "Evening")
        page.click(".model-button")
        page.click(".model-option[value=p-image]")
        expect(page.locator("#composer[data-model=p-image]")).to_be_visible()
        page.click("label.style:has([value=''])")
        page.fill("#prompt", "a snail")
        self.open_presets(page)
        page.click("[data-preset]")
        expect(page.locator("#composer[data-model=flux-dev]")).to_be_visible()
        expect(page.locator("[name=style][value=oil]")).to_be_checked()
        expect(page.locator("#prompt")).to_have_value("a snail")
        page.click("[data-key=used] button:has-text('Undo')")
        expect(page.locator("#composer[data-model=p-image]")).to_be_visible()
        expect(page.locator("[name=style][value='']")).to_be_checked()
        self.open_presets(page)
        page.click("[data-update-preset]")
        page.click("[data-key=preset] button:has-text('Undo')")
        expect(page.locator("[data-key=preset] p")).to_have_text("Restored.")
        self.troubles.forgive("400 POST")
        self.open_presets(page)
        page.fill("#preset-name", "EVENING")
        page.press("#preset-name", "Enter")
        expect(page.locator("#preset-error")).to_contain_text("You have a preset with this name")

    def test_it_works_on_a_phone_with_an_own_style_and_a_favorite_model(self):
        page = self.visit("presetter_phone", "/presets/", language="ru", **PHONE)
        form = page.locator(".style-new")
        form.locator("[name=name]").fill("Print")
        form.locator("[name=template]").fill("a print")
        self.troubles.forgive("400 POST")
        form.locator("button").click()
        expect(page.locator("#style-text-error-new")).to_contain_text("{prompt}")
        form.locator("[name=template]").fill("{prompt}, print")
        form.locator("button").click()
        expect(page.locator(".style-text")).to_have_text("{prompt}, print")
        page.goto("/create/?model=p-image&prompt=a+kite")
        page.click("label.style:has-text('Print')")
        self.save(page, "Pocket")
        page.click(".model-button")
        held = []  # the list opens again before the server has the star
        page.route("**/favorite-model/", lambda route, _request: held.append(route))
        with page.expect_request("**/favorite-model/"):
            page.click("[data-favorite-model=p-image]")
        page.keyboard.press("Escape")
        page.click(".model-button")
        held.pop().continue_()
        expect(page.locator(".model-option").first).to_have_attribute("value", "p-image")
        page.click("[data-purpose=favorite]")
        expect(page.locator(".model-option[name=switch]:visible")).to_have_count(1)
        page.click("[data-purpose=text]")
        expect(page.locator(".model-option[value=p-image]")).to_be_hidden()
        expect(page.locator(".model-option[value=qwen-image]")).to_be_visible()
        page.keyboard.press("Escape")
        page.goto("/presets/")
        page.click("button[value=delete] >> nth=0")
        expect(page.locator("h3:has-text('Pocket')")).to_have_count(0)
        page.click("button:has-text('Отменить')")
        expect(page.locator("h3:has-text('Pocket')")).to_be_visible()
        page.click("button[value=share]")
        link = page.locator(".preset-link input").input_value()
        path = "/p/" + link.split("/p/")[1]
        other = self.visit("presetter_taker", path, **PHONE)
        other.click("main form button")
        expect(other.locator("#composer[data-model=p-image]")).to_be_visible()
        expect(other.locator("label.style:has-text('Print') input")).to_be_checked()
