/** The menu of collections of the selection bar: add the selected images to one or a new one. */

import { part } from "../../artgen/js/http.js"
import { placeAbove, postSelection } from "./selection_requests.js"
import { offerUndo } from "./trash.js"

export class SelectionCollections {
  /** `bar` is the selection bar, with the ids of the selection and its `showFailure`. */
  constructor(bar) {
    this.bar = bar
    this.menu = document.getElementById("selection-collections")
    this.opener = null
    this.menu.addEventListener("click", (event) => {
      const button = event.target.closest("[data-act=collect]")
      if (!button) return
      event.preventDefault()
      this.#add({ collection: button.value })
    })
    this.menu.addEventListener("submit", (event) => {
      event.preventDefault()
      this.#add({ name: event.target.elements.name.value })
    })
  }

  /** Load the list of collections and open it. */
  async open(button) {
    const form = new FormData()
    form.set("ids", this.bar.ids.join(","))
    try {
      const answer = await part(this.bar.bar.dataset.collect, { method: "POST", form })
      if (!answer.ok) throw new Error(`answered ${answer.status}`)
      this.menu.replaceChildren(answer.fragment)
    } catch (problem) {
      this.bar.showFailure(problem)
      return
    }
    this.opener = button
    placeAbove(this.menu, button)
    this.menu.showPopover()
    this.menu.querySelector("button, input:not([type=hidden])")?.focus()
  }

  async #add(fields) {
    const { collect, uncollect } = this.bar.bar.dataset
    try {
      const answer = await postSelection(collect, this.bar.ids, fields)
      this.menu.hidePopover()
      this.opener?.focus()
      offerUndo(answer.message, this.bar.data, () =>
        postSelection(uncollect, answer.changed, { collection: answer.collection }),
      )
    } catch (problem) {
      this.bar.showFailure(problem)
    }
  }
}
