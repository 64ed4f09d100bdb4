/** Show a trial of a model live: load its part of the page until the job has ended. */

const INTERVAL = 1000 // ms
const target = document.getElementById("trial")

async function refresh() {
  if (target.querySelector("[data-final]")) return
  try {
    if (!document.hidden) {
      const answer = await fetch(location.href, { headers: { "X-Part": "1" } })
      if (answer.ok && !answer.redirected) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html")
        target.replaceChildren(...page.body.childNodes)
      }
    }
  } catch {
    // offline: the next request may succeed
  }
  setTimeout(refresh, INTERVAL)
}

setTimeout(refresh, INTERVAL)
