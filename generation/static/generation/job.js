/** The job page: its card is updated live. */

import { part } from "../artgen/js/http.js"
import { Cards } from "./js/cards.js"
import { connect } from "./js/connection.js"
import { wireCardButtons } from "./js/card_buttons.js"

const data = document.getElementById("page-data").dataset
const root = document.querySelector(".job-image")
const first = root.querySelector("[data-job]").dataset.status

let shownStatus = first

// When the job ends, update its log and cost in place: a reload would cancel a navigation that has
// just begun.
async function showEnd() {
  const fresh = (await part(location.href)).fragment.querySelector(".job-page .stack")
  const stack = document.querySelector(".job-page .stack")
  if (!fresh) return
  for (const section of stack.querySelectorAll(":scope > section")) section.remove()
  stack.append(...fresh.querySelectorAll(":scope > section"))
  const download = fresh.querySelector(".job-actions [download]")
  if (download && !stack.querySelector(".job-actions [download]"))
    stack.querySelector(".job-actions").append(download)
}

const cards = new Cards({
  root,
  data,
  onChange: () => {
    const now = root.querySelector("[data-job]")?.dataset.status
    if (!now || now === shownStatus || !["succeeded", "failed", "canceled"].includes(now)) return
    shownStatus = now
    showEnd().catch(() => {})
  },
  onEnded: () => cards.onChange(),
})
wireCardButtons(root, data)
if (cards.active.size) connect(cards, data)
