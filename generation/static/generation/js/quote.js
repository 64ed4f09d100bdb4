/** Price and wait time on the button: requested after every change, and periodically. */

import { part } from "../../artgen/js/http.js"
import { say } from "../../artgen/js/status.js"
import { fieldsOf } from "./draft.js"
import { isLimited, showLimits, showSourcesNote } from "./limits.js"

export const PRICED = new Set([
  "model",
  "shape",
  "exact",
  "width",
  "height",
  "count",
  "source_images",
])
const REFRESH_INTERVAL = 30_000 // ms: the queue changes without events
const DELAY = 250,
  SAY_AFTER = 600 // ms without input

export class Quote {
  /** `side` contains the form; `address` returns the button and the errors of the numbers. */
  constructor({ side, address }) {
    Object.assign(this, { side, address })
    document.addEventListener("balance", () => this.soon())
    setInterval(() => {
      if (!document.hidden && this.form) this.#request({ speaks: false })
    }, REFRESH_INTERVAL)
  }

  get form() {
    return this.side.querySelector("#composer")
  }

  /** Request a quote when nothing has changed for `after` ms; dim the old one until then. */
  soon(after = DELAY) {
    if (!this.form) return
    this.side.querySelector("#create-dock").classList.add("quote-stale")
    clearTimeout(this.asking)
    this.asking = setTimeout(() => this.#request(), after)
  }

  /** Show the keys of this device beside the button. */
  enhance() {
    for (const keys of this.side.querySelectorAll(".create-keys")) {
      keys.hidden = matchMedia("(pointer: coarse)").matches
      if (/Mac|iPhone|iPad/.test(navigator.platform))
        keys.querySelector("[data-modifier]").textContent = "⌘"
    }
  }

  async #request({ speaks = true } = {}) {
    this.abort?.abort()
    this.abort = new AbortController()
    const fields = this.form.elements
    const asked = fieldsOf(this.form).filter(
      ([name]) => PRICED.has(name) || isLimited(fields[name]),
    )
    try {
      const answer = await part(`${this.address}?${new URLSearchParams(asked)}`, {
        signal: this.abort.signal,
      })
      if (!answer.ok) return
      showLimits(this.form, answer.fragment)
      showSourcesNote(this.form, answer.fragment)
      const dock = this.side.querySelector("#create-dock")
      const hadFocus = dock.contains(document.activeElement)
      dock.replaceChildren(answer.fragment)
      dock.classList.remove("quote-stale")
      this.enhance()
      const button = dock.querySelector("#create-button")
      if (hadFocus) button?.focus()
      clearTimeout(this.saying)
      if (spoken(button) === this.quoted) return
      this.quoted = spoken(button)
      if (speaks) this.saying = setTimeout(() => say(this.quoted), SAY_AFTER)
    } catch {
      // Offline: keep the old quote dimmed; the server checks the price anyway.
    }
  }
}

/** Return the text of the button, without the one shown while sending. */
export function spoken(button) {
  if (!button) return ""
  const parts = [...button.children].filter((part) => !part.matches(".create-placing"))
  return parts
    .map((part) => part.textContent)
    .join(" ")
    .trim()
    .replace(/\s+/g, " ")
}
