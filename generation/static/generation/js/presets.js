/** The menu of presets in the composer: apply, save, update. Without script it only applies. */

import { part } from "../../artgen/js/http.js"
import { toast } from "../../artgen/js/toasts.js"
import { failureText, showFailure } from "./failures.js"

export class PresetsMenu {
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
    side.addEventListener(
      "toggle",
      (event) => {
        if (event.target.id === "presets" && event.newState === "open")
          event.target.querySelector("[data-preset], input")?.focus()
      },
      true,
    )
    side.addEventListener("loaded", () => this.enhance(), true)
    this.enhance()
  }

  get menu() {
    return this.side.querySelector("#presets")
  }

  /** Show what needs script. */
  enhance() {
    for (const hidden of this.menu?.querySelectorAll("[data-update-preset], [data-save-preset]") ??
      [])
      hidden.hidden = false
  }

  #clicked(event) {
    const chosen = event.target.closest("[data-preset]")
    const updated = event.target.closest("[data-update-preset]")
    if (chosen) {
      event.preventDefault()
      this.menu.hidePopover()
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
      this.#redraw(fragment)
      this.menu.hidePopover()
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
    this.menu.hidePopover()
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

  #redraw(fragment) {
    const wasOpen = this.menu.matches(":popover-open")
    this.menu.replaceChildren(...fragment.querySelector("#presets").childNodes)
    this.enhance()
    if (wasOpen) this.menu.querySelector("[data-preset]")?.focus()
  }

  #showError(text) {
    const error = this.menu.querySelector("#preset-error")
    error.querySelector("span").textContent = text
    error.hidden = false
    const name = this.menu.querySelector("#preset-name")
    name.setAttribute("aria-invalid", "true")
    name.focus()
  }
}
