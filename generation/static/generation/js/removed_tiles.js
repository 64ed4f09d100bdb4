/** Tiles that were removed from the page, and a way to put each back in its place. */

import { countShown } from "./counts.js"
import { choose } from "./image_controls.js"

export class RemovedTiles {
  /**
   * Replace each tile by a placeholder; `next` is the image after the last one, or before the
   * first.
   */
  constructor(tiles) {
    this.tiles = tiles
    this.months = tiles.map((tile) => tile.closest(".month"))
    this.placeholders = tiles.map(() => document.createComment(""))
    for (const [index, tile] of tiles.entries()) tile.replaceWith(this.placeholders[index])
    this.next = this.#findNext()
  }

  /** Add `change` to the shown count of each tile's month, and of the page. */
  count(change) {
    for (const month of this.months) countShown(change, month)
  }

  putBack() {
    for (const [index, tile] of this.tiles.entries()) {
      choose(tile, false)
      this.placeholders[index].replaceWith(tile)
    }
  }

  #findNext() {
    const left = [...document.querySelectorAll("[data-selectable] [data-image]:not([data-behind])")]
    const last = this.placeholders.at(-1)
    const follows = (tile) =>
      last && last.compareDocumentPosition(tile) & Node.DOCUMENT_POSITION_FOLLOWING
    return left.find(follows) ?? left.at(-1)
  }
}
