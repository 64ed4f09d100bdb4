"""A card follows its job in a real Chromium, by the socket's events alone."""

import json
import re
import uuid
from base64 import b64decode
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone, translation
from playwright.sync_api import Page, Request, WebSocketRoute, expect

from generation.files.image_addresses import addresses_of
from generation.jobs.live.job_json import job_json
from generation.jobs.live.status_text import Phase
from generation.models import Image, ImageModel, Job, Status
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
# Without the hashes in names of static files, which the demo has and a template in a test has not.
TREE = """card => {
    const bare = (value) => value.replace(/\\.[0-9a-f]{12}\\./g, ".")
    const attributes = ({ attributes: all }) =>
        [...all].filter(({ name }) => name !== "style").map(({ name, value }) => `${name}=${bare(value)}`).sort()
    const tree = (node) => node.nodeType === Node.TEXT_NODE
        ? node.data.trim()
        : [node.tagName, attributes(node), ...[...node.childNodes].map(tree).filter((child) => child)]
    return tree(card)
}"""
# A page that is open for 30 s asks for the quote again.
WITHOUT_REFRESH = """const interval = setInterval
window.setInterval = (call, ms) => (ms === 30_000 ? 0 : interval(call, ms))"""
PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


class TestCardsFollowTheirJobs(BrowserTestCase):
    people = ("follower", "owner")

    def asked(self, page: Page) -> list[str]:
        """Return what the page's scripts ask the server for from now on."""
        found: list[str] = []

        def note(request: Request) -> None:
            if request.resource_type in ("fetch", "xhr", "document"):
                found.append(f"{request.method} {request.url.removeprefix(self.demo.url)}")

        page.on("request", note)
        return found

    def test_it_draws_an_active_job_as_the_servers_template_does_and_asks_for_nothing(self) -> None:
        page, lines = self.open("follower"), list[WebSocketRoute]()
        page.add_init_script(WITHOUT_REFRESH)
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
            html = self.html(Card(job=job, phase=Phase(title, detail), kept=[]))
            event = {
                "id": str(job_id),
                "status": status,
                "progress": progress,
                "version": version,
                "batch": None,
            }
            event |= {"phase": title, "phase_detail": detail, "prompt": job.prompt}
            if version == 1:
                page.evaluate(
                    "html => document.getElementById('runs').insertAdjacentHTML('beforeend', html)",
                    html,
                )
            while not lines:  # the page's script has not connected yet
                page.evaluate("1")
            lines[0].send(json.dumps({"type": "snapshot", "jobs": [event]}))
            drawn = page.locator(f"[data-job='{job_id}'][data-version='{version}']")
            expect(drawn).to_have_attribute("data-status", status)
            expect(drawn.locator("[data-phase]")).to_have_text(title)
            expected = page.evaluate(
                f"html => {{ const box = document.createElement('ul'); box.innerHTML = html; return ({TREE})(box.firstElementChild) }}",
                html,
            )
            with self.subTest(status=status, progress=progress):
                assert drawn.evaluate(TREE) == expected
        assert asked == []

    def test_it_draws_the_images_of_an_ended_job_as_those_that_it_fetches(self) -> None:
        page, lines = self.open("follower"), list[WebSocketRoute]()
        page.add_init_script(WITHOUT_REFRESH)
        page.route_web_socket(re.compile("/ws/jobs/"), lambda line: lines.append(line))  # noqa: PLW0108  needs a function
        page.route(
            re.compile("/(files|media)/"),
            lambda route: route.fulfill(body=b64decode(PIXEL.partition(",")[2])),
        )
        bodies: list[str] = []
        page.route(
            re.compile("/jobs/[^/]+/card/"),
            lambda route: route.fulfill(body=bodies[-1], content_type="text/html"),
        )
        page.goto("/create/")
        while not lines:
            page.evaluate("1")
        asked = self.asked(page)
        for wide, large in ((False, True), (True, True), (True, False)):
            width, height = (1344, 768) if wide else (768, 1344)
            job = Job(
                prompt="a lighthouse & a <boat> {phase} " * 8,
                model=ImageModel(),
                width=width,
                height=height,
                status=Status.RUNNING,
                created_at=timezone.now(),
            )
            active = self.html(Card(job=job, phase=Phase("Generating", ""), kept=[]))
            job.status, job.version = Status.SUCCEEDED, 2
            job.new_images = [
                Image(
                    job=job,
                    placeholder=PIXEL,
                    key=f"images/{number}.png",
                    thumbnail_key=f"thumbnails/{number}.webp",
                    large_key=f"thumbnails/{number}-large.webp" if large else "",
                    width=width,
                    height=height,
                    bytes=1000 + number,
                    created_at=timezone.now(),
                )
                for number in range(2)
            ]
            with translation.override("en"):
                message = {
                    "type": "job",
                    "job": job_json(job),
                    "addresses": [addresses_of(image) for image in job.new_images],
                }
            card = Card(job=job, phase=Phase("Image ready", ""), kept=job.new_images)
            bodies.append(self.html(card))
            drawn = self.drawn(page, lines[0], message, [wide, active])
            assert asked == []
            del message["addresses"]  # as in a snapshot: the card is fetched
            fetched = self.drawn(page, lines[0], message, [wide, active])
            with self.subTest(wide=wide, large=large):
                assert asked == [f"GET /jobs/{job.id}/card/"]
                assert drawn == fetched
            asked.clear()

    def drawn(
        self, page: Page, line: WebSocketRoute, message: dict[str, Any], run: list[object]
    ) -> list[object]:
        """Return the cards of a job that has ended, which stood in `run`."""
        page.evaluate(
            """([wide, html]) => {
                document.querySelector("[data-test-run]")?.remove()
                const run = document.createElement("ul")
                run.className = wide ? "run-cards run-cards-wide" : "run-cards"
                run.dataset.testRun = ""
                run.innerHTML = html
                document.getElementById("runs").append(run)
            }""",
            run,
        )
        line.send(json.dumps(message))
        cards = page.locator(f"[data-job='{message['job']['id']}'][data-status=succeeded]")
        expect(cards).to_have_count(2)
        # Of every page with a lightbox: js/image_acts.js.
        expect(cards.locator(".card-acts")).to_have_count(2)
        expect(cards.locator("[data-loading]")).to_have_count(0)
        return cards.evaluate_all(f"cards => cards.map({TREE})")

    def html(self, card: Card) -> str:
        with translation.override("en"):
            return render_to_string("generation/_card.html", {"card": card, "csrf_input": ""})

    def test_it_asks_for_nothing_after_the_order_until_all_images_are_there(self) -> None:
        page = self.open("owner")
        page.add_init_script(WITHOUT_REFRESH)
        page.goto("/create/")
        page.fill("#prompt", "a quiet harbor")
        with page.expect_response("**/create/quote/**"):
            page.click(".segments label:has([value='3'])")
        expect(page.locator("#create-button")).to_contain_text("Create 3")
        asked = self.asked(page)
        page.click("#create-button")
        expect(page.locator("[data-status=succeeded]")).to_have_count(3, timeout=60_000)
        expect(page.locator("[data-job] img.card-image")).to_have_count(3)
        expect(page.locator("#balance")).to_have_attribute("data-held", "0")
        expect(page.locator(".quote-stale")).to_have_count(0)
        assert asked == ["POST /create/"]
        balance = page.locator("#balance").inner_text()
        left = page.locator(".create-below").inner_text()
        page.reload()
        assert page.locator("#balance").inner_text() == balance
        expect(page.locator(".create-below")).to_have_text(left, use_inner_text=True)
