/** The page of one job: its card is alive. */

import { part } from "../artgen/js/http.js"
import { Cards } from "./js/cards.js"
import { connect } from "./js/line.js"
import { wirePictures } from "./js/pictures.js"

const data = document.getElementById("page-data").dataset
const root = document.querySelector(".job-picture")
const first = root.querySelector("[data-job]").dataset.status

let drawn = first

// Its end has a new line of history and of the receipt. They are put in where they belong: a reload would undo the press of
// a link that is just being followed.
async function drawEnd() {
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
    if (!now || now === drawn || !["succeeded", "failed", "canceled"].includes(now)) return
    drawn = now
    drawEnd().catch(() => {})
  },
  onEnded: () => cards.onChange(),
})
wirePictures(root, data)
if (cards.active.size) connect(cards, data)
