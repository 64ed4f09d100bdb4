/** The page of a shared image: zoom, copying, saving, and a retry if the image's address has expired. */

import { pressedOf, singleKeysAreOn } from "../artgen/js/shortcuts.js"
import { wireCopying } from "./js/sharing.js"
import { wireShareSheet } from "./js/share_sheet.js"
import { wireZoom } from "./js/zoom.js"

const data = document.getElementById("page-data").dataset
const picture = document.querySelector(".frame-image")

wireCopying(document.body, data)
wireShareSheet(document.body, data)
wireZoom(document.querySelector(".frame"), document.getElementById("viewer"))
wireSaving(document.querySelector(".shared-save"))
picture.addEventListener("error", useFallback)
if (picture.complete && !picture.naturalWidth) useFallback()

/** Show that the image is being saved; another press does not send the form again. */
function wireSaving(form) {
  form?.addEventListener("submit", (event) => {
    if (form.getAttribute("aria-busy") === "true") event.preventDefault()
    else form.setAttribute("aria-busy", "true")
  })
  // The browser's Back button shows the page as it was left.
  window.addEventListener("pageshow", () => form?.removeAttribute("aria-busy"))
}

function useFallback() {
  if (!picture.dataset.fallback) return
  for (const copy of picture.parentElement.querySelectorAll("source")) copy.remove()
  picture.src = picture.dataset.fallback
  delete picture.dataset.fallback
}

// In a shared collection the arrow keys lead to the images beside this one.
document.addEventListener("keydown", (event) => {
  if (!singleKeysAreOn() || event.defaultPrevented || document.querySelector("dialog[open]")) return
  if (event.target.closest?.("input, textarea, select, [popover]")) return
  const link = document.getElementById(pressedOf(event, ["previous", "next"]) ?? "")
  if (!link) return
  event.preventDefault()
  link.click()
})
