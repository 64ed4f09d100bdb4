/**
 * Actions of the selection bar after which the images leave the page: trash, restore, delete,
 * remove from a collection.
 */

import { say } from "../../artgen/js/status.js"
import { toast } from "../../artgen/js/toasts.js"
import { add, countMoved, countShown } from "./counts.js"
import { showFailure } from "./failures.js"
import { RemovedTiles } from "./removed_tiles.js"
import { postSelection } from "./selection_requests.js"
import { confirmed, offerUndo } from "./trash.js"

export class SelectionMoves {
  /** `bar` is the selection bar, with the selection and its ids. */
  constructor(bar) {
    this.bar = bar
  }

  /** Move the selected images to the trash or out of it, with one undo for all. */
  async move(button) {
    const isTrash = button.dataset.act === "trash"
    const sign = isTrash ? -1 : 1
    const result = await this.#take(button, (answer) => confirmed(answer))
    if (!result) return
    const { removed, elsewhere } = result
    recount(removed.tiles, sign, elsewhere)
    this.#showRemoved(result)
    this.#offerPutBack(result, {
      address: this.bar.bar.dataset[isTrash ? "restore" : "trash"],
      recountBack: () => recount(removed.tiles, -sign, elsewhere),
    })
  }

  /** Remove the selected images from the collection of the page. */
  async removeFromCollection(button) {
    const fields = { collection: button.value }
    const result = await this.#take(button, (answer) => confirmed(answer), fields)
    if (!result) return
    this.#showRemoved(result)
    this.#offerPutBack(result, { address: this.bar.bar.dataset.collect, fields })
  }

  /** Delete the selected images of the trash, which has no undo. */
  async deletePermanently(button) {
    const result = await this.#take(button, (answer) => answer, { sure: "1" })
    if (!result) return
    add("trashed", -result.answer.changed.length)
    this.#showRemoved(result)
    toast(result.answer.message)
    say(result.answer.message)
  }

  /**
   * Remove the selected tiles from the page and post their ids to the button's address.
   * Return {answer, removed, elsewhere: number of images that the page did not show}; put the tiles
   * back, complain and return null where it failed.
   */
  async #take(button, wait, fields = {}) {
    const address = button.getAttribute("formaction") ?? button.form.action
    const ids = this.bar.ids
    const removed = new RemovedTiles(this.bar.selection.chosenTiles)
    this.bar.selection.clear({ focus: false })
    removed.next?.querySelector(".card-link")?.focus({ preventScroll: true })
    try {
      const answer = await wait(postSelection(address, ids, fields))
      const elsewhere = Math.max(0, answer.changed.length - removed.tiles.length)
      return { answer, removed, elsewhere }
    } catch (problem) {
      removed.putBack()
      // The next refresh of the selection reads the ticks.
      for (const tile of removed.tiles) tile.querySelector(".tick").checked = true
      this.bar.selection.changed()
      showFailure(problem, this.bar.data)
      return null
    }
  }

  #showRemoved({ removed, elsewhere }) {
    removed.count(-1)
    countShown(-elsewhere, null) // counted as found, but of months that are not on the page
    const { list, tiles } = this.bar.selection
    if (!tiles.length) list.querySelector("[data-load-more]")?.click()
  }

  /**
   * Offer an undo that posts to `address` and puts the tiles back; `recountBack()` corrects the
   * counts.
   */
  #offerPutBack({ answer, removed, elsewhere }, { address, fields = {}, recountBack = () => {} }) {
    offerUndo(answer.message, this.bar.data, async () => {
      await postSelection(address, answer.changed, fields)
      if (elsewhere) {
        location.reload() // images that the page did not show have no place to go back to
        return
      }
      removed.putBack()
      removed.count(1)
      recountBack()
      removed.tiles[0]?.querySelector(".card-link").focus({ preventScroll: true })
    })
  }
}

/**
 * Count images that moved into the gallery (1) or into the trash (-1); `others` are not on the
 * page.
 */
function recount(tiles, sign, others) {
  for (const tile of tiles) countMoved(sign, tile)
  add("kept", sign * others)
  add("trashed", -sign * others)
}
