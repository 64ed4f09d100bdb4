/**
 * Keys on the image that has the focus: mark it as a favorite, select it, move it to the trash; a
 * closed stack is selected and moved as a whole. They act on a focused image only, so speech input
 * cannot trigger them elsewhere.
 */

import { pressed } from "../../artgen/js/shortcuts.js"
import { imagesOf } from "./stacks.js"

/** `selection` may be null; `remove(button)` moves the image of a trash button. */
export function wireTileKeys(list, { selection, remove }) {
  list.addEventListener("keydown", (event) => {
    const tile = event.target.matches(".card-link, .tick") && event.target.closest("li")
    if (!tile || event.defaultPrevented) return
    const act = actionOf(event, tile, { selection, remove })
    if (!act) return
    event.preventDefault()
    act()
  })
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
  if (pressed(event, "select") && event.key !== " ") return clickOf(tile.querySelector(".tick"))
  const button = tile.querySelector("[data-trash]")
  if (isTrash && button) return () => remove(button)
  return null
}

function clickOf(element) {
  return element && (() => element.click())
}
