/**
 * The visible part of an image that is zoomed and moved inside an element. Lengths are CSS pixels.
 */

const MAX_ZOOM = 8 // times the scale at which the image fits
const ZOOMED_FROM = 1.001 // times the fitting scale: less is a rounding error

export class Viewport {
  /** `room` is the element that `image` moves in; `changed()` is called after each change. */
  constructor({ room, image, changed }) {
    Object.assign(this, { room, image, changed })
    this.size = { width: 1, height: 1 }
    this.rest = { x: 0, y: 0 } // where the image lies without a transform
    this.fit = 1 // the scale at which the whole image is visible
    this.scale = 1
    this.left = 0
    this.top = 0
  }

  get isZoomed() {
    return this.scale > this.fit * ZOOMED_FROM
  }

  /** The scale at which a pixel of the image is one of the page. */
  get ownScale() {
    return 1
  }

  get middle() {
    return { x: this.room.clientWidth / 2, y: this.room.clientHeight / 2 }
  }

  /** Show the whole image, as large as the room allows. */
  reset(size = this.size) {
    this.size = size
    this.fit = Math.min(this.room.clientWidth / size.width, this.room.clientHeight / size.height)
    this.scale = this.fit
    this.#animate(false)
    this.#place(0, 0)
  }

  /** Zoom so that the point `at` of the room stays where it is. */
  zoom(wanted, at = this.middle, smooth = true) {
    const next = Math.min(Math.max(wanted, this.fit), Math.max(this.fit * MAX_ZOOM, 2))
    const share = next / this.scale
    this.#animate(smooth)
    this.scale = next
    this.#place(at.x - (at.x - this.left) * share, at.y - (at.y - this.top) * share)
  }

  zoomBy(factor, at, smooth) {
    this.zoom(this.scale * factor, at, smooth)
  }

  moveBy(x, y, smooth) {
    this.#animate(smooth)
    this.#place(this.left + x, this.top + y)
  }

  /** Switch between the whole image and its own pixels, or twice the size where both are alike. */
  toggle(at) {
    if (this.isZoomed) this.zoom(this.fit, at)
    else this.zoom(this.fit < this.ownScale * 0.8 ? this.ownScale : this.fit * 2, at)
  }

  #place(x, y) {
    this.left = within(x, this.size.width * this.scale, this.room.clientWidth)
    this.top = within(y, this.size.height * this.scale, this.room.clientHeight)
    const [left, top] = [this.left - this.rest.x, this.top - this.rest.y]
    this.image.style.transform = `translate(${left}px, ${top}px) scale(${this.scale})`
    this.room.toggleAttribute("data-close-up", this.isZoomed)
    this.changed()
  }

  #animate(on) {
    this.room.toggleAttribute("data-glides", on)
  }
}

/** Center what is shorter than the space; keep the space filled by what is longer. */
function within(position, length, space) {
  if (length <= space) return (space - length) / 2
  return Math.min(0, Math.max(space - length, position))
}
