/** The presets in the chooser of models: apply, save, update. Without script it only applies. */

import { part } from "../../artgen/js/http.js"
import { toast } from "../../artgen/js/toasts.js"
import { failureText, showFailure } from "./failures.js"
import { showForScript } from "./model_picker.js"

export class Presets {
  /**
   * `apply(id)` puts a preset into the form; `fields()` returns the form's fields as FormData.
   */
  constructor({ side, data, apply, fields }) {
    Object.assign(this, { side, data, apply, fields })
    side.addEventListener("click", (event) => this.#clicked(event))
    side.addEventListener("submit", (event) => {
      if (!event.target.matches("[data-save-preset]")) return
      event.preventDefault()
      event.stopImmediatePropagation()
      this.#save(event.target)
    })
  }

  get list() {
    return this.side.querySelector("#presets")
  }

  #clicked(event) {
    const chosen = event.target.closest("[data-preset]")
    const updated = event.target.closest("[data-update-preset]")
    if (chosen) {
      event.preventDefault()
      this.#close()
      this.apply(chosen.value)
    } else if (updated) {
      this.#update(updated.dataset.updatePreset)
    }
  }

  async #save(form) {
    const body = this.fields()
    body.set("name", form.elements.name.value)
    try {
      const { fragment } = await part(form.action, { method: "POST", form: body })
      this.list.replaceChildren(...fragment.querySelector("#presets").childNodes)
      showForScript(this.list)
      this.#close()
      toast(this.data.presetSaved, { key: "preset" })
    } catch (problem) {
      if (problem.signedOut) showFailure(problem, this.data)
      else this.#showError(failureText(problem, this.data))
    }
  }

  async #update(address) {
    const body = this.fields()
    body.set("do", "update")
    if (!(await this.#post(address, body))) return
    this.#close()
    toast(this.data.presetUpdated, {
      key: "preset",
      action: { label: this.data.undo, run: () => this.#revert(address) },
    })
  }

  async #revert(address) {
    const body = new FormData()
    body.set("do", "revert")
    if (await this.#post(address, body)) toast(this.data.presetRestored, { key: "preset" })
  }

  async #post(address, body) {
    try {
      return await part(address, { method: "POST", form: body })
    } catch (problem) {
      showFailure(problem, this.data)
      return null
    }
  }

  #close() {
    this.list.closest("[popover]").hidePopover()
  }

  #showError(text) {
    const error = this.list.querySelector("#preset-error")
    error.querySelector("span").textContent = text
    error.hidden = false
    const name = this.list.querySelector("#preset-name")
    name.setAttribute("aria-invalid", "true")
    name.focus()
  }
}
