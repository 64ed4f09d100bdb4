/**
 * The create page: composer, live feed, and on phones a dock that leads from the feed to the
 * composer.
 */

import { say } from "../artgen/js/status.js"
import { toast } from "../artgen/js/toasts.js"
import { plural } from "../artgen/js/words.js"
import { Cards } from "./js/cards.js"
import { runsOf } from "./js/days.js"
import { Dismissals } from "./js/dismissals.js"
import { wireDock } from "./js/dock.js"
import { wireCompareLink } from "./js/compare_link.js"
import { Composer } from "./js/composer.js"
import { Endless } from "./js/endless.js"
import { takeOfflineDrafts } from "./js/offline_drafts.js"
import { pendingRun } from "./js/pending_run.js"
import { connect } from "./js/connection.js"
import { wireCardButtons } from "./js/card_buttons.js"
import { foldFailures } from "./js/failure_lines.js"
import { receiveShared } from "./js/shared_in.js"
import { ImageActs } from "./js/image_acts.js"
import { addControls } from "./js/image_controls.js"
import { JoinedRuns } from "./js/joined_runs.js"
import { Lightbox } from "./js/lightbox.js"
import { moveTile } from "./js/move_tile.js"
import { RunStops } from "./js/run_stops.js"
import { addRunTools, showWholeHeads } from "./js/run_tools.js"
import { requireSharedPart } from "./js/shared_part.js"
import { wireSelection } from "./js/selection.js"
import { wireTileKeys } from "./js/tile_keys.js"
import { Notifier } from "./js/notifications.js"

requireSharedPart()
const data = {
  ...document.getElementById("page-data").dataset,
  ...document.getElementById("create-texts").dataset,
  ...document.getElementById("create-data").dataset,
}
const feed = document.getElementById("feed")
const side = document.getElementById("composer-side")
const phone = matchMedia("(max-width: 760px)")
let composer = null
const notifier = new Notifier({ data, button: document.getElementById("notify") })

/** Make what runs and images below `root` have besides what the server sends. */
function complete(root) {
  addControls(root)
  addRunTools(root, data)
}

function showActive(count) {
  const tag = document.getElementById("active-count")
  if (tag) {
    tag.textContent = plural("active", count)
    tag.hidden = count === 0
  }
  notifier.show(count)
}

complete(feed)
showWholeHeads(feed)
foldFailures(feed)
// Selecting first: while selecting, a click on an image selects it and opens nothing.
const selection = wireSelection(feed, data, { stops: new RunStops(feed) })
const joined = new JoinedRuns({
  data,
  changed: () => lightbox.refresh(),
})
const acts = new ImageActs(data, {
  placed(runs, tile) {
    const show = () => runs[0].scrollIntoView({ block: "start" })
    joined.add(runs, tile, { label: data.show, run: show })
    for (const run of runs)
      cards.insertRun(run, { above: takesNew ? null : tile.closest("[data-run]") })
  },
  reuse: (id) => reuse(new URLSearchParams({ image: id })),
  model: () => composer?.form.elements.model.value ?? "",
  write: (prompt) => composer.replacePrompt(prompt),
})
selection.bar.acts = acts
const lightbox = new Lightbox(document.getElementById("lightbox"), {
  list: feed,
  acts,
  joined,
  remove: trash,
  loadMore: () => endless.load(),
})
wireTileKeys(feed, { selection, remove: trash, zoom, acts })
acts.watch(feed)

function zoom(tile) {
  lightbox.open(tile, { isZoomed: true })
}

/** Put the parameters of a link into the form. */
async function reuse(query) {
  if (!composer) return location.assign(`${data.create}?${query}`)
  if (phone.matches) scrollTo({ top: 0 })
  await composer.use(query)
}

/** Move the image of this trash button to the trash. */
function trash(button) {
  moveTile(button, data, { selection, onBack: (tile) => lightbox.shownAgain(tile) })
}

feed.addEventListener("click", (event) => {
  const button = event.target.closest("[data-trash]")
  const ofRun = event.target.closest("[data-select-run]")
  if (button) {
    event.preventDefault()
    trash(button)
  } else if (ofRun) {
    ofRun.closest("[popover]")?.hidePopover()
    selection.select([...ofRun.closest("[data-run]").querySelectorAll("[data-image]")])
  }
})

// New runs belong on the first page, not on older pages or in the list of finished images.
const takesNew = !("older" in feed.dataset) && feed.dataset.show !== "done"
const cards = new Cards({
  root: feed,
  data,
  runs: takesNew ? document.getElementById("runs") : null,
  onChange: showActive,
  onEnded: (card) => {
    notifier.ended(card)
    lightbox.refresh()
  },
})
new Dismissals(feed, data)
wireCardButtons(feed, data)
wireCompareLink(side, data.user)
showActive(cards.active.size)

if (document.getElementById("composer")) {
  composer = new Composer({
    side,
    data,
    onPlacing: (draft) => {
      if (!takesNew) return
      const frame = pendingRun(side, draft)
      cards.showPlaceholder(frame)
      if (phone.matches) {
        // On phones the page scrolls to the feed, so the focus moves there as well.
        frame.focus({ preventScroll: true })
        frame.scrollIntoView({ behavior: "smooth", block: "start" })
      } else scrollTo({ top: 0, behavior: "smooth" })
    },
    onRefused: () => cards.replacePlaceholder(null),
    onPlaced: (runs) => {
      if (!takesNew) {
        location.assign(data.create)
        return
      }
      const [newest, ...others] = runs
      cards.replacePlaceholder(newest)
      for (const run of others) cards.insertRun(run)
      if (others.length) offerCancel(runs)
      say(document.getElementById("active-count")?.textContent)
    },
  })
  feed.addEventListener("click", (event) => {
    const use = event.target.closest("[data-use]")
    const example = event.target.closest("[data-example]")
    const source = event.target.closest("[data-source-of]")
    if (source) {
      if (phone.matches) scrollTo({ top: 0 })
      composer.useSource(source.dataset.sourceOf)
      return
    }
    if (!use && !example) return
    if (event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    if (phone.matches) scrollTo({ top: 0 })
    if (example) {
      composer.setPrompt(example.dataset.example)
    } else {
      use.closest("[popover]")?.hidePopover()
      composer.use(new URL(use.href).searchParams)
    }
  })
  wireDock(feed, composer)
  takeWaiting(composer)
}

/** Offer to cancel all runs of a list. */
function offerCancel(runs) {
  const run = () => joined.cancel(...runs.map(({ dataset }) => dataset.run))
  toast(plural("list_sent", runs.length), { key: "made", action: { label: data.stopRun, run } })
}

/** Put into the form what waits for it in this browser, after the draft is back. */
async function takeWaiting(composer) {
  await composer.restored
  composer.takeOffline(takeOfflineDrafts(data.user))
  await receiveShared(composer, data)
}

/** Append the days of an older page; the first may continue the last day of this page. */
function append(older) {
  complete(older)
  cards.enhance(older)
  for (const head of older.querySelectorAll(".feed-head")) {
    const heading = head.querySelector(".heading")
    const runs = head.nextElementSibling
    const known = [...feed.querySelectorAll(".feed-head .heading")].at(-1)
    if (heading.dataset.day === known.dataset.day) {
      runsOf(feed, heading.dataset.day).append(...runs.children)
      continue
    }
    const second = document.createElement("h2")
    Object.assign(second, { className: "heading", textContent: heading.textContent })
    second.dataset.day = heading.dataset.day
    head.replaceChildren(second)
    runs.removeAttribute("id")
    feed.append(head, runs)
  }
  feed.append(...older.querySelectorAll(".pagination"))
  selection.refresh()
}

const endless = new Endless(feed, append)
connect(joined.with(cards), data)
