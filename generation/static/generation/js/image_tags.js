/** Tags of the image page: Enter or a comma adds, Backspace or × removes, with undo. */

import { part } from "../../artgen/js/http.js"
import { say } from "../../artgen/js/status.js"
import { showFailure } from "./failures.js"
import { TagSuggestions } from "./tag_suggestions.js"
import { offerUndo } from "./trash.js"

export class ImageTags {
  /** `root` has the list and the field; `data` has the texts and addresses of the page. */
  constructor(root, data) {
    Object.assign(this, { root, data })
    this.form = root.querySelector("[data-tag-form]")
    this.input = this.form.elements.tags
    this.queue = Promise.resolve()
    this.suggestions = new TagSuggestions(this.input, {
      address: `${data.api}tags/`,
      taken: () => this.#names(),
      choose: (name) => this.#add(this.#before() + name),
    })
    this.#listen()
  }

  #listen() {
    this.root.addEventListener("submit", (event) => {
      event.preventDefault()
      if (event.target === this.form) this.#add(this.input.value)
      else this.#remove(event.submitter.value)
    })
    this.input.addEventListener("input", (event) => {
      // A pasted list is added with Enter, so that it can be corrected first.
      if (event.isComposing || event.inputType === "insertFromPaste") return
      const at = this.input.value.lastIndexOf(",")
      if (at >= 0) this.#add(this.input.value.slice(0, at), this.input.value.slice(at + 1))
    })
    this.input.addEventListener("keydown", (event) => {
      // A held key that has emptied the field removes no tags.
      if (event.key !== "Backspace" || event.repeat || this.input.value) return
      const last = this.#names().at(-1)
      if (last) this.#remove(last)
    })
  }

  #names() {
    return [...this.root.querySelectorAll(".tag-remove")].map((button) => button.value)
  }

  /** Return what the field has before the tag that is being typed. */
  #before() {
    return this.input.value.slice(0, this.input.value.lastIndexOf(",") + 1)
  }

  #add(text, rest = "") {
    if (!text.replace(/[\s,#]/g, "")) {
      this.input.value = rest
      return
    }
    this.input.value = rest
    this.suggestions.hide()
    this.#inTurn(async () => {
      const answer = await this.#post(this.form.action, { tags: text })
      if (answer.ok) say(answer.told)
      else this.#putBack(text)
    }).catch((problem) => {
      this.#putBack(text)
      showFailure(problem, this.data)
    })
  }

  /** Return refused text to the field, before what was typed meanwhile. */
  #putBack(text) {
    this.input.value = [text, this.input.value].filter((part) => part.trim()).join(", ")
    this.input.setAttribute("aria-invalid", "true")
    this.input.focus()
  }

  #remove(name) {
    const hadFocus = this.#list().contains(document.activeElement)
    const index = this.#names().indexOf(name)
    this.#inTurn(async () => {
      const answer = await this.#post(this.#list().action, { tag: name })
      if (hadFocus) this.#focusBeside(index)
      if (!answer.ok) return
      offerUndo(answer.told, this.data, () =>
        this.#inTurn(() => this.#post(this.form.action, { tags: answer.changed })),
      )
    }).catch((problem) => showFailure(problem, this.data))
  }

  /** A button takes the focus, not the field: that would open a phone's keyboard. */
  #focusBeside(index) {
    const buttons = [...this.root.querySelectorAll(".tag-remove")]
    const next = buttons[Math.min(index, buttons.length - 1)] ?? this.form.querySelector("button")
    next.focus({ preventScroll: true })
  }

  #list() {
    return this.root.querySelector("[data-tag-list]")
  }

  /** Send one change after the other, in the order in which they were made. */
  #inTurn(change) {
    const result = this.queue.then(change)
    this.queue = result.catch(() => {})
    return result
  }

  /** Post and show the list and the error of the answer; return {ok, told, changed}. */
  async #post(address, fields) {
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) form.set(name, value)
    const { ok, fragment } = await part(address, { method: "POST", form })
    const told = fragment.querySelector("[data-told]")
    this.#list().replaceWith(fragment.querySelector("[data-tag-list]"))
    const summary = this.root.closest("details").querySelector("[data-tags-summary]")
    summary.textContent = this.#names().join(", ")
    this.root
      .querySelector("#tags-error")
      .replaceChildren(...fragment.querySelector("#tags-error").children)
    if (ok) this.input.removeAttribute("aria-invalid")
    this.suggestions.forget()
    return { ok, told: told?.textContent ?? "", changed: told?.dataset.changed ?? "" }
  }
}
