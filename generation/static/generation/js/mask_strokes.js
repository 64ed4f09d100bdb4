/**
 * The strokes that make a mask, and the images they were made on, with undo and redo. Points and sizes are shares of the image's
 * width, so a stroke does not depend on zoom or screen.
 */

export const TOOLS = ["brush", "lasso", "eraser"]
const CLEAR = "clear"
const NEAR = 0.0012 // share of the width: closer points are left out
const MAX_STROKES = 500

export class Strokes {
  /** `changed()` is called when strokes were added, undone or redone. */
  constructor(changed) {
    this.changed = changed
    this.done = []
    this.undone = []
    this.current = null
  }

  /** The finished strokes on the image that is edited now. */
  get marked() {
    return this.done.slice(this.done.findLastIndex(({ image }) => image) + 1)
  }

  /** All strokes that count, the unfinished one included. */
  get visible() {
    return this.current ? [...this.marked, this.current] : this.marked
  }

  /** The image that is edited now, undefined for the first one. */
  get image() {
    return this.done.findLast(({ image }) => image)?.image
  }

  /** The last step, undefined before the first one. */
  get last() {
    return this.done.at(-1)
  }

  get canUndo() {
    return this.done.length > 0
  }

  get canRedo() {
    return this.undone.length > 0
  }

  begin(tool, size, point) {
    this.current = { tool, size: round(size), points: [round(point.x), round(point.y)] }
  }

  /** Add a point; return whether it is far enough from the last one to be seen. */
  extend(point) {
    const points = this.current?.points
    if (!points) return false
    const [x, y] = points.slice(-2)
    if (Math.hypot(point.x - x, point.y - y) < NEAR) return false
    points.push(round(point.x), round(point.y))
    return true
  }

  end() {
    if (!this.current) return
    this.#add(this.current)
  }

  /** Forget the unfinished stroke: a second finger came down. */
  cancel() {
    this.current = null
    this.changed()
  }

  undo() {
    if (this.canUndo) this.undone.push(this.done.pop())
    this.changed()
  }

  redo() {
    if (this.canRedo) this.done.push(this.undone.pop())
    this.changed()
  }

  /** Remove everything; it can be undone. */
  clear() {
    if (this.marked.length) this.#add({ tool: CLEAR, size: 0, points: [] })
  }

  /** Go on with another image, on which nothing is marked; it can be undone. */
  goOn(image) {
    this.#add({ tool: CLEAR, size: 0, points: [], image })
  }

  /** Replace all strokes by stored ones. */
  load(strokes) {
    this.done = strokes.filter(isStroke).slice(-MAX_STROKES)
    this.undone = []
    this.changed()
  }

  #add(stroke) {
    this.current = null
    this.done.push(stroke)
    this.undone = []
    this.changed()
  }
}

function isStroke(stroke) {
  return (
    [...TOOLS, CLEAR].includes(stroke?.tool) &&
    Number.isFinite(stroke.size) &&
    Array.isArray(stroke.points) &&
    stroke.points.every(Number.isFinite)
  )
}

function round(value) {
  return Math.round(value * 10_000) / 10_000
}
