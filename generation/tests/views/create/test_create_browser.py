"""The create page in a real Chromium.

Nothing that was written is lost, and nothing reaches somebody else.
"""

import re

from playwright.sync_api import Page, Route, expect

from generation.testing.pages.browser import DESKTOP, SMALL_PHONE, BrowserTestCase
from generation.testing.rows.image_files import png

HIDDEN = "Object.defineProperty(document, 'hidden', { get: () => window.away ?? false, configurable: true })"


class TestCreatePageKeepsEverything(BrowserTestCase):
    people = (
        "placer",
        "narrow",
        "refused",
        "measurer",
        "writer",
        "calm",
        "taker",
        "tabber",
        "leaver",
        "newcomer",
        "waiter",
        "retrier",
        "lender",
        "returner",
        "sender",
        "sleeper",
        "returning",
    )

    def become(self, page: Page, name: str) -> None:
        """Let this person be signed in where another one was, as all tabs of the browser see it."""
        page.context.clear_cookies(name="sessionid")
        cookie = {"name": "sessionid", "value": self.visitors.sessions[name], "url": self.demo.url}
        page.context.add_cookies([cookie])

    def wait_until(self, page: Page, true: str) -> None:
        # Playwright's own wait_for_function evaluates text inside the page, which the page's policy
        # forbids.
        page.evaluate(
            f"new Promise((done) => {{ const look = () => {true} ? done() : setTimeout(look, 50); look() }})"
        )

    def place(self, page: Page, prompt: str, *, count: int = 1) -> None:
        page.fill("#prompt", prompt)
        page.click(f".segments label:has([value='{count}'])")
        expect(page.locator("#create-button")).to_contain_text(f"Create {count}")
        page.click("#create-button")
        expect(page.locator("[data-run] .run-prompt").first).to_have_text(prompt)

    def hold_back(self, page: Page) -> list[Route]:
        """Keep what the page posts to /create/ until the test lets it go.

        What it posts in this moment may pass.
        """
        held: list[Route] = []

        def handle(route: Route) -> None:
            if route.request.method == "POST":
                held.append(route)
            else:
                route.continue_()

        page.route("**/create/", handle)
        return held

    def test_it_says_that_a_pasted_prompt_was_cut(self) -> None:
        page = self.visit("returning")
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        message = page.locator(".toast", has_text="The pasted text was cut.")
        for length, kept, cuts in ((1500, 1500, 0), (600, 2000, 1)):
            page.evaluate("length => navigator.clipboard.writeText('x'.repeat(length))", length)
            page.locator("#prompt").press("Control+v")
            expect(page.locator("#prompt")).to_have_value("x" * kept)
            expect(message).to_have_count(cuts)
        expect(message).to_contain_text("2,000")

    def test_it_frames_the_run_at_the_press_so_that_nothing_moves_when_the_answer_comes(self):
        for name, options in (("placer", DESKTOP), ("narrow", SMALL_PHONE)):
            with self.subTest(name):
                page = self.visit(name, **options)
                self.place(page, "an older run")
                expect(page.locator("[data-status=succeeded]")).to_have_count(1)
                held = self.hold_back(page)
                page.fill(
                    "#prompt", "a long shore at low tide, wet sand, a sky of many small clouds"
                )
                page.click(".shape:has-text('16:9')")
                page.click(".segments label:has([value='3'])")
                expect(page.locator("#create-button")).to_contain_text("Create 3")
                page.click("#create-button")
                frame = page.locator(".run-frame")
                expect(frame.locator(".run-prompt")).to_have_text(page.input_value("#prompt"))
                expect(frame.locator(".card")).to_have_count(3)
                expect(page.locator(".run").first).to_have_attribute("aria-busy", "true")
                self.wait_until(
                    page, "!document.querySelector('.run-frame').getAnimations().length"
                )
                below = "scrollY + document.querySelector('[data-run]:last-child').getBoundingClientRect().top"
                before = page.evaluate(below)
                self.first(page, held).continue_()
                expect(page.locator("[data-run]")).to_have_count(2)
                expect(frame).to_have_count(0)
                assert page.evaluate(below) == before
                expect(
                    page.locator("#create-button" if name == "placer" else ".run >> nth=0")
                ).to_be_focused()

    def test_it_takes_the_frame_away_when_nothing_was_placed(self):
        page = self.visit("refused")
        self.troubles.forgive("ERR_FAILED")
        held = self.hold_back(page)
        page.fill("#prompt", "a boat that never sails")
        page.press("#prompt", "Control+Enter")
        expect(page.locator(".run-frame")).to_have_count(1)
        expect(page.locator(".first-run")).to_be_hidden()
        self.first(page, held).abort()
        expect(page.locator(".toast-bad")).to_contain_text("Not sent")
        expect(page.locator(".run-frame")).to_have_count(0)
        expect(page.locator(".first-run")).to_be_visible()
        expect(page.locator("#prompt")).to_be_focused()
        expect(page.locator("#prompt")).to_have_value("a boat that never sails")

    def test_it_begins_a_new_day_where_the_page_has_stayed_open_over_midnight(self):
        page = self.visit("sleeper")
        self.place(page, "the last of the day")
        page.evaluate(
            """() => {
                const heading = document.querySelector("h1[data-day]")
                const before = new Date(Date.parse(heading.dataset.day) - 86400000)
                heading.dataset.day = before.toISOString().slice(0, 10)
            }"""
        )
        self.place(page, "the first of the next")
        headings = page.locator("#feed .heading[data-day]")
        expect(headings).to_have_text(["Today", "Yesterday"])
        expect(page.locator("#runs .run-prompt")).to_have_text(["the first of the next"])
        expect(page.locator("#runs ~ .runs .run-prompt")).to_have_text(["the last of the day"])

    def test_it_says_at_once_at_the_field_which_number_the_model_refuses(self):
        page = self.visit("measurer", "/create/?model=flux-dev")
        page.click(".tuning-head")
        width, error = page.locator("[name=width]"), page.locator("#size-error")
        width.fill("4000")
        expect(error).to_have_text("Must be 256–1536 for FLUX.1 dev.")
        expect(page.locator("#status")).to_contain_text("Must be 256–1536 for FLUX.1 dev.")
        expect(width).to_have_attribute("aria-invalid", "true")
        expect(width).to_be_focused()
        width.fill("1024")
        expect(error).to_be_hidden()
        assert width.get_attribute("aria-invalid") is None
        page.fill("#steps", "99")
        page.press("#steps", "Tab")
        expect(page.locator("#steps-error")).to_have_text("Must be 1–50 for FLUX.1 dev.")
        page.fill("#seed", "seven")
        expect(page.locator("#seed-error")).to_have_text("Must be a whole number.")
        page.click("[data-dice]")
        expect(page.locator("#seed-error")).to_be_hidden()
        expect(page.locator("#steps-error")).to_be_visible()

    def test_it_steps_through_earlier_prompts_and_loses_none(self):
        page = self.visit("writer")
        for prompt in ("a first kite", "a second kite"):
            self.place(page, prompt)
        prompt = page.locator("#prompt")
        page.fill("#prompt", "being written")
        page.press("#prompt", "Alt+ArrowUp")
        expect(prompt).to_have_value("a second kite")
        page.press("#prompt", "Alt+ArrowUp")
        expect(prompt).to_have_value("a first kite")
        page.press("#prompt", "Alt+ArrowDown")
        page.press("#prompt", "Alt+ArrowDown")
        expect(prompt).to_have_value("being written")
        page.press("#prompt", "Alt+ArrowUp")
        page.press("#prompt", "End")
        page.keyboard.type(" changed")
        expect(prompt).to_have_value("a second kite changed")
        page.reload()
        expect(prompt).to_have_value("a second kite changed")
        page.click("[data-history]")
        page.click("#history [data-unsent]")
        expect(prompt).to_have_value("being written")

    def test_it_is_calm_and_offers_what_helps(self):
        page = self.visit("calm", "/create/?model=flux-dev", **DESKTOP)
        before_model = page.evaluate(
            """() => {
                const model = document.querySelector(".model-button")
                const all = [...document.querySelectorAll("#composer :is(a, button, input, textarea)")]
                return all.filter((one) => one.checkVisibility()
                  && one.compareDocumentPosition(model) & Node.DOCUMENT_POSITION_FOLLOWING).length
            }"""
        )
        # Prompt, source image, negative prompt; the history once there is one.
        assert before_model == 3
        head = page.locator(".tuning-head")
        expect(head).to_be_in_viewport()
        page.set_viewport_size({"width": 1440, "height": 560})
        expect(head).to_be_in_viewport()
        head.click()
        expect(page.locator("#steps")).to_be_in_viewport()

        link = page.locator("[data-alternatives] a")
        expect(link).to_be_hidden()
        page.fill("#prompt", "a {red|blue} kite")
        expect(link).to_have_text("2 alternatives: compare")
        link.click()
        page.wait_for_url("**/compare/**")
        expect(page.locator("[name=prompt]")).to_have_value("a {red|blue} kite")

    def test_it_takes_over_parameters_only_when_asked_and_gives_back_what_was_there(self):
        page = self.visit("taker")
        self.place(page, "a tin robot", count=2)
        page.fill("#prompt", "my own words")
        job = page.locator("[data-job]").first.get_attribute("data-job")
        page.goto(f"/jobs/{job}/")
        page.goto("/create/")
        expect(page.locator("#prompt")).to_have_value("my own words")
        page.goto(f"/jobs/{job}/")
        page.click("text=Use these parameters")
        expect(page.locator("#prompt")).to_have_value("a tin robot")
        page.wait_for_url("**/create/")
        page.click(".toast >> text=Undo")
        expect(page.locator("#prompt")).to_have_value("my own words")
        page.reload()
        expect(page.locator("#prompt")).to_have_value("my own words")

    def test_it_adds_a_source_to_what_is_being_written(self):
        page = self.visit("lender")
        self.place(page, "a clay pot")
        expect(page.locator("[data-status=succeeded]")).to_have_count(1)
        page.fill("#prompt", "the same in blue")
        page.locator(".card-link").first.click()
        page.click("[popovertarget=lightbox-more]")
        page.click("#lightbox [data-lightbox=source]")
        expect(page.locator(".source")).to_have_count(1)
        expect(page.locator("#prompt")).to_have_value("the same in blue")

    def test_it_keeps_a_source_picture_that_could_not_be_sent_and_sends_it_later(self):
        page = self.visit("sender")
        self.troubles.forgive("ERR_INTERNET_DISCONNECTED")
        page.click(".model-button")
        page.click(".model-option[value=flux-kontext]")
        expect(page.locator("[data-sources-max]")).to_be_visible()
        page.fill("#prompt", "the same at night")
        page.click(".segments label:has([value='1'])")
        page.set_input_files(
            ".drop-file", {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"}
        )
        expect(page.locator(".toast-bad")).to_contain_text("notes.txt isn’t a PNG")
        page.context.set_offline(True)
        page.set_input_files(
            ".drop-file", {"name": "sea.png", "mimeType": "image/png", "buffer": png()}
        )
        expect(page.locator(".toast-bad").last).to_contain_text("sea.png will upload")
        page.click("#create-button")
        expect(page.locator("[data-send-source]")).to_be_focused()
        expect(page.locator("[data-job]")).to_have_count(0)
        page.context.set_offline(False)
        expect(page.locator(".source [name=source_images]")).not_to_have_value("")
        page.click("#create-button")
        expect(page.locator("[data-status=succeeded]")).to_have_count(1)

    def test_it_takes_a_source_from_ones_own_pictures(self):
        page = self.visit("lender")
        self.place(page, "a glass bird")
        expect(page.locator(".card-image").first).to_be_visible()
        page.click(".model-button")
        page.click(".model-option[value=flux-kontext]")
        page.click("button[data-own-images]")
        page.fill("#own-images input", "glass")
        expect(page.locator("[data-pick]")).to_have_count(1)
        page.locator("[data-pick]").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".source")).to_have_count(1)
        expect(page.locator("#prompt")).to_have_value("a glass bird")

    def test_it_keeps_the_drafts_of_two_tabs_apart(self):
        page = self.visit("tabber")
        page.fill("#prompt", "in the first tab")
        self.wait_until(
            page, "localStorage.getItem(`artgen:draft:${document.body.dataset.user}`) !== null"
        )
        other = page.context.new_page()
        self.troubles.watch(other)
        other.goto("/create/")
        expect(other.locator("#prompt")).to_have_value("in the first tab")
        other.fill("#prompt", "in the second tab")
        other.reload()
        page.reload()
        expect(page.locator("#prompt")).to_have_value("in the first tab")
        expect(other.locator("#prompt")).to_have_value("in the second tab")

    def test_it_draws_nothing_for_the_next_user_from_a_page_left_open(self):
        page = self.visit("leaver")
        page.fill("#prompt", "nobody else's business")
        self.troubles.forgive("401")
        self.become(page, "newcomer")
        page.click("#create-button")
        expect(page.locator(".toast-bad")).to_contain_text("Another account is signed in")
        page.locator(".toast-bad").get_by_role("button", name="Reload").click()
        expect(page.locator("#prompt")).to_have_value("")
        expect(page.locator("#balance-credits")).to_have_text("100")
        expect(page.locator("[data-job]")).to_have_count(0)
        self.become(page, "leaver")
        page.reload()
        expect(page.locator("#prompt")).to_have_value("nobody else's business")

    def test_it_leads_back_after_being_signed_out_and_keeps_what_was_written(self):
        page = self.visit("returner")
        page.fill("#prompt", "written for an hour")
        page.context.clear_cookies(name="sessionid")
        page.click("#create-button")
        page.click(".toast-bad >> text=Sign in")
        expect(page).to_have_url(f"{self.demo.url}/accounts/login/?next=%2Fcreate%2F")
        self.become(page, "returner")
        page.goto("/create/")
        expect(page.locator("#prompt")).to_have_value("written for an hour")

    def test_it_tells_in_title_and_icon_when_done_and_nobody_looks(self):
        page = self.open("waiter")
        page.add_init_script(HIDDEN)
        page.goto("/create/")
        self.place(page, "two paper boats", count=2)
        expect(page).to_have_title("(2) Create · ArtGen")
        expect(page.locator("link[rel=icon]")).to_have_attribute("href", re.compile("favicon-busy"))
        page.evaluate("window.away = true; document.dispatchEvent(new Event('visibilitychange'))")
        expect(page).to_have_title("✓ Create · ArtGen")
        expect(page.locator("link[rel=icon]")).to_have_attribute("href", re.compile("favicon-done"))
        page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
        expect(page).to_have_title("Create · ArtGen")

    def test_it_keeps_the_focus_where_a_picture_is_queued_again(self):
        page = self.visit("retrier")
        self.place(page, "a lost balloon [fail]")
        failed = page.locator("[data-status=failed]")
        expect(failed).to_have_count(1)
        failed.locator("[data-retry] button").focus()
        page.keyboard.press("Enter")
        expect(page.locator("[data-run]")).to_have_count(2)
        expect(page.locator("[data-run]").last.locator("article")).to_be_focused()
