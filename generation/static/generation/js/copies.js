/** The copies of an image: the thumbnail, and a larger one for large areas. */

export const SIDES = [768, 1536] // px of the longer side

/** Return both copies of a list's image for an image of any size, "" if there is only one. */
export function srcsetOf(picture) {
  if (picture.sizes) return picture.srcset
  const large = picture.srcset.split(" ")[0] || largeOf(picture)
  if (!large) return ""
  const [width, height] = ["width", "height"].map((side) => Number(picture.getAttribute(side)))
  const [small, larger] = SIDES.map((side) =>
    Math.round(width * Math.min(1, side / Math.max(width, height))),
  )
  return `${picture.src} ${small}w, ${large} ${larger}w`
}

/**
 * Return the larger copy's address, "" if there is none: `data-large` has what differs from the
 * thumbnail's besides the name.
 */
export function largeOf({ src, dataset: { large } }) {
  if (large === undefined) return ""
  if (large.includes("/")) return large
  const address = src.replace(".webp?", "-large.webp?")
  return large ? address.replace(/[^=]+$/, large) : address
}
