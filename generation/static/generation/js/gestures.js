/** Wheel, drag, pinch, click, double click and double tap on the room of a `Viewport`. */

import { length, RoomPointers } from "./room_pointers.js"

const CLICK_DISTANCE = 6 // px: a pointer that moved less has clicked
const DOUBLE_TAP = 320 // ms between the taps of a double tap

export class Gestures extends RoomPointers {
  /** `clicks`: how many clicks of a mouse switch between the whole image and its own pixels. */
  constructor(viewport, { clicks = 1 } = {}) {
    super(viewport)
    this.clicks = clicks
    this.distance = 0 // px that the pointers moved since the first one came down
    this.isPinched = false
    this.tappedAt = 0
    this.room.addEventListener("pointerdown", (event) => this.#down(event))
    this.room.addEventListener("pointermove", (event) => this.#move(event))
    this.room.addEventListener("pointerup", (event) => this.#up(event))
    this.room.addEventListener("pointercancel", (event) => this.#lift(event))
  }

  #down(event) {
    if (event.button) return
    this.pointers.set(event.pointerId, this.point(event))
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
    const points = this.moved(event)
    if (!points) return
    const { before, now } = points
    this.distance += length(before, now)
    if (points.other) {
      this.isPinched = true
      this.pinch(points)
    } else if (this.viewport.isZoomed) {
      this.viewport.moveBy(now.x - before.x, now.y - before.y, false)
    }
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
      this.viewport.toggle(this.point(event))
    } else {
      this.tappedAt = event.timeStamp
    }
  }
}
