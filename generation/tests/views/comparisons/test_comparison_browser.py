"""A comparison in a real Chromium: from Create to the sheet, its favorite and its download."""

from zipfile import ZipFile

from playwright.sync_api import Page, Route, expect

from generation.testing.pages.browser import DESKTOP, BrowserTestCase
from generation.testing.rows.image_files import png


class TestComparison(BrowserTestCase):
    people = ("comparer", "repeater", "adder")

    def choose(self, page: Page, *slugs: str) -> None:
        """Choose these models and no others."""
        for box in page.locator("[name=models]").all():
            box.set_checked(box.get_attribute("value") in slugs)

    def test_it_compares_models_and_alternatives(self) -> None:
        page = self.open("comparer", **DESKTOP)
        page.goto("/create/")
        page.fill("#prompt", "A {red|blue} kite over the sea")
        page.click("[data-compare-link]")
        expect(page.locator("#prompt")).to_have_value("A {red|blue} kite over the sea")
        self.choose(page, "flux-schnell", "flux-dev")
        button = page.locator("#create-button")
        error = page.locator("#rows-error")
        expect(page.locator("#rows")).to_be_hidden()
        page.click("text=Columns and rows")
        page.select_option("#rows", "seed")
        expect(error).to_have_text("Enter at least one value.")
        expect(error).to_have_class("error error-hint")
        button.click(force=True)
        expect(error).to_have_class("error")
        expect(page.locator("#rows_values")).to_be_focused()
        page.select_option("#rows", "")
        expect(error).to_be_hidden()
        expect(button).to_contain_text("Create 4")
        expect(button).to_contain_text("8 credits")
        button.click()
        page.wait_for_url("**/sheets/*/")
        address = page.url
        expect(page.locator("thead th")).to_have_text(["FLUX.1 schnell", "FLUX.1 dev"])
        expect(page.locator("tbody th")).to_have_text(["red", "blue"])
        expect(page.locator(".sheet-grid [data-status=succeeded]")).to_have_count(4)
        expect(page.locator("[data-sheet-head]")).to_contain_text("4 of 4 images ready")
        best = page.locator(".sheet-cell [data-favorite]")
        with page.expect_response("**/api/v1/images/*/"):  # a reload would cancel it
            best.nth(1).click()
        page.reload()
        expect(best.nth(1)).to_have_attribute("aria-pressed", "true")
        with page.expect_download() as download:
            page.click("a[download]")
        assert download.value.suggested_filename.endswith("-comparison.zip")
        assert "comparison.csv" in ZipFile(download.value.path()).namelist()
        page.emulate_media(media="print")
        expect(page.locator("h1")).to_be_visible()
        expect(page.locator(".sheet-grid .card-image")).to_have_count(4)
        for hidden in ("[data-print]", "header.bar"):
            expect(page.locator(hidden)).to_be_hidden()
        page.emulate_media(media="screen")
        page.locator(".sheet-grid .card-link").first.click()
        page.click("[popovertarget=lightbox-more]")
        page.click("[data-lightbox=details]")
        page.click("#compare")
        page.wait_for_url(address)
        page.goto("/create/")
        expect(page.locator("[data-sheet] .run-meta")).to_contain_text("4 of 4 images ready")
        page.click(".sheet-mosaic")
        page.wait_for_url(address)

    def test_source_images_are_chosen_on_the_page(self) -> None:
        page = self.open("adder", **DESKTOP)
        page.goto("/create/")
        page.fill("#prompt", "a lake")
        page.click("#create-button")
        expect(page.locator("#feed [data-status=succeeded]").first).to_be_visible()
        page.goto("/compare/")
        self.choose(page, "qwen-image-edit", "flux-kontext")
        page.fill("#prompt", "as a drawing")
        error = page.locator("#sources-error")
        expect(error).to_be_visible()
        file = {"name": "a.png", "mimeType": "image/png", "buffer": png()}
        page.set_input_files(".drop-file", [file])
        expect(page.locator("[data-source-list] li")).to_have_count(1)
        expect(error).to_be_hidden()
        expect(page.locator("#create-button")).to_contain_text("Create 2")
        needs = page.locator(".comparison-needs-source")
        expect(needs.first).to_be_hidden()
        role = page.locator("[data-source-list] .source-role")
        role.select_option(label="Composition")
        expect(error).to_contain_text("doesn’t support this role of a source image: Composition.")
        role.select_option(label="Look")
        expect(error).to_be_hidden()
        page.click("[data-remove-source]")
        expect(error).to_be_visible()
        expect(needs.first).to_be_visible()
        page.click("button[data-own-images]")
        page.locator("[data-pick]").first.click()
        expect(page.locator("[data-source-list] li")).to_have_count(1)
        expect(page.locator("#create-button")).to_contain_text("Create 2")
        page.click("[data-remove-source]")
        coming: list[Route] = []
        page.route("**/uploads/", lambda route: coming.append(route))  # noqa: PLW0108  needs a function
        page.set_input_files(".drop-file", [file])
        upload = self.first(page, coming)
        page.click("#create-button", force=True)
        assert upload.request.method == "POST"
        page.wait_for_timeout(200)
        assert page.url.endswith("/compare/")
        upload.continue_()
        page.wait_for_url("**/sheets/*/")
        expect(page.locator(".sheet-grid [data-status=succeeded]")).to_have_count(2)

    def test_it_is_created_again_after_the_back_button(self) -> None:
        page = self.visit("repeater", "/create/", service_workers="allow")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.goto("/compare/?prompt=A+{red|blue}+kite&model=flux-schnell")
        button = page.locator("#create-button")
        sheets = []
        for _time in range(2):
            expect(button).to_contain_text("Create 2")
            button.click()
            page.wait_for_url("**/sheets/*/")
            sheets.append(page.url)
            page.go_back()
        assert sheets[0] != sheets[1]
