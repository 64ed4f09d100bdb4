/** The page "Connect": shows what arrives, and hands the token to the API reader. */

import { keepUpdated } from "../accounts/js/part_updates.js"
import { say } from "../artgen/js/status.js"

const UPDATE_TIME = 600_000 // ms; then the page has been forgotten
const TOKEN = "token for the reader"
const opened = Date.now()
const shown = document.getElementById("arrivals")

function arrivals(root) {
  return [...root.querySelectorAll("[data-arrival]")].map((row) => row.dataset.arrival)
}

keepUpdated("arrivals", {
  interval: 3_000,
  address: shown.dataset.address, // that of a page with a new token may be another one
  again: () => Date.now() - opened < UPDATE_TIME,
  updated: (now, before) => {
    const known = arrivals(before)
    if (arrivals(now).some((arrival) => !known.includes(arrival))) say(now.dataset.said)
  },
})
document.querySelector("[data-refresh]").hidden = true
for (const link of document.querySelectorAll("[data-reader]"))
  link.addEventListener("click", () => {
    // The new tab begins with a copy of this storage.
    sessionStorage.setItem(TOKEN, document.getElementById(link.dataset.reader).textContent.trim())
    setTimeout(() => sessionStorage.removeItem(TOKEN), 1_000)
  })
