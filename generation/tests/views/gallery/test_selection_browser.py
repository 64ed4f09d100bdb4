"""Selecting in the gallery as people do it.

Mouse, keyboard alone, finger, without script; ZIP, undo, trash.
"""

from typing import ClassVar

from playwright.sync_api import Locator, Page, Route, expect

from generation.testing.pages.browser import DESKTOP, PHONE, BrowserTestCase

COPIED = ("mouse", "keys", "finger", "hoarder")
COPY = f"""
from uuid_utils.compat import uuid7
from generation.models import Image
for first in Image.objects.filter(user__email__in=[f"{{name}}@example.org" for name in {COPIED!r}]):
    copies = 63 if first.user.email == "hoarder@example.org" else 5
    Image.objects.bulk_create(
        Image(**{{f.attname: getattr(first, f.attname) for f in Image._meta.fields}} | {{"id": uuid7(), "position": n}})
        for n in range(1, 1 + copies)
    )
"""


class TestSelectingInABrowser(BrowserTestCase):
    """Each person has six copies of an image, the hoarder 64."""

    people: ClassVar = COPIED
    draws = dict.fromkeys(COPIED, (("tea hills", 1),))
    prepare = COPY

    def gallery(self, name: str, **options: object) -> Page:
        """Return the gallery of this person."""
        page = self.open(name, **(options or DESKTOP))
        single = {"name": "gallery-runs", "value": "single", "url": self.demo.url}
        page.context.add_cookies([single])  # test_stacks_browser.py has stacks
        page.goto("/gallery/")
        return page

    def tiles(self, page: Page) -> Locator:
        return page.locator("[data-image]")

    def ticked(self, page: Page) -> list[int]:
        return page.eval_on_selector_all(
            ".tick", "all => all.flatMap((tick, at) => tick.checked ? [at] : [])"
        )

    def test_it_selects_by_mouse_and_takes_all_back_at_once(self):
        page = self.gallery("mouse")
        tiles, count = self.tiles(page), page.locator("#selection-count")
        tiles.nth(1).hover()
        page.locator(".tick").nth(1).click()
        expect(count).to_have_text("1 selected")
        page.locator(".card-link").nth(3).click(modifiers=["Shift"])
        assert self.ticked(page) == [1, 2, 3]
        page.locator(".card-link").nth(2).click()
        expect(count).to_have_text("2 selected")
        page.locator(".card-link").nth(5).click()
        assert self.ticked(page) == [1, 3, 5]
        assert page.url.endswith("/gallery/")
        order = page.eval_on_selector_all(
            "[data-image]", "all => all.map((tile) => tile.dataset.image)"
        )
        page.click("#selection-bar [data-act=favorite]")
        expect(page.locator("[data-count=favorites]")).to_have_text("3")
        expect(page.locator("#selection-bar [data-act=favorite]")).to_have_attribute(
            "title", "Remove from favorites"
        )
        page.click("#selection-bar [data-act=trash]")
        expect(tiles).to_have_count(3)
        expect(page.locator(".toast")).to_contain_text("3 images moved to trash.")
        expect(page.locator("#selection-bar")).to_be_hidden()
        expect(page.locator("[data-count=trashed]")).to_have_text("3")
        expect(page.locator(".month-count")).to_have_text("3\N{NO-BREAK SPACE}images")
        page.keyboard.press("Control+z")
        expect(tiles).to_have_count(6)
        assert (
            page.eval_on_selector_all(
                "[data-image]", "all => all.map((tile) => tile.dataset.image)"
            )
            == order
        )
        expect(page.locator("[data-count=trashed]")).to_have_text("0")
        expect(page.locator(".month-count")).to_have_text("6\N{NO-BREAK SPACE}images")
        page.reload()
        expect(tiles).to_have_count(6)
        expect(page.locator("[data-favorite][aria-pressed=true]")).to_have_count(3)

    def test_it_needs_no_mouse(self):
        page = self.gallery("keys")
        held: list[Route] = []

        def hold(route: Route) -> None:
            held.append(route)

        page.route(
            "**/selection/trash/", hold, times=1
        )  # early: what a page asks for in this moment may pass
        links, ticks = page.locator(".card-link"), page.locator(".tick")
        links.first.focus()
        page.keyboard.press("ArrowRight")
        expect(links.nth(1)).to_be_focused()
        page.keyboard.press("Space")
        expect(ticks.nth(1)).to_be_focused()
        expect(ticks.nth(1)).to_be_checked()
        page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press("Shift+ArrowRight")
        assert self.ticked(page) == [1, 2, 3]
        page.keyboard.press("Shift+ArrowLeft")
        assert self.ticked(page) == [1, 2]
        expect(ticks.nth(2)).to_be_focused()
        page.keyboard.press("Escape")
        assert self.ticked(page) == []
        expect(links.nth(2)).to_be_focused()
        page.keyboard.press("Control+a")
        assert self.ticked(page) == [0, 1, 2, 3, 4, 5]
        page.keyboard.press("Space")
        assert len(self.ticked(page)) == 5
        page.keyboard.press("Tab")
        expect(page.locator("#selection-bar button:visible").first).to_be_focused()
        page.keyboard.press("End")
        expect(page.locator("[data-act=clear]")).to_be_focused()
        page.keyboard.press("ArrowLeft")
        expect(page.locator("#selection-bar [data-act=trash]")).to_be_focused()
        with page.expect_request("**/selection/trash/"):
            page.keyboard.press("Enter")
        expect(self.tiles(page)).to_have_count(1)
        expect(links.first).to_be_focused()
        page.keyboard.press("Control+z")  # sooner than the server answers
        self.first(page, held).continue_()
        expect(self.tiles(page)).to_have_count(6)
        page.keyboard.press("Enter")
        page.wait_for_url("**/images/*/")

    def test_it_begins_with_a_long_press_and_ends_in_the_trash(self):
        page = self.gallery("finger", **PHONE)
        at = page.locator(".card-link").nth(1).bounding_box()
        point = [{"x": at["x"] + 20, "y": at["y"] + 40}]
        touch = page.context.new_cdp_session(page)
        touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": point})
        expect(page.locator(".tick").nth(1)).to_be_checked()
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.locator(".card-link").nth(3).tap()
        assert self.ticked(page) == [1, 3]
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.tap("#selection-bar [data-act=trash]")
        expect(page.locator(".toast")).to_contain_text("2 images moved to trash.")
        page.goto("/gallery/trash/")
        expect(page.locator(".tile-days")).to_have_count(2)
        page.tap("#select")
        page.locator(".card-link").first.tap()
        page.tap("[data-act=delete]")
        page.tap("[data-keep]:visible")
        assert self.ticked(page) == [0]
        page.tap("[data-act=delete]")
        page.tap("[data-sure]")
        expect(page.locator(".toast")).to_contain_text("1 image permanently deleted.")
        page.tap("#select")
        page.locator(".card-link").first.tap()
        page.tap("[data-act=restore]")
        expect(page.get_by_text("Nothing here anymore.")).to_be_visible()
        page.tap(".toast .button")
        expect(self.tiles(page)).to_have_count(1)

    def test_it_goes_on_through_load_more(self):
        """By the wheel or the button; what is far outside gives its image and buttons back."""
        page = self.gallery("hoarder")
        tiles, acts = self.tiles(page), page.locator(".card-acts")
        expect(tiles).to_have_count(60)
        page.locator(".card-link").first.focus()
        page.keyboard.press("Space")
        expect(tiles.first.locator(".card-acts")).to_have_count(1)
        page.set_viewport_size({"width": 320, "height": 240})
        page.mouse.wheel(0, 20_000)
        expect(tiles).to_have_count(64)
        expect(tiles.first.locator(".card-acts")).to_have_count(0)
        expect(tiles.last.locator(".card-acts")).to_have_count(1)
        assert self.ticked(page) == [0]
        page.wait_for_function("history.state.top === scrollY && scrollY")
        place = page.evaluate("scrollY")
        page.reload()
        expect(tiles).to_have_count(64)
        page.wait_for_function("place => scrollY === place", arg=place)
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto("about:blank")  # else it returns to the same place
        page.goto("/gallery/")
        expect(acts.first).to_be_attached()
        expect(tiles).to_have_count(60)
        page.dispatch_event("[data-load-more]", "click")
        expect(page.locator(".card-link").nth(60)).to_be_focused()
        page.goto("about:blank")  # else it returns to the same place
        page.goto("/gallery/")
        page.locator(".card-link").first.focus()
        page.keyboard.press("Control+a")
        expect(page.locator("#selection-count")).to_have_text("60 selected")
        page.click("[data-act=all]")
        expect(page.locator("#selection-count")).to_have_text("64 selected")
        page.mouse.wheel(0, 20_000)
        expect(self.tiles(page)).to_have_count(64)
        assert len(self.ticked(page)) == 64
        page.keyboard.press("Escape")
        page.goto("about:blank")  # else it returns to the same place
        page.goto("/gallery/")
        page.locator(".card-link").first.focus()
        page.keyboard.press("Control+a")
        page.click("[data-act=all]")
        expect(page.locator("#selection-count")).to_have_text("64 selected")
        expect(page.locator("#selection-bar :focus")).to_have_count(1)  # "Select all" is gone
        page.keyboard.press("Delete")
        expect(self.tiles(page)).to_have_count(0)
        expect(page.locator("[data-count=kept]")).to_have_text("0")
        page.click(".toast .button")
        expect(self.tiles(page)).to_have_count(64)
        expect(page.locator("[data-count=kept]")).to_have_text("64")
