/**
 * Drawing with mouse, pen and finger on a zoomed image: one pointer draws, two zoom and move, so
 * does the hand; the wheel zooms.
 */

import { RoomPointers } from "./room_pointers.js"

const MIDDLE_BUTTON = 1

export class MaskPointer extends RoomPointers {
  /**
   * `viewport` shows the image; `tool()` returns its name; `begin(point)`, `extend(points)`,
   * `end()` and `cancel()` get points in the image; `hover(event)` follows the pointer.
   */
  constructor({ viewport, toImage, tool, begin, extend, end, cancel, hover }) {
    super(viewport)
    Object.assign(this, { toImage, tool, begin, extend, end, cancel, hover })
    this.isDrawing = false
    this.room.addEventListener("pointerdown", (event) => this.#down(event))
    this.room.addEventListener("pointermove", (event) => this.#move(event))
    for (const name of ["pointerup", "pointercancel"])
      this.room.addEventListener(name, (event) => this.#up(event))
    this.room.addEventListener("pointerleave", () => this.hover(null))
  }

  #down(event) {
    if (event.button && event.button !== MIDDLE_BUTTON) return
    event.preventDefault() // no selection, no scrolling by the middle button
    this.room.focus({ preventScroll: true, focusVisible: false })
    this.room.setPointerCapture(event.pointerId)
    this.pointers.set(event.pointerId, this.point(event))
    if (this.pointers.size > 1) this.#stopDrawing()
    else if (event.button !== MIDDLE_BUTTON && this.tool() !== "hand") {
      this.isDrawing = true
      this.begin(this.toImage(event))
    }
  }

  #move(event) {
    this.hover(event)
    const points = this.moved(event)
    if (!points) return
    const { before, now } = points
    if (this.isDrawing) {
      const events = event.getCoalescedEvents?.() ?? []
      this.extend((events.length ? events : [event]).map((one) => this.toImage(one)))
    } else if (points.other) this.pinch(points)
    else this.viewport.moveBy(now.x - before.x, now.y - before.y, false)
  }

  pinch(points) {
    super.pinch(points)
    const { before, now } = points
    this.viewport.moveBy((now.x - before.x) / 2, (now.y - before.y) / 2, false)
  }

  #up(event) {
    if (!this.pointers.delete(event.pointerId) || !this.isDrawing) return
    this.isDrawing = false
    this.end()
  }

  #stopDrawing() {
    if (this.isDrawing) this.cancel()
    this.isDrawing = false
  }
}
