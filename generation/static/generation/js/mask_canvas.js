/** Draws strokes as a mask: what is covered, its tinted preview, and the PNG that is sent. */

const WORK_SIDE = 1024 // px of the longer side while drawing: finer than any model paints
const TINT = "#ff3d7f"
const SEEN_FROM = 8 // of 255: a fainter mask changes nothing
const BLUR_PASSES = 3 // three box blurs are nearly a Gaussian

export class MaskCanvas {
  /** `shown` is the canvas over the image. */
  constructor(shown) {
    this.shown = shown
    this.work = document.createElement("canvas")
    this.context = this.work.getContext("2d", { willReadFrequently: true })
    this.shownContext = shown.getContext("2d")
  }

  /** Fit an image of this size, in px; nothing is covered then. */
  resize({ width, height }) {
    Object.assign(this, { width, height })
    const scale = Math.min(1, WORK_SIDE / Math.max(width, height))
    for (const canvas of [this.work, this.shown]) {
      canvas.width = Math.max(1, Math.round(width * scale))
      canvas.height = Math.max(1, Math.round(height * scale))
    }
  }

  /** Draw the strokes; `feather` softens the edge by this share of the width. */
  draw(strokes, feather = 0) {
    const { context, work } = this
    context.globalCompositeOperation = "source-over"
    context.clearRect(0, 0, work.width, work.height)
    for (const stroke of strokes) drawStroke(context, stroke, work)
    const radius = feather * work.width
    if (radius >= 1) blur(context, work, radius)
    this.#show()
  }

  /** Whether nothing is covered. */
  get isEmpty() {
    const { data } = this.context.getImageData(0, 0, this.work.width, this.work.height)
    for (let at = 3; at < data.length; at += 4) if (data[at] >= SEEN_FROM) return false
    return true
  }

  /** Return a PNG as large as the image: white is covered, black is not. */
  async png() {
    const whole = document.createElement("canvas")
    whole.width = this.width
    whole.height = this.height
    const context = whole.getContext("2d")
    context.fillStyle = "#000"
    context.fillRect(0, 0, whole.width, whole.height)
    context.drawImage(this.work, 0, 0, whole.width, whole.height)
    return new Promise((resolve) => whole.toBlob(resolve, "image/png"))
  }

  #show() {
    const { shown, shownContext } = this
    shownContext.globalCompositeOperation = "source-over"
    shownContext.clearRect(0, 0, shown.width, shown.height)
    shownContext.drawImage(this.work, 0, 0)
    shownContext.globalCompositeOperation = "source-in"
    shownContext.fillStyle = TINT
    shownContext.fillRect(0, 0, shown.width, shown.height)
  }
}

function drawStroke(context, { tool, size, points }, { width, height }) {
  if (tool === "clear") {
    context.clearRect(0, 0, width, height)
    return
  }
  context.globalCompositeOperation = tool === "eraser" ? "destination-out" : "source-over"
  context.fillStyle = context.strokeStyle = "#fff"
  context.lineCap = context.lineJoin = "round"
  context.lineWidth = Math.max(1, size * width)
  context.beginPath()
  for (let at = 0; at < points.length; at += 2)
    context.lineTo(points[at] * width, points[at + 1] * width)
  if (tool === "lasso") {
    context.closePath()
    context.fill()
  } else if (points.length === 2) {
    context.arc(points[0] * width, points[1] * width, context.lineWidth / 2, 0, 2 * Math.PI)
    context.fill()
  } else {
    context.stroke()
  }
}

/** Blur the alpha channel by `radius` px. Safari's canvas has no `filter`. */
function blur(context, { width, height }, radius) {
  const image = context.getImageData(0, 0, width, height)
  let alpha = new Float32Array(width * height)
  for (let at = 0; at < alpha.length; at++) alpha[at] = image.data[4 * at + 3]
  const reach = Math.max(1, Math.round(radius / Math.sqrt(BLUR_PASSES)))
  for (let pass = 0; pass < BLUR_PASSES; pass++) {
    alpha = boxBlurred(alpha, { lines: height, length: width, line: width, step: 1 }, reach)
    alpha = boxBlurred(alpha, { lines: width, length: height, line: 1, step: width }, reach)
  }
  for (let at = 0; at < alpha.length; at++) {
    image.data.fill(255, 4 * at, 4 * at + 3)
    image.data[4 * at + 3] = Math.round(alpha[at])
  }
  context.putImageData(image, 0, 0)
}

/** Return the mean of `reach` values on both sides, along each line; the edge is repeated. */
function boxBlurred(values, { lines, length, line, step }, reach) {
  const result = new Float32Array(values.length)
  const share = 1 / (2 * reach + 1)
  for (let row = 0; row < lines; row++) {
    const start = row * line
    const at = (index) => values[start + Math.min(length - 1, Math.max(0, index)) * step]
    let sum = 0
    for (let index = -reach; index <= reach; index++) sum += at(index)
    for (let index = 0; index < length; index++) {
      result[start + index * step] = sum * share
      sum += at(index + reach + 1) - at(index - reach)
    }
  }
  return result
}
