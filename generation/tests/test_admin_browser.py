"""The admin in a real Chromium under the strict policy: no page of it is refused a script or a style."""

import json
import os

from playwright.sync_api import Page, expect

from artgen.tests.browser import BrowserTestCase, speak

PLACE = """
from accounts.models import User
from generation import orders
for prompt in ("a heron at dusk", "a red kiln [oom]"):
    orders.place(user=User.objects.get(email="alice@example.org"), request={"model": "flux-schnell", "prompt": prompt})
"""
PAGES = (
    "/admin/",
    "/admin/generation/job/",
    "/admin/generation/job/?status__exact=succeeded",
    "/admin/generation/imagemodel/",
    "/admin/generation/imagemodel/add/",
    "/admin/generation/style/",
    "/admin/generation/generationswitch/",
    "/admin/generation/image/",
    "/admin/generation/upload/",
    "/admin/accounts/user/",
    "/admin/accounts/creditentry/",
)


class AdminInABrowser(BrowserTestCase):
    people = ("alice",)
    staff = ("boss",)

    prepare = PLACE

    def enter(self, language: str) -> Page:
        """Return the admin's first page."""
        page = self.visit("boss", "/admin/", language=language, viewport={"width": 1300, "height": 900})
        speak(page, language)
        page.reload()
        return page

    def look(self, page: Page, name: str) -> None:
        """Keep a picture of the page where ADMIN_SHOTS says so, for people to look at."""
        if folder := os.environ.get("ADMIN_SHOTS"):
            page.screenshot(path=f"{folder}/{name}.png", full_page=True)

    def test_it_shows_every_page_in_russian(self) -> None:
        """In English `test_pages` walks them."""
        page = self.enter("ru")
        expect(page.locator("body")).to_contain_text("Модели")
        for number, path in enumerate(PAGES):
            page.goto(self.demo.url + path)
            self.look(page, f"ru-{number}")

    def test_it_shows_a_job_with_picture_and_history_and_acts_on_it(self) -> None:
        page = self.enter("en")
        page.goto(f"{self.demo.url}/admin/generation/job/?q=heron&status__exact=succeeded")
        page.click("#result_list .field-prompt_cut a")
        expect(page.locator("#events-group")).to_contain_text("succeeded")
        picture = page.locator("#images-group img")
        expect(picture).to_be_visible()
        self.assertGreater(picture.evaluate("image => image.decode().then(() => image.naturalWidth)"), 0)
        self.look(page, "job-succeeded")
        page.goto(f"{self.demo.url}/admin/generation/job/?q=kiln")
        page.click("#result_list .field-prompt_cut a")
        self.look(page, "job-failed")
        page.click("text=Retry for the user")
        expect(page.locator(".messagelist")).to_contain_text("1 job is queued again.")
        self.look(page, "job-retried")

    def test_it_edits_a_model(self) -> None:
        page = self.enter("en")
        page.goto(f"{self.demo.url}/admin/generation/imagemodel/")
        page.click("#result_list >> text=FLUX.1 dev")
        self.look(page, "model")
        parameters = json.loads(page.input_value("[name=parameters]"))
        page.fill("[name=parameters]", json.dumps({**parameters, "steps": {"default": 60, "max": 50}}))
        page.click("[name=_continue] >> nth=0")
        expect(page.locator(".errorlist").first).to_be_visible()
        self.look(page, "model-refused")
        page.fill("[name=parameters]", json.dumps({**parameters, "steps": {"default": 20, "min": 1, "max": 50}}))
        page.click("[name=_continue] >> nth=0")
        expect(page.locator(".messagelist .success")).to_be_visible()
        expect(page.locator(".field-sample_input")).to_contain_text('"num_inference_steps": 20')
        page.click(".object-tools button")
        expect(page.locator(".messagelist")).to_contain_text("a sample job can be sent")
        self.look(page, "model-checked")
