"""Saving shared images in a real Chromium: by keyboard on a desktop, by touch on a phone."""

from playwright.sync_api import Page, expect

from generation.testing.pages.browser import BrowserTestCase

SAVE = ".shared-save button"
# Presses the button twice; returns whether each press was ignored, and what the button says then.
TWICE = """(button) => {
  const ignored = []
  button.form.addEventListener("submit", (event) => ignored.push(event.defaultPrevented))
  button.click()
  button.click()
  return [...ignored, button.innerText.trim()]
}"""


class TestSavingInABrowser(BrowserTestCase):
    people = ("original", "keeper")

    def collection(self, name: str) -> str:
        """Return the address of a shared collection of two images that this person has made."""
        page = self.visit(name)
        page.fill("#prompt", "a lighthouse in fog")
        page.click(".segments label:has([value='2'])")
        page.click("#create-button")
        expect(page.locator("[data-status=succeeded]")).to_have_count(2)
        for number, image in enumerate(page.locator("[data-image]").all()):
            if number == 0:
                made = self.call(page, "/api/v1/collections/", {"name": "Fog"})
            address = f"/api/v1/collections/{made['id']}/images/"
            self.call(page, address, {"images": [image.get_attribute("data-image")]})
        link = self.call(
            page, f"/api/v1/collections/{made['id']}/share/", {"with_parameters": True}
        )
        return str(link["url"])

    def call(self, page: Page, path: str, body: dict[str, object]) -> dict[str, str]:
        """Send a request of the page's user to the API."""
        token = next(one["value"] for one in page.context.cookies() if one["name"] == "csrftoken")
        headers = {"X-CSRFToken": token, "Referer": page.url}
        answer = page.context.request.post(path, data=body, headers=headers)
        assert answer.ok, answer.text()
        return answer.json() if answer.status != 204 else {}

    def test_it_walks_saves_and_undoes_by_keyboard(self) -> None:
        address = self.collection("original")
        page = self.visit("keeper", address)
        page.locator(".card-link").first.click()
        ready = page.locator(".frame-open")  # shown by the script that handles keys
        expect(page.locator("#previous")).to_have_count(0)
        expect(ready).to_be_visible()
        page.keyboard.press("ArrowRight")
        expect(page.locator("#next")).to_have_count(0)
        expect(ready).to_be_visible()
        page.keyboard.press("ArrowLeft")
        expect(page.locator("#previous")).to_have_count(0)
        here = page.url
        page.locator(SAVE).focus()
        page.keyboard.press("Enter")
        toast = page.locator(".toast", has_text="Saved to your gallery.")
        expect(toast).to_be_visible()
        expect(page.locator(".shared-actions")).to_contain_text("In your gallery")
        toast.get_by_role("button", name="Undo").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".toast", has_text="Moved to trash.")).to_be_visible()
        assert page.url.startswith(here)
        assert page.locator(SAVE).evaluate(TWICE) == [False, True, "Saving"]
        page.get_by_role("link", name="In your gallery").click()
        expect(page.locator(".image-saved")).to_have_text("Saved from a shared link")
        expect(page.locator("h1")).to_have_text("a lighthouse in fog")
        loaded = "picture => picture.decode().then(() => picture.naturalWidth)"
        assert page.locator(".frame-image").evaluate(loaded) > 0
        page.goto(here)
        page.get_by_role("link", name="Remix").click()
        expect(page.locator("#prompt")).to_have_value("a lighthouse in fog")
