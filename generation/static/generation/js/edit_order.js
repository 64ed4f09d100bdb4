/** Sends an edit: the mask as an upload, then the jobs. A retry sends nothing twice. */

import { api, part } from "../../artgen/js/http.js"
import { freshKey } from "./random.js"

export class EditOrder {
  /** `data` has the addresses of the page. */
  constructor(data) {
    this.data = data
    this.mask = null // {key, id} of the last upload
    this.sent = null // {body, key} of the last order
  }

  /**
   * Return the run, as the server renders it, for at most `price` credits. `drawn` is null, or names the mask by a text and
   * makes its file; the same text is not uploaded again. Throws Problem.
   */
  async place({ request, count, drawn, price }) {
    const mask = drawn ? { mask: await this.#upload(drawn) } : {}
    const json = { ...request, ...mask, count }
    const body = JSON.stringify(json)
    if (this.sent?.body !== body) this.sent = { body, key: freshKey() }
    const headers = { "Idempotency-Key": this.sent.key }
    const order = { ...json, max_credits: price }
    const batch = await api(`${this.data.api}batches/`, { method: "POST", json: order, headers })
    const answer = await part(`${this.data.runs}${batch.id}/`)
    this.sent = null
    return answer.fragment.querySelector("[data-run]")
  }

  /** Return price and time of the same request without a mask. Throws Problem. */
  quote({ request, count }, signal) {
    const json = { ...request, count }
    return api(`${this.data.api}quotes/`, { method: "POST", json, signal })
  }

  async #upload({ key, file }) {
    if (this.mask?.key === key) return this.mask.id
    const form = new FormData()
    form.append("file", await file(), "mask.png")
    const { id } = await api(`${this.data.api}uploads/`, { method: "POST", form, seconds: 60 })
    this.mask = { key, id }
    return id
  }
}
