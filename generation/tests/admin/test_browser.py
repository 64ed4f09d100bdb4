"""The admin in a real Chromium under the strict policy.

No page of it is refused a script or a style.
"""

from playwright.sync_api import Page, expect

from generation.testing.pages.browser import BrowserTestCase, speak


class TestAdminInABrowser(BrowserTestCase):
    apart = "staff"  # it adds and changes models, and pauses image creation for everyone
    people = ("modeler",)
    staff = ("chief",)
    draws = {"modeler": (("a heron at dusk", 2),)}

    def enter(self, language: str) -> Page:
        """Return the admin's first page."""
        page = self.visit(
            "chief", "/admin/", language=language, viewport={"width": 1280, "height": 900}
        )
        speak(page, language)
        page.reload()
        return page

    def test_it_counts_and_selects_all_rows(self) -> None:
        page = self.enter("en")
        for path in ("generation/job/", "generation/imagemodel/", "accounts/user/"):
            page.goto(f"{self.demo.url}/admin/{path}")
            boxes = page.locator("input.action-select")
            count, counter = boxes.count(), page.locator(".action-counter")
            assert count > 1
            boxes.first.check()
            expect(counter).to_have_text(f"1 of {count} selected")
            page.locator(".action-toggle").check()
            expect(counter).to_have_text(f"{count} of {count} selected")
            assert page.locator("input.action-select:checked").count() == count
            page.locator(".action-toggle").uncheck()
            expect(page.locator(".changelist-actions")).to_be_hidden()
            assert not page.locator("input.action-select:checked").count()
