/**
 * The bar of actions on the selected images: their number and size, favorite, ZIP, collections,
 * trash with undo.
 */

import { csrfToken, part } from "../../artgen/js/http.js"
import { say } from "../../artgen/js/status.js"
import { toast } from "../../artgen/js/toasts.js"
import { isFavorite } from "./counts.js"
import { showFailure } from "./failures.js"
import { addControls, bytesOf } from "./image_controls.js"
import { SelectionCollections } from "./selection_collections.js"
import { SelectionFinals } from "./selection_finals.js"
import { SelectionMoves } from "./selection_moves.js"
import { placeAbove, postSelection } from "./selection_requests.js"
import { SelectionTags } from "./selection_tags.js"
import { Toolbar } from "./toolbar.js"
import { offerUndo } from "./trash.js"

const language = document.documentElement.lang

export class SelectionBar {
  /** `selection` has the chosen images and their tiles; `data` has the texts of the page. */
  constructor(selection, data) {
    Object.assign(this, { selection, data })
    this.bar = document.getElementById("selection-bar")
    this.countLabel = document.getElementById("selection-count")
    this.sizeLabel = document.getElementById("selection-size")
    this.dialog = document.getElementById("delete-dialog")
    this.formats = document.getElementById("selection-formats")
    this.selectAll = this.bar.querySelector("[data-act=all]")
    this.favoriteButton = this.bar.querySelector("[data-act=favorite]")
    this.maxSize = Number(this.bar.dataset.most)
    this.tags = document.getElementById("selection-tags") && new SelectionTags(this)
    this.collections =
      document.getElementById("selection-collections") && new SelectionCollections(this)
    this.finals = document.getElementById("selection-finals") && new SelectionFinals(this)
    this.acts = null // what the page makes of images
    this.moves = new SelectionMoves(this)
    this.bar.querySelector("[data-act=clear]").hidden = false
    this.toolbar = new Toolbar(this.bar)
    this.#listen()
  }

  get keysMessage() {
    return this.bar.dataset.keys
  }

  get clearedMessage() {
    return this.bar.dataset.cleared
  }

  get ids() {
    return [...this.selection.chosen.keys()]
  }

  /** Do what the Delete key does: trash the selected images, or ask whether to delete them. */
  remove() {
    this.bar.querySelector("[data-act=trash], [data-act=delete]").click()
  }

  // --- what is shown --------------------------------------------------------------------------

  show() {
    this.#showCount()
    this.selectAll.hidden = !this.#canSelectMore()
    this.toolbar.update()
    if (this.sizeLabel)
      this.sizeLabel.textContent = this.selection.size ? `, ${this.#fileSize()}` : ""
    if (this.favoriteButton) this.#showFavorite()
  }

  #showCount() {
    const { size } = this.selection
    const wasOpen = "selected" in document.body.dataset
    document.body.toggleAttribute("data-selected", size > 0)
    const number = size.toLocaleString(language)
    const message = size ? this.bar.dataset.selected.replace("{count}", number) : ""
    // screen readers do not read a live region that was hidden
    if (message && !wasOpen) say(message)
    if (this.countLabel.textContent !== message) this.countLabel.textContent = message
  }

  /** Return whether all images of the page are selected and "Load more" would bring others. */
  #canSelectMore() {
    const { list, tiles, chosen, size } = this.selection
    const hasMore = list.querySelector("[data-load-more]") && size < this.maxSize
    const isAllOfPage =
      size === tiles.length && tiles.every((tile) => chosen.has(tile.dataset.image))
    return Boolean(hasMore && isAllOfPage)
  }

  #fileSize() {
    const bytes = [...this.selection.chosen.values()].reduce((sum, value) => sum + value, 0)
    return fileSize(bytes)
  }

  /** The favorite button removes from the favorites where all selected images are favorites. */
  #showFavorite() {
    const tiles = this.selection.chosenTiles
    const isOff =
      tiles.length > 0 && tiles.length === this.selection.size && tiles.every(isFavorite)
    const button = this.favoriteButton
    const label = isOff ? button.dataset.labelOff : button.dataset.labelOn
    button.value = isOff ? "0" : "1"
    button.toggleAttribute("data-on", isOff)
    button.setAttribute("aria-label", label)
    button.title = label
    button.querySelector(".selection-word").textContent = label
  }

  // --- what the user does ---------------------------------------------------------------------

  #listen() {
    for (const element of [this.bar, this.formats]) {
      element?.addEventListener("click", (event) => this.#clicked(event))
    }
    this.formats?.addEventListener("beforetoggle", () => {
      placeAbove(this.formats, this.bar.querySelector("[popovertarget]"))
    })
    this.dialog?.querySelector("[data-keep]").addEventListener("click", () => this.dialog.close())
    this.dialog?.querySelector("[data-sure]").addEventListener("click", () => {
      this.dialog.close()
      this.moves.deletePermanently(this.bar.querySelector("[data-act=delete]"))
    })
  }

  #clicked(event) {
    const button = event.target.closest("[data-act]")
    if (!button) return
    event.preventDefault()
    this.#act(button.dataset.act, button)
  }

  #act(action, button) {
    switch (action) {
      case "favorite":
        return this.#favorite(button)
      case "restore":
      case "trash":
        return this.moves.move(button)
      case "choose":
        return this.collections.open(button)
      case "finals":
        return this.finals.open(button)
      case "tags":
        return this.tags.open(button)
      case "uncollect":
        return this.moves.removeFromCollection(button)
      case "all":
        return this.#selectRest(button)
      case "delete":
        return this.dialog.showModal()
      case "download":
        return this.#download(button)
      case "clear":
        return this.selection.clear()
    }
  }

  /** Select also what the page does not show yet, up to the number that an action accepts. */
  async #selectRest(button) {
    if (button.getAttribute("aria-disabled") === "true") return
    const hadFocus = document.activeElement === button
    button.setAttribute("aria-disabled", "true")
    try {
      const isFull = await this.#selectPages()
      if (isFull) toast(this.bar.dataset.full)
    } catch (problem) {
      showFailure(problem, this.data)
    }
    button.removeAttribute("aria-disabled")
    this.selection.changed()
    if (hadFocus && button.hidden) this.toolbar.focus()
  }

  /** Select the images of all pages that follow; return whether some are left out. */
  async #selectPages() {
    const { chosen, list } = this.selection
    let more = list.querySelector("[data-load-more]")
    while (more && chosen.size < this.maxSize) {
      const answer = await part(new URL(more.getAttribute("href"), location.href).href)
      addControls(answer.fragment)
      for (const tile of answer.fragment.querySelectorAll("[data-image]")) {
        if (chosen.size < this.maxSize) chosen.set(tile.dataset.image, bytesOf(tile))
      }
      more = answer.fragment.querySelector("[data-load-more]")
      this.selection.changed()
    }
    return Boolean(more)
  }

  // --- favorites, download --------------------------------------------------------------------

  async #favorite(button) {
    const isOn = button.value === "1"
    const tiles = this.selection.chosenTiles
    const before = tiles.map(isFavorite)
    const address = button.form.action
    const show = (states) => {
      setFavorites(tiles, states)
      this.selection.changed()
    }
    try {
      const answer = await postSelection(address, this.ids, { favorite: isOn ? "1" : "0" })
      show(tiles.map(() => isOn))
      offerUndo(answer.message, this.data, async () => {
        await postSelection(address, answer.changed, { favorite: isOn ? "0" : "1" })
        show(before)
      })
    } catch (problem) {
      showFailure(problem, this.data)
    }
  }

  /** Ask first, so that a refusal is shown here; then the browser saves what a form posts. */
  async #download(button) {
    button.closest("[popover]")?.hidePopover()
    const fields = { ids: this.ids.join(","), as: button.value }
    try {
      await postSelection(this.bar.dataset.download, this.ids, { as: button.value })
    } catch (problem) {
      showFailure(problem, this.data)
      return
    }
    submitForm(this.bar.dataset.download, { ...fields, csrfmiddlewaretoken: csrfToken() })
    toast(this.bar.dataset.packing)
  }
}

function setFavorites(tiles, states) {
  for (const [index, tile] of tiles.entries()) {
    if (isFavorite(tile) === states[index]) continue
    const button = tile.querySelector("[data-favorite]")
    button.setAttribute("aria-pressed", String(states[index]))
    button.value = states[index] ? "0" : "1"
  }
}

/** Post a form without leaving the page: for answers that the browser saves as a file. */
function submitForm(action, fields) {
  const form = document.createElement("form")
  Object.assign(form, { method: "post", action, hidden: true })
  for (const [name, value] of Object.entries(fields)) {
    const input = document.createElement("input")
    Object.assign(input, { type: "hidden", name, value })
    form.append(input)
  }
  document.body.append(form)
  form.submit()
  form.remove()
}

function fileSize(bytes) {
  const isLarge = bytes >= 1e6
  const value = isLarge ? bytes / 1e6 : Math.max(1, Math.round(bytes / 1e3))
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: isLarge ? "megabyte" : "kilobyte",
    maximumFractionDigits: value < 10 ? 1 : 0,
  }).format(value)
}
