/**
 * Drawing with mouse, pen and finger on a zoomed image: one pointer draws, two zoom and move, so
 * does the hand; the wheel zooms.
 */

const WHEEL_SPEED = 0.0022 // zoom of one pixel of the wheel, as an exponent
const LINE_HEIGHT = 16 // px, for wheels that count in lines
const MIDDLE_BUTTON = 1

export class MaskPointer {
  /**
   * `viewport` shows the image; `tool()` returns its name; `begin(point)`, `extend(points)`,
   * `end()` and `cancel()` get points in the image; `hover(event)` follows the pointer.
   */
  constructor({ viewport, toImage, tool, begin, extend, end, cancel, hover }) {
    Object.assign(this, { viewport, toImage, tool, begin, extend, end, cancel, hover })
    this.room = viewport.room
    this.pointers = new Map() // pointer id → its last point in the room
    this.isDrawing = false
    this.room.addEventListener("wheel", (event) => this.#wheel(event), { passive: false })
    this.room.addEventListener("pointerdown", (event) => this.#down(event))
    this.room.addEventListener("pointermove", (event) => this.#move(event))
    for (const name of ["pointerup", "pointercancel"])
      this.room.addEventListener(name, (event) => this.#up(event))
    this.room.addEventListener("pointerleave", () => this.hover(null))
  }

  #wheel(event) {
    event.preventDefault()
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_HEIGHT : 1
    const factor = Math.exp(-event.deltaY * lines * WHEEL_SPEED)
    this.viewport.zoomBy(factor, this.#point(event), false)
  }

  #down(event) {
    if (event.button && event.button !== MIDDLE_BUTTON) return
    event.preventDefault() // no selection, no scrolling by the middle button
    this.room.focus({ preventScroll: true, focusVisible: false })
    this.room.setPointerCapture(event.pointerId)
    this.pointers.set(event.pointerId, this.#point(event))
    if (this.pointers.size > 1) this.#stopDrawing()
    else if (event.button !== MIDDLE_BUTTON && this.tool() !== "hand") {
      this.isDrawing = true
      this.begin(this.toImage(event))
    }
  }

  #move(event) {
    this.hover(event)
    const before = this.pointers.get(event.pointerId)
    if (!before) return
    const now = this.#point(event)
    this.pointers.set(event.pointerId, now)
    const other = [...this.pointers.entries()].find(([id]) => id !== event.pointerId)?.[1]
    if (this.isDrawing) {
      const events = event.getCoalescedEvents?.() ?? []
      this.extend((events.length ? events : [event]).map((one) => this.toImage(one)))
    } else if (other) this.#pinch(before, now, other)
    else this.viewport.moveBy(now.x - before.x, now.y - before.y, false)
  }

  #pinch(before, now, other) {
    const factor = length(now, other) / Math.max(1, length(before, other))
    const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 }
    this.viewport.zoomBy(factor, middle, false)
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

  #point(event) {
    const box = this.room.getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top }
  }
}

function length(from, to) {
  return Math.hypot(to.x - from.x, to.y - from.y)
}
