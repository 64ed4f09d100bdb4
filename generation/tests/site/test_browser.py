"""The Create page in Chromium against the demo: by mouse, by keyboard and without scripts."""

from playwright.sync_api import Route, expect

from generation.testing.pages.browser import BrowserTestCase
from generation.testing.pages.content import GPUS


class TestCreatePageInABrowser(BrowserTestCase):
    people = ("watcher", "canceler", "traveler", "switcher", "typist", "purist", "phoner")

    def test_it_shows_images_as_they_arrive_and_keeps_the_form(self):
        page = self.visit("watcher")
        page.fill("#prompt", "a lighthouse in fog")
        page.click(".shape:last-child")
        page.click(".segments label:has([value='2'])")
        expect(page.locator("#create-button")).to_contain_text("Create 2")
        page.keyboard.press("Control+Enter")
        expect(page.locator("[data-job]")).to_have_count(2)
        expect(page.locator("[data-status=succeeded]")).to_have_count(2)
        expect(page.locator("#balance-credits")).to_have_text("98")
        expect(page.locator("#balance-held")).to_be_hidden()
        expect(page.locator(".card-picture").first).to_be_visible()
        page.reload()
        expect(page.locator("#prompt")).to_have_value("a lighthouse in fog")
        expect(page.locator("[data-size]")).to_have_text("1344 × 768")
        expect(page.locator("[data-status=succeeded]")).to_have_count(2)

    def test_it_cancels_one_image_and_retries_it(self):
        page = self.visit("canceler")
        endpoint = "endpoints/black-forest-labs-flux-1-dev"
        self.addCleanup(self.demo.tell_emulator, endpoint, workers=GPUS)
        self.demo.tell_emulator(endpoint, workers=0)  # none is done before it is canceled
        page.fill("#prompt", "seven kites")
        page.click(".model-button")
        page.click(".model-option[value=flux-dev]")
        page.click(".segments label:has([value='4'])")
        expect(page.locator("#create-button")).to_contain_text("Create 4")
        page.click("#create-button")
        last = page.locator("[data-job]").last
        last.locator("[data-cancel] button").click()
        expect(last).to_have_attribute("data-status", "canceled")
        self.demo.tell_emulator(endpoint, workers=GPUS)
        last.locator("[data-retry] button").click()
        expect(page.locator("[data-run]")).to_have_count(2)
        expect(page.locator("[data-status=succeeded]")).to_have_count(4)

    def test_it_catches_up_after_a_lost_connection(self):
        page = self.visit("traveler")
        self.troubles.forgive("ERR_INTERNET_DISCONNECTED")
        page.fill("#prompt", "a train in the snow")
        page.click(".segments label:has([value='2'])")
        expect(page.locator("#create-button")).to_contain_text("Create 2")
        page.click("#create-button")
        expect(page.locator("[data-job]")).to_have_count(2)
        page.context.set_offline(True)
        expect(page.locator(".toast")).to_contain_text("You’re offline")
        page.fill("#prompt", "written in a tunnel")
        page.click("#create-button")
        expect(page.locator(".toast-bad")).to_contain_text("Your text is saved")
        page.context.set_offline(False)
        expect(page.locator("[data-status=succeeded]")).to_have_count(2)
        expect(page.locator("#prompt")).to_have_value("written in a tunnel")
        page.click("#create-button")
        expect(page.locator("[data-status=succeeded]")).to_have_count(4)

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
