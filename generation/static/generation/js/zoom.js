/**
 * The full view of an image: a click or + opens it; wheel, pinch, double tap, buttons and + − 0
 * zoom; drag and arrow keys move. It is a native dialog, so Escape closes it and returns the focus.
 */

import { pressed } from "../../artgen/js/shortcuts.js"
import { Gestures } from "./gestures.js"
import { Viewport } from "./viewport.js"

const STEP = 1.5 // factor of one press of + or −
const ARROW_STEP = 96 // px that an arrow key moves
const HASH = "#view" // opens the full view with the page
const ARROWS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }
const NEIGHBORS = { ArrowLeft: "[data-viewer-previous]", ArrowRight: "[data-viewer-next]" }

/** Let `viewer` open the image of `frame`. */
export function wireZoom(frame, viewer) {
  return new FullView(frame, viewer)
}

class FullView {
  constructor(frame, viewer) {
    this.viewer = viewer
    this.opener = frame.querySelector(".frame-open")
    this.source = frame.querySelector(".frame-image")
    this.room = viewer.querySelector(".viewer-room")
    this.image = viewer.querySelector(".viewer-image")
    this.level = viewer.querySelector("[data-zoom-level]")
    this.viewport = new Viewport({
      room: this.room,
      image: this.image,
      changed: () => this.#showLevel(),
    })
    new Gestures(this.viewport)
    this.opener.hidden = false
    this.opener.addEventListener("click", () => this.open())
    document.addEventListener("keydown", (event) => this.#pageKey(event))
    viewer.addEventListener("click", (event) => this.#clicked(event))
    viewer.addEventListener("keydown", (event) => this.#viewerKey(event))
    viewer.addEventListener("close", () => this.#closed())
    window.addEventListener("resize", () => {
      if (viewer.open) this.viewport.reset()
    })
    if (location.hash === HASH) this.open()
  }

  open() {
    if (this.viewer.open) return
    const { source, image } = this
    const size = {
      width: Number(source.getAttribute("width")),
      height: Number(source.getAttribute("height")),
    }
    image.src = source.currentSrc || source.src
    if (image.src !== source.src) this.#loadOriginal()
    image.alt = source.alt
    image.width = size.width
    image.height = size.height
    this.viewer.showModal()
    this.room.focus({ preventScroll: true })
    this.viewport.reset(size)
  }

  /** Replace the smaller copy that the page shows by the image itself once it has loaded. */
  async #loadOriginal() {
    const original = new Image()
    original.src = this.source.src
    try {
      await original.decode()
      this.image.src = original.src
    } catch {
      // The copy stays.
    }
  }

  #closed() {
    if (location.hash === HASH) {
      history.replaceState(history.state, "", location.pathname + location.search)
    }
    this.opener.focus({ preventScroll: true })
  }

  #showLevel() {
    this.level.textContent = `${Math.round(this.viewport.scale * 100)}\u00a0%`
    for (const name of ["out", "fit"]) {
      const button = this.viewer.querySelector(`[data-zoom=${name}]`)
      button.setAttribute("aria-disabled", String(!this.viewport.isZoomed))
    }
  }

  #clicked(event) {
    const action = event.target.closest("[data-zoom]")?.dataset.zoom
    if (action === "in") this.viewport.zoomBy(STEP)
    else if (action === "out") this.viewport.zoomBy(1 / STEP)
    else if (action === "fit") this.viewport.zoom(this.viewport.fit)
    else if (action === "close") this.viewer.close()
  }

  /** A key on the page below: + opens the full view and zooms, Z opens it. */
  #pageKey(event) {
    const isTyping = event.target.closest?.("input, textarea, select, dialog, [popover]")
    if (this.viewer.open || isTyping) return
    const zoomsIn = pressed(event, "zoom_in")
    if (!zoomsIn && !pressed(event, "open_full_view")) return
    event.preventDefault()
    this.open()
    if (zoomsIn) this.viewport.zoomBy(STEP)
  }

  #viewerKey(event) {
    if (hasModifier(event) || !this.#handleKey(event)) return
    event.preventDefault()
    event.stopPropagation()
  }

  /** Return whether the key means something here. */
  #handleKey(event) {
    const { key } = event
    if (pressed(event, "zoom_in")) this.viewport.zoomBy(STEP)
    else if (pressed(event, "zoom_out")) this.viewport.zoomBy(1 / STEP)
    else if (pressed(event, "zoom_fit")) this.viewport.zoom(this.viewport.fit)
    else if (key in ARROWS && this.viewport.isZoomed) {
      const [x, y] = ARROWS[key]
      this.viewport.moveBy(x * ARROW_STEP, y * ARROW_STEP, true)
    } else if (key in NEIGHBORS) this.viewer.querySelector(NEIGHBORS[key])?.click()
    else return false
    return true
  }
}

function hasModifier(event) {
  return event.ctrlKey || event.metaKey || event.altKey
}
