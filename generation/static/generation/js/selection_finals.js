/** The menu of the selection bar that finishes the selected images: models, each with its price. */

import { SelectionMenu } from "./selection_menu.js"

export class SelectionFinals {
  constructor(bar) {
    this.bar = bar
    this.menu = new SelectionMenu(bar, "selection-finals", {
      onChoice: (button) => this.#finish(button),
      onName: () => {},
    })
  }

  /** Load what models would make of the selected images and show it above the button. */
  async open(button) {
    const { acts } = this.bar
    if (!(await this.menu.open(button, acts.data.finish, { prefer: acts.model() }))) return
    this.menu.element.querySelector("button:not([aria-disabled])")?.focus()
  }

  async #finish(button) {
    if (button.ariaDisabled === "true") return
    const { ids, selection, acts } = this.bar
    const [tile] = [...selection.chosenTiles, ...selection.tiles] // some may not be on the page
    this.menu.element.hidePopover()
    const choice = { model: button.value, max_credits: button.dataset.credits }
    if (await acts.finish(ids, choice, tile)) selection.clear()
  }
}
