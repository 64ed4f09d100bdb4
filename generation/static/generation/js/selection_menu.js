/** A menu of the selection bar whose choices the server renders for the selected images. */

import { part } from "../../artgen/js/http.js"
import { showFailure } from "./failures.js"
import { placeAbove, postSelection } from "./selection_requests.js"
import { offerUndo } from "./trash.js"

export class SelectionMenu {
  /**
   * `bar` is the selection bar, with the ids of the selection.
   * `onChoice(button)` and `onName(elements)` do what the user chooses or enters.
   */
  constructor(bar, id, { onChoice, onName }) {
    this.bar = bar
    this.element = document.getElementById(id)
    this.opener = null
    this.element.addEventListener("click", (event) => {
      const button = event.target.closest("[data-act]")
      if (!button) return
      event.preventDefault()
      onChoice(button)
    })
    this.element.addEventListener("submit", (event) => {
      event.preventDefault()
      onName(event.target.elements)
    })
  }

  /**
   * Load the choices from an address, with these fields, and show them above the button; return
   * whether it worked.
   */
  async open(button, address, fields = {}) {
    const form = new FormData()
    for (const [name, value] of Object.entries({ ...fields, ids: this.bar.ids.join(",") }))
      form.set(name, value)
    try {
      const answer = await part(address, { method: "POST", form })
      this.element.replaceChildren(answer.fragment)
    } catch (problem) {
      showFailure(problem, this.bar.data)
      return false
    }
    this.opener = button
    placeAbove(this.element, button)
    this.element.showPopover()
    return true
  }

  /**
   * Post the selected ids with `fields` and close; the undo posts what `fieldsBack` returns.
   * `changed()` is called after both.
   */
  async post(address, fields, { back, fieldsBack, changed = () => {} }) {
    try {
      const answer = await postSelection(address, this.bar.ids, fields)
      this.element.hidePopover()
      this.opener?.focus()
      offerUndo(answer.message, this.bar.data, () =>
        postSelection(back, answer.changed, fieldsBack(answer)).then(changed),
      )
      changed()
    } catch (problem) {
      showFailure(problem, this.bar.data)
    }
  }
}
