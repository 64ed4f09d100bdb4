"""Translating and enhancing prompts on the create page, in a real Chromium."""

import re

from playwright.sync_api import Page, expect

from generation.testing.pages.browser import DESKTOP, PHONE, BrowserTestCase, speak
from generation.testing.rows.api import picture

RUSSIAN, ENGLISH = "маяк на скале в тумане", "lighthouse on rock in fog"


class TestPromptHelper(BrowserTestCase):
    people = ("translator", "automatic", "unlucky", "photographer", "describer")

    def propose(self, page: Page, kind: str) -> None:
        page.click(f"[data-propose={kind}]")
        expect(page.locator("[data-proposal]")).to_be_visible()

    def original(self, page: Page) -> str:
        return page.locator("[name=original_prompt]").input_value()

    def test_a_proposal_is_shown_beside_the_prompt_taken_undone_and_searchable(self):
        page = self.visit("translator", "/create/?model=z-image-turbo", **DESKTOP)
        hint = page.locator("[data-language-hint]")
        spark = page.locator(".spark")
        page.fill("#prompt", "a sign by the sea")
        expect(spark).to_have_accessible_name("Enhance, 1\N{NO-BREAK SPACE}credit")
        page.fill("#prompt", "")
        expect(spark).to_be_hidden()
        page.fill("#prompt", RUSSIAN)
        expect(spark).to_have_text("Translate")  # free
        expect(hint).to_have_text("Z-Image Turbo understands English and Chinese. Translate?")
        self.propose(page, "translate")
        expect(page.locator("[data-before] del")).to_have_text(RUSSIAN)
        expect(page.locator("[data-after] ins")).to_have_text(ENGLISH)
        expect(page.locator("#prompt")).to_have_value(RUSSIAN)
        expect(page.locator("[data-take]")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator("[data-proposal]")).to_be_hidden()
        expect(page.locator("#prompt")).to_be_focused()

        self.propose(page, "translate")
        page.keyboard.press("Enter")
        expect(page.locator("#prompt")).to_have_value(ENGLISH)
        assert self.original(page) == RUSSIAN
        page.click(".toast button:has-text('Undo')")
        expect(page.locator("#prompt")).to_have_value(RUSSIAN)
        expect(page.locator("[data-original]")).to_be_hidden()

        self.propose(page, "translate")
        page.keyboard.press("Enter")
        expect(page.locator("#prompt")).to_have_value(ENGLISH)
        page.keyboard.press("Control+z")
        expect(page.locator("#prompt")).to_have_value(RUSSIAN)
        expect(page.locator("[data-original]")).to_be_hidden()
        expect(page.locator(".toast")).to_have_count(0)

        self.propose(page, "translate")
        page.click("[data-edit-proposal]")
        page.fill("[data-editor] textarea", "a lighthouse in fog")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#prompt")).to_have_value("a lighthouse in fog")
        self.propose(page, "enhance")
        expect(page.locator("[data-before] del")).to_have_count(0)
        page.click("[data-take]")
        expect(page.locator("[data-original-text]")).to_have_text(RUSSIAN)

        page.click(".model-button")
        page.click(".model-option[value=flux-schnell]")
        expect(page.locator("[name=model]")).to_have_value("flux-schnell")
        expect(page.locator("[data-original-text]")).to_have_text(RUSSIAN)
        page.reload()
        expect(page.locator("[data-original-text]")).to_have_text(RUSSIAN)
        page.click(".segments label:has([value='1'])")
        page.click("#create-button")
        expect(page.locator("[data-status=succeeded]")).to_have_count(1)
        page.goto(f"{self.demo.url}/gallery/?q=скала")
        found = page.locator("[data-image] a").first
        page.goto(found.get_attribute("href") or "")
        expect(page.locator(".image-details")).to_contain_text("Original prompt")
        expect(page.locator(".image-details")).to_contain_text(RUSSIAN)

    def test_create_can_propose_first_once_for_a_prompt(self):
        page = self.visit("automatic", "/account/profile/", **DESKTOP)
        page.select_option("[name=prompt_help]", "translate")
        with page.expect_response(lambda answer: answer.request.method == "POST"):
            page.click(".profile form:has([name=prompt_help]) [type=submit]")
        page.wait_for_load_state()
        expect(page.locator("[name=prompt_help]")).to_have_value("translate")
        page.goto(f"{self.demo.url}/create/?model=flux-schnell")
        page.click(".segments label:has([value='1'])")
        page.fill("#prompt", RUSSIAN)
        page.click("#create-button")
        expect(page.locator("[data-proposal]")).to_be_visible()
        expect(page.locator("[data-run]")).to_have_count(0)
        page.click("[data-leave]")
        page.click("#create-button")
        expect(page.locator("[data-run] .run-prompt").first).to_have_text(RUSSIAN)
        page.fill("#prompt", "a lighthouse")
        page.click("#create-button")
        expect(page.locator("[data-run]")).to_have_count(2)

    def test_a_failure_says_what_to_do_and_keeps_the_prompt(self):
        self.troubles.forgive("/api/v1/prompts/translate/")
        page = self.visit("unlucky", "/create/?model=flux-schnell", **DESKTOP)
        page.fill("#prompt", RUSSIAN)
        for fault, words in (
            ("html_502", "isn’t responding. Your prompt is unchanged and nothing was charged."),
            ("cut_off", "Try again, or change the prompt."),
        ):
            self.demo.tell_emulator("faults", call="chat", fault=fault)
            page.click("[data-propose=translate]")
            expect(page.locator("[data-helper-error]")).to_contain_text(words)
            expect(page.locator("#prompt")).to_have_value(RUSSIAN)
        self.propose(page, "translate")
        expect(page.locator("[data-helper-error]")).to_be_hidden()
        page.click("[data-take]")
        self.propose(page, "enhance")  # English by now
        page.click("[data-translate-instead]")
        note = page.locator("[data-helper-note]")
        expect(note).to_have_text("The proposal is the same as your prompt.")
        expect(page.locator("[data-helper-error]")).to_be_hidden()
        page.type("#prompt", "!")
        expect(note).to_be_hidden()

    def test_an_image_becomes_a_prompt_where_it_is_shown(self):
        page = self.visit("photographer", "/create/?model=flux-kontext", **DESKTOP)
        prompt = page.locator("#prompt")
        prompt.fill("a kite")
        file = {"name": "sea.png", "mimeType": "image/png", "buffer": picture(size=(96, 64))}
        page.set_input_files(".drop-file", files=[file])
        page.set_viewport_size({"width": 1280, "height": 480})
        page.locator(".composer-scroll").evaluate("side => side.scrollTo(0, side.scrollHeight)")
        page.click("[data-describe-source]")
        described = "A wide scene in soft tones, main colors: emerald"
        expect(prompt).to_have_value(described)
        expect(prompt).to_be_in_viewport(ratio=1)
        page.set_viewport_size(DESKTOP["viewport"])
        page.click(".toast button:has-text('Undo')")
        expect(prompt).to_have_value("a kite")

        page = self.visit("describer", "/create/?model=flux-schnell", **DESKTOP)
        prompt = page.locator("#prompt")
        prompt.fill("a kite")
        page.click(".segments label:has([value='1'])")
        page.click("#create-button")
        page.click("[data-status=succeeded] .card-link")
        button = page.locator("#lightbox [data-make=describe]")
        expect(button).to_have_attribute("data-price", "1\N{NO-BREAK SPACE}credit")
        page.click("[popovertarget=lightbox-more]")
        button.click()
        expect(page.locator("#lightbox")).to_be_hidden()
        expect(prompt).to_have_value(re.compile("^A square scene in "))

        phone = self.visit("describer", **PHONE)
        field = phone.locator("#prompt")
        for make, text in (("describe", re.compile("^A square scene in ")), ("reuse", "a kite")):
            link = phone.locator(".card-link").first
            link.scroll_into_view_if_needed()
            expect(field).not_to_be_in_viewport()
            link.click()
            phone.click("[popovertarget=lightbox-more]")
            phone.click(f"#lightbox [data-make={make}]")
            expect(field).to_have_value(text)
            expect(field).to_be_in_viewport(ratio=1)

        image = page.locator(".card-link").first.get_attribute("href")
        speak(page, "ru")
        page.goto(f"{self.demo.url}{image}")
        self.demo.tell_emulator("faults", call="chat", fault="cut_off")
        self.troubles.forgive("/api/v1/prompts/describe/")
        step = page.locator("[data-describe-image]")
        page.click("#more > summary")
        step.click()
        expect(page.locator(".toast-bad")).to_contain_text("выберите другую картинку")
        step.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/create/**")
        expect(prompt).to_have_value(re.compile("^Квадратная сцена, "))
