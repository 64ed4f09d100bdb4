/** The buttons of cards and runs that cancel or repeat jobs. */

import { part } from "../../artgen/js/http.js"
import { toast } from "../../artgen/js/toasts.js"
import { showBalance } from "./balance.js"
import { showFailure } from "./failures.js"

export class JobActions {
  /** `root` contains the forms; `data` has the texts of the page; `cards` shows what changes. */
  constructor({ root, data, cards }) {
    Object.assign(this, { data, cards })
    root.addEventListener("submit", (event) => this.#submitted(event))
  }

  #submitted(event) {
    const form = event.target
    const kind = ["cancel", "retry", "cancelRun"].find((name) => name in form.dataset)
    if (!kind) return
    event.preventDefault()
    const button = event.submitter ?? form.querySelector("button")
    button.closest("[popover]")?.hidePopover()
    this.#send(kind, form, button)
  }

  async #send(kind, form, button, accepted = {}) {
    if (button.getAttribute("aria-disabled") === "true") return
    button.setAttribute("aria-disabled", "true")
    const body = new FormData(form)
    for (const [name, value] of Object.entries(accepted)) body.set(name, value)
    try {
      const answer = await part(form.action, { method: "POST", form: body })
      showBalance(answer)
      if (kind === "retry") this.#queuedAgain(form, answer.fragment.querySelector("[data-run]"))
      else for (const card of firstCards(answer.fragment)) this.cards.swap(card)
    } catch (problem) {
      showFailure(problem, this.data, { accept: (more) => this.#send(kind, form, button, more) })
      // Some may be canceled, or have ended unseen.
      const shown = form.closest("[data-job], [data-run]")
      if (kind !== "retry") for (const card of firstCards(shown)) this.cards.refresh(card)
    } finally {
      button.removeAttribute("aria-disabled")
    }
  }

  /** Show the new run; keep the focus in the old card and offer a button to the new one. */
  #queuedAgain(form, run) {
    const oldCard = form.closest("article")
    this.cards.insertRun(run, { above: this.cards.runs ? null : form.closest("[data-run]") })
    const hadFocus = form.contains(document.activeElement)
    for (const button of oldCard.querySelectorAll(`[form="${form.id}"]`)) button.remove()
    form.remove()
    if (hadFocus) {
      oldCard.tabIndex = -1
      oldCard.focus({ preventScroll: true })
    }
    const shown = run?.isConnected && run.getBoundingClientRect()
    const away = shown && (shown.bottom < 0 || shown.top > innerHeight)
    const show = () => {
      run.scrollIntoView({ block: "start" })
      run.querySelector("a[href], button:not([hidden])")?.focus({ preventScroll: true })
    }
    toast(this.data.queuedAgain, {
      key: "queued-again",
      action: away ? { label: this.data.show, run: show } : null,
    })
  }
}

/** Return the first card of each job of a run or part of a page, or this card. */
function firstCards(root) {
  const cards = root.matches?.("[data-job]") ? [root] : root.querySelectorAll("[data-job]")
  const byJob = Map.groupBy(cards, (card) => card.dataset.job)
  return [...byJob.values()].map(([first]) => first)
}
