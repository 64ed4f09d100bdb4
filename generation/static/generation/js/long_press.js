/** A long press on an image selects it; its link and the browser's menu do not open. */

const DURATION = 450 // ms until a press selects
const TOLERANCE = 10 // px that it may move meanwhile

export class LongPress {
  /**
   * `tileOf(element)` finds the tile of an element; `pressed(tile)` is called for each long press.
   */
  constructor(list, { tileOf, pressed }) {
    Object.assign(this, { tileOf, pressed })
    this.timer = 0
    this.start = null // the event of the press, until it selects or moves
    this.hasPressed = false
    list.addEventListener("pointerdown", (event) => this.#down(event))
    list.addEventListener("pointermove", (event) => this.#move(event))
    list.addEventListener("pointerup", () => this.#stop())
    list.addEventListener("pointercancel", () => this.#stop())
    list.addEventListener("contextmenu", (event) => {
      if (this.start || this.hasPressed) event.preventDefault()
    })
    list.addEventListener("click", (event) => this.#click(event), { capture: true })
  }

  #down(event) {
    this.hasPressed = false
    const tile = this.tileOf(event.target)
    const isFinger = event.pointerType === "touch" && event.isPrimary
    if (!isFinger || !tile || event.target.closest("button")) return
    this.start = event
    this.timer = setTimeout(() => {
      this.hasPressed = true
      this.pressed(tile)
    }, DURATION)
  }

  #move({ clientX, clientY }) {
    if (!this.start) return
    const distance = Math.hypot(clientX - this.start.clientX, clientY - this.start.clientY)
    if (distance > TOLERANCE) this.#stop()
  }

  #stop() {
    clearTimeout(this.timer)
    this.start = null
  }

  /** Drop the click that the browser sends after a long press. */
  #click(event) {
    if (!this.hasPressed) return
    this.hasPressed = false
    event.preventDefault()
    event.stopImmediatePropagation()
  }
}
