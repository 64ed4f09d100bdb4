/** The pointers on the room of a `Viewport`: the wheel and two pointers zoom. */

const WHEEL_SPEED = 0.0022 // zoom of one pixel of the wheel, as an exponent
const LINE_HEIGHT = 16 // px, for wheels that count in lines

export class RoomPointers {
  constructor(viewport) {
    this.viewport = viewport
    this.room = viewport.room
    this.pointers = new Map() // pointer id → its last point in the room
    this.room.addEventListener("wheel", (event) => this.#wheel(event), { passive: false })
  }

  #wheel(event) {
    event.preventDefault()
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_HEIGHT : 1
    const factor = Math.exp(-event.deltaY * lines * WHEEL_SPEED)
    this.viewport.zoomBy(factor, this.point(event), false)
  }

  /** Return the points of a pointer that is down, `before` and `now`, and that of an `other` one. */
  moved(event) {
    const before = this.pointers.get(event.pointerId)
    if (!before) return null
    const now = this.point(event)
    this.pointers.set(event.pointerId, now)
    const other = [...this.pointers.entries()].find(([id]) => id !== event.pointerId)?.[1]
    return { before, now, other }
  }

  pinch({ before, now, other }) {
    const factor = length(now, other) / Math.max(1, length(before, other))
    const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 }
    this.viewport.zoomBy(factor, middle, false)
  }

  point(event) {
    const box = this.room.getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top }
  }
}

export function length(from, to) {
  return Math.hypot(to.x - from.x, to.y - from.y)
}
