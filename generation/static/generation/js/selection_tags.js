/** The menu of tags of the selection bar: add a tag to the selected images or remove it. */

import { part } from "../../artgen/js/http.js"
import { showMatching } from "./menu_field.js"
import { placeAbove, postSelection } from "./selection_requests.js"
import { offerUndo } from "./trash.js"

export class SelectionTags {
  /** `bar` is the selection bar, with the ids of the selection and its `showFailure`. */
  constructor(bar) {
    this.bar = bar
    this.menu = document.getElementById("selection-tags")
    this.opener = null
    this.menu.addEventListener("click", (event) => {
      const button = event.target.closest("[data-act]")
      if (!button) return
      event.preventDefault()
      this.#change(button.dataset.act, button.value)
    })
    this.menu.addEventListener("submit", (event) => {
      event.preventDefault()
      this.#change("tag", event.target.elements.tag.value)
    })
    this.menu.addEventListener("input", (event) => showMatching(this.menu, event.target.value))
  }

  /** Load the tags of the user and of the selection, and show them above the button. */
  async open(button) {
    const form = new FormData()
    form.set("ids", this.bar.ids.join(","))
    try {
      const answer = await part(this.#address("tag"), { method: "POST", form })
      if (!answer.ok) throw new Error(`answered ${answer.status}`)
      this.menu.replaceChildren(answer.fragment)
    } catch (problem) {
      this.bar.showFailure(problem)
      return
    }
    this.opener = button
    placeAbove(this.menu, button)
    this.menu.showPopover()
    const hasMouse = matchMedia("(hover: hover)").matches // else a keyboard would cover the menu
    const field = this.menu.querySelector("input:not([type=hidden])")
    const first = hasMouse ? field : this.menu.querySelector("[data-act]")
    const target = first ?? field
    target.focus()
  }

  #address(action) {
    return this.bar.bar.dataset[action]
  }

  async #change(action, tag) {
    const reverse = action === "tag" ? "untag" : "tag"
    try {
      const answer = await postSelection(this.#address(action), this.bar.ids, { tag })
      this.menu.hidePopover()
      this.opener?.focus()
      offerUndo(answer.message, this.bar.data, () =>
        postSelection(this.#address(reverse), answer.changed, { tag: answer.tag }),
      )
    } catch (problem) {
      this.bar.showFailure(problem)
    }
  }
}
