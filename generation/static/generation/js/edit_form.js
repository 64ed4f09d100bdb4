/** The form of the editor: what to do, with which model, for how many credits. */

import { plural } from "../../artgen/js/words.js"

const SIDES = ["left", "top", "right", "bottom"]

export class EditForm {
  /** `changed(name)` is called after each change of a field. */
  constructor({ form, changed }) {
    this.form = form
    this.fields = form.elements
    form.addEventListener("input", ({ target }) => {
      this.showMode()
      if (target.name) changed(target.name) // the field of a proposal has none
    })
    this.showMode()
  }

  /** "inpaint", "erase" or "outpaint". */
  get mode() {
    return this.fields.mode.value
  }

  get count() {
    return Number(this.fields.count.value)
  }

  /** The softness of the edge as a share of the image's width. */
  get feather() {
    return Number(this.fields.feather.value) / 100
  }

  /** By how many percent each side is extended; zeros unless that is what is wanted. */
  get sides() {
    const extends_ = this.mode === "outpaint"
    return Object.fromEntries(
      SIDES.map((side) => [side, extends_ ? Number(this.fields[side].value) : 0]),
    )
  }

  get isExtended() {
    return Object.values(this.sides).some(Boolean)
  }

  /** The body of the job, without its mask. */
  get request() {
    const request = { model: this.fields.model.value, source_images: [this.form.dataset.image] }
    const prompt = this.fields.prompt.value.trim()
    if (this.mode === "outpaint") request.outpaint = this.sides
    if (this.mode === "erase") request.erase = true
    else if (prompt) {
      request.prompt = prompt
      const original = this.fields.original_prompt.value
      if (original) request.original_prompt = original
    }
    return request
  }

  /** The price of the chosen model for an image of the source's size. */
  get knownPrice() {
    const [model] = this.fields.model.selectedOptions
    return Number(model.dataset.credits) * this.count
  }

  /** What the draft keeps. */
  get values() {
    return Object.fromEntries(
      [...new FormData(this.form)].filter(([name]) => name !== "csrfmiddlewaretoken"),
    )
  }

  /** Fill in the fields of a draft. */
  fill(values) {
    for (const [name, value] of Object.entries(values ?? {})) {
      const field = this.fields[name]
      if (!field || name === "model" || name === "csrfmiddlewaretoken") continue
      const before = field.value
      field.value = value
      if (!field.value) field.value = before // a choice that no longer exists
    }
    this.showMode()
  }

  showMode() {
    for (const part of this.form.querySelectorAll("[data-modes]"))
      part.hidden = !part.dataset.modes.split(" ").includes(this.mode)
    for (const range of this.form.querySelectorAll("input[type=range]"))
      range.style.setProperty("--value", String((100 * range.value) / range.max))
  }

  showPrice(credits) {
    this.price = credits
    this.form.querySelector("[data-price]").textContent = plural("credits", credits)
  }

  /** Show what is wrong beside the button, "" for nothing. */
  complain(text) {
    const error = this.form.querySelector("#edit-error")
    error.hidden = !text
    error.querySelector("span").textContent = text
  }

  wait(isWaiting) {
    this.form.querySelector("[type=submit]").toggleAttribute("data-waits", isWaiting)
    this.form.querySelector("[type=submit]").setAttribute("aria-disabled", String(isWaiting))
  }
}
