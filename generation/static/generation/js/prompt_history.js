/**
 * The prompt history: a list, and steps back and forward (Alt+↑, Alt+↓). The current text is the
 * step after the newest prompt. If it is replaced by another, it stays in the list until it is
 * sent. Sent prompts are loaded with the first step, or when the list opens.
 */

import { say } from "../../artgen/js/status.js"
import { showFailure } from "./failures.js"
import { loaded } from "./loaded_popovers.js"

export class PromptHistory {
  /**
   * `show(text)` puts a prompt into the form; `draft` stores prompts that were not sent; `data` has
   * the texts of the page.
   */
  constructor({ side, draft, show, data }) {
    Object.assign(this, { side, draft, show, data })
    side.addEventListener("loaded", () => this.enhance(), true)
    this.at = -1 // −1: the current text, 0: the newest prompt
    this.writing = ""
  }

  get list() {
    return this.side.querySelector("#history")
  }

  get items() {
    return [...(this.list?.querySelectorAll("[data-prompt]") ?? [])]
  }

  /** Update the list and the buttons. */
  enhance() {
    if (!this.list) return
    for (const item of this.list.querySelectorAll("[data-unsent]")) item.remove()
    const head = this.list.querySelector("[data-unsent-head]")
    const known = new Set(this.items.map((item) => item.textContent))
    const unsent = this.draft.unsent().filter((text) => !known.has(text))
    head.hidden = unsent.length === 0
    head.after(...unsent.map((text) => this.#item(text, { unsent: true })))
    this.list.querySelector("[data-sent-head]").hidden = known.size === 0 && !this.#isClosed
    this.#updateButton()
  }

  /** Whether the sent prompts are not loaded yet. */
  get #isClosed() {
    return "from" in (this.list?.dataset ?? {})
  }

  /** Step to the previous (1) or next (−1) prompt; `now()` returns the text in the form. */
  async step(by, now) {
    try {
      await loaded(this.list)
      this.#step(by, now())
    } catch (problem) {
      showFailure(problem, this.data)
    }
  }

  #step(by, now) {
    const texts = this.items.map((item) => item.textContent)
    if (this.at === -1) this.writing = now
    else if (texts[this.at] !== now) this.at = texts.indexOf(now) // the list has changed
    const next = this.at + by
    if (next < -1 || next >= texts.length) return
    this.at = next
    const text = next === -1 ? this.writing : texts[next]
    this.show(text)
    this.#updateButton()
    say(`${next === -1 ? "" : `${next + 1} / ${texts.length}. `}${text}`)
  }

  /** The user typed: the text in the form is the current one; keep the one before in the list. */
  typed() {
    if (this.at === -1) return
    this.keep("")
  }

  /** Keep a prompt that is replaced by another. */
  keep(text) {
    for (const given of [this.at === -1 ? "" : this.writing, text]) {
      const trimmed = given.trim()
      if (trimmed && !this.items.some((item) => item.textContent === trimmed))
        this.draft.addUnsent(trimmed)
    }
    this.at = -1
    this.enhance()
  }

  /** Move a sent prompt to the top. */
  sent(text) {
    this.draft.removeUnsent(text)
    for (const item of this.items) if (item.textContent === text) item.remove()
    if (!this.#isClosed) this.list?.querySelector("[data-loaded]").prepend(this.#item(text))
    this.keep("")
  }

  #item(text, { unsent = false } = {}) {
    const item = this.list.querySelector("template").content.firstElementChild.cloneNode(true)
    item.textContent = text
    if (unsent) item.dataset.unsent = ""
    return item
  }

  #updateButton() {
    const count = this.items.length
    for (const opener of this.side.querySelectorAll("[data-history]"))
      opener.hidden = count === 0 && !this.#isClosed
  }
}
