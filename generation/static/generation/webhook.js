/** The page of a webhook: updates the log while something is being sent. */

import { part } from "../artgen/js/http.js"

const POLL_INTERVAL = 1_000 // ms
const POLLS = 60 // then only a reload shows more

let polls = 0

async function poll() {
  polls += 1
  try {
    const { ok, fragment } = await part(location.pathname)
    const now = fragment.querySelector("#webhook-log")
    if (ok && now) document.getElementById("webhook-log").replaceWith(now)
  } catch (problem) {
    if (problem.status === 401) return
  }
  pollLater()
}

/** Poll again later; a hidden page polls when it becomes visible. */
function pollLater() {
  if (!("running" in document.getElementById("webhook-log").dataset) || polls >= POLLS) return
  setTimeout(() => {
    if (!document.hidden) poll()
    else document.addEventListener("visibilitychange", poll, { once: true })
  }, POLL_INTERVAL)
}

pollLater()
