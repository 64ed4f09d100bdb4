/** The page of a comparison: its cards are updated live; cancel and retry in place. */

import { part } from "../artgen/js/http.js"
import { toast } from "../artgen/js/toasts.js"
import { showBalance } from "./js/balance.js"
import { wireCardButtons } from "./js/card_buttons.js"
import { Cards } from "./js/cards.js"
import { connect } from "./js/connection.js"
import { showFailure } from "./js/failures.js"
import { addControls } from "./js/image_controls.js"
import { isActive } from "./js/job_card.js"
import { ImageActs } from "./js/image_acts.js"
import { JoinedRuns } from "./js/joined_runs.js"
import { Lightbox } from "./js/lightbox.js"
import { wireTileKeys } from "./js/tile_keys.js"

const HEAD_AFTER = 600 // ms: jobs that end together change the head once

const data = document.getElementById("page-data").dataset
const page = document.getElementById("sheet")

// What is made of an image is shown in the lightbox only: the table has no place for it.
const beside = document.createElement("ul")
beside.hidden = true
page.append(beside)

let headTimer

/** Fetch the head, with its counts and the button that cancels the rest. */
async function showHead() {
  try {
    const { fragment } = await part(page.dataset.address)
    const fresh = fragment.querySelector("[data-sheet-head]")
    const old = page.querySelector("[data-sheet-head]")
    const hadFocus = old.contains(document.activeElement)
    old.replaceWith(fresh)
    if (hadFocus) fresh.querySelector("button, a[href]")?.focus()
  } catch {
    // Offline: the next change fetches it.
  }
}

function headSoon() {
  clearTimeout(headTimer)
  headTimer = setTimeout(showHead, HEAD_AFTER)
}

const cards = new Cards({ root: page, data, onEnded: headSoon })
wireCardButtons(page, data)

/** Fetch head and cards; keep how far the grid is scrolled. */
async function reload() {
  const answer = await part(page.dataset.address)
  showBalance(answer)
  const grid = page.querySelector("[data-sheet-grid]")
  const { scrollLeft, scrollTop } = grid
  page.replaceChildren(answer.fragment, beside)
  cards.enhance(page)
  for (const card of page.querySelectorAll("[data-job]")) {
    if (isActive(card)) cards.active.add(card.dataset.job)
  }
  page.querySelector("[data-sheet-grid]").scrollTo(scrollLeft, scrollTop)
}

async function retry(form, accepted = {}) {
  const button = form.querySelector("button")
  if (button.getAttribute("aria-disabled") === "true") return
  button.setAttribute("aria-disabled", "true")
  try {
    const body = new FormData(form)
    for (const [name, value] of Object.entries(accepted)) body.set(name, value)
    await part(form.action, { method: "POST", form: body })
    await reload()
    toast(data.queuedAgain, { key: "queued-again" })
  } catch (problem) {
    showFailure(problem, data, { accept: (more) => retry(form, more) })
  } finally {
    button.removeAttribute("aria-disabled")
  }
}

// Before the listener of the cards, which shows the new job of a retry in the feed.
page.addEventListener(
  "submit",
  (event) => {
    const form = event.target
    if ("retry" in form.dataset) {
      event.preventDefault()
      event.stopImmediatePropagation()
      retry(form)
    }
  },
  { capture: true },
)

page.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print()
})

const joined = new JoinedRuns({
  data,
  show: showBeside,
  changed: () => lightbox.refresh(),
})
const acts = new ImageActs(
  { ...data, create: page.dataset.create },
  {
    placed(runs, tile) {
      joined.add(runs, tile)
    },
  },
)
acts.watch(page)
wireTileKeys(page, { acts, zoom: (tile) => lightbox.open(tile, { isZoomed: true }) })
const lightbox = new Lightbox(document.getElementById("lightbox"), {
  list: page,
  acts,
  joined,
  remove: () => {},
  loadMore: async () => false,
})

async function showBeside({ id }) {
  try {
    const { fragment } = await part(`${data.runs}${id}/`)
    addControls(fragment)
    const tiles = [...fragment.querySelectorAll("[data-image]")]
    for (const tile of tiles) tile.dataset.joined = id
    for (const old of beside.querySelectorAll(`[data-joined="${id}"]`)) old.remove()
    beside.append(...tiles)
  } catch {
    // Their own pages show them.
  }
}

connect(joined.with(cards), data)
