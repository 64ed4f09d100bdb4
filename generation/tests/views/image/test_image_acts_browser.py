"""Acting on images where they are shown, in a real Chromium: lightbox, cards, comparisons, keys."""

import re
from typing import Any, ClassVar

from playwright.sync_api import Locator, Page, expect

from generation.testing.pages.browser import DESKTOP, BrowserTestCase

PEOPLE = (
    "maker",
    "hanger",
    "sheeter",
    "enterer",
    "keyless",
    "stayer",
    "mixer",
)
CONTROLS = ".image-page :is(a[href], button, summary, input, textarea)"
PLACES = """viewer => [...viewer.querySelectorAll(".lightbox-image, .lightbox-actions > *")]
    .filter((element) => element.checkVisibility())
    .map((element) => {
        const { x, y, width, height } = element.getBoundingClientRect()
        return [element.dataset.make ?? element.dataset.lightbox, x, y, width, height].join(" ")
    })"""
ON_TOP = """message => {
    const { x, y, width, height } = message.getBoundingClientRect()
    return message.contains(document.elementFromPoint(x + width / 2, y + height / 2))
}"""


class TestActsInABrowser(BrowserTestCase):
    """Each person has two images: a boat, and before it tea hills."""

    people: ClassVar = PEOPLE
    draws = dict.fromkeys(PEOPLE, (("tea hills", 1), ("a paper boat", 1)))
    side = 512

    def position(self, page: Page, text: str) -> None:
        expect(page.locator("[data-position]")).to_have_text(text)

    def made(self, page: Page) -> Locator:
        """Return the images in the strip of the lightbox."""
        return page.locator("#lightbox .made [data-image] .card-link")

    def open_first(self, name: str, path: str, **options: Any) -> Page:
        page = self.visit(name, path, **options)
        page.locator(".card-link").first.click()
        self.position(page, "1 of 2")
        return page

    def test_variants_join_the_lightbox_on_create_and_esc_returns(self) -> None:
        page = self.open_first("maker", "/create/", **DESKTOP)
        vary = page.locator("#lightbox [data-make=vary]")
        expect(vary).to_have_attribute(
            "data-tip", re.compile("4 variants by FLUX.1 Kontext · 12.credits · ")
        )
        page.keyboard.press("v")
        expect(page.locator("#lightbox .made [data-job]")).to_have_count(4)
        expect(page.locator(".lightbox-prompt")).to_have_text("a paper boat")
        expect(self.made(page)).to_have_count(4)
        self.position(page, "1 of 6")
        self.made(page).first.click()
        self.position(page, "2 of 6")
        self.made(page).nth(1).click()
        self.position(page, "3 of 6")
        page.keyboard.press("Escape")
        self.position(page, "1 of 6")
        run = page.locator("#feed [data-run]").first
        expect(run).to_have_attribute("data-made", "4 variants")
        expect(run.locator(".run-made")).to_have_text("4 variants")
        page.keyboard.press("u")
        expect(self.made(page)).to_have_count(5)
        page.keyboard.press("r")
        expect(page.locator("#lightbox")).to_be_hidden()
        expect(page.locator("#prompt")).to_have_value("a paper boat")
        expect(page.locator("#prompt")).to_be_focused()
        page.locator(".card-link").first.focus()
        page.keyboard.press("e")
        page.wait_for_url("**/edit/")
        expect(page.locator(".edit-level")).to_have_text(re.compile(r"\d+"))
        page.keyboard.press("Escape")
        page.wait_for_url("**/create/")

    def test_variants_with_another_prompt_are_placed_on_the_page_of_the_image(self) -> None:
        page = self.visit("mixer", "/gallery/", **DESKTOP)
        page.goto(page.locator(".card-link").first.get_attribute("href") or "")
        address = page.url
        assert page.locator(CONTROLS).locator("visible=true").count() <= 16
        page.locator("#more > summary").click()
        page.locator("#remix summary").click()
        page.locator("#remix textarea").fill("a paper boat at dawn")
        page.get_by_role("button", name="Medium", exact=True).click()
        made = page.locator("#made [data-image] .card-link")
        expect(made).to_have_count(4)
        assert page.url == address
        made.first.click()
        expect(page.locator(".image-prompt")).to_contain_text("a paper boat at dawn")
        page.keyboard.press("Escape")
        page.wait_for_url(address)
        page.keyboard.press("u")
        expect(page.locator("#made [data-image] .card-link").first).to_be_visible()

    def test_no_button_of_the_lightbox_moves_while_an_image_is_made(self) -> None:
        page = self.open_first("stayer", "/gallery/", viewport={"width": 1280, "height": 800})
        viewer = page.locator("#lightbox")
        before = viewer.evaluate(PLACES)
        page.locator("#lightbox [data-make=upscale]").click()
        expect(page.locator("#lightbox .made .card")).to_be_visible()
        assert viewer.evaluate(PLACES) == before
        expect(self.made(page)).to_be_visible()
        assert viewer.evaluate(PLACES) == before

    def test_messages_are_above_menus(self) -> None:
        page = self.visit("stayer", "/gallery/", **DESKTOP)
        page.locator(".card-link").first.press("x")
        page.locator("[data-act=favorite]").click()
        message = page.locator(".toast")
        expect(message).to_be_visible()
        page.locator("[data-act=tags]").click()
        expect(page.locator("#selection-tags")).to_be_visible()
        assert message.evaluate(ON_TOP)

    def test_what_is_made_stands_beside_its_image_in_the_gallery(self) -> None:
        page = self.open_first("hanger", "/gallery/", **DESKTOP)
        page.keyboard.press("Shift+v")
        expect(self.made(page)).to_have_count(4)
        self.position(page, "1 of 6")
        page.keyboard.press("ArrowRight")
        self.position(page, "2 of 6")
        page.keyboard.press("z")
        expect(page.locator(".lightbox-stage[data-close-up]")).to_have_count(1)
        page.keyboard.press("0")
        expect(page.locator(".lightbox-stage[data-close-up]")).to_have_count(0)
        page.keyboard.press("Escape")
        expect(page.locator(".card-link").nth(1)).to_be_focused()
        card = page.locator("[data-image]").last
        card.hover()
        upscale = card.locator("[data-make=upscale]")
        upscale.hover()
        expect(upscale).to_have_attribute("data-tip", re.compile("1024 × 1024 · 1.credit"))
        upscale.click()
        expect(page.locator("[data-image]")).to_have_count(7)
        card = page.locator("[data-image]").nth(5)
        card.hover()
        card.locator("[data-make=reuse]").click()
        page.wait_for_url("**/create/")
        expect(page.locator("#prompt")).to_have_value("tea hills")

    def test_nothing_is_placed_by_keys_that_are_off_or_by_somebody_signed_out(self) -> None:
        page = self.visit("keyless", "/gallery/", **DESKTOP)
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.method))
        page.evaluate("localStorage.setItem('picture-keys', 'off')")
        link = page.locator(".card-link").first
        for key in ("v", "Shift+v", "u", "e", "r"):
            link.press(key)
        page.evaluate("localStorage.removeItem('picture-keys')")
        page.locator("#search").press("v")
        assert "POST" not in sent
        self.troubles.forgive("401 POST")
        page.context.clear_cookies(name="sessionid")
        link.press("v")
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()

    def test_a_comparison_has_a_lightbox(self) -> None:
        page = self.visit("sheeter", "/compare/?prompt=A+{red|blue}+kite", **DESKTOP)
        for box in page.locator("[name=models]").all():
            box.set_checked(box.get_attribute("value") == "flux-schnell")
        expect(page.locator("#create-button")).to_contain_text("Create 2")
        page.click("#create-button")
        page.wait_for_url("**/sheets/*/")
        address = page.url
        expect(page.locator(".sheet-grid [data-status=succeeded]")).to_have_count(2)
        page.locator(".sheet-grid .card-link").first.click()
        self.position(page, "1 of 2")
        page.keyboard.press("v")
        expect(self.made(page)).to_have_count(4)
        self.position(page, "1 of 6")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Escape")
        expect(page.locator(".sheet-grid .card-link").first).to_be_focused()
        page.keyboard.press("u")
        expect(page.locator(".toast", has_text="Upscaled ×2")).to_be_visible()
        page.locator(".sheet-grid .card-link").first.click()
        page.locator("[popovertarget=lightbox-more]").click()
        page.locator("[data-lightbox=details]").click()
        expect(page.locator(".stage")).to_be_visible()
        page.wait_for_load_state()
        page.keyboard.press("Escape")
        page.wait_for_url(address)

    def test_enter_creates_unless_it_shall_begin_a_line(self) -> None:
        page = self.visit("enterer", **DESKTOP)
        prompt = page.locator("#prompt")
        prompt.fill("a kite")
        prompt.press("Shift+Enter")
        expect(prompt).to_have_value("a kite\n")
        prompt.press("Enter")
        expect(page.locator("[data-run]")).to_have_count(3)
        prompt.evaluate("prompt => prompt.blur()")
        page.keyboard.press("?")
        page.locator("#shortcuts-dialog [data-enter-line]").click()
        page.keyboard.press("Escape")
        prompt.press("End")
        prompt.press("Enter")
        expect(prompt).to_have_value("a kite\n\n")
        prompt.press("Control+Enter")
        expect(page.locator("[data-run]")).to_have_count(4)
