"""Notes and tags as people use them: by keyboard alone, and on a phone in Russian."""

from typing import ClassVar

from playwright.sync_api import Locator, Page, expect

from generation.testing.pages.browser import DESKTOP, BrowserTestCase

OWNERS = ("annotator", "tagger", "finder")
PRINT = "Remove the filter: print"
PREPARE = f"""
from accounts.models import User
from generation.gallery import collections
for name in {OWNERS!r}:
    user = User.objects.get(email=f"{{name}}@example.org")
    collections.create(user=user, name=60 * "W")
"""


class TestNotesInABrowser(BrowserTestCase):
    """Each person has three images."""

    people: ClassVar = OWNERS
    draws = dict.fromkeys(OWNERS, (("moss garden", 3),))
    prepare = PREPARE

    def image(self, page: Page, number: int = 0) -> None:
        """Open the page of one of the images."""
        page.goto("/gallery/")
        address = page.locator(".card-link").nth(number).get_attribute("href")
        assert address
        page.goto(address)
        page.locator("#remarks > summary").press("Enter")

    def tags(self, page: Page) -> Locator:
        return page.locator(".tag-name")

    def test_it_tags_and_annotates_by_keyboard(self) -> None:
        page = self.open("annotator", **DESKTOP)
        single = {"name": "gallery-runs", "value": "single", "url": self.demo.url}
        page.context.add_cookies([single])
        self.image(page)
        field, note = page.locator("[data-tag-form] input[name=tags]"), page.locator("#note")
        field.focus()
        page.keyboard.type("print, for the wall,")
        expect(self.tags(page)).to_have_text(["print", "for the wall"])
        page.keyboard.type("oops")
        page.keyboard.press("Enter")
        expect(self.tags(page)).to_have_text(["print", "for the wall", "oops"])
        page.keyboard.press("Backspace")
        expect(self.tags(page)).to_have_text(["print", "for the wall"])
        expect(page.locator(".toast p")).to_have_text("Tag “oops” removed.")
        page.locator(".toast button", has_text="Undo").press("Enter")
        expect(self.tags(page)).to_have_text(["print", "for the wall", "oops"])

        self.troubles.forgive("400 POST")  # what is refused
        field.fill("x" * 41)
        field.press("Enter")
        expect(page.locator("#tags-error")).to_contain_text("at most 40 characters")
        expect(field).to_have_value("x" * 41)
        field.fill("")

        note.fill("Long. " * 400)
        note.press("Control+Enter")
        expect(page.locator("#note-state [role=alert]")).to_contain_text("2,000 characters")
        page.reload()  # unsaved text survives
        expect(note).to_have_value("Long. " * 400)
        note.fill("Print on canvas,\nA2")
        note.press("Control+Enter")
        expect(page.locator(".toast p")).to_have_text("Note saved.")
        page.reload()
        folded = page.locator("[data-tags-summary]:visible")
        expect(folded).to_have_text("print, for the wall, oops")
        expect(page.locator("[data-note-summary]:visible")).to_have_text("Print on canvas, A2")
        page.locator("#remarks > summary").press("Enter")
        expect(note).to_have_value("Print on canvas,\nA2")
        expect(page.locator("[data-save]")).to_be_hidden()

        self.image(page, 1)
        field.focus()
        expect(page.locator(".tag-suggestions [role=option]")).to_have_count(3)
        page.keyboard.type("wal")
        expect(page.locator(".tag-suggestions [role=option]")).to_have_text(["for the wall1"])
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(self.tags(page)).to_have_text(["for the wall"])

        page.goto("/gallery/?q=canvas")
        expect(page.locator("[data-image]")).to_have_count(1)
        page.goto("/gallery/")
        summary = page.locator(".chip-menu summary", has_text="Tag")
        summary.focus()
        page.keyboard.press("Enter")
        choice = page.locator(".chip-menu[open] [name=tag]", has_text="for the wall")
        expect(choice).to_contain_text("2")
        choice.press("Enter")
        expect(page.locator(".chip-on")).to_contain_text("for the wall")
        expect(page.locator("[data-image]")).to_have_count(2)
        summary.press("Enter")
        page.locator(".chip-menu[open] [name=tag]", has_text="print").press("Enter")
        expect(page.locator(".chip-on")).to_have_text(["Remove the filter: for the wall", PRINT])
        expect(page.locator("[data-image]")).to_have_count(1)
        page.locator(".chip-on", has_text="for the wall").press("Enter")
        expect(page.locator(".chip-on")).to_have_text([PRINT])
