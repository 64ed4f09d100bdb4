/** Wheel, drag, pinch, click, double click and double tap on the room of a `Viewport`. */

const CLICK_DISTANCE = 6 // px: a pointer that moved less has clicked
const DOUBLE_TAP = 320 // ms between the taps of a double tap
const WHEEL_SPEED = 0.0022 // zoom of one pixel of the wheel, as an exponent
const LINE_HEIGHT = 16 // px, for wheels that count in lines

export class Gestures {
  /** `clicks`: how many clicks of a mouse switch between the whole image and its own pixels. */
  constructor(viewport, { clicks = 1 } = {}) {
    Object.assign(this, { viewport, clicks })
    this.room = viewport.room
    this.pointers = new Map() // pointer id → its last point in the room
    this.distance = 0 // px that the pointers moved since the first one came down
    this.isPinched = false
    this.tappedAt = 0
    this.room.addEventListener("wheel", (event) => this.#wheel(event), { passive: false })
    this.room.addEventListener("pointerdown", (event) => this.#down(event))
    this.room.addEventListener("pointermove", (event) => this.#move(event))
    this.room.addEventListener("pointerup", (event) => this.#up(event))
    this.room.addEventListener("pointercancel", (event) => this.#lift(event))
  }

  #wheel(event) {
    event.preventDefault()
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_HEIGHT : 1
    const factor = Math.exp(-event.deltaY * lines * WHEEL_SPEED)
    this.viewport.zoomBy(factor, this.#point(event), false)
  }

  #down(event) {
    if (event.button) return
    this.pointers.set(event.pointerId, this.#point(event))
    // By the image, so that a click beside it is still one on the room.
    const { image, isZoomed } = this.viewport
    if (isZoomed || this.pointers.size > 1) image.setPointerCapture(event.pointerId)
    if (this.pointers.size === 1) {
      this.distance = 0
      this.isPinched = false
    }
    this.room.setAttribute("data-moving", "")
  }

  #move(event) {
    const before = this.pointers.get(event.pointerId)
    if (!before) return
    const now = this.#point(event)
    this.pointers.set(event.pointerId, now)
    this.distance += length(before, now)
    const other = [...this.pointers.entries()].find(([id]) => id !== event.pointerId)?.[1]
    if (other) {
      this.#pinch(before, now, other)
    } else if (this.viewport.isZoomed) {
      this.viewport.moveBy(now.x - before.x, now.y - before.y, false)
    }
  }

  #pinch(before, now, other) {
    this.isPinched = true
    const factor = length(now, other) / Math.max(1, length(before, other))
    const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 }
    this.viewport.zoomBy(factor, middle, false)
  }

  /** Return whether the pointer was down; the last one ends the movement. */
  #lift(event) {
    if (!this.pointers.delete(event.pointerId)) return false
    if (!this.pointers.size) this.room.removeAttribute("data-moving")
    return true
  }

  #up(event) {
    if (!this.#lift(event)) return
    if (this.pointers.size || this.isPinched || this.distance > CLICK_DISTANCE) return
    const isDoubleTap = event.timeStamp - this.tappedAt < DOUBLE_TAP
    if (isDoubleTap || (this.clicks === 1 && event.pointerType !== "touch")) {
      this.tappedAt = 0
      this.viewport.toggle(this.#point(event))
    } else {
      this.tappedAt = event.timeStamp
    }
  }

  #point(event) {
    const box = this.room.getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top }
  }
}

function length(from, to) {
  return Math.hypot(to.x - from.x, to.y - from.y)
}
