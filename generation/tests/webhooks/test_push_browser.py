"""Push notifications in a real Chromium: turned on and off."""

from typing import Any

from playwright.sync_api import Page, expect

from generation.testing.pages.browser import DESKTOP, PHONE, BrowserTestCase

# A context of a test cannot reach a push service, and Chromium without a window asks nobody.
SUBSCRIBE = """
let permission = "default"
Object.defineProperty(Notification, "permission", { get: () => permission })
Notification.requestPermission = async () => (permission = "granted")
const keys = crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"])
const encoded = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")
const subscription = async (key) => {
  const { publicKey } = await keys
  const p256dh = encoded(await crypto.subtle.exportKey("raw", publicKey))
  const bytes = Uint8Array.from(
    atob(key.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0))
  return {
    options: { applicationServerKey: bytes.buffer },
    toJSON: () => ({
      endpoint: `https://push.example.com/${localStorage.pushName ??= crypto.randomUUID()}`,
      keys: { p256dh, auth: encoded(new Uint8Array(16)) },
    }),
    unsubscribe: async () => { delete localStorage.pushKey; return true },
  }
}
PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
  if (!userVisibleOnly) throw new Error("a silent push")
  localStorage.pushKey = applicationServerKey
  return subscription(applicationServerKey)
}
PushManager.prototype.getSubscription = async () =>
  localStorage.pushKey ? subscription(localStorage.pushKey) : null
"""
CONTROLLED = "() => Boolean(navigator.serviceWorker.controller)"


class TestPush(BrowserTestCase):
    people = ("listener", "reader", "owner_of_phone", "owner_of_iphone")

    def profile(self, name: str, **options: Any) -> Page:
        page = self.open(name, service_workers="allow", **options)
        page.add_init_script(SUBSCRIBE)
        page.goto("/account/profile/")
        page.wait_for_function(CONTROLLED)
        return page

    def test_it_is_turned_on_by_keyboard_and_off_again(self) -> None:
        visits = (("listener", "en", DESKTOP), ("reader", "ru", PHONE | {"theme": "dark"}))
        for name, language, options in visits:
            page = self.profile(name, language=language, **options)
            button = page.locator("[data-push-state=off] button")
            button.focus()
            page.keyboard.press("Enter")
            current = page.locator("[data-push-current]")
            expect(current).to_be_visible()
            expect(button).to_be_hidden()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            current.locator("button").press("Enter")
            expect(current).to_have_count(0)
            expect(button).to_be_visible()

    def test_it_is_off_after_a_sign_out(self) -> None:
        page = self.profile("owner_of_phone", **DESKTOP)
        page.click("[data-push-state=off] button")
        expect(page.locator("[data-push-current]")).to_be_visible()
        page.click(".profile-out")
        page.wait_for_url("**/")
        page.wait_for_function("() => !localStorage.pushKey")

    def test_iphones_are_told_what_to_do_first(self) -> None:
        page = self.open(
            "owner_of_iphone", user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_5)", **PHONE
        )
        page.add_init_script("delete globalThis.PushManager")
        page.goto("/account/profile/")
        expect(page.locator("[data-push-state=ios]")).to_be_visible()
        expect(page.locator("[data-push-state=off]")).to_be_hidden()
