/**
 * Keys on the image that has the focus: mark it as a favorite, select it, move it to the trash; a
 * closed stack is selected and moved as a whole. They act on a focused image only, so speech input
 * cannot trigger them elsewhere.
 */

import { pressed, pressedOf } from "../../artgen/js/shortcuts.js"
import { ACTS } from "./image_acts.js"
import { imagesOf } from "./stacks.js"

/**
 * `selection`, `acts` and `remove` may be null; `remove(button)` moves the image of a trash button,
 * `zoom(tile)` shows an image enlarged.
 */
export function wireTileKeys(list, { selection = null, remove = null, zoom, acts = null }) {
  list.addEventListener("keydown", (event) => {
    const tile = event.target.matches(".card-link, .tick") && event.target.closest("li")
    if (!tile || event.defaultPrevented) return
    const act =
      imageActOf(event, tile, { selection, zoom, acts }) ??
      actionOf(event, tile, { selection, remove })
    if (!act) return
    event.preventDefault()
    if (!event.repeat) act()
  })
}

/** Return what is done with one image that can be used; null for other keys. */
function imageActOf(event, tile, { selection, zoom, acts }) {
  if (!acts || selection?.size || !tile.dataset.image || imagesOf(tile).length > 1) return null
  const name = pressedOf(event, ACTS)
  if (name) return () => acts.act(name, tile)
  if (pressed(event, "share")) return () => acts.share(tile)
  return pressed(event, "open_full_view") ? () => zoom(tile) : null
}

function actionOf(event, tile, { selection, remove }) {
  const images = imagesOf(tile)
  const isTrash = pressed(event, "trash") && !selection?.size
  if (images.length > 1 && isTrash) {
    return () => {
      selection.select(images)
      selection.bar.remove()
    }
  }
  if (pressed(event, "favorite") && images.length === 1)
    return clickOf(tile.querySelector("[data-favorite]"))
  // Space presses the checkbox itself; on the link the selection has handled both keys.
  if (selection && pressed(event, "select") && event.key !== " ")
    return clickOf(tile.querySelector(".tick"))
  const button = tile.querySelector("[data-trash]")
  if (isTrash && button && remove) return () => remove(button)
  return null
}

function clickOf(element) {
  return element && (() => element.click())
}
