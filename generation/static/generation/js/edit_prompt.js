/** The prompt of the editor: proposals of the prompt helper, and the prompt that one has replaced. */

import { pressed } from "../../artgen/js/shortcuts.js"
import { OriginalPrompt } from "./original_prompt.js"
import { PromptHelper } from "./prompt_helper.js"

export class EditPrompt {
  /**
   * `form` is the editor's form, `account` the address of the balance. `changed()` is called when a
   * text was replaced, `signedOut()` when nobody is signed in.
   */
  constructor({ form, account, changed, signedOut }) {
    Object.assign(this, { form, changed })
    this.replaced = null // {text, before} of the last text that was put into the field
    this.original = new OriginalPrompt({ form: () => form })
    this.helper = new PromptHelper({
      form: () => form,
      account,
      take: (text, asked) => this.#put(text, { original: this.original.text || asked }),
      charged: () => {},
      signedOut,
    })
    form.addEventListener("input", ({ target }) => this.#input(target))
    form.addEventListener("click", ({ target }) => this.#clicked(target))
    form.addEventListener("keydown", (event) => this.#keyed(event))
  }

  get field() {
    return this.form.elements.prompt
  }

  /** Show the buttons and the original prompt, after the form was filled in. */
  enhance() {
    this.original.enhance()
    this.#showLanguages()
    this.helper.enhance()
  }

  /** Return true if a proposal comes before creating, as the user has set. */
  holdsBack() {
    return this.helper.holdsBack()
  }

  #put(text, { original }) {
    const before = { text: this.field.value, original: this.original.text }
    this.field.value = text
    this.original.set(original === text ? "" : original)
    this.replaced = { text, before }
    this.field.focus()
    this.helper.typed()
    this.changed()
  }

  #undo() {
    const { before } = this.replaced
    this.#put(before.text, before)
    this.replaced = null
  }

  #input(target) {
    if (target === this.form.elements.model) {
      this.#showLanguages()
      this.helper.typed()
    } else if (target === this.field) {
      if (!this.field.value.trim()) this.original.set("")
      this.helper.typed()
    }
  }

  #clicked(target) {
    if (this.helper.clicked(target)) return
    if (target.closest("[data-use-original]")) this.#put(this.original.text, { original: "" })
    else if (target.closest("[data-drop-original]")) {
      this.original.set("")
      this.field.focus()
      this.changed()
    }
  }

  #keyed(event) {
    if (this.helper.pressed(event) || event.target !== this.field) return
    // The browser's own undo does not know a text that a script has written.
    if (!pressed(event, "undo_prompt") || this.replaced?.text !== this.field.value) return
    event.preventDefault()
    this.#undo()
  }

  /** Say which languages the chosen model supports. */
  #showLanguages() {
    const { box } = this.helper
    if (!box) return
    const { codes, hint } = this.form.elements.model.selectedOptions[0].dataset
    box.dataset.codes = codes
    box.querySelector("[data-language-hint]").textContent = hint
  }
}
