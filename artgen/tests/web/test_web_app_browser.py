"""The installed app in a real browser: offline page and drafts, shares of other apps, sign-out."""

from typing import Any

from playwright.sync_api import Page, expect

from generation.testing.pages.browser import DESKTOP, PHONE, BrowserTestCase

READY = """async () => {
  await navigator.serviceWorker.ready
  const cache = await caches.open("artgen-offline")
  return Boolean(localStorage.getItem("artgen:offline-look")) &&
    Boolean(navigator.serviceWorker.controller) && (await cache.keys()).length > 1
}"""
SHARE = """(bytes) => {
  const form = document.createElement("form")
  Object.assign(form, { method: "post", enctype: "multipart/form-data", action: "/share-target/" })
  const file = document.createElement("input")
  Object.assign(file, { type: "file", name: "images", multiple: true })
  const canvas = document.createElement("canvas")
  canvas.width = canvas.height = 256
  const [, base64] = canvas.toDataURL("image/png").split(",")
  const image = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
  const chosen = new DataTransfer()
  chosen.items.add(new File([image], "cat.png", { type: "image/png" }))
  chosen.items.add(new File([new Uint8Array(bytes)], "big.png", { type: "image/png" }))
  file.files = chosen.files
  const text = document.createElement("input")
  Object.assign(text, { name: "text", value: "A cat in the snow" })
  form.append(file, text)
  document.body.append(form)
  form.submit()
}"""


class TestWebApp(BrowserTestCase):
    people = ("rider", "roamer", "postcard", "departing")

    def ready(self, name: str, **options: Any) -> Page:
        """Return the Create page of this person after the service worker is installed."""
        self.troubles.forgive("ERR_INTERNET_DISCONNECTED", "WebSocket", "ERR_FAILED")
        page = self.visit(name, service_workers="allow", **options)
        page.wait_for_function(READY)
        return page

    def test_drafts_written_offline_are_in_the_form_afterwards(self) -> None:
        visits = (("rider", "ru", PHONE), ("roamer", "en", DESKTOP | {"theme": "dark"}))
        for name, language, options in visits:
            page = self.ready(name, language=language, **options)
            page.fill("#prompt", "written before")
            page.wait_for_function("() => JSON.stringify(localStorage).includes('written before')")
            page.context.set_offline(True)
            page.goto("/gallery/")
            expect(page.locator("#offline-write")).to_be_visible()
            expect(page.locator("html")).to_have_attribute("lang", language)
            expect(page.locator("#drafts")).to_contain_text("written before")
            page.fill("#prompt", "first idea")
            page.click("#new-draft")
            page.fill("#prompt", "second idea")
            page.reload()  # a phone that ends the app
            expect(page.locator("#prompt")).to_have_value("second idea")
            expect(page.locator("#drafts")).to_contain_text("first idea")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            page.context.set_offline(False)  # nobody is writing, so the page loads again
            expect(page.locator("#offline-write")).to_have_count(0)
            page.wait_for_load_state()
            page.goto("/create/")
            expect(page.locator("#prompt")).to_have_value("second idea")
            unsent = page.locator("#history [data-unsent]")
            expect(unsent).to_contain_text(["written before", "first idea"])
            page.reload()  # handed over once
            expect(page.locator("#prompt")).to_have_value("second idea")
            page.context.close()

    def test_what_another_app_shares_is_in_the_form_when_the_user_agrees(self) -> None:
        page = self.ready("postcard", **PHONE)
        page.evaluate(SHARE, 20_000_001)
        dialog = page.locator("#shared-dialog")
        expect(dialog).to_be_visible()
        assert page.url.endswith("/create/")  # a reload does not add it again
        expect(dialog.locator("img")).to_have_count(1)
        dialog.locator("[value=use]").click()
        expect(page.locator("#prompt")).to_have_value("A cat in the snow")
        expect(page.locator(".source .source-role")).not_to_have_value("")  # uploaded
        expect(page.locator("#toasts")).to_contain_text("big.png")
        expect(page.locator("#toasts")).to_contain_text("20 MB")
        assert page.evaluate("caches.has('artgen-shared')") is False

    def test_sign_out_forgets_what_was_shared_and_whose_drafts_are_shown(self) -> None:
        page = self.ready("departing", **DESKTOP)
        page.evaluate(
            "caches.open('artgen-shared').then((cache) => cache.put('/x', new Response()))"
        )
        page.click(".avatar")
        page.click("#account-menu form[action$='/logout/'] button")
        page.wait_for_url("**/")
        page.wait_for_function("() => caches.has('artgen-shared').then((has) => !has)")
        assert page.evaluate("localStorage.getItem('artgen:user')") is None
        page.context.set_offline(True)
        page.goto("/explore/")
        expect(page.locator("#offline-write")).to_be_visible()
        expect(page.locator("#offline-drafts")).to_be_hidden()

    def test_the_share_sheet_gets_the_link_or_the_image(self) -> None:
        page = self.open("postcard", **PHONE)
        page.add_init_script(
            "navigator.canShare = () => true;"
            "navigator.share = async (what) => { globalThis.sent = what }"
        )
        page.goto("/create/")
        page.fill("#prompt", "a lighthouse")
        page.locator(".segments label:has([value='1'])").click()
        page.click("#create-button")
        image = page.locator("[data-status=succeeded] a.card-link").first
        expect(image).to_have_count(1)
        page.goto(image.get_attribute("href") or "")
        page.click("#more > summary")
        page.click("[data-share-file]")
        page.wait_for_function("() => globalThis.sent?.files?.[0]?.size > 1000")
        page.click("#more [data-share-open]")
        page.locator("#share form[data-share] .button-primary").first.click()
        page.click("[data-share-link]")
        page.wait_for_function("() => /\\/s\\//.test(globalThis.sent?.url ?? '')")
