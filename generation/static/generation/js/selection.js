/**
 * Selecting pictures: ticks, ranges, arrow keys, long press. What is selected is told to the bar.
 * The ticks are checkboxes of a form, so that selecting works without script, too; with it every picture is a target.
 */

import { say } from "../../artgen/js/status.js"
import { wireBar } from "./selection_bar.js"

const HOLD = 450 // ms until a finger that stays selects
const SLIP = 10 // px that it may move meanwhile

export function wireSelection(list, data) {
  const shelf = document.getElementById("shelf")
  const button = document.getElementById("select")
  const chosen = new Map() // id → bytes; also of pictures that are not on the page yet
  let isSelecting = false
  let anchor = null // where a range begins
  let active = null // the picture that was last worked on
  let edge = null // the end of a range that Shift and arrows stretch

  const tiles = () => [...list.querySelectorAll("[data-image]")]
  const tileOf = (element) => element.closest?.("[data-image]")
  const tickOf = (tile) => tile?.querySelector(".tick")
  const bar = wireBar({ list, data, chosen, tiles, clear, changed })

  function set(tile, on) {
    const tick = tickOf(tile)
    tick.checked = on
    if (on) chosen.set(tile.dataset.image, Number(tick.dataset.bytes))
    else chosen.delete(tile.dataset.image)
  }

  /** Show what is selected now. */
  function changed() {
    select(isSelecting || chosen.size > 0)
    bar.show()
  }

  function select(on) {
    if (on && !isSelecting && !chosen.size) say(bar.keys)
    isSelecting = on
    shelf.toggleAttribute("data-selecting", on)
    if (button) {
      button.setAttribute("aria-pressed", String(on))
      const word = button.querySelector(".select-word")
      button.dataset.begin ??= word.textContent
      word.textContent = on ? button.dataset.done : button.dataset.begin
    }
    rove()
  }

  /** While selecting, the grid is one stop of the Tab key, so that the next one leads to the actions. */
  function rove() {
    const all = tiles()
    const stop = isSelecting ? (all.includes(active) ? active : all[0]) : null
    for (const tile of all) {
      tickOf(tile).tabIndex = !isSelecting || tile === stop ? 0 : -1
      tile.querySelector(".card-link").tabIndex = isSelecting ? -1 : 0
    }
  }

  function range(to, on = true) {
    const all = tiles()
    const from = all.indexOf(anchor)
    const end = all.indexOf(to)
    for (const tile of from < 0 ? [to] : all.slice(Math.min(from, end), Math.max(from, end) + 1))
      set(tile, on)
  }

  /** Stretch or shrink the range that begins at the anchor. */
  function stretch(to) {
    if (edge && anchor) range(edge, false)
    else anchor = active ?? to
    range(to)
    edge = to
  }

  function toggle(tile, on = !tickOf(tile).checked) {
    set(tile, on)
    anchor = active = tile
    edge = null
    changed()
  }

  /** End selecting; the focus goes back to the last picture. */
  function clear({ focus = true } = {}) {
    const had = chosen.size
    for (const tile of tiles()) tickOf(tile).checked = false
    chosen.clear()
    anchor = edge = null
    isSelecting = false
    changed()
    if (had) say(bar.cleared)
    if (focus) active?.querySelector(".card-link")?.focus({ preventScroll: true })
  }

  /** Take all pictures of the page. */
  function all() {
    for (const tile of tiles()) set(tile, true)
    active ??= tiles()[0]
    changed()
  }

  /** Go on after tiles came or went. */
  function refresh() {
    for (const tile of tiles()) {
      const tick = tickOf(tile)
      if (chosen.has(tile.dataset.image)) tick.checked = true
      else if (tick.checked) set(tile, true)
    }
    changed()
  }

  list.addEventListener("click", (event) => {
    const tile = tileOf(event.target)
    if (!tile) return
    if (event.target.matches(".tick")) {
      const { checked } = event.target
      if (event.shiftKey && anchor) range(tile, checked)
      else anchor = tile
      set(tile, checked)
      active = tile
      edge = null
      changed()
    } else if (event.target.matches(".card-link")) {
      if (event.shiftKey) {
        event.preventDefault()
        anchor ??= active ?? tile
        range(tile)
        active = tile
        edge = tile
        changed()
      } else if (isSelecting && event.detail && !event.ctrlKey && !event.metaKey) {
        event.preventDefault()
        toggle(tile)
      }
    }
  })
  list.addEventListener("focusin", (event) => {
    const tile = tileOf(event.target)
    if (!tile || tile === active) return
    active = tile
    if (isSelecting) rove()
  })
  list.addEventListener("keydown", (event) => {
    const tile = tileOf(event.target)
    if (!tile || !event.target.matches(".tick, .card-link") || event.altKey) return
    if (event.key === "Enter" && event.target.matches(".tick")) {
      event.preventDefault() // would submit the form
      tile.querySelector(".card-link").click()
    } else if (event.key === " " && event.target.matches(".card-link")) {
      event.preventDefault()
      toggle(tile)
      tickOf(tile).focus({ preventScroll: true })
    } else if (event.key === "Delete" && chosen.size) {
      event.preventDefault()
      bar.remove()
    } else if (!event.ctrlKey && !event.metaKey) {
      const next = neighbor(tiles(), tile, event.key)
      if (next === undefined) return
      event.preventDefault()
      if (!next) return
      if (event.shiftKey) {
        active ??= tile
        stretch(next)
        changed()
      } else {
        edge = null
      }
      active = next
      if (isSelecting) rove()
      const target = isSelecting ? tickOf(next) : next.querySelector(".card-link")
      target.focus({ preventScroll: true })
      next.scrollIntoView({ block: "nearest" })
    }
  })
  document.addEventListener("keydown", (event) => {
    if (
      event.defaultPrevented ||
      event.target.closest?.("input:not(.tick), textarea, select, dialog") ||
      document.querySelector(":popover-open, dialog[open]")
    )
      return
    if (event.key === "Escape" && isSelecting) clear()
    else if (
      event.key.toLowerCase() === "a" &&
      (event.ctrlKey || event.metaKey) &&
      !event.shiftKey &&
      !event.altKey &&
      tiles().length
    ) {
      event.preventDefault()
      all()
      if (!list.contains(document.activeElement)) tickOf(active).focus({ preventScroll: true })
    }
  })
  button?.addEventListener("click", () => {
    if (isSelecting) return clear({ focus: false })
    select(true)
  })
  if (button) button.hidden = false
  wireHold(list, tileOf, (tile) => {
    toggle(tile, true)
    navigator.vibrate?.(10)
  })
  refresh() // a browser may bring back ticks that were set before

  return {
    refresh,
    get size() {
      return chosen.size
    },
  }
}

/** Return the tile that a key leads to from this one; null where there is none, undefined for other keys. */
function neighbor(all, tile, key) {
  const at = all.indexOf(tile)
  switch (key) {
    case "ArrowRight":
      return all[at + 1] ?? null
    case "ArrowLeft":
      return all[at - 1] ?? null
    case "Home":
      return all[0]
    case "End":
      return all.at(-1)
    case "ArrowDown":
      return inNextRow(all.slice(at + 1), tile)
    case "ArrowUp":
      return inNextRow(all.slice(0, at).reverse(), tile)
    default:
      return undefined
  }
}

/** Return of the tiles the one in the nearest other row that is most in line with this one. */
function inNextRow(others, tile) {
  const own = tile.getBoundingClientRect()
  const middle = own.left + own.width / 2
  let row = null
  let best = null
  let distance = Number.POSITIVE_INFINITY
  for (const other of others) {
    const box = other.getBoundingClientRect()
    if (Math.abs(box.top - own.top) < 2) continue
    row ??= box.top
    if (Math.abs(box.top - row) > 2) break
    const off = Math.max(box.left - middle, middle - box.right, 0)
    if (off < distance) [best, distance] = [other, off]
  }
  return best
}

/** A finger that stays on a picture selects it; neither the link nor the browser's menu follow. */
function wireHold(list, tileOf, held) {
  let timer = 0
  let start = null
  let wasHeld = false
  const stop = () => {
    clearTimeout(timer)
    start = null
  }
  list.addEventListener("pointerdown", (event) => {
    wasHeld = false
    const tile = tileOf(event.target)
    if (
      event.pointerType !== "touch" ||
      !event.isPrimary ||
      !tile ||
      event.target.closest("button")
    )
      return
    start = event
    timer = setTimeout(() => {
      wasHeld = true
      held(tile)
    }, HOLD)
  })
  list.addEventListener("pointermove", (event) => {
    if (start && Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) > SLIP)
      stop()
  })
  for (const end of ["pointerup", "pointercancel"]) list.addEventListener(end, stop)
  list.addEventListener("contextmenu", (event) => {
    if (start || wasHeld) event.preventDefault()
  })
  list.addEventListener(
    "click",
    (event) => {
      if (!wasHeld) return
      wasHeld = false
      event.preventDefault()
      event.stopImmediatePropagation()
    },
    { capture: true },
  )
}
