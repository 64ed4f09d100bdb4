"""Lists that are loaded when they open, on a slow and on a broken network, in a real Chromium."""

import re

from playwright.sync_api import Page, Route, expect

from generation.testing.pages.browser import BrowserTestCase

LISTS = {
    "models": (".model-option", "**/create/models/**"),
    "history": ("[data-prompt]", "**/create/prompts/"),
}
"""Popovers: what they have when they are loaded, and from where."""
CHOSEN = ".model-option[aria-current]"


class TestListsOnCreate(BrowserTestCase):
    people = (
        "list_author",
        "list_hasty",
        "list_slow",
        "list_unlucky",
        "list_early",
        "list_partless",
    )

    def written(self, name: str) -> Page:
        """Return the page of a user who has sent a prompt."""
        page = self.visit(name, "/create/?prompt=a+kite")
        page.click("#create-button")
        expect(page.locator("[data-status=succeeded]").first).to_be_visible()
        page.goto("/create/")
        return page

    def opener(self, popover: str) -> str:
        return f"[popovertarget={popover}]:not(.models-head *)"

    def hold(self, page: Page, address: str) -> list[Route]:
        held: list[Route] = []

        def keep(route: Route) -> None:
            held.append(route)

        page.route(address, keep)
        return held

    def test_they_open_by_mouse_and_by_keyboard_and_are_asked_for_once(self) -> None:
        page = self.written("list_author")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        for popover, (loaded, _address) in LISTS.items():
            item = page.locator(f"#{popover} {loaded}").first
            page.click(self.opener(popover))
            expect(item).to_be_visible()
            page.keyboard.press("Escape")
            expect(item).to_be_hidden()
            expect(page.locator(self.opener(popover))).to_be_focused()
            page.keyboard.press("Enter")
            expect(item).to_be_visible()
            page.keyboard.press("Escape")
        parts = [url.removeprefix(self.demo.url) for url in asked]
        assert [part for part in parts if part.startswith("/create/")] == [
            "/create/models/?model=flux-schnell",
            "/create/prompts/",
        ]
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.locator("#history [data-prompt]").first).to_be_focused()

    def test_a_slow_list_opens_once_however_often_it_is_asked_for(self) -> None:
        page = self.visit("list_slow")
        held = self.hold(page, "**/create/models/**")
        button = page.locator(".model-button")
        button.click()
        expect(button).to_have_attribute("aria-busy", "true")
        button.click()
        expect(page.locator("#models")).to_be_hidden()
        self.first(page, held).continue_()
        expect(page.locator(CHOSEN)).to_be_focused()
        expect(button).not_to_have_attribute("aria-busy", "true")
        assert len(held) == 1

    def test_what_was_opened_before_the_script_was_there_opens_with_its_list(self) -> None:
        page = self.open("list_early")
        held = self.hold(page, "**/generation/create.*js")
        page.goto("/create/", wait_until="commit")
        page.click(".model-button")
        expect(page.locator("#models")).to_be_visible()
        self.first(page, held).continue_()
        expect(page.locator(CHOSEN)).to_be_focused()
        expect(page.locator("#models")).to_have_class("menu floating models anchored")

    def test_a_list_that_fails_says_so_and_can_be_tried_again(self) -> None:
        page = self.written("list_unlucky")
        self.troubles.forgive("503 ", "ERR_FAILED")
        failed = page.locator(".toast-bad")
        for popover, (loaded, address) in LISTS.items():
            page.route(address, lambda route: route.fulfill(status=503), times=1)
            page.click(self.opener(popover))
            expect(failed).to_have_text("Something went wrong. Try again.")
            page.click(".toast-bad [data-toast-close]")
            page.route(address, lambda route: route.abort(), times=1)
            page.click(self.opener(popover))
            expect(failed).to_contain_text("No connection.")
            page.click(".toast-bad [data-toast-close]")
            expect(page.locator(f"#{popover}")).to_be_hidden()
            page.click(self.opener(popover))
            expect(page.locator(f"#{popover} {loaded}").first).to_be_visible()
            page.keyboard.press("Escape")

    def test_the_models_load_again_for_another_one_and_after_going_back(self) -> None:
        page = self.visit("list_hasty")
        for slug in ("flux-dev", "flux-schnell"):
            page.click(".model-button")
            page.click(f".model-option[value={slug}]")
            expect(page.locator(f"#composer[data-model={slug}]")).to_be_visible()
        page.click(".model-button")
        expect(page.locator(CHOSEN)).to_have_attribute("value", "flux-schnell")
        page.goto("/gallery/")
        page.go_back()
        page.click(".model-button")
        expect(page.locator(CHOSEN)).to_be_focused()

    def test_a_page_whose_part_does_not_load_works_without_it(self) -> None:
        page = self.open("list_partless")
        self.troubles.forgive("ERR_FAILED", "did not load", "503 ")
        page.route("**/parts/**", lambda route: route.abort())
        page.goto("/create/?prompt=a+kite")
        page.wait_for_url(re.compile(r"/create/\?(.+&)?plain=$"))
        page.click(".model-button")
        expect(page.locator(CHOSEN)).to_be_focused()
        page.keyboard.press("Escape")
        page.click("#create-button")
        expect(page.locator("[data-status=succeeded] .tick").first).to_be_attached()
        expect(page.locator("[data-status=queued], [data-status=running]")).to_have_count(0)
        page.goto("/gallery/")
        page.wait_for_url("**/gallery/?plain=")
        page.locator("[data-stack-size] .card-link").click()
        page.locator(".card-link").first.click()
        expect(page.locator("#lightbox")).to_be_visible()
