"""What the server says when it refuses, as pages show it in a real Chromium."""

import re
from typing import ClassVar

from playwright.sync_api import Page, expect

from generation.testing.pages.browser import DESKTOP, BrowserTestCase
from generation.testing.servers.demo import GPUS

PEOPLE = ("canceling", "limited")
PREPARE = f"""
from accounts.models import User
people = [f"{{name}}@example.org" for name in {PEOPLE!r}]
User.objects.filter(email__in=people).update(max_cancels_per_day=1)
"""
ONE = r"1 image canceled\. Returned: \d.credits?\."
REACHED = "The limit of cancellations a day is reached: 1. It resets at"


# Its provider has it and cannot stop it; no worker sees it before the day is over.
UNSTOPPABLE = """
from datetime import timedelta
from accounts.models import User
from django.db import transaction
from django.utils import timezone
from generation.models import Job
from generation.testing import orders
with transaction.atomic():
    user, now = User.objects.get(email="paying@example.org"), timezone.now()
    request = {"model": "flux-schnell", "prompt": "a paper boat"}
    (job,) = orders.place(user=user, request=request).jobs
    Job.objects.filter(pk=job.pk).update(
        status="running", runpod_id="ws-1", submitted_at=now, started_at=now,
        due_at=now + timedelta(days=1), deadline_at=now + timedelta(days=2),
        snapshot=job.snapshot | {"provider": "wavespeed"},
    )
"""


class TestPricedCancellation(BrowserTestCase):
    people: ClassVar = ("paying",)

    def test_the_price_is_accepted_on_the_card(self) -> None:
        # Not in `prepare`: other classes wait there until no job is active.
        self.demo.command("shell", "--command", UNSTOPPABLE)
        self.troubles.forgive("402 POST")
        page = self.visit("paying", "/create/", **DESKTOP)
        page.locator("[data-cancel] button").click()
        refused = page.locator(".toast-bad")
        expect(refused.locator("p")).to_have_text(re.compile(r"Canceling costs \d.credits?\.$"))
        expect(page.locator("[data-status=canceled]")).to_have_count(0)
        refused.get_by_role("button", name=re.compile("^Cancel for ")).click()
        card = page.locator("[data-status=canceled]")
        expect(card).to_contain_text("charged: it couldn’t be stopped anymore.")


class TestRefusedCancellations(BrowserTestCase):
    """Each person has one image, and may cancel once."""

    people: ClassVar = PEOPLE
    draws = dict.fromkeys(PEOPLE, (("a paper boat", 1),))
    prepare = PREPARE

    def visit_without_gpus(self, name: str, path: str, *, endpoint: str) -> Page:
        """Return a page whose jobs of this endpoint wait."""
        path_of_endpoint = f"endpoints/{endpoint}"
        self.addCleanup(self.demo.tell_emulator, path_of_endpoint, workers=GPUS)
        self.demo.tell_emulator(path_of_endpoint, workers=0)
        self.troubles.forgive("429 POST")
        return self.visit(name, path, **DESKTOP)

    def close_error(self, page: Page, text: str) -> None:
        expect(page.locator(".toast-bad p")).to_have_text(re.compile(f"^{text}"))
        page.locator(".toast-bad [data-toast-close]").click()

    def test_a_run_is_canceled_up_to_the_limit_and_says_so(self) -> None:
        page = self.visit_without_gpus(
            "canceling", "/create/", endpoint="black-forest-labs-flux-1-dev"
        )
        page.fill("#prompt", "seven kites")
        page.click(".model-button")
        page.click(".model-option[value=flux-dev]")
        page.click(".segments label:has([value='2'])")
        expect(page.locator("#create-button")).to_contain_text("Create 2")
        page.click("#create-button")
        expect(page.locator("[data-cancel]")).to_have_count(2)
        run = page.locator("[data-run]").first
        run.locator("[popovertarget^=menu-]").click()
        run.get_by_text("Cancel unfinished").click()
        self.close_error(page, f"{ONE} {REACHED}")
        expect(run.locator("[data-status=canceled]")).to_have_count(1)
        run.locator("[data-cancel] button").click()
        self.close_error(page, REACHED)
        expect(run.locator("[data-cancel]")).to_have_count(1)

    def test_the_lightbox_and_the_message_say_why_nothing_was_canceled(self) -> None:
        endpoint = "black-forest-labs-flux-1-kontext-dev"  # which varies
        page = self.visit_without_gpus("limited", "/gallery/", endpoint=endpoint)
        link = page.locator(".card-link").first
        link.press("v")
        made = page.locator(".toast", has_text="4 variants")
        made.get_by_role("button", name="Cancel").click()
        self.close_error(page, f"{ONE} {REACHED}")
        link.click()
        page.locator("#lightbox .made [data-cancel] button").first.click()
        self.close_error(page, REACHED)
