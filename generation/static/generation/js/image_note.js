/** The note of the image page: saved on request, with undo; unsaved text survives a reload. */

import { part } from "../../artgen/js/http.js"
import { pressed } from "../../artgen/js/shortcuts.js"
import { showFailure } from "./failures.js"
import { offerUndo } from "./trash.js"

const COUNTED_FROM = 200 // characters before the limit
const language = document.documentElement.lang

export class ImageNote {
  /** `form` has the field and the note as it is stored; `data` has the texts of the page. */
  constructor(form, data) {
    Object.assign(this, { form, data })
    this.field = form.elements.note
    this.state = form.querySelector("#note-state")
    this.saveRow = form.querySelector("[data-save]")
    this.count = form.querySelector("#note-count")
    this.draft = new NoteDraft()
    const draft = this.draft.read()
    if (draft !== null) {
      this.field.value = draft
      form.closest("details").open = true
    }
    this.#update()
    this.field.addEventListener("input", () => this.#update())
    this.field.addEventListener("keydown", (event) => {
      if (!pressed(event, "save_note")) return
      event.preventDefault()
      form.requestSubmit()
    })
    form.addEventListener("submit", (event) => {
      event.preventDefault()
      this.#save()
    })
  }

  get #stored() {
    return this.form.elements.before.value
  }

  #update() {
    const isChanged = this.field.value.trim() !== this.#stored
    if (isChanged) this.draft.write(this.field.value)
    else this.draft.forget()
    this.saveRow.classList.toggle("remarks-changed", isChanged)
    const length = this.field.value.trim().length
    const max = Number(this.field.dataset.max)
    this.count.textContent =
      length > max - COUNTED_FROM
        ? this.count.dataset.left
            .replace("{count}", length.toLocaleString(language))
            .replace("{max}", max.toLocaleString(language))
        : ""
    this.count.classList.toggle("note-too-long", length > max)
  }

  async #save() {
    const before = this.#stored
    try {
      const told = await this.#post(this.field.value)
      if (told) offerUndo(told, this.data, () => this.#restore(before))
    } catch (problem) {
      showFailure(problem, this.data)
    }
  }

  async #restore(note) {
    if (await this.#post(note)) this.field.value = note
    this.#update()
  }

  /** Post the note and show the answer; return what was done, "" if it was refused. */
  async #post(note) {
    const form = new FormData()
    form.set("note", note)
    form.set("before", this.#stored)
    const { ok, fragment } = await part(this.form.action, { method: "POST", form })
    const told = fragment.querySelector("[data-told]")?.textContent ?? ""
    this.state.replaceChildren(...fragment.children)
    this.field.toggleAttribute("aria-invalid", !ok)
    this.form.closest("details").querySelector("[data-note-summary]").textContent = this.#stored
    this.#update()
    return ok ? told : ""
  }
}

/** Text that is not saved yet, by user and image, as long as the tab is open. */
class NoteDraft {
  constructor() {
    this.key = `artgen:note:${document.body.dataset.user}:${location.pathname}`
  }

  read() {
    return sessionStorage.getItem(this.key)
  }

  write(text) {
    try {
      sessionStorage.setItem(this.key, text)
    } catch {
      // A full disk: the page still has the text.
    }
  }

  forget() {
    sessionStorage.removeItem(this.key)
  }
}
