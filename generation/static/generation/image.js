/** The picture page: keys, favorite, trash with undo, copying, full screen. All but the last two work without script. */

import { wireChipMenus } from "./js/chip_menus.js"
import { wirePictures } from "./js/pictures.js"
import { complain, offerUndo, post } from "./js/trash.js"

const data = document.getElementById("page-data").dataset
const stage = document.querySelector(".stage")
const note = document.getElementById("trashed")
const trash = document.querySelector("[data-trash]")
const restore = document.querySelector("[data-restore]")
const fullScreen = document.getElementById("full-screen")

wirePictures(document.body, data)
wireChipMenus()
for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard

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
}

for (const [button, isTrashed] of [[trash, true], [restore, false]]) {
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
const cameFrom = document.referrer.startsWith(location.origin) ? new URL(document.referrer).pathname : ""
if (/^\/gallery\//.test(cameFrom)) sessionStorage.setItem("gallery", "behind")
else if (!/^\/images\//.test(cameFrom)) sessionStorage.removeItem("gallery")

for (const link of document.querySelectorAll(".film-frame, .stage-step")) {
  link.addEventListener("click", (event) => {
    if (!isPlain(event)) return
    event.preventDefault()
    location.replace(link.href)
  })
}

document.getElementById("back").addEventListener("click", (event) => {
  if (!isPlain(event) || sessionStorage.getItem("gallery") !== "behind" || history.length < 2) return
  event.preventDefault()
  history.back()
})

function isPlain(event) {
  return !(event.ctrlKey || event.metaKey || event.shiftKey)
}

// Keys can be switched off for those whose speech or switch input would press them by accident (WCAG 2.1.4).
const keys = document.getElementById("keys")
const toggle = keys.querySelector("[role=switch]")
keys.hidden = matchMedia("(hover: none)").matches
showKeys(localStorage.getItem("picture-keys") !== "off")
toggle.addEventListener("click", () => {
  const on = toggle.getAttribute("aria-checked") !== "true"
  localStorage.setItem("picture-keys", on ? "on" : "off")
  showKeys(on)
})

function showKeys(on) {
  toggle.setAttribute("aria-checked", String(on))
}

document.addEventListener("keydown", (event) => {
  if (toggle.getAttribute("aria-checked") !== "true") return
  const busy = event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented
  if (busy || event.target.closest?.("input, textarea, select, [popover]")) return
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  const target = { ArrowLeft: "previous", ArrowRight: "next", f: "favorite", "а": "favorite", Escape: "back" }[key]
  const element = target && document.getElementById(target)
  if (!element || (key === "Escape" && document.fullscreenElement)) return
  event.preventDefault()
  element.click()
})
