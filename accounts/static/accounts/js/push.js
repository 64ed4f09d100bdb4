/** Push notifications of this browser: what is possible here, and turning them on. */

import { part } from "../../artgen/js/http.js"
import { toast } from "../../artgen/js/toasts.js"

const IOS = /iPhone|iPad|iPod/

/** `section` has the address, the key of the site, and what is shown in each state. */
export async function wirePush(section) {
  const show = (state) => {
    for (const part of section.querySelectorAll("[data-push-state]"))
      part.hidden = part.dataset.pushState !== state
  }
  show(await stateOf(section))
  const button = section.querySelector("[data-push-state=off] button")
  button.addEventListener("click", async () => {
    button.disabled = true
    try {
      const permission = await Notification.requestPermission()
      if (permission === "granted") {
        await turnOn(section.dataset)
        location.reload()
        return
      }
      if (permission === "denied") show("blocked")
    } catch (problem) {
      toast(problem.detail || section.dataset.failed, { key: "push" })
    }
    button.disabled = false
  })
  section.querySelector("[data-push-current] form")?.addEventListener("submit", unsubscribe)
}

/** Return whether this browser can get notifications and its user was not asked yet. */
export function mayAskForPush() {
  return isSupported() && Notification.permission === "default"
}

/** Ask, and turn them on by the section of the page `profile`; return whether they are on. */
export async function turnOnPush(profile) {
  if ((await Notification.requestPermission()) !== "granted") return false
  const { fragment } = await part(profile)
  await turnOn(fragment.querySelector("[data-push]").dataset)
  return true
}

function isSupported() {
  return "PushManager" in window && Boolean(navigator.serviceWorker) && isSecureContext
}

/** Return "on", or which part of the section to show. */
async function stateOf(section) {
  if (!isSupported()) return isIos() ? "ios" : "unsupported"
  if (Notification.permission === "denied") return "blocked"
  const subscription = await subscriptionOf(await navigator.serviceWorker.getRegistration())
  const isCurrent = subscription && keyOf(subscription) === section.dataset.key
  return isCurrent && section.querySelector("[data-push-current]") ? "on" : "off"
}

async function turnOn({ push, key }) {
  if (!(await navigator.serviceWorker.getRegistration())) throw new Error("no service worker")
  const registration = await navigator.serviceWorker.ready
  const before = await subscriptionOf(registration)
  if (before && keyOf(before) !== key) await before.unsubscribe()
  const subscription = await registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: key,
  })
  const { endpoint, keys } = subscription.toJSON()
  const form = new URLSearchParams({
    url: endpoint,
    p256dh: keys.p256dh,
    auth: keys.auth,
    server_key: key,
  })
  await part(push, { method: "POST", form })
}

/** The server sends nothing more in any case: it forgets this browser first. */
async function unsubscribe() {
  const subscription = await subscriptionOf(await navigator.serviceWorker?.getRegistration())
  await subscription?.unsubscribe()
}

async function subscriptionOf(registration) {
  return (await registration?.pushManager?.getSubscription()) ?? null
}

/** Return the key that a subscription was made for, base64url. */
function keyOf(subscription) {
  const bytes = new Uint8Array(subscription.options.applicationServerKey)
  const text = btoa(String.fromCharCode(...bytes))
  return text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")
}

function isIos() {
  // iPads say that they are Macs, which have no touch.
  return (
    IOS.test(navigator.userAgent) ||
    (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1)
  )
}
