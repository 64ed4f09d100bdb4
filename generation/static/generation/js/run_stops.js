/**
 * Runs of the feed by keyboard: Tab stops once at each, at the image that was used last. Arrow keys
 * move between images, and from the edges of a run to its other buttons. What an image offers has keys
 * (js/tile_keys.js), and buttons in the lightbox.
 */

import { neighbor } from "./tile_grid.js"

const FOCUSABLE = "a[href], button, input"
const ARROWS = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]

export class RunStops {
  constructor(feed) {
    this.feed = feed
    this.current = new WeakMap() // run → its stop
    feed.addEventListener("focusin", ({ target }) => this.#focused(target))
    // Before the selection, which moves between images.
    feed.addEventListener("keydown", (event) => this.#key(event), true)
    new MutationObserver((changes) => {
      if (changes.some(({ addedNodes }) => [...addedNodes].some(isElement))) this.arrange()
    }).observe(feed, { childList: true, subtree: true })
  }

  /** Let each run be one stop; none while ticks are stops, because images are being selected. */
  arrange() {
    for (const run of this.feed.querySelectorAll(".run")) this.#arrange(run)
  }

  get #isSelecting() {
    return this.feed.matches("[data-selecting]")
  }

  #arrange(run) {
    const stop = this.#isSelecting ? null : this.#stopOf(run)
    for (const element of itemsOf(run)) {
      if (this.#isSelecting && element.matches(".tick")) continue
      const index = element === stop ? 0 : -1
      if (element.tabIndex !== index) element.tabIndex = index
    }
  }

  #stopOf(run) {
    const all = itemsOf(run)
    const current = this.current.get(run)
    if (current && all.includes(current) && !current.hidden) return current
    return (
      all.find((element) => element.matches(".card-link, .sheet-mosaic")) ??
      all.find((element) => element.closest(".ended, .status-panel")) ??
      all.find((element) => !element.hidden)
    )
  }

  #focused(target) {
    const run = target.closest(".run")
    if (!run || target === run || !isOfRun(target) || !isStop(target)) return
    if (this.current.get(run) === target) return
    this.current.set(run, target)
    this.#arrange(run)
  }

  #key(event) {
    const isPlain = !(event.altKey || event.ctrlKey || event.metaKey || event.shiftKey)
    const run = isOfRun(event.target) && event.target.closest(".run")
    if (this.#isSelecting || !isPlain || !run || !ARROWS.includes(event.key)) return
    if (event.target.matches("[popovertarget]") && /Up|Down/.test(event.key)) return // its menu
    const isImage = event.target.matches(".card-link, .tick")
    const next = this.#next(run, event.target, event.key)
    if (!next || (isImage && next.matches(".card-link"))) return
    event.preventDefault()
    event.stopImmediatePropagation()
    next.focus({ preventScroll: true })
    next.scrollIntoView({ block: "nearest" })
  }

  /** Return where an arrow key leads: within the run, from its other buttons also beyond. */
  #next(run, from, key) {
    const stops = itemsOf(run).filter((element) => isStop(element) && element.checkVisibility())
    const at = isStop(from) ? from : from.closest("li").querySelector(".card-link")
    const isSideways = key === "ArrowLeft" || key === "ArrowRight"
    if (isSideways && at.matches(".card-link")) return null
    const next = neighbor(stops, at, key)
    if (next || at.matches(".card-link")) return next
    const runs = [...this.feed.querySelectorAll(".run")]
    const step = key === "ArrowDown" || key === "ArrowRight" ? 1 : -1
    const beyond = runs[runs.indexOf(run) + step]
    return beyond ? this.#stopOf(beyond) : null
  }
}

function isElement(node) {
  return node.nodeType === Node.ELEMENT_NODE
}

function itemsOf(run) {
  return [...run.querySelectorAll(FOCUSABLE)].filter(isOfRun)
}

/** Menus of a run have their own keys. */
function isOfRun(element) {
  return !element.closest("[popover]")
}

/** Whether the keyboard stops here: what lies on an image is in the lightbox, too. */
function isStop(element) {
  return element.matches(".card-link") || !element.closest(".card-actions, .card-acts, .tick")
}
