/** Sends an edit: the mask as an upload, then the jobs. A retry sends nothing twice. */

import { api } from "../../artgen/js/http.js"
import { freshKey } from "./random.js"

export class EditOrder {
  constructor(address) {
    this.address = address
    this.mask = null // {key, id} of the last upload
    this.sent = null // {body, key} of the last order
  }

  /**
   * Return the batch, for at most `price` credits. `drawn` is null, or names the mask by a text and
   * makes its file; the same text is not uploaded again. Throws Problem.
   */
  async place({ request, count, drawn, price }) {
    const mask = drawn ? { mask: await this.#upload(drawn) } : {}
    const json = { ...request, ...mask, count }
    const body = JSON.stringify(json)
    if (this.sent?.body !== body) this.sent = { body, key: freshKey() }
    const headers = { "Idempotency-Key": this.sent.key }
    const order = { ...json, max_credits: price }
    return api(`${this.address}batches/`, { method: "POST", json: order, headers })
  }

  /** Return price and time of the same request without a mask. Throws Problem. */
  quote({ request, count }, signal) {
    const json = { ...request, count }
    return api(`${this.address}quotes/`, { method: "POST", json, signal })
  }

  async #upload({ key, file }) {
    if (this.mask?.key === key) return this.mask.id
    const form = new FormData()
    form.append("file", await file(), "mask.png")
    const { id } = await api(`${this.address}uploads/`, { method: "POST", form, seconds: 60 })
    this.mask = { key, id }
    return id
  }
}
