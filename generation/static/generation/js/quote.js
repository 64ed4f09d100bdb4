/** Price and wait time on the button: requested after what changes them, and periodically. */

import { enterCreates } from "../../artgen/js/shortcuts.js"
import { part } from "../../artgen/js/http.js"
import { say } from "../../artgen/js/status.js"
import { fieldsOf } from "./draft.js"
import { promptsOf } from "./prompt_lines.js"
import { isLimited, showLimits, showModelRow, showSourcesNote } from "./limits.js"

export const PRICED = new Set([
  "model",
  "shape",
  "exact",
  "background",
  "width",
  "height",
  "count",
  "source_images",
  "lines", // only how many there are
  "negative_prompt", // only whether there is one: not all models take it
])
const REFRESH_INTERVAL = 30_000 // ms: the queue changes without events
const DELAY = 250,
  SAY_AFTER = 600 // ms without input

export class Quote {
  /** `side` contains the form; `address` returns the button and the errors of the numbers. */
  constructor({ side, address }) {
    Object.assign(this, { side, address })
    this.answered = "" // what the shown quote is for
    document.addEventListener("balance", () => this.outdated())
    setInterval(() => {
      if (!document.hidden && this.form) this.#request({ speaks: false })
    }, REFRESH_INTERVAL)
  }

  get form() {
    return this.side.querySelector("#composer")
  }

  /**
   * Request a quote when nothing has changed for `after` ms; dim the old one until then. None is
   * needed if the shown one is for what the form has.
   */
  soon(after = DELAY) {
    if (!this.form) return
    clearTimeout(this.asking)
    const isNew = pricedFields(this.form) !== this.answered
    this.side.querySelector("#create-dock").classList.toggle("quote-stale", isNew)
    if (isNew) this.asking = setTimeout(() => this.#request(), after)
    else this.abort?.abort()
  }

  /** Request a quote soon, because what the user has or may has changed. */
  outdated() {
    this.answered = ""
    this.soon()
  }

  /** The server has drawn the form, with its quote; the browser may have changed fields since. */
  drawn() {
    if (!this.form) return
    const form = document.implementation.createHTMLDocument().importNode(this.form, true)
    form.reset()
    this.answered = pricedFields(form)
  }

  /** Show the keys of this device beside the button. */
  enhance() {
    for (const keys of this.side.querySelectorAll(".create-keys")) {
      keys.hidden = matchMedia("(pointer: coarse)").matches
      const modifier = keys.querySelector("[data-modifier]")
      modifier.hidden = enterCreates()
      if (/Mac|iPhone|iPad/.test(navigator.platform)) modifier.textContent = "⌘"
    }
  }

  async #request({ speaks = true } = {}) {
    this.abort?.abort()
    this.abort = new AbortController()
    const wanted = pricedFields(this.form)
    try {
      const { fragment } = await part(`${this.address}?${wanted}`, { signal: this.abort.signal })
      this.show(fragment, wanted, { speaks })
    } catch {
      // Offline: keep the old quote dimmed; no order costs more than it says.
    }
  }

  /** Show the quote in `fragment`, which is for this part of a form. */
  show(fragment, fields, { speaks = true } = {}) {
    this.answered = fields
    showLimits(this.form, fragment)
    showSourcesNote(this.form, fragment)
    showModelRow(this.form, fragment)
    const dock = this.side.querySelector("#create-dock")
    const hadFocus = dock.contains(document.activeElement)
    dock.replaceChildren(fragment)
    this.soon()
    this.enhance()
    const button = dock.querySelector("#create-button")
    if (hadFocus) button?.focus()
    clearTimeout(this.saying)
    if (spoken(button) === this.quoted) return
    this.quoted = spoken(button)
    if (speaks) this.saying = setTimeout(() => say(this.quoted), SAY_AFTER)
  }
}

/** Return the part of the form that a quote depends on, as a query. */
export function pricedFields(form) {
  const fields = form.elements
  const named = fieldsOf(form)
    .filter(([name]) => PRICED.has(name) || isLimited(fields[name]))
    .map(([name, value]) => {
      if (name === "negative_prompt") return [name, value.trim() && "1"]
      return [name, name === "lines" ? promptsOf(form).length : value]
    })
  const unreadable = [...fields].filter((field) => field.validity.badInput)
  return String(
    new URLSearchParams([...named, ...unreadable.map(({ name }) => ["unreadable", name])]),
  )
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
