"""A card follows its job in a real Chromium.

From the socket's JSON until its end, then from the server, once.
"""

import json
import re
import uuid

from django.template.loader import render_to_string
from django.utils import translation
from playwright.sync_api import Page, WebSocketRoute, expect

from generation.jobs.live.status_text import Phase
from generation.models import ImageModel, Job
from generation.testing.pages.browser import BrowserTestCase
from generation.views.jobs.cards import Card

ACTIVE_LIFE = (
    # status, progress, title, detail
    ("queued", None, "2 ahead of you", "40–50 s"),
    ("queued", None, "Next in queue", ""),
    ("submitted", None, "Starting GPU", "40 s–1 min, the start is free"),
    ("running", None, "Generating", ""),
    ("running", 0.125, "Generating · step 1 of 8", "about 9 s left"),
    ("running", 0.375, "Generating · step 3 of 8", "about 5 s left"),
    ("submitted", None, "Starting", "40–50 s"),
    ("queued", None, "Retrying", "the GPU disconnected, no extra charge"),
    ("running", 0.875, "Generating · step 7 of 8", "about 2 s left"),
    ("storing", None, "Saving", "Almost done"),
)
TREE = """card => {
    const attributes = ({ attributes: all }) =>
        [...all].filter(({ name }) => name !== "style").map(({ name, value }) => `${name}=${value}`).sort()
    const tree = (node) => node.nodeType === Node.TEXT_NODE
        ? node.data.trim()
        : [node.tagName, attributes(node), ...[...node.childNodes].map(tree).filter((child) => child)]
    return tree(card.querySelector("article"))
}"""


class TestCardsFollowTheirJobs(BrowserTestCase):
    people = ("follower", "owner")

    def asked(self, page: Page) -> list[str]:
        """Return the addresses of jobs and runs that the page asks for from now on."""
        found: list[str] = []
        page.on(
            "request",
            lambda request: (
                found.append(request.url) if re.search("/(jobs|runs)/.*/", request.url) else 0
            ),
        )
        return found

    def place(self, page: Page, prompt: str, *, count: int) -> None:
        page.fill("#prompt", prompt)
        page.click(f".segments label:has([value='{count}'])")
        expect(page.locator("#create-button")).to_contain_text(f"Create {count}")
        page.click("#create-button")
        expect(page.locator("[data-run] .run-prompt").first).to_have_text(prompt)

    def test_it_draws_an_active_job_as_the_servers_template_does_and_asks_for_nothing(self) -> None:
        page, lines = self.open("follower"), list[WebSocketRoute]()
        page.route_web_socket(re.compile("/ws/jobs/"), lambda line: lines.append(line))  # noqa: PLW0108  needs a function
        page.goto("/create/")
        job_id = uuid.uuid4()
        fields = {
            "id": job_id,
            "prompt": "a lighthouse & a <boat> " * 8,
            "width": 1344,
            "height": 768,
            "version": 1,
        }
        asked = self.asked(page)
        for version, (status, progress, title, detail) in enumerate(ACTIVE_LIFE, start=1):
            job = Job(
                **{**fields, "status": status, "progress": progress, "version": version},
                model=ImageModel(),
            )
            with translation.override("en"):
                card = Card(job=job, phase=Phase(title, detail), kept=[])
                html = render_to_string("generation/_card.html", {"card": card})
            job_json = {
                "id": str(job_id),
                "status": status,
                "progress": progress,
                "version": version,
                "batch": None,
            }
            job_json |= {"phase": title, "phase_detail": detail, "prompt": job.prompt}
            if version == 1:
                page.evaluate(
                    "html => document.getElementById('runs').insertAdjacentHTML('beforeend', html)",
                    html,
                )
            while not lines:  # the page's script has not connected yet
                page.evaluate("1")
            lines[0].send(json.dumps({"type": "snapshot", "jobs": [job_json]}))
            drawn = page.locator(f"[data-job='{job_id}'][data-version='{version}']")
            expect(drawn).to_have_attribute("data-status", status)
            expect(drawn.locator("[data-phase]")).to_have_text(title)
            expected = page.evaluate(
                f"html => {{ const box = document.createElement('ul'); box.innerHTML = html; return ({TREE})(box) }}",
                html,
            )
            with self.subTest(status=status, progress=progress):
                assert drawn.evaluate(TREE) == expected
        assert asked == []

    def test_it_asks_for_each_card_once_when_its_job_has_ended(self) -> None:
        page = self.visit("owner")
        asked = self.asked(page)
        self.place(page, "a quiet harbor", count=3)
        expect(page.locator("[data-status=succeeded]")).to_have_count(3, timeout=60_000)
        jobs = [
            page.locator("[data-job]").nth(number).get_attribute("data-job") for number in range(3)
        ]
        expect(page.locator("[data-job] img.card-picture")).to_have_count(3)
        assert sorted(asked) == sorted(f"{self.demo.url}/jobs/{job}/card/" for job in jobs)
