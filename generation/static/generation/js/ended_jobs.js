/** Announces ended jobs to screen readers: several at a time, and failures of one reason once. */

import { say } from "../../artgen/js/status.js"
import { plural } from "../../artgen/js/words.js"

const ANNOUNCE_AFTER = 900 // ms: jobs that end together are announced together

export class EndedJobs {
  constructor() {
    this.#forget()
  }

  /** Announce the job of a card soon. */
  add(card) {
    if (card.dataset.status === "succeeded") {
      this.ready += 1
    } else {
      const lines = [...card.querySelectorAll("[data-phase], [data-detail]:not([hidden])")].map(
        (line) => line.textContent,
      )
      const message = lines.map((line) => line.trim().replace(/\.$/, "")).join(". ")
      this.failed.set(message, (this.failed.get(message) ?? 0) + 1)
    }
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.#announce(), ANNOUNCE_AFTER)
  }

  #announce() {
    const { ready, failed } = this
    this.#forget()
    if (ready) say(`${plural("ready", ready)}.`)
    for (const [message, count] of failed) say(count > 1 ? `${count} × ${message}.` : `${message}.`)
  }

  #forget() {
    this.ready = 0
    this.failed = new Map() // how often, by what the cards say
  }
}
