/** The page "Connect": copies settings, shows what arrives, and hands the token to the API reader. */

import { wireCopyButtons } from "../accounts/js/copy_buttons.js"
import { part } from "../artgen/js/http.js"
import { say } from "../artgen/js/status.js"

const POLL_INTERVAL = 3_000 // ms
const POLL_TIME = 600_000 // ms; then the page has been forgotten
const opened = Date.now()

function arrivals(root) {
  return [...root.querySelectorAll("[data-arrival]")].map((row) => row.dataset.arrival)
}

async function poll() {
  const shown = document.getElementById("arrivals")
  try {
    const { ok, fragment } = await part(shown.dataset.address)
    const fresh = fragment.querySelector("#arrivals")
    if (ok && fresh) {
      const before = arrivals(shown)
      shown.replaceWith(fresh)
      if (arrivals(fresh).some((arrival) => !before.includes(arrival))) say(fresh.dataset.said)
    }
  } catch (problem) {
    if (problem.status === 401) return
  }
  pollLater()
}

/** Poll again later; a hidden page polls when it becomes visible. */
function pollLater() {
  setTimeout(() => {
    if (Date.now() - opened > POLL_TIME) return
    if (!document.hidden) poll()
    else document.addEventListener("visibilitychange", poll, { once: true })
  }, POLL_INTERVAL)
}

wireCopyButtons()
document.querySelector("[data-refresh]").hidden = true
for (const link of document.querySelectorAll("[data-reader]"))
  link.addEventListener("click", () => {
    const token = document.getElementById(link.dataset.reader).textContent.trim()
    sessionStorage.setItem("token for the reader", token) // which takes it out at once
  })
pollLater()
