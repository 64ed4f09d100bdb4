/** The price and the waiting time on the button: asked of the server after every change, and now and then. */

import { part } from "../../artgen/js/http.js"
import { say } from "../../artgen/js/status.js"
import { fieldsOf } from "./draft.js"
import { LIMITED, showLimits, showSourcesNote } from "./limits.js"

export const PRICED = new Set([
  "model",
  "shape",
  "exact",
  "width",
  "height",
  "count",
  "source_images",
])
const EVERY = 30_000 // ms: the line before one changes by itself
const AFTER = 250,
  SAY_AFTER = 600 // ms of quiet

export class Quote {
  /** `side` holds the form; `address` answers with the button and with what is outside the limits. */
  constructor({ side, address }) {
    Object.assign(this, { side, address })
    document.addEventListener("balance", () => this.soon())
    setInterval(() => {
      if (!document.hidden && this.form) this.#ask({ speaks: false })
    }, EVERY)
  }

  get form() {
    return this.side.querySelector("#composer")
  }

  /** Ask when nothing has changed for so many milliseconds; until then the old quote is dimmed. */
  soon(after = AFTER) {
    if (!this.form) return
    this.side.querySelector("#create-dock").classList.add("quote-old")
    clearTimeout(this.asking)
    this.asking = setTimeout(() => this.#ask(), after)
  }

  /** Name the keys of this device beside the button. */
  dress() {
    for (const keys of this.side.querySelectorAll(".create-keys")) {
      keys.hidden = matchMedia("(pointer: coarse)").matches
      if (/Mac|iPhone|iPad/.test(navigator.platform))
        keys.querySelector("[data-modifier]").textContent = "⌘"
    }
  }

  async #ask({ speaks = true } = {}) {
    this.abort?.abort()
    this.abort = new AbortController()
    const asked = fieldsOf(this.form).filter(([name]) => PRICED.has(name) || LIMITED.has(name))
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
      dock.classList.remove("quote-old")
      this.dress()
      const button = dock.querySelector("#create-button")
      if (hadFocus) button?.focus()
      clearTimeout(this.saying)
      if (spoken(button) === this.quoted) return
      this.quoted = spoken(button)
      if (speaks) this.saying = setTimeout(() => say(this.quoted), SAY_AFTER)
    } catch {
      // Offline: the old quote stays, dimmed; the server has the last word anyway.
    }
  }
}

/** What the button says now, without the words for the moment of placing. */
export function spoken(button) {
  if (!button) return ""
  const parts = [...button.children].filter((part) => !part.matches(".create-placing"))
  return parts
    .map((part) => part.textContent)
    .join(" ")
    .trim()
    .replace(/\s+/g, " ")
}
