/** Keep the numbers of pictures beside the grid true while pictures move. */

/** `change` pictures came to the gallery, as many left the trash; the tile tells whether it is a favorite. */
export function countMoved(change, tile) {
  add("kept", change)
  add("trashed", -change)
  if (isFavorite(tile)) add("favorites", change)
}

/** Hearts were pressed: what a MutationObserver of `aria-pressed` has seen. */
export function countFavorites(changes) {
  for (const { target } of changes) if (target.isConnected) add("favorites", isPressed(target) ? 1 : -1)
}

export function add(name, change) {
  const element = document.querySelector(`[data-count="${name}"]`)
  if (!element || !change) return
  element.dataset.value = Math.max(0, Number(element.dataset.value) + change)
  element.textContent = Number(element.dataset.value).toLocaleString(document.documentElement.lang)
}

export function isFavorite(tile) {
  const heart = tile?.querySelector("[data-favorite]")
  return Boolean(heart) && isPressed(heart)
}

function isPressed(heart) {
  return heart.getAttribute("aria-pressed") === "true"
}
