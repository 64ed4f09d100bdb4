"""A working day of staff in a real Chromium, from the start page to the audit log.

A stuck job, a ban, reviews by keyboard, a model that is changed and tried, a new one, the stop of
all spending; and what the people concerned see of it.
"""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from generation.testing.pages.browser import BrowserTestCase
from generation.testing.rows.image_files import png

PASSWORD = "a long password"
PREPARE = f"""
from django.core.management import call_command
from generation.models import ModerationRule
call_command("create_user", "rascal@example.org", password={PASSWORD!r}, name="Rascal")
ModerationRule.objects.create(pattern="cutlass", category="violence")
"""
# A job of which it is unknown whether RunPod has it: its reply and its webhook were lost.
STUCK = """
from datetime import timedelta
from django.db import transaction
from django.utils import timezone
from accounts.models import User
from generation.models import Job
from generation.testing import orders
now = timezone.now()
with transaction.atomic():
    alice = User.objects.get(email="alice@example.org")
    (job,) = orders.place(user=alice, request={"model": "p-image", "prompt": "a lost letter"}).jobs
    Job.objects.filter(id=job.id).update(
        status="submitted", unknown_since=now, submitted_at=now - timedelta(minutes=5),
        due_at=now + timedelta(hours=1), deadline_at=now + timedelta(hours=1),
    )
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


class TestStaffDay(BrowserTestCase):
    apart = "staff"  # it stops image creation for everyone, and its queue shows what others submit
    people = ("alice", "author", "painter")
    staff = ("boss",)
    prepare = PREPARE + STUCK

    @pytest.mark.limit(600)
    def test_a_day_of_staff(self) -> None:
        boss = self.visit("boss", "/admin/", viewport={"width": 1300, "height": 900})
        self.fix_a_stuck_job(boss)
        self.ban_a_person(boss)
        self.decide_about_an_appeal(boss)
        self.review_an_image(boss)
        self.answer_a_request_for_credits(boss)
        self.edit_a_model_and_try_it(boss)
        self.add_an_edit_endpoint(boss)
        self.stop_all_spending(boss)
        self.read_the_audit_log(boss)

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

    def fix_a_stuck_job(self, boss: Page) -> None:
        item = boss.locator(".attention", has_text="1 stuck job")
        expect(item).to_contain_text("not confirmed by the provider")
        item.locator("text=a lost letter").click()
        expect(boss.locator(".job-head")).to_contain_text("not confirmed by the provider")
        expect(boss.locator("#events-group")).to_contain_text("placed")
        boss.go_back()
        item.locator("text=Cancel and return credits").click()
        expect(boss.locator(".messagelist")).to_contain_text("1 job is canceled.")
        expect(item).to_have_count(0)
        page = self.visit("alice")
        expect(page.locator("[data-status=canceled]")).to_have_count(1)

    def ban_a_person(self, boss: Page) -> None:
        rascal = self.open()
        self.sign_in(rascal)
        rascal.wait_for_url("**/create/")
        boss.goto("/admin/accounts/user/")
        boss.fill("#searchbar", "rascal")
        boss.press("#searchbar", "Enter")
        boss.click("text=rascal@example.org")
        expect(boss.locator(".person")).to_contain_text("active")
        boss.click(".object-tools >> text=Ban")
        boss.fill("[name=reason]", "Advertising in Explore")
        boss.select_option("[name=period]", "30")
        boss.click("button.admin-button-danger")
        expect(boss.locator(".person")).to_contain_text("banned until")
        self.troubles.forgive("403 POST", "/ws/jobs/", "401")
        rascal.goto("/gallery/")
        rascal.wait_for_url("**/accounts/login/**")
        self.sign_in(rascal)
        expect(rascal.locator("h1")).to_have_text("Your account is banned")
        expect(rascal.locator("body")).to_contain_text("Advertising in Explore")
        boss.click("text=Lift ban")
        boss.click(".admin-form button")
        expect(boss.locator(".person")).to_contain_text("active")
        self.sign_in(rascal)
        rascal.wait_for_url("**/create/")

    def sign_in(self, page: Page) -> None:
        page.goto("/accounts/login/")
        page.fill("[name=username]", "rascal@example.org")
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")

    def decide_about_an_appeal(self, boss: Page) -> None:
        page = self.create("author", "an old cutlass on a barrel")
        note = page.locator("#composer .note-bad")
        expect(note).to_contain_text("violence (“cutlass”)")
        note.locator("button").click()
        page.wait_for_url("**/account/reviews/")
        expect(page.locator(".review")).to_have_attribute("data-state", "waiting")
        boss.goto("/admin/")
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

    def review_an_image(self, boss: Page) -> None:
        page = self.create("painter", "a lighthouse in fog")
        expect(page.locator("[data-status=succeeded]")).to_have_count(1)
        page.goto("/gallery/")
        page.goto(page.locator(".card-link").first.get_attribute("href") or "")
        page.keyboard.press("s")
        page.click("#share form[action$='/publish/'] button")
        expect(page.locator("#share")).to_contain_text("waiting for review")
        boss.goto(f"{QUEUE}?show=images")
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

    def answer_a_request_for_credits(self, boss: Page) -> None:
        page = self.visit("painter", "/account/get-credits/")
        page.fill("[name=note]", "For a series of lighthouses")
        page.click("text=Send request")
        expect(page.locator(".credit-request")).to_have_attribute("data-state", "open")
        boss.goto("/admin/")
        item = boss.locator(".attention", has_text="1 request for credits")
        expect(item).to_contain_text("For a series of lighthouses")
        item.locator("text=Decide").click()
        boss.fill("[name=amount]", "40")
        boss.click("[name=decision][value=grant]")
        expect(boss.locator(".messagelist")).to_contain_text("painter@example.org")
        page.reload()
        expect(page.locator(".credit-request")).to_have_attribute("data-state", "granted")
        expect(page.locator(".credit-request")).to_contain_text("+40 credits")

    def edit_a_model_and_try_it(self, boss: Page) -> None:
        boss.goto("/admin/generation/imagemodel/?q=flux-schnell")
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

    def add_an_edit_endpoint(self, boss: Page) -> None:
        boss.goto("/admin/generation/imagemodel/add/")
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
        page = self.create("author", "a kite", path=f"/create/?model={EDITOR['slug']}", sources=2)
        expect(page.locator("[data-status=succeeded]")).to_have_count(2)  # and the cutlass

    def stop_all_spending(self, boss: Page) -> None:
        page = self.visit("alice")
        page.fill("#prompt", "a heron at dusk")
        boss.goto("/admin/")
        boss.fill(".start-switch [name=message]", "Back at noon.")
        boss.click("text=Stop creating images")
        expect(boss.locator(".start-switch")).to_contain_text("Image creation is off.")
        self.troubles.forgive("503 POST")
        page.click("#create-button")
        expect(page.locator("#create-dock .note")).to_contain_text("Back at noon.")
        boss.click("text=Turn on")
        expect(boss.locator(".start-switch")).to_contain_text("Image creation is on.")
        page.reload()
        expect(page.locator("#prompt")).to_have_value("a heron at dusk")
        page.click("#create-button")
        expect(page.locator("[data-run]").first).to_contain_text("a heron at dusk")

    def read_the_audit_log(self, boss: Page) -> None:
        self.demo.command("grant_credits", "alice@example.org", "5", "--reason", "For the wait")
        boss.click(".admin-nav >> text=Audit log")
        log = boss.locator("#result_list")
        expect(log).not_to_contain_text("a lost letter")  # prompts are not for all staff
        for text in (
            "canceled",
            "banned until",
            "ban lifted",
            "approved",
            "rejected: Not sharp",
            "tried: job",
            "Back at noon.",
            "credits granted: 40",
            "manage.py grant_credits",
            "system_user=",
        ):
            expect(log).to_contain_text(text)
        boss.fill("#searchbar", "Advertising")
        boss.press("#searchbar", "Enter")
        expect(log.locator("tbody tr")).to_have_count(2)  # the ban, and its end
        expect(log).to_contain_text("rascal@example.org")
