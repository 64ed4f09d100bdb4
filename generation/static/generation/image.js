/**
 * The image page: keys, favorite, trash with undo, sharing, full view, copying, and what is made of
 * the image, which is shown below it. Only full view and copying need script.
 */

import { pressedOf, singleKeysAreOn } from "../artgen/js/shortcuts.js"
import { wireChipMenus } from "./js/chip_menus.js"
import { wireCardButtons } from "./js/card_buttons.js"
import { carryUndo, offerCarriedUndo } from "./js/carried_undo.js"
import { describe, formWith } from "./js/describe.js"
import { showFailure } from "./js/failures.js"
import { ImageActs } from "./js/image_acts.js"
import { ImageNote } from "./js/image_note.js"
import { ImageTags } from "./js/image_tags.js"
import { JoinedRuns } from "./js/joined_runs.js"
import { copyShareLink } from "./js/share_link.js"
import { refreshSharing, showCopies, wireSharing } from "./js/sharing.js"
import { offerUndo, post } from "./js/trash.js"
import { wireShareSheet } from "./js/share_sheet.js"
import { cameFrom } from "./js/way_back.js"
import { wireZoom } from "./js/zoom.js"

const stage = document.querySelector(".stage")
const data = { ...document.getElementById("page-data").dataset, ...stage.dataset }
const note = document.getElementById("trashed")
const trash = document.querySelector("[data-trash]")
const restore = document.querySelector("[data-restore]")
const fullScreen = document.getElementById("full-screen")

wireCardButtons(document.body, data)
offerCarriedUndo(data)
wireChipMenus()
showCopies(document)
wireShareSheet(document.body, data)
new ImageTags(document.getElementById("image-tags"), data)
new ImageNote(document.getElementById("image-note"), data)
wireZoom(document.querySelector(".frame"), document.getElementById("viewer"))

const describing = document.querySelector("[data-describe-image]")
if (describing) describing.hidden = false
describing?.addEventListener("click", async () => {
  const prompt = await describe(describing.dataset.describeImage, data)
  if (prompt !== null) location.assign(formWith(prompt, data))
})

const made = document.getElementById("made")
const joined = new JoinedRuns({ data, strip: made })
if (made.firstElementChild) joined.connect()
const acts = new ImageActs(data, {
  placed(runs, tile) {
    joined.add(runs, tile)
    joined.connect()
    made.scrollIntoView({ block: "nearest", inline: "nearest" })
  },
})

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event
  if (!("makes" in form.dataset) && submitter?.id !== "finish") return
  event.preventDefault()
  for (const menu of document.querySelectorAll(".chip-menu[open]")) menu.open = false
  if (submitter.id === "finish") acts.act("finish", stage)
  else acts.submit(form, submitter, stage)
})

/** Show whether the image is in the trash; move the focus to the action that is possible now. */
function show(isTrashed) {
  const hadFocus = [trash, restore].includes(document.activeElement)
  note.hidden = !isTrashed
  trash.hidden = isTrashed
  if (hadFocus) (isTrashed ? restore : trash).focus({ preventScroll: true })
}

async function move(isTrashed) {
  await post((isTrashed ? trash : restore).formAction)
  show(isTrashed)
  // The image is moved already. If this fails, the share page still shows the state.
  await refreshSharing(document.getElementById("share-open").href).catch(() => {})
}

/** After a move to the trash, show the image beside it, or the gallery, where it can be undone. */
function goOn() {
  const beside = ["next", "previous", "older", "newer"]
    .map((id) => document.getElementById(id))
    .find((link) => link)
  const target = beside?.href ?? data.gallery
  carryUndo({ restore: restore.formAction, page: location.pathname })
  showInstead(target)
}

for (const [button, isTrashed] of [
  [trash, true],
  [restore, false],
]) {
  button.addEventListener("click", async (event) => {
    event.preventDefault()
    try {
      await move(isTrashed)
      if (isTrashed) goOn()
      else offerUndo(data.restored, data, () => move(true).then(goOn))
    } catch (problem) {
      showFailure(problem, data)
    }
  })
}

// The dialog has the content of the share page; its forms are updated in place.
const shareDialog = document.getElementById("share-dialog")
const seen = document.getElementById("seen")
const showSeen = (fresh) =>
  seen.replaceChildren(...fresh.querySelector("[data-seen]").cloneNode(true).childNodes)
wireSharing(shareDialog, data, showSeen)

function share(button) {
  copyShareLink(location.pathname, data, {
    options: () => openSharing(button),
    changed(fresh) {
      document.getElementById("share").replaceWith(fresh)
      showCopies(fresh)
      showSeen(fresh)
    },
  })
}

function openSharing(opener) {
  opener.focus({ preventScroll: true }) // the dialog returns the focus here, also after its key
  shareDialog.showModal()
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-share-open]")
  if (opener && isPlain(event)) {
    event.preventDefault()
    if (opener.id === "share-open" && navigator.clipboard) share(opener)
    else openSharing(opener)
  } else if (event.target === shareDialog || event.target.closest("[data-share-close]"))
    shareDialog.close()
})
shareDialog.addEventListener("focusin", (event) => {
  if (event.target.id === "share-address") event.target.select()
})

if (document.fullscreenEnabled) {
  fullScreen.hidden = false
  fullScreen.addEventListener("click", toggleFullScreen)
  document.addEventListener("fullscreenchange", () => {
    fullScreen.setAttribute("aria-pressed", String(document.fullscreenElement === stage))
  })
}

function toggleFullScreen() {
  if (document.fullscreenElement) document.exitFullscreen()
  else stage.requestFullscreen()
}

// Moving between variants replaces the page, so that Back leads to the page that opened the first.
const before = JSON.parse(sessionStorage.getItem("image-before"))
sessionStorage.removeItem("image-before")
const leadsBack =
  history.state?.leadsBack ??
  (before?.next === location.pathname
    ? before.leadsBack
    : Boolean(cameFrom() || history.state?.lightbox))
history.replaceState({ ...history.state, leadsBack }, "")

// A reloaded address of the lightbox shares its document with the feed's: the browser only changes
// the address when it goes back there.
const shownPath = location.pathname
window.addEventListener("popstate", () => {
  if (location.pathname !== shownPath) location.reload()
})

for (const link of document.querySelectorAll(
  ".filmstrip-item, .stage-step, .stage-beside, .viewer-step",
)) {
  link.addEventListener("click", (event) => {
    if (!isPlain(event)) return
    event.preventDefault()
    showInstead(link.href)
  })
}

function showInstead(address) {
  const next = new URL(address, location.href).pathname
  sessionStorage.setItem("image-before", JSON.stringify({ next, leadsBack }))
  location.replace(address)
}

document.getElementById("back").addEventListener("click", (event) => {
  if (!isPlain(event) || !leadsBack || history.length < 2) return
  event.preventDefault()
  history.back()
})

function isPlain(event) {
  return !(event.ctrlKey || event.metaKey || event.shiftKey)
}

// Shortcut → id of the element that it presses.
const PRESSES = {
  previous: "previous",
  next: "next",
  newer: "newer",
  older: "older",
  favorite: "favorite",
  share: "share-open",
  compare: "compare",
  compare_source: "compare-source",
  vary: "vary",
  vary_strong: "vary-strong",
  upscale: "upscale",
  finish: "finish",
  edit_area: "edit-area",
  reuse: "reuse",
  trash: "move-to-trash",
  back: "back",
}

const MOVES = new Set(["previous", "next", "newer", "older"])

document.addEventListener("keydown", (event) => {
  // Speech input triggers single keys by accident (WCAG 2.1.4): also the arrow keys can be turned off.
  if (!singleKeysAreOn() || event.defaultPrevented || document.querySelector("dialog[open]")) return
  if (event.target.closest?.("input, textarea, select, [popover]")) return
  const name = pressedOf(event, Object.keys(PRESSES))
  const element = document.getElementById(PRESSES[name])
  if (!element || element.hidden || (name === "back" && document.fullscreenElement)) return
  event.preventDefault()
  if (!event.repeat || MOVES.has(name)) element.click()
})
