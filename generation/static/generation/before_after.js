/**
 * An image over its source: a slider uncovers one or the other. Without script both are shown one
 * below the other. Escape goes back.
 */

import { wireWayBack } from "./js/way_back.js"

const frame = document.querySelector(".before-after")
const range = frame.querySelector("input")

/** Place the source where it is inside of an image that was extended. */
function place({ left = 0, top = 0, right = 0, bottom = 0, width, height }) {
  const across = 100 + Number(left) + Number(right)
  const down = 100 + Number(top) + Number(bottom)
  const style = frame.style
  style.setProperty("--ratio", String(width / height))
  style.setProperty("--source-left", `${(100 * left) / across}%`)
  style.setProperty("--source-top", `${(100 * top) / down}%`)
  style.setProperty("--source-width", `${(100 * 100) / across}%`)
  style.setProperty("--source-height", `${(100 * 100) / down}%`)
}

function show() {
  frame.style.setProperty("--at", `${range.value}%`)
}

place(frame.dataset)
show()
range.hidden = false
frame.classList.add("is-live")
range.addEventListener("input", show)
wireWayBack(document.querySelector(".compare-head a"))
range.focus({ preventScroll: true })
