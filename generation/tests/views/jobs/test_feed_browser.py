"""Choosing among new images in the feed: lightbox, trash, selection, failed jobs.

By mouse, keyboard and finger, in both languages.
"""

import re
from typing import ClassVar

from playwright.sync_api import Page, expect

from generation.testing.pages.browser import DESKTOP, PHONE, BrowserTestCase, speak, swipe

PEOPLE = ("chooser", "swiper", "dismisser", "sweeper", "scroller", "walker")
STEPS = (("tea hills", 3), ("a paper boat", 1), ("no luck [fail]", 1))
FOCUS_IS_INSIDE = "['', 'lightbox'].includes(document.activeElement.closest('dialog')?.id ?? '')"


class TestFeedInABrowser(BrowserTestCase):
    """Each person has four images, newest first: a boat, and three tea hills; one job failed."""

    people: ClassVar = PEOPLE
    draws = dict.fromkeys(PEOPLE, STEPS) | {"sweeper": (*STEPS, ("no luck at all [fail]", 2))}

    def position(self, page: Page, text: str) -> None:
        expect(page.locator("[data-position]")).to_have_text(text)

    def test_it_shows_images_in_a_lightbox_and_comes_back_to_the_same_place(self) -> None:
        page = self.visit("chooser", **DESKTOP)
        cards, box = page.locator("[data-image]"), page.locator("#lightbox")
        links = page.locator(".card-link")
        expect(cards).to_have_count(4)
        links.nth(1).focus()
        page.keyboard.press("Enter")
        self.position(page, "2 of 4")
        expect(page).to_have_url(self.demo.url + (links.nth(1).get_attribute("href") or ""))
        page.keyboard.press("ArrowRight")
        self.position(page, "3 of 4")
        page.keyboard.press("f")
        pressed = page.locator("[data-lightbox=favorite]")
        expect(pressed).to_have_attribute("aria-pressed", "true")
        for _n in range(9):  # the focus stays inside, or moves to the browser's own controls
            page.keyboard.press("Tab")
            assert page.evaluate(FOCUS_IS_INSIDE)
        page.keyboard.press("Delete")
        self.position(page, "3 of 3")
        expect(page.locator(".lightbox .toast")).to_contain_text("Moved to the trash.")
        page.keyboard.press("Control+z")
        self.position(page, "3 of 4")
        page.keyboard.press("Escape")
        expect(box).to_be_hidden()
        expect(page).to_have_url(f"{self.demo.url}/create/")
        expect(links.nth(2)).to_be_focused()
        page.go_forward()
        self.position(page, "3 of 4")
        page.reload()
        expect(page.locator(".stage")).to_be_visible()
        page.wait_for_load_state()
        page.keyboard.press("Escape")
        expect(cards).to_have_count(4)
        expect(page).to_have_url(f"{self.demo.url}/create/")

        cards.nth(0).hover()
        cards.nth(0).locator("[data-trash]").click()
        expect(cards).to_have_count(3)
        page.locator(".toast button", has_text="Undo").click()
        expect(cards).to_have_count(4)
        links.nth(1).focus()
        page.keyboard.press("x")
        page.keyboard.press("Shift+ArrowRight")
        expect(page.locator("#selection-count")).to_have_text("2 selected")
        page.keyboard.press("Backspace")
        expect(cards).to_have_count(2)
        page.keyboard.press("Control+z")
        expect(cards).to_have_count(4)

    def test_tab_stops_once_per_run_and_arrows_lead_to_all_of_it(self) -> None:
        page = self.visit("walker", **DESKTOP)
        failed, boat, hills = page.locator(".run").all()
        links, tools = hills.locator(".card-link"), hills.locator(".run-meta > .icon-button")
        expect(tools).to_have_count(2)
        page.locator(".feed-filter a").last.focus()
        page.keyboard.press("Tab")
        expect(failed.locator(".ended [popovertarget]")).to_be_focused()
        page.keyboard.press("ArrowRight")
        expect(failed.locator("[data-retry] button")).to_be_focused()
        page.keyboard.press("Tab")
        expect(boat.locator(".card-link")).to_be_focused()
        page.keyboard.press("Tab")
        expect(links.first).to_be_focused()
        page.keyboard.press("ArrowRight")
        expect(links.nth(1)).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.locator(".run :focus")).to_have_count(0)
        page.keyboard.press("Shift+Tab")
        expect(links.nth(1)).to_be_focused()
        page.keyboard.press("ArrowUp")
        expect(tools.first).to_be_focused()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        expect(hills.locator(".run-menu")).to_be_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowDown")
        expect(hills.locator(".card-link:focus")).to_have_count(1)

    def test_it_comes_back_from_the_page_of_an_image_to_the_same_place(self) -> None:
        page = self.visit("scroller", language="ru", **PHONE)
        speak(page, "ru")
        page.reload()
        link = page.locator(".card-link").nth(2)
        link.scroll_into_view_if_needed()
        place = page.evaluate("scrollY")
        assert place > 0
        link.tap()
        page.locator("[popovertarget=lightbox-more]").tap()
        page.locator("[data-lightbox=details]").tap()
        expect(page.locator(".stage")).to_be_visible()
        page.wait_for_load_state()
        page.keyboard.press("Escape")
        expect(link).to_be_in_viewport()
        page.wait_for_function("place => scrollY === place", arg=place)

    def test_it_deselects_what_is_moved_to_the_trash(self) -> None:
        page = self.visit("scroller", **DESKTOP)
        speak(page, "en")
        page.reload()
        cards, bar = page.locator("[data-image]"), page.locator("#selection-bar")
        page.locator(".card-link").nth(1).click()
        page.keyboard.press("x")
        page.keyboard.press("Delete")
        self.position(page, "2 of 3")
        page.keyboard.press("Escape")
        expect(page.locator("#lightbox")).to_be_hidden()
        expect(cards).to_have_count(3)
        expect(bar).to_be_hidden()
        page.keyboard.press("Control+z")
        expect(cards).to_have_count(4)
        expect(bar).to_be_hidden()
        page.locator(".card-link").nth(1).click()  # opens the image: nothing is being selected
        self.position(page, "2 of 4")

    def test_it_follows_a_finger(self) -> None:
        page = self.visit("swiper", **PHONE)
        speak(page, "ru")
        page.goto("/create/")
        expect(page.locator(".feed-filter")).to_be_visible()
        page.locator(".card-link").first.tap()
        self.position(page, "1 из 4")
        picture = page.locator(".lightbox-image")
        swipe(picture, -120, 10)
        self.position(page, "2 из 4")
        swipe(picture, 120, 10)
        self.position(page, "1 из 4")
        swipe(picture, 10, 160)
        expect(page.locator("#lightbox")).to_be_hidden()
        page.locator(".card-link").nth(1).tap()
        self.position(page, "2 из 4")
        page.go_back()
        expect(page.locator("#lightbox")).to_be_hidden()

    def test_it_explains_a_failure_and_dismisses_it(self) -> None:
        page = self.visit("dismisser", **DESKTOP)
        line = page.locator("[data-status=failed]")
        line.locator("[popovertarget]").click()
        why = line.locator("[popover]")
        expect(why).to_contain_text("Try again. If it fails again, choose another model.")
        expect(why).to_contain_text("Nothing was charged.")
        page.keyboard.press("Escape")
        expect(why).to_be_hidden()
        line.locator("[data-dismiss] button").focus()
        page.keyboard.press("Enter")
        expect(line).to_have_count(0)
        expect(page.locator(".card-link").first).to_be_focused()
        page.locator(".toast button", has_text="Undo").click()
        expect(line).to_have_count(1)
        line.locator("[data-dismiss] button").click()
        expect(line).to_have_count(0)
        with page.expect_response("**/dismiss/"):
            page.keyboard.press("Control+z")
        expect(line).to_have_count(1)
        page.set_viewport_size({"width": 390, "height": 844})
        expect(line.locator(".ended-actions > :visible")).to_have_text(["Why", "Dismiss"])
        texts = [line.locator(".ended-title"), line.locator("[data-dismiss]")]
        boxes = [text.bounding_box() for text in texts]
        middles = [box["y"] + box["height"] / 2 for box in boxes if box]
        assert abs(middles[0] - middles[1]) < 4, boxes  # in one row

    def test_its_wall_is_even_and_failures_of_one_cause_are_one_line(self) -> None:
        page = self.visit("sweeper", **DESKTOP)
        lines, number = (
            page.locator("[data-status=failed]:visible"),
            page.locator("[data-failures]"),
        )
        expect(number).to_have_text("3 failed")
        expect(lines).to_have_count(1)
        images = page.locator("[data-image]")
        tops, heights = [
            images.evaluate_all(
                f"all => all.map((one) => Math.round(one.getBoundingClientRect().{side}))"
            )
            for side in ("top", "height")
        ]
        assert len(tops) == 4
        assert (len(set(tops)), len(set(heights))) == (1, 1)  # of two runs beside each other
        width = "box => box.getBoundingClientRect().right"
        last = images.last.evaluate(width)
        assert abs(last - page.locator(".runs").evaluate(width)) < 2
        head = page.locator(".run:has([data-failures]) .run-head")
        one_line = head.evaluate("head => head.offsetHeight")
        head.locator(".run-prompt").evaluate("text => { text.textContent = 'no luck '.repeat(99) }")
        assert head.evaluate("head => head.offsetHeight") == one_line
        head.locator(".run-title").hover()
        expect(head.locator(".run-title")).to_have_attribute(
            "data-tip", re.compile("(no luck ){98}")
        )
        number.click()
        expect(lines).to_have_count(3)
        expect(lines.nth(1).locator("[popovertarget]")).to_be_focused()
