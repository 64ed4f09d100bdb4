/** The page of a shared image: zoom, copying, and a retry if the image's address has expired. */

import { wireCopying } from "./js/sharing.js"
import { wireShareSheet } from "./js/share_sheet.js"
import { wireZoom } from "./js/zoom.js"

const data = document.getElementById("page-data").dataset
const picture = document.querySelector(".frame-picture")

wireCopying(document.body, data)
wireShareSheet(document.body, data)
wireZoom(document.querySelector(".frame"), document.getElementById("viewer"))
picture.addEventListener("error", useFallback)
if (picture.complete && !picture.naturalWidth) useFallback()

function useFallback() {
  if (!picture.dataset.fallback) return
  for (const copy of picture.parentElement.querySelectorAll("source")) copy.remove()
  picture.src = picture.dataset.fallback
  delete picture.dataset.fallback
}
