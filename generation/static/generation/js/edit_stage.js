/** The stage of the editor: the image, the mask over it, the sides to extend, zoom and brush. */

import { largeOf } from "./copies.js"
import { MaskCanvas } from "./mask_canvas.js"
import { MaskKeys } from "./mask_keys.js"
import { MaskPointer } from "./mask_pointer.js"
import { Strokes, TOOLS } from "./mask_strokes.js"
import { Viewport } from "./viewport.js"

const ZOOM_STEP = 1.5
const SIZE_STEP = 1.2

export class EditStage {
  /**
   * `id` is that of the first image; `changed()` is called after each finished change of the mask,
   * and when another image is edited.
   */
  constructor({ stage, id, changed }) {
    Object.assign(this, { stage, changed })
    this.room = stage.querySelector(".edit-room")
    this.layer = stage.querySelector(".edit-layer")
    this.ring = stage.querySelector(".edit-ring")
    this.size = stage.querySelector("[data-brush-size]")
    this.level = stage.querySelector("[data-zoom-level]")
    this.picture = stage.querySelector(".edit-layer img")
    this.first = { id, ...imageOf(this.picture) }
    this.image = null // the one that is edited
    this.sides = { left: 0, top: 0, right: 0, bottom: 0 }
    this.feather = 0
    this.tool = "brush"
    this.isPaintable = true
    this.mask = new MaskCanvas(stage.querySelector("canvas"))
    this.strokes = new Strokes(() => this.#finished())
    this.viewport = new Viewport({
      room: this.room,
      image: this.layer,
      changed: () => this.#showLevel(),
    })
    this.#wire()
    this.#show()
    this.choose("brush")
  }

  /** The width of the brush as a share of the image's width. */
  get brush() {
    return Number(this.size.value) / 100
  }

  /** Whether nothing is marked. */
  get isEmpty() {
    return this.mask.isEmpty
  }

  choose(tool) {
    this.tool = tool
    this.room.dataset.cursor = tool
    for (const button of this.stage.querySelectorAll("[data-tool]"))
      button.setAttribute("aria-pressed", String(button.dataset.tool === tool))
  }

  soften(feather) {
    this.feather = feather
    this.draw()
  }

  /** Show the image with new sides, in percent; they are not painted on. */
  extendBy(sides) {
    this.sides = sides
    const { width, height } = this.image
    const left = (width * sides.left) / 100
    const top = (height * sides.top) / 100
    const whole = {
      width: width + left + (width * sides.right) / 100,
      height: height + top + (height * sides.bottom) / 100,
    }
    this.layer.style.width = `${whole.width}px`
    this.layer.style.height = `${whole.height}px`
    for (const part of this.layer.children)
      Object.assign(part.style, {
        left: `${left}px`,
        top: `${top}px`,
        width: `${width}px`,
        height: `${height}px`,
      })
    this.viewport.reset(whole)
  }

  /** Let the user mark an area, or only look. */
  allowPainting(isPaintable) {
    this.isPaintable = isPaintable
    this.stage.toggleAttribute("data-looks", !isPaintable)
  }

  /** Draw everything; a stroke in progress has no soft edge yet, which would take too long. */
  draw() {
    this.mask.draw(this.strokes.visible, this.strokes.current ? 0 : this.feather)
  }

  /** Edit another image; `card` has it. */
  async goOn(card) {
    const image = { id: card.dataset.image, ...imageOf(card.querySelector(".card-image")) }
    const { last } = this.strokes
    await Object.assign(new Image(), { src: image.src })
      .decode()
      .catch(() => {})
    if (last === this.strokes.last && image.id !== this.image.id) this.strokes.goOn(image)
  }

  act(name) {
    const actions = {
      compare: () => this.#show(!this.stage.hasAttribute("data-compares")),
      undo: () => this.strokes.undo(),
      redo: () => this.strokes.redo(),
      clear: () => this.strokes.clear(),
      in: () => this.viewport.zoomBy(ZOOM_STEP),
      out: () => this.viewport.zoomBy(1 / ZOOM_STEP),
      fit: () => this.viewport.zoom(this.viewport.fit),
      smaller: () => this.#resizeBrush(1 / SIZE_STEP),
      larger: () => this.#resizeBrush(SIZE_STEP),
    }
    actions[name]?.()
  }

  #wire() {
    const pen = {
      begin: (point) => this.#begin(point),
      extend: (points) => this.#extend(points),
      end: () => this.strokes.end(),
      cancel: () => this.strokes.cancel(),
      show: (point) => this.#placeRing(point),
    }
    new MaskPointer({
      viewport: this.viewport,
      toImage: (event) => this.#toImage(event),
      tool: () => (this.isPaintable ? this.tool : "hand"),
      hover: (event) => this.#hover(event),
      ...pen,
    })
    new MaskKeys({
      room: this.room,
      act: (name) => this.act(name),
      choose: (tool) => this.choose(tool),
      pen,
    })
    this.stage.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-tool], [data-act]")
      if (button?.dataset.tool) this.choose(button.dataset.tool)
      else if (button && button.getAttribute("aria-disabled") !== "true")
        this.act(button.dataset.act)
    })
    this.size.addEventListener("input", () => this.#showSize())
    new ResizeObserver(() => this.viewport.reset()).observe(this.room)
    this.#showSize()
  }

  #begin(point) {
    if (!this.isPaintable || !TOOLS.includes(this.tool)) return
    this.#show()
    this.strokes.begin(this.tool, this.brush, point)
    this.draw()
  }

  #extend(points) {
    const seen = points.map((point) => this.strokes.extend(point)).some(Boolean)
    if (!seen || this.frame) return
    this.frame = requestAnimationFrame(() => {
      this.frame = 0
      this.draw()
    })
  }

  #finished() {
    this.#show()
    this.draw()
    const { strokes } = this
    for (const [name, can] of [
      ["undo", strokes.canUndo],
      ["redo", strokes.canRedo],
      ["clear", strokes.marked.length],
      ["compare", this.image.id !== this.first.id],
    ])
      this.stage.querySelector(`[data-act=${name}]`).setAttribute("aria-disabled", String(!can))
    this.changed()
  }

  /** Show the image that is edited, or the first one in its place, to compare. */
  #show(compares = false) {
    const edited = this.strokes.image ?? this.first
    const { src, alt } = compares ? this.first : edited
    if (this.picture.src !== src) Object.assign(this.picture, { src, alt })
    this.stage.toggleAttribute("data-compares", compares)
    this.stage.querySelector("[data-act=compare]").setAttribute("aria-pressed", String(compares))
    if (edited === this.image) return
    this.image = edited
    this.mask.resize(edited)
    this.extendBy(this.sides)
  }

  /** Return where in the image an event is, as shares of its width. */
  #toImage(event) {
    const box = this.room.getBoundingClientRect()
    const { left, top, scale } = this.viewport
    const { width, height } = this.image
    const x = (event.clientX - box.left - left) / scale - (width * this.sides.left) / 100
    const y = (event.clientY - box.top - top) / scale - (height * this.sides.top) / 100
    return { x: x / width, y: y / width }
  }

  #hover(event) {
    if (event && event.pointerType !== "touch") this.#placeRing(this.#toImage(event))
    else this.ring.hidden = true
  }

  /** Show the size of the brush at a point of the image. */
  #placeRing({ x, y }) {
    const draws = this.isPaintable && ["brush", "eraser"].includes(this.tool)
    this.ring.hidden = !draws
    const { left, top, scale } = this.viewport
    const width = this.image.width * scale
    const across = Math.max(4, this.brush * width)
    Object.assign(this.ring.style, {
      width: `${across}px`,
      height: `${across}px`,
      left: `${left + x * width - across / 2}px`,
      top: `${top + y * width - across / 2}px`,
    })
  }

  #resizeBrush(factor) {
    this.size.value = String(Math.max(Number(this.size.min), Number(this.size.value) * factor))
    this.#showSize()
  }

  #showSize() {
    const { min, max, value } = this.size
    this.size.style.setProperty("--value", String((100 * (value - min)) / (max - min)))
  }

  #showLevel() {
    this.level.textContent = `${Math.round(this.viewport.scale * 100)}\u00a0%`
    for (const name of ["out", "fit"])
      this.stage
        .querySelector(`[data-act=${name}]`)
        .setAttribute("aria-disabled", String(!this.viewport.isZoomed))
  }
}

/** Return address, text and size of an image in the page; its size on the screen differs. */
function imageOf(picture) {
  const [width, height] = ["width", "height"].map((side) => Number(picture.getAttribute(side)))
  const { href: src } = new URL(largeOf(picture) || picture.src, document.baseURI)
  return { src, alt: picture.alt, width, height }
}
