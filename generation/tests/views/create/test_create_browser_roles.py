"""What source images are for, chosen beside them, in a real Chromium."""

from playwright.sync_api import Page, expect

from generation.testing.pages.browser import BrowserTestCase
from generation.testing.rows.image_files import png

IMAGE = {"name": "sea.png", "mimeType": "image/png", "buffer": png()}


class TestRolesOfSourceImages(BrowserTestCase):
    people = ("role_chooser", "collector")

    def choose_file(self, page: Page, button: str) -> None:
        with page.expect_file_chooser() as chooser:
            page.click(button)
        chooser.value.set_files(IMAGE)

    def uploaded(self, page: Page) -> None:
        expect(page.locator(".source progress")).to_be_hidden()
        expect(page.locator(".source-role")).not_to_have_value("")

    def test_it_is_chosen_by_keyboard_and_kept_by_models_jobs_and_reuse(self):
        page = self.visit("role_chooser", "/create/?model=flux-schnell&prompt=a+kite")
        self.choose_file(page, "[data-add-source]")
        self.uploaded(page)
        nearest = page.locator("[data-kept-sources] [data-nearest-model]")
        expect(nearest).to_have_text("Switch to Z-Image Turbo")
        page.locator(".source-role").focus()
        page.keyboard.type("Com")
        expect(nearest).to_have_text("Switch to P-Image Edit")
        page.click(".model-button")
        why = page.locator(".model-option[value=flux-kontext][data-dim] [data-why]")
        expect(why).to_have_text("no role “Composition”")
        page.click(".model-option[value=flux-kontext]")

        note = page.locator("[data-role-note]")
        text = "FLUX.1 Kontext doesn’t support this role of a source image: Composition."
        expect(note.locator("p")).to_have_text(text)
        expect(page.locator("#status")).to_contain_text(text)
        page.click("#create-button")
        expect(note.locator("button")).to_be_focused()
        expect(page.locator("[data-run]")).to_have_count(0)
        expect(note.locator("button")).to_have_text("Switch to Qwen Image Edit 2511")
        page.keyboard.press("Enter")
        expect(page.locator("#composer[data-model=qwen-image-edit-2511]")).to_be_visible()
        expect(note).to_be_hidden()
        role = page.locator(".source-role option:checked")
        expect(role).to_have_text("Composition")
        page.locator(".source-role").focus()
        page.keyboard.type("Loo")
        page.keyboard.press("Tab")
        expect(page.get_by_label("Weight")).to_be_focused()
        page.keyboard.type("Str")
        added = "Use only the style of the image, not what it shows. Follow the image closely."
        expect(page.locator("[data-sources-note]")).to_contain_text(added)
        page.click(".segments label:has([value='1'])")
        page.click("#create-button")
        expect(page.locator("[data-status=succeeded]")).to_have_count(1)

        page.locator("[data-remove-source]").click()
        page.click("[data-run] .run-meta button[popovertarget]")
        page.locator("[data-use]:visible").first.click()
        expect(role).to_have_text("Look")
        expect(page.get_by_label("Weight")).to_have_value("strong")
        page.goto(page.locator(".card-link").first.get_attribute("href"))
        expect(page.locator(".lineage")).to_contain_text("From references")
        expect(page.locator(".lineage-images")).to_contain_text("Look, strong")

    def test_it_takes_a_collection_as_moodboard(self):
        page = self.visit("collector", "/create/?model=flux-schnell&prompt=a+tin+robot")
        page.click(".segments label:has([value='1'])")
        page.click("#create-button")
        expect(page.locator("[data-status=succeeded]")).to_have_count(1)
        image = page.locator("[data-image]").first.get_attribute("data-image")
        collection = self.posted(page, "collections/", {"name": "Robots"})["id"]
        self.posted(page, f"collections/{collection}/images/", {"images": [image]})
        page.fill("#prompt", "a glass bird")
        page.click(".model-button")
        page.click(".model-option[value=flux-kontext]")
        page.click("button[data-own-images]")
        page.click("[data-moodboard]")
        expect(page.locator(".source-role option:checked")).to_have_text("Look")
        expect(page.locator("#composer[data-model=flux-kontext]")).to_be_visible()
        expect(page.locator("#prompt")).to_have_value("a glass bird")

        page.locator("[data-remove-source]").click()
        page.goto(f"/gallery/?collection={collection}")
        page.click("text=Use as moodboard")
        expect(page.locator(".source-role option:checked")).to_have_text("Look")
        expect(page.locator("#prompt")).to_have_value("a glass bird")
        assert "moodboard" not in page.url

    def posted(self, page: Page, path: str, data: dict[str, object]) -> dict[str, str]:
        cookies = page.context.cookies()
        token = next(one["value"] for one in cookies if one["name"] == "csrftoken")
        headers = {"X-CSRFToken": token}
        answer = page.request.post(f"/api/v1/{path}", data=data, headers=headers)
        assert answer.ok
        return dict(answer.json())
