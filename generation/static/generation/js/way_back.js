/** The way back from a page above another one: to where it was opened, else where its link leads. */

const PAGES = /^\/(gallery|create|sheets|compare|explore|images|jobs|account)\//

/** Return the path of the page of this site that led here, "" if none did. */
export function cameFrom() {
  const { referrer } = document
  const path = referrer.startsWith(`${location.origin}/`) ? new URL(referrer).pathname : ""
  // From itself: its language was changed.
  return PAGES.test(path) && path !== location.pathname ? path : ""
}

/** Let `link` and Escape lead back. */
export function wireWayBack(link) {
  link.addEventListener("click", (event) => {
    const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey)
    if (!isPlain || !cameFrom() || history.length < 2) return
    event.preventDefault()
    history.back()
  })
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return
    if (document.querySelector(":popover-open, dialog[open]")) return
    link.click()
  })
}
