/** Draw a thumbhash (evanw.github.io/thumbhash): a blurred placeholder in about 25 bytes. */

/** Draw every `canvas[data-placeholder]` below `root`; its image fades in over it. */
export function paintPlaceholders(root) {
  for (const canvas of root.querySelectorAll("canvas[data-placeholder]")) {
    paint(canvas)
    const picture = canvas.parentElement.querySelector(".card-picture")
    if (!picture || picture.complete) continue
    picture.dataset.loading = ""
    for (const event of ["load", "error"])
      picture.addEventListener(event, () => delete picture.dataset.loading, { once: true })
  }
}

function paint(canvas) {
  try {
    const hash = Uint8Array.from(atob(canvas.dataset.placeholder), (char) => char.charCodeAt(0))
    const { width, height, pixels } = decode(hash)
    canvas.width = width
    canvas.height = height
    canvas.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0)
  } catch {
    canvas.remove()
  }
  delete canvas.dataset.placeholder
}

function decode(hash) {
  const head = hash[0] | (hash[1] << 8) | (hash[2] << 16)
  const more = hash[3] | (hash[4] << 8)
  const hasAlpha = head >> 23
  const landscape = more >> 15
  const longest = hasAlpha ? 5 : 7
  const columns = Math.max(3, landscape ? longest : more & 7)
  const rows = Math.max(3, landscape ? more & 7 : longest)
  let nibble = (hasAlpha ? 6 : 5) * 2
  const channel = (mean, scale, nx, ny) => {
    const waves = [{ x: 0, y: 0, amount: mean }]
    for (let y = 0; y < ny; y++) {
      for (let x = y ? 0 : 1; x * ny < nx * (ny - y); x++) {
        const value = (hash[nibble >> 1] >> ((nibble & 1) * 4)) & 15
        nibble++
        waves.push({ x, y, amount: 2 * scale * (value / 7.5 - 1) })
      }
    }
    return waves
  }
  const light = channel((head & 63) / 63, ((head >> 18) & 31) / 31, columns, rows)
  const yellow = channel(((head >> 6) & 63) / 31.5 - 1, (((more >> 3) & 63) / 63) * 1.25, 3, 3)
  const red = channel(((head >> 12) & 63) / 31.5 - 1, (((more >> 9) & 63) / 63) * 1.25, 3, 3)
  const ratio = columns / rows
  const width = Math.round(ratio > 1 ? 32 : 32 * ratio)
  const height = Math.round(ratio > 1 ? 32 / ratio : 32)
  const pixels = new Uint8ClampedArray(width * height * 4)
  const at = (waves, x, y) => {
    let sum = 0
    for (const wave of waves)
      sum +=
        wave.amount *
        Math.cos((Math.PI / width) * (x + 0.5) * wave.x) *
        Math.cos((Math.PI / height) * (y + 0.5) * wave.y)
    return sum
  }
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i += 4) {
      const l = at(light, x, y),
        p = at(yellow, x, y),
        q = at(red, x, y)
      const b = l - (2 / 3) * p
      const r = (3 * l - b + q) / 2
      pixels.set([255 * r, 255 * (r - q), 255 * b, 255], i)
    }
  }
  return { width, height, pixels }
}
