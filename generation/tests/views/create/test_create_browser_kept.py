"""What the chosen model cannot take is kept: settings and source images, in a real Chromium."""

from playwright.sync_api import Page, Route, expect

from generation.testing.pages.browser import BrowserTestCase
from generation.testing.rows.image_files import png

DROP = """([names, bytes]) => {
  const transfer = new DataTransfer()
  for (const name of names) transfer.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }))
  const kind = "KIND"
  if (kind === "paste") {
    const event = new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData: transfer })
    document.querySelector("#prompt").dispatchEvent(event)
  } else {
    const at = document.querySelector("#composer")
    at.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: transfer }))
  }
}"""


class TestCreatePageKeepsWhatAModelCannotTake(BrowserTestCase):
    people = (
        "modeler",
        "sizer",
        "dropper",
        "paster",
        "reloader",
        "uploader",
        "undoer",
        "keyboarder",
    )

    def choose(self, page: Page, slug: str) -> None:
        page.click(".model-button")
        page.click(f".model-option[value={slug}]")
        expect(page.locator(f"#composer[data-model={slug}]")).to_be_visible()

    def tune(self, page: Page) -> None:
        if page.locator(".tuning:not([open])").count():
            page.click(".tuning-head")

    def bring(self, page: Page, *names: str, kind: str = "drop") -> None:
        page.evaluate(DROP.replace("KIND", kind), [list(names), list(png())])

    def drafted(self, page: Page, text: str) -> None:
        """Wait until the draft holds this text."""
        found = f"(sessionStorage.getItem(`artgen:draft:${{document.body.dataset.user}}`) ?? '').includes({text!r})"
        page.evaluate(
            f"new Promise((done) => {{ const look = () => {found} ? done() : setTimeout(look, 50); look() }})"
        )

    def placed(self, page: Page) -> dict[str, list[str]]:
        """Press Create and return what was posted."""
        with page.expect_request(
            lambda request: request.method == "POST" and "/create/" in request.url
        ) as asked:
            page.click("#create-button")
        expect(page.locator("[data-run] .run-prompt").first).to_be_visible()
        body = asked.value.post_data or ""
        parts = [
            part.partition("\r\n\r\n")
            for part in body.split("Content-Disposition: form-data; ")[1:]
        ]
        fields: dict[str, list[str]] = {}
        for head, _, rest in parts:
            fields.setdefault(head.split('"')[1], []).append(rest.partition("\r\n--")[0])
        return fields

    def test_it_gives_settings_back_that_a_model_could_not_take(self):
        page = self.visit("modeler", "/create/?model=flux-dev&prompt=a+kite")
        expect(page.locator("#composer[data-model=flux-dev]")).to_be_visible()
        self.tune(page)
        page.click("[data-toggle-negative]")
        page.fill("#negative_prompt", "no strings")
        page.fill("#steps", "40")
        page.fill("#guidance", "4.5")
        page.fill("#seed", "77")
        self.choose(page, "seedream-4-edit")
        expect(page.locator("#negative_prompt")).to_have_count(0)
        expect(page.locator("#steps")).to_have_count(0)
        expect(page.locator("[data-settings-kept]")).to_contain_text(
            "Seedream 4 Edit doesn’t use some of your settings"
        )
        self.choose(page, "flux-schnell")
        expect(page.locator("#steps")).to_have_value("4")
        expect(page.locator("#guidance")).to_have_value("4.5")
        self.drafted(page, "kept:steps")
        page.reload()
        expect(page.locator("#composer[data-model=flux-schnell]")).to_be_visible()
        expect(page.locator("#negative_prompt")).to_have_value("no strings")
        self.choose(page, "flux-dev")
        for name, value in {
            "negative_prompt": "no strings",
            "steps": "40",
            "guidance": "4.5",
            "seed": "77",
        }.items():
            expect(page.locator(f"#{name}")).to_have_value(value)
        expect(page.locator("[data-settings-kept]")).to_have_count(0)
        expect(page.locator("[data-lock]")).to_have_attribute("aria-pressed", "true")
        self.tune(page)
        page.fill("#steps", "28")
        self.choose(page, "flux-schnell")
        self.choose(page, "flux-dev")
        expect(page.locator("#steps")).to_have_value("28")

    def test_it_gives_an_exact_size_and_a_strength_back(self):
        page = self.visit("sizer", "/create/?model=flux-dev&prompt=a+kite")
        self.tune(page)
        page.fill("[name=width]", "896")
        page.fill("[name=height]", "1152")
        self.choose(page, "z-image-turbo")
        expect(page.locator("[name=exact]")).to_have_count(0)
        page.fill("#strength", "0.35")
        self.choose(page, "qwen-image-edit")
        expect(page.locator("#strength")).to_have_count(0)
        self.choose(page, "flux-dev")
        expect(page.locator("[name=exact]")).to_be_checked()
        expect(page.locator("[name=width]")).to_have_value("896")
        expect(page.locator("[name=height]")).to_have_value("1152")
        expect(page.locator("[data-size]")).to_have_text("896 × 1152")
        self.choose(page, "z-image-turbo")
        expect(page.locator("#strength")).to_have_value("0.35")

    def test_it_keeps_an_image_that_was_dropped_on_a_model_without_sources(self):
        page = self.visit("dropper", "/create/?model=flux-schnell&prompt=a+kite")
        self.bring(page, "sea.png", "sky.png")
        kept = page.locator("[data-kept-list] .source")
        expect(kept).to_have_count(2)
        note = page.locator("[data-kept-note]")
        expect(note).to_have_text(
            "FLUX.1 schnell doesn’t use source images. They are kept here and not sent."
        )
        expect(page.locator("#status")).to_contain_text("kept here and not sent")
        expect(kept.nth(1).locator("progress")).to_be_hidden()
        assert "source_images" not in self.placed(page)

        page.click("[data-choose-model]")
        expect(page.locator(".model-option[value=flux-dev]")).to_have_attribute("data-dim", "")
        page.click(".model-option[value=flux-kontext]")
        expect(page.locator("[data-source-list] .source")).to_have_count(1)
        expect(kept).to_have_count(1)
        expect(note).to_contain_text(
            "uses up to 1 source image. The rest are kept here and not sent."
        )
        assert len(self.placed(page)["source_images"]) == 1

        self.choose(page, "qwen-image-edit-2511")
        expect(page.locator("[data-source-list] .source")).to_have_count(2)
        expect(kept).to_have_count(0)
        expect(note).to_have_count(0)
        assert len(set(self.placed(page)["source_images"])) == 2

        self.choose(page, "flux-kontext")
        page.locator("[data-source-list] [data-remove-source]").click()
        expect(page.locator("[data-source-list] .source")).to_have_count(1)
        expect(kept).to_have_count(0)

    def test_it_keeps_an_image_that_was_pasted_over_reloads(self):
        page = self.visit("paster", "/create/?model=flux-schnell&prompt=a+kite")
        self.bring(page, "sea.png", kind="paste")
        kept = page.locator("[data-kept-list] .source")
        expect(kept).to_have_count(1)
        self.drafted(page, "kept:source_images")
        for _ in range(2):
            page.reload()
            expect(kept).to_have_count(1)
            expect(kept.locator("img")).to_have_js_property("complete", True)
        self.choose(page, "flux-kontext")
        expect(page.locator("[data-source-list] .source")).to_have_count(1)
        self.choose(page, "flux-schnell")
        expect(kept).to_have_count(1)
        kept.locator("[data-remove-source]").click()
        expect(page.locator("[data-kept-sources]")).to_have_count(0)
        expect(page.locator("#prompt")).to_be_focused()
        page.reload()
        expect(page.locator("#composer")).to_be_visible()
        assert page.locator(".source").count() == 0

    def test_it_keeps_ids_while_their_images_cannot_be_asked_for(self):
        page = self.visit("reloader", "/create/?model=flux-schnell&prompt=a+kite")
        self.bring(page, "sea.png")
        self.drafted(page, "kept:source_images")
        self.troubles.forgive("ERR_FAILED")
        page.route("**/create/composer/**", lambda route: route.abort())
        page.reload()
        page.fill("#prompt", "a kite at sea")
        self.drafted(page, "a kite at sea")
        self.drafted(page, "kept:source_images")
        page.unroute("**/create/composer/**")
        page.reload()
        expect(page.locator("[data-kept-list] .source")).to_have_count(1)

    def test_it_takes_an_upload_under_way_along_to_another_model(self):
        page = self.visit("uploader", "/create/?model=flux-kontext&prompt=a+kite")
        held: list[Route] = []
        page.route("**/api/v1/uploads/", lambda route: held.append(route))  # noqa: PLW0108 a built-in cannot be wrapped
        self.bring(page, "sea.png")
        expect(page.locator(".source progress")).to_be_visible()
        self.choose(page, "flux-schnell")
        expect(page.locator("[data-kept-list] .source progress")).to_be_visible()
        assert "source_images" not in self.placed(page)
        self.choose(page, "qwen-image-edit")
        expect(page.locator("[data-source-list] .source progress")).to_be_visible()
        self.first(page, held).continue_()
        expect(page.locator("[data-source-list] .source progress")).to_be_hidden()
        assert len(self.placed(page)["source_images"]) == 1

    def test_it_gives_all_of_it_back_with_undo(self):
        page = self.visit("undoer", "/create/?model=flux-dev&prompt=a+tin+robot")
        self.placed(page)
        page.click("[data-toggle-negative]")
        page.fill("#negative_prompt", "rust")
        self.choose(page, "flux-kontext")
        self.choose(page, "p-image")
        self.bring(page, "sea.png")
        expect(page.locator("[data-kept-list] .source progress")).to_be_hidden()
        page.click("[data-run] .run-meta button[popovertarget]")
        page.locator("[data-use]:visible").first.click()
        expect(page.locator("#composer[data-model=flux-dev]")).to_be_visible()
        expect(page.locator("#negative_prompt")).to_have_value("")
        expect(page.locator("[data-kept-sources]")).to_have_count(0)
        page.click(".toast >> text=Undo")
        expect(page.locator("#composer[data-model=p-image]")).to_be_visible()
        expect(page.locator("[data-kept-list] .source")).to_have_count(1)
        self.choose(page, "flux-dev")
        expect(page.locator("#negative_prompt")).to_have_value("rust")

    def test_it_is_done_with_the_keyboard_alone(self):
        page = self.visit("keyboarder", "/create/?model=flux-schnell&prompt=a+kite")
        page.focus("#prompt")
        self.bring(page, "sea.png", kind="paste")
        expect(page.locator("[data-kept-list] .source progress")).to_be_hidden()
        expect(page.locator("#prompt")).to_be_focused()
        page.focus("[data-choose-model]")
        page.keyboard.press("Enter")
        expect(page.locator(".model-option:focus")).to_have_count(1)
        page.keyboard.type("FLUX.1 K")
        page.keyboard.press("Enter")
        expect(page.locator("#composer[data-model=flux-kontext]")).to_be_visible()
        expect(page.locator(".model-button")).to_be_focused()
        expect(page.locator("[data-source-list] .source")).to_have_count(1)
