/**
 * Zoom of the lightbox: wheel, pinch, double click, double tap, + − 0 and Z enlarge the image where it
 * is; drag and arrow keys move it.
 */

import { pressed } from "../../artgen/js/shortcuts.js"
import { Gestures } from "./gestures.js"
import { Viewport } from "./viewport.js"

const STEP = 1.5 // factor of one press of + or −
const ARROW_STEP = 96 // px
const ARROWS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }

/** The image as the style sheet places it, and enlarged from there: a scale of 1 is its size there. */
class StageViewport extends Viewport {
  get ownScale() {
    return Number(this.image.getAttribute("width")) / this.image.clientWidth
  }

  reset() {
    this.scale = 1
    this.image.style.transform = ""
    this.room.removeAttribute("data-close-up")
    this.changed()
  }

  zoom(wanted, at, smooth) {
    const { image } = this
    if (!this.isZoomed) {
      this.size = { width: image.clientWidth, height: image.clientHeight }
      this.rest = { x: image.offsetLeft, y: image.offsetTop }
      Object.assign(this, { left: this.rest.x, top: this.rest.y })
    }
    super.zoom(wanted, at, smooth)
    if (!this.isZoomed) this.reset()
  }
}

export class LightboxZoom {
  constructor(viewer) {
    this.picture = viewer.querySelector(".lightbox-image")
    this.button = viewer.querySelector("[data-lightbox=zoom]") // the trash has none
    this.original = "" // address of the image itself, if the copies are smaller
    this.viewport = new StageViewport({
      room: viewer.querySelector(".lightbox-stage"),
      image: this.picture,
      changed: () => this.#changed(),
    })
    new Gestures(this.viewport, { clicks: 2 })
  }

  get isZoomed() {
    return this.viewport.isZoomed
  }

  reset() {
    this.viewport.reset()
  }

  toggle() {
    this.viewport.toggle()
  }

  /** Return whether the key was one of the zoom. */
  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return false
    const arrow = this.isZoomed && ARROWS[event.key]
    if (pressed(event, "zoom_in")) this.viewport.zoomBy(STEP)
    else if (pressed(event, "zoom_out")) this.viewport.zoomBy(1 / STEP)
    else if (pressed(event, "zoom_fit")) this.reset()
    else if (pressed(event, "open_full_view")) this.toggle()
    else if (arrow) this.viewport.moveBy(arrow[0] * ARROW_STEP, arrow[1] * ARROW_STEP, true)
    else return false
    event.preventDefault()
    event.stopPropagation()
    return true
  }

  #changed() {
    this.button?.setAttribute("aria-pressed", String(this.isZoomed))
    if (this.isZoomed && this.original) this.#loadOriginal()
  }

  /** Replace the copy by the image itself once it has loaded. */
  async #loadOriginal() {
    const { original: address, picture } = this
    this.original = ""
    const { src } = picture
    const original = new Image()
    original.src = address
    try {
      await original.decode()
    } catch {
      return // the copy stays
    }
    if (picture.src !== src) return // another image is shown
    picture.removeAttribute("srcset")
    picture.src = address
  }
}
