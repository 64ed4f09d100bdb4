"""The Create page in Chromium against the demo: by mouse, by keyboard and without scripts."""

from playwright.sync_api import Route, expect

from generation.testing.pages.browser import BrowserTestCase


class TestCreatePageInABrowser(BrowserTestCase):
    people = ("switcher", "typist")

    def test_it_works_by_keyboard(self):
        page = self.visit("typist")
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        page.focus(".model-button")
        page.keyboard.press("Enter")
        expect(page.locator(".model-option[aria-current]")).to_be_focused()
        page.keyboard.type("z-im")
        expect(page.locator(".model-option[value=z-image-turbo]")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#model-name")).to_contain_text("Z-Image Turbo")
        expect(page.locator(".model-button")).to_be_focused()
        page.focus("#prompt")
        page.keyboard.type("a teapot")
        page.focus(".segments :checked")
        for _ in range(3):
            page.keyboard.press("ArrowLeft")
        expect(page.locator("#create-button")).to_contain_text("Create 1")
        page.keyboard.press("Control+Enter")
        expect(page.locator("[data-status=succeeded]")).to_have_count(1)

    def test_it_keeps_what_is_typed_and_chosen_while_another_model_loads(self):
        page = self.visit("switcher")
        held: list[Route] = []

        def hold(route: Route) -> None:
            held.append(route)

        page.route("**/create/composer/**", hold, times=1)
        page.click(".model-button")
        page.click(".model-option[value=flux-dev]")
        page.fill("#prompt", "written on the way")
        page.click(".segments label:has([value='8'])")
        self.first(page, held).continue_()
        expect(page.locator("#model-name")).to_contain_text("FLUX.1 dev")
        expect(page.locator("#create-button")).to_contain_text("Create 8")
        expect(page.locator("#prompt")).to_have_value("written on the way")
