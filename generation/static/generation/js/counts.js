/** Update the counts beside and above the grid when images are moved. */

import { plural } from "../../artgen/js/words.js"

/**
 * Count `change` images into the gallery and out of the trash; the tile shows whether it is a
 * favorite.
 */
export function countMoved(change, tile) {
  add("kept", change)
  add("trashed", -change)
  if (isFavorite(tile)) add("favorites", change)
}

/** Count `change` images of this month as shown, or as no longer shown. */
export function countShown(change, month) {
  write(month?.querySelector(".month-count"), change, (count) => plural("pictures", count))
  write(document.querySelector(".found[data-value]"), change, (count) =>
    plural("found", count, { shown: plural("pictures", count) }),
  )
}

/** Count favorites from the changes that a MutationObserver of `aria-pressed` reports. */
export function countFavorites(changes) {
  for (const { target } of changes)
    if (target.isConnected) add("favorites", isPressed(target) ? 1 : -1)
}

export function add(name, change) {
  write(document.querySelector(`[data-count="${name}"]`), change, (count) =>
    count.toLocaleString(document.documentElement.lang),
  )
}

function write(element, change, format) {
  if (!element || !change) return
  const count = Math.max(0, Number(element.dataset.value) + change)
  element.dataset.value = count
  element.textContent = format(count)
}

export function isFavorite(tile) {
  const heart = tile?.querySelector("[data-favorite]")
  return Boolean(heart) && isPressed(heart)
}

function isPressed(heart) {
  return heart.getAttribute("aria-pressed") === "true"
}
