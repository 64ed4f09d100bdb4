/** Where the arrow keys lead in rows of tiles of different widths. */

const SAME_ROW = 2 // px: tops that differ by less are one row

/** Return the tile that a key leads to; null where there is none, undefined for other keys. */
export function neighbor(tiles, tile, key) {
  const index = tiles.indexOf(tile)
  switch (key) {
    case "ArrowRight":
      return tiles[index + 1] ?? null
    case "ArrowLeft":
      return tiles[index - 1] ?? null
    case "Home":
      return tiles[0]
    case "End":
      return tiles.at(-1)
    case "ArrowDown":
      return inNextRow(tiles.slice(index + 1), tile)
    case "ArrowUp":
      return inNextRow(tiles.slice(0, index).reverse(), tile)
    default:
      return undefined
  }
}

/** Return the tile of the nearest other row that is closest to the middle of this one, or null. */
function inNextRow(others, tile) {
  const own = tile.getBoundingClientRect()
  const middle = own.left + own.width / 2
  let rowTop = null
  let closest = null
  let shortest = Number.POSITIVE_INFINITY
  for (const other of others) {
    const box = other.getBoundingClientRect()
    if (Math.abs(box.top - own.top) < SAME_ROW) continue
    rowTop ??= box.top
    if (Math.abs(box.top - rowTop) > SAME_ROW) break
    const distance = Math.max(box.left - middle, middle - box.right, 0)
    if (distance < shortest) [closest, shortest] = [other, distance]
  }
  return closest
}
