/** The page of one job: its card is alive. */

import { Cards } from "./js/cards.js"
import { connect } from "./js/line.js"
import { wirePictures } from "./js/pictures.js"

const data = document.getElementById("page-data").dataset
const root = document.querySelector(".job-picture")
const first = root.querySelector("[data-job]").dataset.status

// A new status has a new line of history and of the receipt: the page is drawn anew, from the top of what it knows.
const cards = new Cards({
  root,
  data,
  onChange: () => {
    const now = root.querySelector("[data-job]")?.dataset.status
    if (now && now !== first && ["succeeded", "failed", "canceled"].includes(now)) location.reload()
  },
})
wirePictures(root, data)
if (cards.active.size) connect(cards, data)
