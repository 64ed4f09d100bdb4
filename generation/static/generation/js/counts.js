/** Keep the numbers of pictures beside and above the grid true while pictures move. */

import { plural } from "../../artgen/js/words.js"

/** `change` pictures came to the gallery, as many left the trash; the tile tells whether it is a favorite. */
export function countMoved(change, tile) {
  add("kept", change)
  add("trashed", -change)
  if (isFavorite(tile)) add("favorites", change)
}

/** `change` pictures of this month came to what the page shows, or left it. */
export function countShown(change, month) {
  write(month?.querySelector(".month-count"), change, (count) => plural("pictures", count))
  write(document.querySelector(".found[data-value]"), change, (count) =>
    plural("found", count, { shown: plural("pictures", count) }),
  )
}

/** Hearts were pressed: what a MutationObserver of `aria-pressed` has seen. */
export function countFavorites(changes) {
  for (const { target } of changes)
    if (target.isConnected) add("favorites", isPressed(target) ? 1 : -1)
}

export function add(name, change) {
  write(document.querySelector(`[data-count="${name}"]`), change, (count) =>
    count.toLocaleString(document.documentElement.lang),
  )
}

function write(element, change, told) {
  if (!element || !change) return
  const count = Math.max(0, Number(element.dataset.value) + change)
  element.dataset.value = count
  element.textContent = told(count)
}

export function isFavorite(tile) {
  const heart = tile?.querySelector("[data-favorite]")
  return Boolean(heart) && isPressed(heart)
}

function isPressed(heart) {
  return heart.getAttribute("aria-pressed") === "true"
}
