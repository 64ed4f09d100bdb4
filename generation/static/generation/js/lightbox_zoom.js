/**
 * Zoom of the lightbox: wheel, pinch, double tap, + − 0 and Z enlarge the image where it is; drag and
 * arrow keys move it.
 */

import { pressed } from "../../artgen/js/shortcuts.js"

const MAX_ZOOM = 8 // times the size at which the image fits
const STEP = 1.5 // factor of one press of + or −
const ARROW_STEP = 96 // px
const WHEEL_SPEED = 0.0022 // zoom of one pixel of the wheel, as an exponent
const LINE_HEIGHT = 16 // px, for wheels that count in lines
const DOUBLE_TAP = 320 // ms
const CLICK_DISTANCE = 6 // px
const ARROWS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }

export class LightboxZoom {
  constructor(viewer) {
    this.stage = viewer.querySelector(".lightbox-stage")
    this.picture = viewer.querySelector(".lightbox-picture")
    this.button = viewer.querySelector("[data-lightbox=zoom]") // the trash has none
    this.original = "" // address of the image itself, if the copies are smaller
    this.pointers = new Map() // pointer id → last point
    this.tappedAt = 0
    this.set(1, 0, 0)
    this.stage.addEventListener("wheel", (event) => this.#wheel(event), { passive: false })
    this.picture.addEventListener("dblclick", (event) => this.toggle(this.#fromMiddle(event)))
    for (const [name, act] of [
      ["pointerdown", this.#down],
      ["pointermove", this.#move],
      ["pointerup", this.#up],
      ["pointercancel", this.#up],
    ])
      this.stage.addEventListener(name, act.bind(this))
  }

  get isZoomed() {
    return this.scale > 1.001
  }

  reset() {
    this.set(1, 0, 0)
  }

  /** Show the image this many times as large, moved by (x, y) px from the middle. */
  set(scale, x, y) {
    this.scale = Math.min(MAX_ZOOM, Math.max(1, scale))
    const room = { x: this.picture.clientWidth, y: this.picture.clientHeight }
    const most = (length, space) => Math.max(0, (length * this.scale - space) / 2)
    const within = (value, limit) => Math.max(-limit, Math.min(limit, value))
    this.x = within(x, most(room.x, this.stage.clientWidth))
    this.y = within(y, most(room.y, this.stage.clientHeight))
    this.picture.style.transform = this.isZoomed
      ? `translate(${this.x}px, ${this.y}px) scale(${this.scale})`
      : ""
    this.stage.toggleAttribute("data-zoomed", this.isZoomed)
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

  /** Zoom so that the point, px from the middle of the stage, stays where it is. */
  by(factor, { x, y } = { x: 0, y: 0 }) {
    const scale = Math.min(MAX_ZOOM, Math.max(1, this.scale * factor))
    const share = scale / this.scale
    this.set(scale, x - (x - this.x) * share, y - (y - this.y) * share)
  }

  /** Switch between the whole image and its own pixels, or twice the size where both are alike. */
  toggle(at) {
    if (this.isZoomed) return this.reset()
    const natural = Number(this.picture.getAttribute("width")) / this.picture.clientWidth
    this.by(natural > 1.25 ? natural : 2, at)
  }

  /** Return whether the key was one of the zoom. */
  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return false
    const arrow = this.isZoomed && ARROWS[event.key]
    if (pressed(event, "zoom_in")) this.by(STEP)
    else if (pressed(event, "zoom_out")) this.by(1 / STEP)
    else if (pressed(event, "zoom_fit")) this.reset()
    else if (pressed(event, "open_full_view")) this.toggle()
    else if (arrow)
      this.set(this.scale, this.x + arrow[0] * ARROW_STEP, this.y + arrow[1] * ARROW_STEP)
    else return false
    event.preventDefault()
    event.stopPropagation()
    return true
  }

  #wheel(event) {
    event.preventDefault()
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_HEIGHT : 1
    this.by(Math.exp(-event.deltaY * lines * WHEEL_SPEED), this.#fromMiddle(event))
  }

  #down(event) {
    if (event.button) return
    this.pointers.set(event.pointerId, pointOf(event))
    this.moved = this.pointers.size > 1 ? Infinity : 0
    if (this.isZoomed || this.pointers.size > 1) this.picture.setPointerCapture(event.pointerId)
  }

  #move(event) {
    const before = this.pointers.get(event.pointerId)
    if (!before) return
    const now = pointOf(event)
    this.pointers.set(event.pointerId, now)
    this.moved += Math.hypot(now.x - before.x, now.y - before.y)
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1]
    if (other) {
      const factor = distance(now, other) / Math.max(1, distance(before, other))
      const middle = { clientX: (now.x + other.x) / 2, clientY: (now.y + other.y) / 2 }
      this.by(factor, this.#fromMiddle(middle))
    } else if (this.isZoomed) {
      this.set(this.scale, this.x + now.x - before.x, this.y + now.y - before.y)
    }
  }

  #up(event) {
    if (!this.pointers.delete(event.pointerId) || event.pointerType !== "touch") return
    if (this.moved > CLICK_DISTANCE || event.type === "pointercancel") return
    const isDouble = event.timeStamp - this.tappedAt < DOUBLE_TAP
    this.tappedAt = isDouble ? 0 : event.timeStamp
    if (isDouble) this.toggle(this.#fromMiddle(event))
  }

  #fromMiddle({ clientX, clientY }) {
    const box = this.stage.getBoundingClientRect()
    return { x: clientX - box.x - box.width / 2, y: clientY - box.y - box.height / 2 }
  }
}

function pointOf({ clientX: x, clientY: y }) {
  return { x, y }
}

function distance(one, other) {
  return Math.hypot(one.x - other.x, one.y - other.y)
}
