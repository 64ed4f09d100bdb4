/** Move one image to the trash or out of it: its tile leaves the page, and an undo puts it back. */

import { countMoved, countShown } from "./counts.js"
import { showFailure } from "./failures.js"
import { confirmed, offerUndo, post } from "./trash.js"

/**
 * Move the image of this button's tile. `data` has the texts of the page; `selection` may be null;
 * `onBack(tile)` is called after the tile was put back.
 */
export async function moveTile(button, data, { selection, onBack = () => {} }) {
  const tile = button.closest("li")
  const place = document.createComment("")
  const month = tile.closest(".month")
  const isTrash = "trash" in button.dataset
  const address = button.formAction
  const neighbor = neighborOf(tile)
  const wasSelected = selection?.drop(tile)
  tile.replaceWith(place)
  neighbor?.querySelector(".card-link").focus({ preventScroll: true })
  const putBack = () => {
    place.replaceWith(tile)
    onBack(tile)
  }
  try {
    await confirmed(post(address))
  } catch (problem) {
    // The next refresh of the selection reads the tick.
    if (wasSelected) tile.querySelector(".tick").checked = true
    putBack()
    selection?.refresh()
    showFailure(problem, data)
    return
  }
  countMoved(isTrash ? -1 : 1, tile)
  countShown(-1, month)
  offerUndo(isTrash ? data.trashed : data.restored, data, async () => {
    await post(address.replace(/(trash|restore)\/$/, isTrash ? "restore/" : "trash/"))
    countMoved(isTrash ? 1 : -1, tile)
    countShown(1, month)
    putBack()
    tile.querySelector(".card-link").focus({ preventScroll: true })
  })
}

/** Return the image that follows on the page, or else the one before, or null. */
function neighborOf(tile) {
  const tiles = [
    ...document.querySelectorAll("[data-selectable] li:not([data-behind]):has(> .card .card-link)"),
  ]
  const index = tiles.indexOf(tile)
  return tiles[index + 1] ?? tiles[index - 1] ?? null
}
