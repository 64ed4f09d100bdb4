/** The menu of tags of the selection bar: add a tag to the selected images or remove it. */

import { showMatching } from "./menu_field.js"
import { SelectionMenu } from "./selection_menu.js"

export class SelectionTags {
  constructor(bar) {
    this.addresses = bar.bar.dataset
    this.menu = new SelectionMenu(bar, "selection-tags", {
      onChoice: (button) => this.#change(button.dataset.act, button.value),
      onName: ({ tag }) => this.#change("tag", tag.value),
    })
    const { element } = this.menu
    element.addEventListener("input", (event) => showMatching(element, event.target.value))
  }

  /** Load the tags of the user and of the selection, and show them above the button. */
  async open(button) {
    if (!(await this.menu.open(button, this.addresses.tag))) return
    const { element } = this.menu
    const hasMouse = matchMedia("(hover: hover)").matches // else a keyboard would cover the menu
    const field = element.querySelector("input:not([type=hidden])")
    const first = hasMouse ? field : element.querySelector("[data-act]")
    const target = first ?? field
    target.focus()
  }

  #change(action, tag) {
    return this.menu.post(
      this.addresses[action],
      { tag },
      {
        back: this.addresses[action === "tag" ? "untag" : "tag"],
        fieldsBack: (answer) => ({ tag: answer.tag }),
      },
    )
  }
}
