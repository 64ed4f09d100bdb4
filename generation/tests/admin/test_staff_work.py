"""Work of staff that needs scripts, in a real Chromium, and what the people concerned see of it.

Reviews by keyboard, a model that is changed and tried, a new one with the preview of its request.
"""

import json
import re

from playwright.sync_api import Page, expect

from generation.testing.pages.browser import BrowserTestCase
from generation.testing.rows.image_files import png

PREPARE = """
from generation.models import ModerationRule
ModerationRule.objects.create(pattern="cutlass", category="violence")
"""
QUEUE = "/admin/generation/promptreview/queue/"
REQUEST_FORMAT = {
    "sources": {"field": "images", "list": True, "min": 1, "max": 4},
    "fixed": {"enable_safety_checker": True},
}
EDITOR = {
    "name": "Banana by hand",
    "slug": "banana-by-hand",
    "endpoint_id": "nano-banana-edit",
    "parameters": "{}",
    "min_source_images": "1",
    "max_source_images": "4",
    "request_format": '{"source": {"field": "images"}}',
    "expected_cost": '{"per_image": 0.038}',
}


class TestStaffWork(BrowserTestCase):
    apart = "staff"  # its queue shows what others submit
    people = ("author", "painter", "editor")
    staff = ("boss",)
    prepare = PREPARE

    def test_an_announcement_is_closed_for_good(self) -> None:
        boss = self.visit("boss", "/admin/generation/announcement/add/")
        boss.fill("[name=text_en]", "Two new models are here.")
        boss.fill("[name=text_ru]", "Две новые модели.")
        with boss.expect_navigation():
            boss.dblclick("[name=_save]")
        page = self.visit("", "/explore/")
        line = page.locator(".announcement")
        expect(line).to_have_count(1)
        with page.expect_response("**/announcements/*/close/"):
            line.locator("button").click()
        expect(line).to_have_count(0)
        page.reload()
        expect(line).to_have_count(0)
        assert page.evaluate("document.body.style.getPropertyValue('--announced')") == ""

    def create(self, name: str, prompt: str, *, path: str = "/create/", sources: int = 0) -> Page:
        page = self.visit(name, path)
        page.fill("#prompt", prompt)
        for number in range(sources):
            source = {
                "name": "kite.png",
                "mimeType": "image/png",
                "buffer": png((320 + number, 240)),
            }
            page.set_input_files("[name=upload]", [source])
            expect(page.locator(".source [name=source_images]").nth(number)).not_to_have_value("")
        page.click(".segments label:has([value='1'])")
        page.click("#create-button")
        return page

    def test_an_appeal_is_approved_by_keyboard(self) -> None:
        self.troubles.forgive("403 POST")
        page = self.create("author", "an old cutlass on a barrel")
        note = page.locator("#composer .note-bad")
        expect(note).to_contain_text("violence (“cutlass”)")
        note.locator("button").click()
        page.wait_for_url("**/account/reviews/")
        expect(page.locator(".review")).to_have_attribute("data-state", "waiting")
        boss = self.visit("boss", "/admin/")
        boss.locator(".attention", has_text="1 request waits").locator(".admin-button").click()
        expect(boss.locator(".queue-prompt")).to_have_text("an old cutlass on a barrel")
        boss.wait_for_load_state()
        boss.keyboard.press("a")
        expect(boss.locator(".messagelist .success")).to_be_visible()
        expect(boss.locator(".queue-prompt")).to_have_count(0)
        page.reload()
        expect(page.locator(".review")).to_have_attribute("data-state", "approved")
        page.click(".review .text-link")
        expect(page.locator("[data-status=succeeded]")).to_have_count(1)

    def test_an_image_is_reviewed_by_keyboard(self) -> None:
        page = self.create("painter", "a lighthouse in fog")
        expect(page.locator("[data-status=succeeded]")).to_have_count(1)
        page.goto("/gallery/")
        page.goto(page.locator(".card-link").first.get_attribute("href") or "")
        page.keyboard.press("s")
        page.click("#share form[action$='/publish/'] button")
        expect(page.locator("#share")).to_contain_text("waiting for review")
        boss = self.visit("boss", f"{QUEUE}?show=images")
        image = boss.locator(".queue-images img")
        expect(image).to_have_css("filter", re.compile("blur"))
        boss.keyboard.press("v")
        expect(image).to_have_css("filter", "none")
        boss.keyboard.press("r")
        expect(boss.locator("#reason")).to_be_focused()
        boss.keyboard.type("a lighthouse, narrow")  # letters of the reason are no keys
        boss.keyboard.press("Escape")
        boss.keyboard.press("n")
        boss.wait_for_url("**after=**")
        boss.keyboard.press("r")
        boss.keyboard.type("Not sharp")
        boss.keyboard.press("Enter")
        expect(boss.locator(".messagelist .success")).to_be_visible()
        page.reload()
        page.keyboard.press("s")
        expect(page.locator("#share")).to_contain_text("Not sharp")

    def test_a_model_is_changed_and_tried(self) -> None:
        boss = self.visit("boss", "/admin/generation/imagemodel/?q=flux-schnell")
        boss.click("text=FLUX.1 schnell")
        parameters = json.loads(boss.input_value("[name=parameters]"))
        parameters["steps"] = {"default": 3, "min": 1, "max": 4}
        boss.fill("[name=parameters]", json.dumps(parameters))
        boss.click("[name=_continue] >> nth=0")
        boss.click("text=Try it")
        boss.fill("[name=prompt]", "a red kite")
        boss.dblclick("form button >> text=Try it")
        expect(boss.locator("#trial [data-final]")).to_be_visible()
        trial = boss.locator("#trial")
        for text in ('"num_inference_steps": 3', "COMPLETED", "paid by the service", "$0."):
            expect(trial).to_contain_text(text)
        image = trial.locator(".trial-images img")
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
        boss.goto("/gallery/")
        expect(boss.locator(".card-link")).to_have_count(0)
        boss.goto("/admin/generation/job/?trial=yes")
        expect(boss.locator("#result_list tbody tr")).to_have_count(1)

    def test_a_model_that_edits_is_added(self) -> None:
        boss = self.visit("boss", "/admin/generation/imagemodel/add/")
        boss.select_option("[name=dialect]", "public")
        for name, value in EDITOR.items():
            boss.fill(f"[name={name}]", value)
        boss.click("[name=_save] >> nth=0")
        expect(boss.locator(".field-request_format .errorlist")).to_contain_text("unknown key")
        boss.fill("[name=request_format]", json.dumps(REQUEST_FORMAT))
        boss.click("text=Show request")
        preview = boss.locator("[data-preview-target]")
        for text in ("/v2/nano-banana-edit/run", '"enable_safety_checker": true', "5 credits"):
            expect(preview).to_contain_text(text)
        boss.click("[name=_save] >> nth=0")
        expect(boss.locator(".messagelist .success")).to_be_visible()
        page = self.create("editor", "a kite", path=f"/create/?model={EDITOR['slug']}", sources=2)
        expect(page.locator("[data-status=succeeded]")).to_have_count(1)
