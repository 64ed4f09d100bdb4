/** The data page: updates the progress of the export. */

import { part } from "../artgen/js/http.js"
import { say } from "../artgen/js/status.js"

const POLL_INTERVAL = 2_000 // ms

async function poll() {
  try {
    const { ok, fragment } = await part(location.pathname)
    const now = fragment.querySelector("#export")
    if (ok && now) {
      document.getElementById("export").replaceWith(now)
      if (!("running" in now.dataset)) {
        document.getElementById("export-ask").hidden = false
        say(now.dataset.ready)
        return
      }
    }
  } catch (problem) {
    if (problem.status === 401) return
  }
  pollLater()
}

/** Poll again later; a hidden page polls when it becomes visible. */
function pollLater() {
  setTimeout(() => {
    if (!document.hidden) poll()
    else document.addEventListener("visibilitychange", poll, { once: true })
  }, POLL_INTERVAL)
}

if ("running" in document.getElementById("export").dataset) pollLater()
