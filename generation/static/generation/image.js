/**
 * The image page: keys, favorite, trash with undo, sharing, full view, copying. Only the last two
 * need script.
 */

import { wireChipMenus } from "./js/chip_menus.js"
import { wireCardButtons } from "./js/card_buttons.js"
import { refreshSharing, showCopies, wireSharing } from "./js/sharing.js"
import { showFailure, offerUndo, post } from "./js/trash.js"
import { wireZoom } from "./js/zoom.js"

const data = document.getElementById("page-data").dataset
const stage = document.querySelector(".stage")
const note = document.getElementById("trashed")
const trash = document.querySelector("[data-trash]")
const restore = document.querySelector("[data-restore]")
const fullScreen = document.getElementById("full-screen")
const keys = document.getElementById("keys")
const toggle = keys.querySelector("[role=switch]")

wireCardButtons(document.body, data)
wireChipMenus()
showCopies(document)
wireZoom(document.querySelector(".frame"), document.getElementById("viewer"), keysAreOn)

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

for (const [button, isTrashed] of [
  [trash, true],
  [restore, false],
]) {
  button.addEventListener("click", async (event) => {
    event.preventDefault()
    try {
      await move(isTrashed)
      offerUndo(isTrashed ? data.trashed : data.restored, data, () => move(!isTrashed))
    } catch (problem) {
      showFailure(problem, data)
    }
  })
}

// The dialog has the content of the share page; its forms are updated in place.
const shareDialog = document.getElementById("share-dialog")
const seen = document.getElementById("seen")
wireSharing(shareDialog, data, (fresh) =>
  seen.replaceChildren(...fresh.querySelector("[data-seen]").cloneNode(true).childNodes),
)
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-share-open]")
  if (opener && isPlain(event)) {
    event.preventDefault()
    opener.focus({ preventScroll: true }) // the dialog returns the focus here, also after its key
    shareDialog.showModal()
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

// Moving between variants replaces the page, so that Back leads to the gallery.
const cameFrom = document.referrer.startsWith(location.origin)
  ? new URL(document.referrer).pathname
  : ""
if (/^\/gallery\//.test(cameFrom)) sessionStorage.setItem("gallery", "behind")
else if (!/^\/images\//.test(cameFrom)) sessionStorage.removeItem("gallery")

for (const link of document.querySelectorAll(
  ".filmstrip-item, .stage-step, .stage-beside, .viewer-step",
)) {
  link.addEventListener("click", (event) => {
    if (!isPlain(event)) return
    event.preventDefault()
    location.replace(link.href)
  })
}

document.getElementById("back").addEventListener("click", (event) => {
  if (!isPlain(event) || sessionStorage.getItem("gallery") !== "behind" || history.length < 2)
    return
  event.preventDefault()
  history.back()
})

function isPlain(event) {
  return !(event.ctrlKey || event.metaKey || event.shiftKey)
}

// Single keys can be turned off: speech input triggers them by accident (WCAG 2.1.4).
keys.hidden = matchMedia("(hover: none)").matches
showKeys(localStorage.getItem("picture-keys") !== "off")
toggle.addEventListener("click", () => {
  const on = toggle.getAttribute("aria-checked") !== "true"
  localStorage.setItem("picture-keys", on ? "on" : "off")
  showKeys(on)
})

function keysAreOn() {
  return toggle.getAttribute("aria-checked") === "true"
}

function showKeys(on) {
  toggle.setAttribute("aria-checked", String(on))
}

document.addEventListener("keydown", (event) => {
  if (!keysAreOn() || document.querySelector("dialog[open]")) return
  const busy = event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented
  if (busy || event.target.closest?.("input, textarea, select, [popover]")) return
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  const target = {
    ArrowLeft: "previous",
    ArrowRight: "next",
    f: "favorite",
    а: "favorite",
    c: "compare",
    с: "compare",
    b: "compare-source",
    и: "compare-source",
    s: "share-open",
    ы: "share-open",
    Escape: "back",
  }[key]
  const beside = event.shiftKey && { ArrowLeft: "newer", ArrowRight: "older" }[event.key]
  const element = document.getElementById(beside || target)
  if (!element || (key === "Escape" && document.fullscreenElement)) return
  event.preventDefault()
  element.click()
})
