"""The admin in a real Chromium under the strict policy.

No page of it is refused a script or a style.
"""

import json

import pytest
from playwright.sync_api import Page, expect

from generation.testing.pages.browser import BrowserTestCase, speak

PLACE = """
import time
from accounts.models import User
from generation.models import Job
for prompt in ("a heron at dusk", "a red kiln [oom]"):
    orders.place(user=User.objects.get(email="modeler@example.org"), request={"model": "flux-schnell", "prompt": prompt})
while Job.objects.active().exists():
    time.sleep(0.05)
"""
LORA = {
    "name": "LoRA by hand",
    "slug": "lora-by-hand",
    "endpoint_id": "qwen-image-t2i-lora",
    "parameters": {
        "size": {"default": "1328x1328", "choices": ["1328x1328", "1472x1140"]},
        "seed": {},
        "lora_url": {},
        "lora_scale": {"default": 1, "min": 0, "max": 2, "step": 0.05},
    },
    "request_format": {"size": {"mode": "size"}, "seed": "seed", "loras": "loras"},
    "expected_cost": {"per_image": 0.025},
}


class TestAdminInABrowser(BrowserTestCase):
    apart = "staff"  # it adds and changes models, and pauses image creation for everyone
    people = ("modeler",)
    staff = ("chief",)
    prepare = PLACE

    def enter(self, language: str) -> Page:
        """Return the admin's first page."""
        page = self.visit(
            "chief", "/admin/", language=language, viewport={"width": 1280, "height": 900}
        )
        speak(page, language)
        page.reload()
        return page

    def test_it_shows_a_job_with_picture_and_history_and_acts_on_it(self) -> None:
        page = self.enter("en")
        page.goto(f"{self.demo.url}/admin/generation/job/?q=heron&status__exact=succeeded")
        page.click("#result_list .field-prompt_cut a")
        expect(page.locator("#events-group")).to_contain_text("succeeded")
        picture = page.locator("#images-group img")
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
        page.goto(f"{self.demo.url}/admin/generation/job/?q=kiln")
        page.click("#result_list .field-prompt_cut a")
        page.click("text=Retry at the user’s cost")
        expect(page.locator(".messagelist")).to_contain_text("1 job is queued again.")

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

    def test_it_edits_a_model(self) -> None:
        page = self.enter("en")
        page.goto(f"{self.demo.url}/admin/generation/imagemodel/")
        page.click("#result_list >> text=FLUX.1 dev")
        parameters = json.loads(page.input_value("[name=parameters]"))
        page.fill(
            "[name=parameters]", json.dumps({**parameters, "steps": {"default": 60, "max": 50}})
        )
        page.click("[name=_continue] >> nth=0")
        expect(page.locator(".errorlist").first).to_be_visible()
        page.fill(
            "[name=parameters]",
            json.dumps({**parameters, "steps": {"default": 20, "min": 1, "max": 50}}),
        )
        page.click("[name=_continue] >> nth=0")
        expect(page.locator(".messagelist .success")).to_be_visible()
        expect(page.locator(".field-sample_input")).to_contain_text('"num_inference_steps": 20')

    def add_model(self, page: Page, model: dict[str, object]) -> None:
        """Fill the form of a new public endpoint."""
        page.goto(f"{self.demo.url}/admin/generation/imagemodel/add/")
        page.select_option("[name=dialect]", "public")
        for name, value in model.items():
            page.fill(f"[name={name}]", value if isinstance(value, str) else json.dumps(value))

    def save_model(self, page: Page) -> None:
        page.click("[name=_save] >> nth=0")
        expect(page.locator(".messagelist .success")).to_be_visible()

    def draw(self, slug: str, **fields: str) -> Page:
        """Draw one image with this model as a person does."""
        page = self.visit("modeler", f"/create/?model={slug}")
        page.fill("#prompt", f"a kite over the dunes, by {slug}")
        if fields:
            page.click(".tuning-head")
        for name, value in fields.items():
            page.fill(f"[name={name}]", value)
        page.click(".segments label:has([value='1'])")
        page.click("#create-button")
        expect(page.locator("[data-status=succeeded]").first).to_be_visible()
        return page

    def test_it_adds_a_lora_endpoint_that_then_draws(self) -> None:
        page = self.enter("en")
        self.add_model(page, LORA)
        self.save_model(page)
        drawn = self.draw(
            "lora-by-hand", lora_url="https://example.org/style.safetensors", lora_scale="0.6"
        )
        drawn.fill("[name=lora_url]", "http://example.org/style.safetensors")
        expect(drawn.locator("#lora_url-error")).to_contain_text("https://")

    def turn(self, page: Page, mode: str, message: str = "") -> None:
        """Set the creation switch."""
        page.goto("/admin/generation/generationswitch/")
        page.check(f"[name=mode][value={mode}]")
        page.fill("[name=message]", message)
        with page.expect_navigation():
            page.click("[name=_continue]")
        expect(page.locator(f"[name=mode][value={mode}]")).to_be_checked()

    @pytest.mark.limit(300)
    def test_a_visitor_keeps_the_prompt_over_maintenance_and_places_it(self) -> None:
        admin = self.enter("en")
        page = self.visit("modeler")
        page.fill("#prompt", "a heron at noon")
        self.turn(admin, "maintenance", "A new disk until noon.")
        self.troubles.forgive("503 POST")
        page.click("#create-button")
        expect(page.locator("#create-dock .note")).to_contain_text("A new disk until noon.")
        expect(page.locator("#create-button")).to_contain_text("Paused")
        expect(page.locator("#prompt")).to_have_value("a heron at noon")
        page.reload()
        expect(page.locator("#prompt")).to_have_value("a heron at noon")
        expect(page.locator("#create-dock .note")).to_contain_text("A new disk until noon.")
        page.goto("/status/")
        expect(page.locator(".status-now")).to_contain_text("Maintenance")
        self.turn(admin, "on")
        page.goto("/create/")
        expect(page.locator("#prompt")).to_have_value("a heron at noon")
        page.click("#create-button")
        expect(page.locator("[data-run]").first).to_contain_text("a heron at noon")
