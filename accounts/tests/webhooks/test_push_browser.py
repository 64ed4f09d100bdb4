"""Push notifications on the Profile page and where one waits, in a real Chromium; only the push service is a stand-in.

A headless browser has none, and denies notifications: `subscribe` of the stand-in keeps the
subscription in the storage of the site.
"""

from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import expect

from accounts.webhooks import push_keys
from generation.testing.pages.browser import PHONE, BrowserTestCase
from generation.testing.servers.demo import run_python

KEPT = 'localStorage.getItem("push-service")'
PUSH_SERVICE = """
const bytes = (text) => Uint8Array.from(
  atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0))
const made = (kept) => kept && {
  endpoint: kept.endpoint,
  options: { applicationServerKey: bytes(kept.key).buffer },
  toJSON: () => ({ endpoint: kept.endpoint, keys: kept.keys }),
  unsubscribe: async () => { localStorage.removeItem("push-service"); return true },
}
let permission = "default"
Object.defineProperty(Notification, "permission", { get: () => permission })
Notification.requestPermission = async () => (permission = "granted")
PushManager.prototype.getSubscription = async () => made(JSON.parse(localStorage.getItem("push-service")))
PushManager.prototype.subscribe = async ({ applicationServerKey: key, userVisibleOnly }) => {
  if (!userVisibleOnly) throw new Error("not visible")
  const kept = { endpoint: "https://push.example.org/one", key, keys: KEYS }
  localStorage.setItem("push-service", JSON.stringify(kept))
  return made(kept)
}
"""
REPLACED = """async ([endpoint, key, keys]) => {
  const bytes = Uint8Array.from(
    atob(key.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0))
  const options = { userVisibleOnly: true, applicationServerKey: bytes.buffer }
  let work
  const event = Object.assign(new ExtendableEvent("pushsubscriptionchange"), {
    oldSubscription: { endpoint: "https://push.example.org/one", options },
    newSubscription: { endpoint, options, toJSON: () => ({ endpoint, keys }) },
  })
  event.waitUntil = (promise) => { work = promise }
  self.dispatchEvent(event)
  await work
}"""
KEYS = {
    "p256dh": push_keys.public_key_of(ec.derive_private_key(7, ec.SECP256R1())),
    "auth": "AAECAwQFBgcICQoLDA0ODw",
}


LATER = "const now = Date.now; Date.now = () => now() + 90_000"
STORED = """
import json
from accounts.models import WebhookAddress
print(json.dumps(list(
    WebhookAddress.objects.browsers().filter(user__email="NAME@example.org")
    .values_list("url", flat=True)
)))
"""
ONE, TWO = "https://push.example.org/one", "https://push.example.org/two"


class TestPushInABrowser(BrowserTestCase):
    people = ("pushed", "expectant")

    def stored(self, name: str = "pushed") -> list[str]:
        """Return the addresses that the server pushes to."""
        addresses: list[str] = run_python(self.demo, STORED.replace("NAME", name))
        return addresses

    def test_it_is_turned_on_replaced_turned_off_and_ends_with_the_session(self) -> None:
        page = self.open("pushed", service_workers="allow")
        page.add_init_script(f"{{ const KEYS = {KEYS!r};{PUSH_SERVICE} }}")
        page.goto("/account/profile/")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        section, turn_on = page.locator(".push-settings"), page.locator("[data-push-state=off]")
        turn_on.locator("button").click()
        expect(section.locator("[data-push-current]")).to_have_count(1)
        expect(turn_on).to_be_hidden()
        assert self.stored() == [ONE]

        (worker,) = page.context.service_workers
        worker.evaluate(REPLACED, [TWO, section.get_attribute("data-key"), KEYS])
        assert self.stored() == [TWO]

        section.locator("[data-push-current] button").click()
        expect(section.locator("[data-push-current]")).to_have_count(0)
        assert page.evaluate(KEPT) is None
        assert self.stored() == []

        turn_on.locator("button").click()
        expect(section.locator("[data-push-current]")).to_have_count(1)
        assert self.stored() == [ONE]
        page.click(".avatar")
        page.click("#account-menu form[action$='/logout/'] button")
        page.wait_for_url("**/")
        page.wait_for_function(f"() => {KEPT} === null")
        assert self.stored() == []

    def test_it_is_offered_once_where_a_job_takes_long(self) -> None:
        page = self.visit("expectant", service_workers="allow", **PHONE)
        page.fill("#prompt", "a lighthouse [stuck]")
        page.locator("[name=count][value='1']").check(force=True)
        page.click("#create-button")
        expect(page.locator("[data-run] [data-status]")).to_have_count(1)
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.add_init_script(f"{{ const KEYS = {KEYS!r};{PUSH_SERVICE};{LATER} }}")
        page.reload()
        offer = page.locator(".toast")
        offer.get_by_role("button", name="Notify me").click()
        expect(offer).to_contain_text("This browser will notify you")
        assert self.stored("expectant") == [ONE]
        with page.expect_websocket() as socket:
            page.reload()
        socket.value.wait_for_event("framereceived")
        expect(page.locator("#notify")).to_be_visible()
        expect(offer).to_have_count(0)
        self.demo.command(
            "cancel_jobs", "--user", "expectant@example.org"
        )  # others need its worker
