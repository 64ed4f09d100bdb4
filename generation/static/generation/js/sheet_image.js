/** The image of a comparison: ask for it, show its progress, download it when it is ready. */

import { part } from "../../artgen/js/http.js"
import { say } from "../../artgen/js/status.js"
import { toast } from "../../artgen/js/toasts.js"

const POLL_INTERVAL = 1_000 // ms

export class SheetImage {
  /** `page` contains #sheet-image; `onProblem` shows a request that failed. */
  constructor(page, { failed, onProblem }) {
    Object.assign(this, { page, failed, onProblem })
    this.wanted = null // the format to download as soon as it is ready
    this.timer = 0
    page.addEventListener("submit", (event) => this.#submitted(event))
    this.#next()
  }

  get #box() {
    return this.page.querySelector("#sheet-image")
  }

  #submitted(event) {
    const { target: form, submitter } = event
    if (!("drawSheet" in form.dataset) || !submitter) return
    event.preventDefault()
    if (submitter.getAttribute("aria-disabled") !== "true") this.#ask(form, submitter)
  }

  async #ask(form, button) {
    button.setAttribute("aria-disabled", "true")
    const fields = new FormData(form)
    fields.set("as", button.value)
    try {
      const answer = await part(form.action, { method: "POST", form: fields })
      if (answer.ok) {
        this.wanted = button.value
        this.#show(answer.fragment)
      } else toast(answer.text || this.failed, { kind: "error", key: "failed" })
    } catch (problem) {
      this.onProblem(problem)
    } finally {
      button.removeAttribute("aria-disabled")
    }
  }

  #show(fragment) {
    const fresh = fragment.querySelector("#sheet-image")
    const box = this.#box
    if (!fresh || !box) return
    const focused = box.contains(document.activeElement) && document.activeElement.dataset.kind
    box.replaceWith(fresh)
    if (focused) fresh.querySelector(`[data-kind="${focused}"]`)?.focus()
    this.#next()
  }

  /** Follow the image while it is prepared; then download what was asked for on this page. */
  #next() {
    const box = this.#box
    if (!box) return
    if ("running" in box.dataset) {
      this.#pollLater()
      return
    }
    if (!this.wanted) return
    const link = box.querySelector(`a[data-kind="${this.wanted}"]`)
    this.wanted = null
    say(link ? box.dataset.ready : box.dataset.failed)
    link?.click()
  }

  /** Poll again later; a hidden page polls when it becomes visible. */
  #pollLater() {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      if (!document.hidden) this.#poll()
      else document.addEventListener("visibilitychange", () => this.#poll(), { once: true })
    }, POLL_INTERVAL)
  }

  async #poll() {
    const box = this.#box
    if (!box) return
    try {
      const answer = await part(box.dataset.address)
      if (answer.ok) {
        this.#show(answer.fragment)
        return
      }
    } catch (problem) {
      if (problem.signedOut) {
        this.onProblem(problem)
        return
      }
    }
    this.#pollLater()
  }
}
