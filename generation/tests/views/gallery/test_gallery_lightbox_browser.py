"""The lightbox over the gallery, by mouse and keyboard."""

from typing import ClassVar

from playwright.sync_api import Locator, Page, expect

from generation.testing.pages.browser import DESKTOP, BrowserTestCase

COPY = """
from uuid_utils.compat import uuid7
from generation.models import Image
for image in Image.objects.filter(user__email="viewer@example.org", job__prompt="a paper boat"):  # as of a workflow with two outputs
    image.id, image.position, image.words = uuid7(), 1, None
    image.save(force_insert=True)
"""


class TestGalleryLightboxInABrowser(BrowserTestCase):
    """This person has two boats of one job, snow, and a batch of three tea hills."""

    people: ClassVar = ("viewer",)
    draws: ClassVar = {"viewer": (("tea hills", 3), ("a paper boat", 1), ("snow", 1))}
    prepare = COPY

    def tiles(self, page: Page) -> Locator:
        return page.locator("[data-image]")

    def position(self, page: Page, text: str) -> None:
        expect(page.locator("[data-position]")).to_have_text(text)

    def test_it_shows_images_over_the_gallery_by_keys_and_comes_back(self) -> None:
        page = self.visit("viewer", "/gallery/", **DESKTOP)
        tiles, box = self.tiles(page), page.locator("#lightbox")
        expect(tiles).to_have_count(6)
        boats, hills = (
            page.locator(f".card-link[aria-label='{one}']").first
            for one in ("a paper boat", "tea hills")
        )
        snow = page.locator(".card-link[aria-label=snow]")
        snow.focus()
        page.keyboard.press("Enter")
        expect(box).to_be_visible()
        expect(page).to_have_url(self.demo.url + (snow.get_attribute("href") or ""))
        expect(page.locator(".lightbox-prompt")).to_have_text("snow")
        page.keyboard.press("f")
        expect(page.locator("[data-count=favorites]")).to_have_text("1")
        page.keyboard.press("Delete")
        expect(page.locator("[data-count=kept]")).to_have_text("5")
        expect(box).to_be_visible()
        page.keyboard.press("Control+z")
        expect(page.locator(".lightbox-prompt")).to_have_text("snow")
        expect(page.locator("[data-count=kept]")).to_have_text("6")
        page.keyboard.press("Escape")
        expect(box).to_be_hidden()
        expect(page).to_have_url(f"{self.demo.url}/gallery/")
        expect(snow).to_be_focused()

        hills.click()  # a closed stack is opened, its images are shown
        expect(box).to_be_hidden()
        hills.click()
        first = int((page.locator("[data-position]").text_content() or "").split()[0])
        page.keyboard.press("ArrowRight")
        self.position(page, f"{first + 1} of 6")
        page.keyboard.press("x")
        page.keyboard.press("Escape")
        expect(page.locator("#selection-count")).to_have_text("1 selected")
        page.keyboard.press("Escape")
        with page.context.expect_page() as opened:
            boats.click(modifiers=["ControlOrMeta"])
        expect(opened.value.locator(".stage")).to_be_visible()
        expect(box).to_be_hidden()
        snow.click()
        page.locator("[popovertarget=lightbox-more]").click()
        page.locator("[data-lightbox=details]").click()
        expect(page.locator(".stage")).to_be_visible()
        page.wait_for_load_state()  # its scripts have run, too
        page.keyboard.press("Escape")
        expect(page).to_have_url(f"{self.demo.url}/gallery/")
