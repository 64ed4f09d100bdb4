/**
 * Progress while the page is hidden: title, tab icon and, if the user turned it on, a notification
 * of the browser when all jobs have ended.
 */

import { toast } from "../../artgen/js/toasts.js"
import { plural } from "../../artgen/js/words.js"

const NOTIFY_AFTER = 1_500 // ms: the cards of the last images are still loading
const IN_VIEW = "artgen:in-view" // name of the lock that a visible tab holds

export class Notifier {
  /** `button` turns notifications on and off; `data` has texts and addresses of icons. */
  constructor({ data, button }) {
    Object.assign(this, { data, button })
    this.title = document.title
    this.icon = document.querySelector("link[rel=icon]")
    this.defaultIcon = this.icon?.href
    this.key = `artgen:notify:${document.body.dataset.user}`
    this.active = 0
    this.#reset()
    document.addEventListener("visibilitychange", () => this.#visibilityChanged())
    this.#visibilityChanged()
    this.#wire()
  }

  /** Show how many jobs are in progress. */
  show(active) {
    const done = this.active > 0 && active === 0
    this.active = active
    if (active) clearTimeout(this.later)
    else if (done && document.hidden) this.later = setTimeout(() => this.#notify(), NOTIFY_AFTER)
    this.#update()
  }

  /** Count the jobs that ended while the page is hidden. */
  ended(card) {
    if (!document.hidden) return
    if (card.dataset.status === "succeeded") this.ready += 1
    else if (card.dataset.status === "failed") this.failed += 1
    this.prompt = card.closest("[data-run]")?.querySelector(".run-prompt")?.textContent ?? ""
    this.#update()
  }

  #update() {
    const done = this.active === 0 && this.ready + this.failed > 0
    const prefix = this.active ? `(${this.active}) ` : done ? (this.ready ? "✓ " : "! ") : ""
    document.title = prefix + this.title
    const icon = this.active
      ? this.data.iconBusy
      : done && this.ready
        ? this.data.iconDone
        : this.defaultIcon
    if (this.icon && icon && this.icon.getAttribute("href") !== icon)
      this.icon.setAttribute("href", icon)
  }

  #visibilityChanged() {
    if (document.hidden) {
      this.leave?.()
      return
    }
    this.#reset()
    this.#update()
    // The lock shows the user's other tabs that one is visible, so that they do not notify.
    navigator.locks
      ?.request(
        IN_VIEW,
        { mode: "shared" },
        () =>
          new Promise((leave) => {
            this.leave = leave
          }),
      )
      .catch(() => {})
  }

  #reset() {
    this.ready = this.failed = 0
    this.prompt = ""
  }

  // --- notifications --------------------------------------------------------------------------

  get #isOn() {
    try {
      return Notification.permission === "granted" && localStorage.getItem(this.key) === "on"
    } catch {
      return false
    }
  }

  #wire() {
    if (!this.button || !isSecureContext) return
    this.button.hidden = false
    // Phones stop pages in the background: their notifications come by push, which is in the profile.
    if (!("Notification" in window) || matchMedia("(hover: none)").matches) {
      this.button.removeAttribute("aria-pressed")
      this.button.addEventListener("click", () => location.assign(this.data.push))
      return
    }
    this.#showState()
    this.button.addEventListener("click", async () => {
      const on = !this.#isOn
      if (on && (await Notification.requestPermission()) !== "granted") {
        toast(this.data.notifyRefused, { key: "notify" })
        return
      }
      try {
        localStorage.setItem(this.key, on ? "on" : "off")
      } catch {
        // Private mode: the choice cannot be stored, so it stays off.
      }
      this.#showState()
      toast(this.#isOn ? this.data.notifyOn : this.data.notifyOff, { key: "notify" })
    })
  }

  #showState() {
    this.button.setAttribute("aria-pressed", String(this.#isOn))
  }

  async #notify() {
    const { ready, failed, prompt } = this
    if (!document.hidden || !this.#isOn || !(ready + failed)) return
    const held = (await navigator.locks?.query())?.held ?? []
    if (held.some((lock) => lock.name === IN_VIEW)) return
    const registration = await navigator.serviceWorker?.getRegistration()
    if (await registration?.pushManager?.getSubscription()) return // it says so itself
    const parts = [ready && plural("ready", ready), failed && plural("failed", failed)].filter(
      Boolean,
    )
    const note = new Notification(parts.join(" · "), {
      body: prompt.slice(0, 140),
      tag: "artgen",
      icon: this.data.iconPlain,
    })
    note.onclick = () => {
      window.focus()
      note.close()
    }
  }
}
