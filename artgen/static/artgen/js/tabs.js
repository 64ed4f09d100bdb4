/** A row of tabs that is wider than the screen, as on phones. */

/** Scrolls the current tab into the middle of its row. */
export function showCurrentTab() {
  const tab = document.querySelector(".page-tabs [aria-current]")
  if (!tab) return
  const row = tab.parentElement
  const [inner, outer] = [tab.getBoundingClientRect(), row.getBoundingClientRect()]
  row.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2
}
