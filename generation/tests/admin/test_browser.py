"""The admin in a real Chromium under the strict policy.

No page of it is refused a script or a style.
"""

import io
import json
import os

from PIL import Image as Pillow
from playwright.sync_api import Page, expect

from artgen.testing.browser import BrowserTestCase, speak

PLACE = """
import time
from accounts.models import User
from generation.jobs import orders
from generation.models import Job
for prompt in ("a heron at dusk", "a red kiln [oom]"):
    orders.place(user=User.objects.get(email="alice@example.org"), request={"model": "flux-schnell", "prompt": prompt})
while Job.objects.active().exists():
    time.sleep(0.05)
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


BANANA = {
    "name": "Banana by hand",
    "slug": "banana-by-hand",
    "endpoint_id": "nano-banana-edit",
    "parameters": "{}",
    "min_source_images": "1",
    "max_source_images": "4",
    "request_format": {
        "sources": {"field": "images", "list": True, "min": 1, "max": 4},
        "fixed": {"enable_safety_checker": True},
    },
    "expected_cost": {"per_image": 0.038},
}
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
    alone = (
        True  # it adds models, the first of which everybody is offered first, and changes others
    )
    people = ("alice",)
    staff = ("boss",)

    prepare = PLACE

    def enter(self, language: str) -> Page:
        """Return the admin's first page."""
        page = self.visit(
            "boss", "/admin/", language=language, viewport={"width": 1280, "height": 900}
        )
        speak(page, language)
        page.reload()
        return page

    def look(self, page: Page, name: str) -> None:
        """Save a screenshot to the folder ADMIN_SHOTS, if set."""
        if folder := os.environ.get("ADMIN_SHOTS"):
            page.screenshot(path=f"{folder}/{name}.png", full_page=True)

    def test_it_shows_every_page_in_russian(self) -> None:
        """In English `test_pages` walks them."""
        page = self.enter("ru")
        expect(page.locator("body")).to_contain_text("Модели")
        for number, path in enumerate(PAGES):
            page.goto(self.demo.url + path)
            self.look(page, f"ru-{number}")
            if (table := page.locator("#result_list")).count():
                cut = table.evaluate("table => table.offsetWidth - table.parentElement.clientWidth")
                assert cut <= 0, f"{path}: columns are cut"

    def test_it_shows_a_job_with_picture_and_history_and_acts_on_it(self) -> None:
        page = self.enter("en")
        page.goto(f"{self.demo.url}/admin/generation/job/?q=heron&status__exact=succeeded")
        page.click("#result_list .field-prompt_cut a")
        expect(page.locator("#events-group")).to_contain_text("succeeded")
        picture = page.locator("#images-group img")
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
        self.look(page, "job-succeeded")
        page.goto(f"{self.demo.url}/admin/generation/job/?q=kiln")
        page.click("#result_list .field-prompt_cut a")
        self.look(page, "job-failed")
        page.click("text=Retry at the user’s cost")
        expect(page.locator(".messagelist")).to_contain_text("1 job is queued again.")
        self.look(page, "job-retried")

    def test_it_works_on_a_phone(self) -> None:
        page = self.visit("boss", "/admin/", viewport={"width": 390, "height": 844})
        speak(page, "en")
        page.reload()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.click("[popovertarget=nav-sidebar] >> nth=-1")
        page.get_by_role("link", name="Jobs", exact=True).click()
        expect(page.locator("#result_list")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.click("text=Filters")
        expect(page.locator("#changelist-filter")).to_be_visible()
        page.click("#changelist-filter >> text=Last 24 hours")
        page.locator("input.action-select").nth(1).check()
        page.select_option("[name=action]", "look_again")
        page.click("#changelist-actions button")
        expect(page.locator(".messagelist")).to_be_visible()

    def test_it_edits_a_model(self) -> None:
        page = self.enter("en")
        page.goto(f"{self.demo.url}/admin/generation/imagemodel/")
        page.click("#result_list >> text=FLUX.1 dev")
        self.look(page, "model")
        parameters = json.loads(page.input_value("[name=parameters]"))
        page.fill(
            "[name=parameters]", json.dumps({**parameters, "steps": {"default": 60, "max": 50}})
        )
        page.click("[name=_continue] >> nth=0")
        expect(page.locator(".errorlist").first).to_be_visible()
        self.look(page, "model-refused")
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

    def draw(self, slug: str, *, sources: int = 0, **fields: str) -> Page:
        """Draw one image with this model as alice does."""
        page = self.visit("alice", f"/create/?model={slug}")
        page.fill("#prompt", f"a kite over the dunes, by {slug}")
        for number in range(sources):
            source = {"name": "kite.png", "mimeType": "image/png", "buffer": _png(number)}
            page.set_input_files("[name=upload]", [source])
            expect(page.locator(".source [name=source_images]").nth(number)).not_to_have_value("")
        if fields:
            page.click(".tuning-head")
        for name, value in fields.items():
            page.fill(f"[name={name}]", value)
        page.locator("[name=count][value='1']").check(force=True)
        page.click("#create-button")
        expect(page.locator("[data-status=succeeded]").first).to_be_visible()
        return page

    def test_it_adds_an_edit_endpoint_that_then_draws(self) -> None:
        page = self.enter("en")
        self.add_model(page, BANANA)
        page.fill("[name=request_format]", '{"source": {"field": "images"}}')
        page.click("[name=_save] >> nth=0")
        expect(page.locator(".field-request_format .errorlist")).to_contain_text(
            "source: unknown key"
        )
        self.look(page, "endpoint-refused")
        page.fill("[name=request_format]", json.dumps(BANANA["request_format"]))
        page.click("text=Show request")
        preview = page.locator("[data-preview-target]")
        expect(preview).to_contain_text("/v2/nano-banana-edit/run")
        expect(preview).to_contain_text('"enable_safety_checker": true')
        expect(preview).to_contain_text("5 credits")
        self.look(page, "endpoint-previewed")
        self.save_model(page)
        self.draw("banana-by-hand", sources=2)

    def test_it_adds_a_lora_endpoint_that_then_draws(self) -> None:
        page = self.enter("en")
        self.add_model(page, LORA)
        self.save_model(page)
        drawn = self.draw(
            "lora-by-hand", lora_url="https://example.org/style.safetensors", lora_scale="0.6"
        )
        drawn.fill("[name=lora_url]", "http://example.org/style.safetensors")
        expect(drawn.locator("#lora_url-error")).to_contain_text("https://")

    def test_it_shows_the_request_without_script(self) -> None:
        page = self.visit("boss", "/admin/", java_script_enabled=False)
        speak(page, "en")
        page.goto(f"{self.demo.url}/admin/generation/imagemodel/")
        page.click("#result_list >> text=P-Image >> nth=0")
        with page.context.expect_page() as opened:
            page.click("text=Show request")
        expect(opened.value.locator("pre.words")).to_contain_text('"aspect_ratio": "custom"')


def _png(shade: int) -> bytes:
    file = io.BytesIO()
    Pillow.new("RGB", (320, 240), (shade, 90, 160)).save(file, "PNG")
    return file.getvalue()
