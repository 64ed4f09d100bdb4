/** Place popovers beside their button; on phones the style sheet shows them as sheets. */

const GAP = 8,
  EDGE = 12 // px
const MIN_ROOM = 360 // px: with less room below, the list may cover its button
const phone = window.matchMedia("(max-width: 760px)")

export function anchorPopovers() {
  document.addEventListener(
    "toggle",
    (event) => {
      const floating = event.target
      if (event.newState !== "open" || !floating.matches?.(".floating")) return
      floating.classList.toggle("anchored", !phone.matches)
      if (phone.matches) floating.removeAttribute("style")
      else
        place(
          floating,
          document.querySelector(`[popovertarget="${floating.id}"]:not(.models-head *)`),
        )
    },
    true,
  )
  window.addEventListener("resize", () => {
    for (const floating of document.querySelectorAll(".anchored:popover-open"))
      floating.hidePopover()
  })
}

function place(floating, opener) {
  const from = opener.getBoundingClientRect()
  floating.style.inset = "auto"
  floating.style.maxHeight = ""
  const width = floating.offsetWidth
  let height = floating.offsetHeight
  const below = from.bottom + GAP
  const room = innerHeight - below - EDGE
  if (height > room && room >= MIN_ROOM) {
    floating.style.maxHeight = `${room}px`
    height = room
  }
  const above = from.top - GAP - height
  let top = below
  if (below + height > innerHeight - EDGE)
    top = above >= EDGE ? above : Math.max(EDGE, Math.min(below, innerHeight - EDGE - height))
  const start = from.left + width <= innerWidth - EDGE ? from.left : from.right - width
  floating.style.top = `${top}px`
  floating.style.left = `${Math.max(EDGE, start)}px`
}
