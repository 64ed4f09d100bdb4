/**
 * The keys of the editor. On the image the arrow keys move the brush and Space puts it down, so a
 * mask can be painted without a pointer.
 */

import { pressedOf } from "../../artgen/js/shortcuts.js"

const STEP = 0.02 // share of the width that an arrow key moves the brush
const FINE = 0.25 // of a step, with Shift
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
const TOOLS = ["brush", "lasso", "eraser", "hand"]
// Shortcut → name of the button.
const ACTIONS = {
  zoom_in: "in",
  zoom_out: "out",
  zoom_fit: "fit",
  smaller: "smaller",
  larger: "larger",
  compare: "compare",
}
const COMMANDS = { undo_stroke: "undo", redo_stroke: "redo" }

export class MaskKeys {
  /** `act(name)` does what the button of that name does; `pen` moves the brush without a pointer. */
  constructor({ room, act, choose, pen }) {
    Object.assign(this, { room, act, choose, pen, stage: room.parentElement })
    this.at = { x: 0.5, y: 0.5 }
    this.isDown = false
    document.addEventListener("keydown", (event) => this.#key(event))
    room.addEventListener("blur", () => this.#lift())
  }

  #key(event) {
    if (event.altKey || event.target.closest?.("input, textarea, select, dialog[open]")) return
    const command = pressedOf(event, Object.keys(COMMANDS))
    if (command) this.act(COMMANDS[command])
    else if (event.ctrlKey || event.metaKey || !this.#single(event, event.key)) return
    event.preventDefault()
  }

  #single(event, key) {
    // Elsewhere on the page a letter means nothing: speech input types them (WCAG 2.1.4).
    if (!this.stage.contains(document.activeElement)) return false
    const tool = pressedOf(event, TOOLS)
    const action = pressedOf(event, Object.keys(ACTIONS))
    if (tool) this.choose(tool)
    else if (action) this.act(ACTIONS[action])
    else if (document.activeElement !== this.room)
      return false // a button has its own Space
    else if (key in ARROWS) this.#step(ARROWS[key], event.shiftKey ? STEP * FINE : STEP)
    else if (key === " ") this.#press()
    else return false
    return true
  }

  #step([x, y], length) {
    this.at = { x: within(this.at.x + x * length), y: within(this.at.y + y * length) }
    this.pen.show(this.at)
    if (this.isDown) this.pen.extend([this.at])
  }

  #press() {
    if (this.isDown) return this.#lift()
    this.isDown = true
    this.pen.show(this.at)
    this.pen.begin(this.at)
    return undefined
  }

  #lift() {
    if (this.isDown) this.pen.end()
    this.isDown = false
  }
}

function within(share) {
  return Math.min(1, Math.max(0, share))
}
