/** Dismiss the lines of jobs that ended without images, one or all, with undo. */

import { part } from "../../artgen/js/http.js"
import { showFailure } from "./failures.js"
import { confirmed, offerUndo } from "./trash.js"

const SEVERAL = 2 // lines from which all can be dismissed at once

export class Dismissals {
  /** `root` has the cards of the feed; `data` has the texts of the page. */
  constructor(root, data) {
    Object.assign(this, { root, data })
    root.addEventListener("submit", (event) => this.#submitted(event))
    new MutationObserver(() => this.#showAll()).observe(root, { childList: true, subtree: true })
  }

  #submitted(event) {
    const form = event.target
    if ("dismiss" in form.dataset) this.#dismissOne(form)
    else if ("dismissAll" in form.dataset) this.#dismissAll(form)
    else return
    event.preventDefault()
  }

  #showAll() {
    const form = this.root.querySelector("[data-dismiss-all]")
    const hasSeveral = this.root.querySelectorAll(".ended").length >= SEVERAL
    if (form && form.hidden === hasSeveral) form.hidden = !hasSeveral
  }

  async #dismissOne(form) {
    const send = sender(form)
    await this.#dismiss(form, [form.closest("[data-job]")], async () => {
      await send()
      return { text: this.data.dismissed, undo: () => send("1") }
    })
  }

  async #dismissAll(form) {
    const send = sender(form)
    const lines = [...this.root.querySelectorAll("[data-job]:has(> .ended)")]
    await this.#dismiss(form, lines, async () => {
      const { text, undo } = JSON.parse((await send()).text)
      return { text, undo: () => send(undo) }
    })
  }

  /**
   * Hide the lines that `form` dismisses, and call `send`, which tells the server; it resolves to
   * the text to show and a function that undoes it.
   */
  async #dismiss(form, lines, send) {
    const next = focusAfter(lines)
    const hadFocus = form.contains(document.activeElement)
    const places = lines.map(() => document.createComment(""))
    const runs = lines.map((line) => line.closest("[data-run]"))
    const putBack = () => {
      for (const [index, line] of lines.entries())
        if (runs[index].isConnected) places[index].replaceWith(line)
    }
    for (const [index, line] of lines.entries()) line.replaceWith(places[index])
    if (hadFocus) next?.focus({ preventScroll: true })
    let sent
    try {
      sent = await confirmed(send())
    } catch (problem) {
      putBack()
      showFailure(problem, this.data)
      return
    }
    offerUndo(sent.text, this.data, async () => {
      await sent.undo()
      putBack()
      lines[0]?.querySelector("button")?.focus({ preventScroll: true })
    })
  }
}

/** Return a function that posts the form, with `undo` to undo it. */
function sender(form) {
  const { action } = form // the form leaves the page
  return (undo) =>
    part(action, { method: "POST", form: undo ? new URLSearchParams({ undo }) : undefined })
}

/** Return what has the focus after the lines are gone: the next action of the feed. */
function focusAfter(lines) {
  const left = [...document.querySelectorAll("[data-dismiss] button, .card-link")].filter(
    (other) => !lines.some((line) => line.contains(other)),
  )
  const last = lines.at(-1)
  const follows = (other) =>
    last && last.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING
  return left.find(follows) ?? left.at(-1)
}
