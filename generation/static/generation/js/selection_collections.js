/** The menu of collections of the selection bar: add the selected images to one or a new one. */

import { part } from "../../artgen/js/http.js"
import { SelectionMenu } from "./selection_menu.js"

export class SelectionCollections {
  constructor(bar) {
    this.addresses = bar.bar.dataset
    this.menu = new SelectionMenu(bar, "selection-collections", {
      onChoice: (button) => this.#add({ collection: button.value }),
      onName: ({ name }) => this.#add({ name: name.value }),
    })
  }

  /** Load the collections of the user and show them above the button. */
  async open(button) {
    if (!(await this.menu.open(button, this.addresses.collect))) return
    this.menu.element.querySelector("button, input:not([type=hidden])")?.focus()
  }

  #add(fields) {
    return this.menu.post(this.addresses.collect, fields, {
      back: this.addresses.uncollect,
      fieldsBack: ({ collection }) => ({ collection }),
      changed: showLinks,
    })
  }
}

/** Show the collections beside the gallery as they are now: one may be new, others are larger. */
async function showLinks() {
  const links = document.querySelector("[data-collection-links]")
  if (!links) return
  const current = links.querySelector("[aria-current]")?.getAttribute("href")
  const answer = await part(links.dataset.collectionLinks).catch(() => null)
  if (!answer) return // the next page shows them
  links.replaceChildren(answer.fragment)
  if (current)
    links.querySelector(`[href="${CSS.escape(current)}"]`)?.setAttribute("aria-current", "page")
}
