/**
 * The prompt before it was translated or enhanced: a field of the form, shown below the prompt until
 * it is used again or dropped.
 */

export class OriginalPrompt {
  /** `form()` returns the current form. */
  constructor({ form }) {
    this.form = form
  }

  get text() {
    return this.form().elements.original_prompt.value
  }

  set(text) {
    this.form().elements.original_prompt.value = text
    this.enhance()
  }

  /** Show the text of the field, after the form was filled or replaced. */
  enhance() {
    const box = this.form().querySelector("[data-original]")
    box.hidden = !this.text
    box.querySelector("[data-original-text]").textContent = this.text
  }
}
