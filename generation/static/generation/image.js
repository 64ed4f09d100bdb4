/** The picture page: keys, favorite, trash with undo, sharing, full view, copying. All but the last two work without script. */

import { wireChipMenus } from "./js/chip_menus.js"
import { wirePictures } from "./js/pictures.js"
import { refreshSharing, showCopies, wireSharing } from "./js/sharing.js"
import { complain, offerUndo, post } from "./js/trash.js"
import { wireZoom } from "./js/zoom.js"

const data = document.getElementById("page-data").dataset
const stage = document.querySelector(".stage")
const note = document.getElementById("trashed")
const trash = document.querySelector("[data-trash]")
const restore = document.querySelector("[data-restore]")
const fullScreen = document.getElementById("full-screen")
const keys = document.getElementById("keys")
const toggle = keys.querySelector("[role=switch]")

wirePictures(document.body, data)
wireChipMenus()
showCopies(document)
wireZoom(document.querySelector(".frame"), document.getElementById("viewer"), keysAreOn)

/** Show whether the picture is in the trash; focus stays with the action that is possible now. */
function show(isTrashed) {
  const hadFocus = [trash, restore].includes(document.activeElement)
  note.hidden = !isTrashed
  trash.hidden = isTrashed
  if (hadFocus) (isTrashed ? restore : trash).focus({ preventScroll: true })
}

async function move(isTrashed) {
  await post((isTrashed ? trash : restore).formAction)
  show(isTrashed)
  // The move is done; where this fails, the share page says the same.
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
      complain(problem, data)
    }
  })
}

// The dialog has what the share page has; its forms are answered in place.
const shareDialog = document.getElementById("share-dialog")
const seen = document.getElementById("seen")
wireSharing(shareDialog, data, (fresh) =>
  seen.replaceChildren(...fresh.querySelector("[data-seen]").cloneNode(true).childNodes),
)
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-share-open]")
  if (opener && isPlain(event)) {
    event.preventDefault()
    opener.focus({ preventScroll: true }) // where focus comes back to, also after the key
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

// Leafing through variants replaces the page, so that Back leads to the gallery where one left it.
const cameFrom = document.referrer.startsWith(location.origin)
  ? new URL(document.referrer).pathname
  : ""
if (/^\/gallery\//.test(cameFrom)) sessionStorage.setItem("gallery", "behind")
else if (!/^\/images\//.test(cameFrom)) sessionStorage.removeItem("gallery")

for (const link of document.querySelectorAll(
  ".film-frame, .stage-step, .stage-beside, .viewer-step",
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

// Keys can be switched off for those whose speech or switch input would press them by accident (WCAG 2.1.4).
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
