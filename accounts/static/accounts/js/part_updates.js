/** Keeps one element of the page up to date by fetching the page again. */

import { part } from "../../artgen/js/http.js"

/**
 * Replace the element with this id by that of `address` each `interval` ms, as long as `again` of
 * the element is true, and call `updated` with the new and the old one. A hidden page waits.
 */
export function keepUpdated(
  id,
  { interval, again, updated = () => {}, address = location.pathname },
) {
  async function poll() {
    try {
      const { fragment } = await part(address)
      const now = fragment.querySelector(`#${id}`)
      if (now) {
        const before = document.getElementById(id)
        before.replaceWith(now)
        updated(now, before)
      }
    } catch (problem) {
      if (problem.status === 401) return
    }
    pollLater()
  }

  function pollLater() {
    if (!again(document.getElementById(id))) return
    setTimeout(() => {
      if (!document.hidden) poll()
      else document.addEventListener("visibilitychange", poll, { once: true })
    }, interval)
  }

  pollLater()
}
