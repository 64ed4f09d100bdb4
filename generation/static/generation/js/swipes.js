/** Swipes of one finger on an element: it follows the finger, then acts or glides back. */

const DISTANCE = 56 // px until a swipe acts
const STRAIGHT = 1.4 // how much further along one axis than along the other

export class Swipes {
  /**
   * `actions` may have `left`, `right` and `down`: functions for a swipe in that direction; `isOff()`
   * says when nothing is swiped.
   */
  constructor(element, actions) {
    Object.assign(this, { element, actions })
    this.start = null
    this.fingers = new Set()
    element.addEventListener("pointerdown", (event) => this.#down(event))
    element.addEventListener("pointermove", (event) => this.#move(event))
    element.addEventListener("pointerup", (event) => this.#up(event))
    element.addEventListener("pointercancel", (event) => this.#end(event))
  }

  #down(event) {
    if (event.pointerType !== "touch" || this.actions.isOff?.()) return
    this.fingers.add(event.pointerId)
    if (this.fingers.size > 1 && this.start) this.element.style.transform = ""
    this.start = this.fingers.size === 1 ? { x: event.clientX, y: event.clientY } : null
  }

  #move(event) {
    if (!this.start) return
    this.element.style.transform = `translateX(${event.clientX - this.start.x}px)`
  }

  #up(event) {
    const { start } = this
    this.#end(event)
    if (start) this.actions[direction(event.clientX - start.x, event.clientY - start.y)]?.()
  }

  #end(event) {
    this.fingers.delete(event.pointerId)
    if (this.start) this.element.style.transform = ""
    this.start = null
  }
}

function direction(x, y) {
  const [wide, high] = [Math.abs(x), Math.abs(y)]
  if (wide > DISTANCE && wide > high * STRAIGHT) return x < 0 ? "left" : "right"
  if (y > DISTANCE && high > wide * STRAIGHT) return "down"
  return ""
}
