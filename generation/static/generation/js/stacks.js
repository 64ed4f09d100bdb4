/**
 * Stacks in the gallery: the images of a run are one tile with their number until it is opened.
 *
 * The first image of a run in a month stands for the others, which are in the page, behind it: so
 * filters, counts and selections treat them as images. The server renders the same; this keeps it
 * true while images are moved and pages are added.
 */

import { plural } from "../../artgen/js/words.js"

export class Stacks {
  constructor(list) {
    this.list = list
    this.opened = new Set(history.state?.stacks ?? []) // kept for a reload and for Back
    list.addEventListener("click", (event) => this.#clicked(event))
    list.addEventListener("keydown", (event) => this.#key(event))
    this.arrange()
    new MutationObserver((changes) => {
      // Within a tile, images and buttons come and go as one scrolls.
      if (changes.some(({ target }) => !target.closest("li"))) this.arrange()
    }).observe(list, { childList: true, subtree: true })
  }

  /** Let the first image of each run stand for the others, in every month. */
  arrange() {
    for (const rows of this.list.querySelectorAll(".rows")) {
      const runs = Map.groupBy(rows.querySelectorAll(":scope > [data-stack]"), stackOf)
      for (const [run, tiles] of runs) this.#arrange(run, tiles)
    }
  }

  #arrange(run, tiles) {
    const isOpen = this.opened.has(run)
    for (const [index, tile] of tiles.entries()) {
      const size = index === 0 && tiles.length > 1 ? String(tiles.length) : ""
      set(tile, "stackSize", size)
      set(tile, "opened", isOpen && tiles.length > 1 ? "1" : "")
      set(tile, "behind", index > 0 && !isOpen ? "1" : "")
      if (index > 0 && tiles[index - 1].nextElementSibling !== tile) tiles[index - 1].after(tile)
      if (size) label(tile, tiles.length, isOpen)
      else tile.querySelector(".card-link").removeAttribute("aria-expanded")
    }
  }

  #clicked(event) {
    const toggle = event.target.closest(".stack-toggle")
    const link = event.target.closest(".card-link")
    const tile = (toggle ?? link)?.closest("[data-stack-size]")
    const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
    if (!tile || !isPlain || event.defaultPrevented) return
    if (link && isOpened(tile)) return // the image itself
    event.preventDefault()
    this.#toggle(tile)
  }

  #key(event) {
    if (event.key !== "Escape" || event.defaultPrevented) return
    const tile = event.target.closest?.("[data-opened]")
    if (!tile || this.list.closest("[data-selecting]")) return
    event.preventDefault()
    const head = stackTiles(tile)[0]
    this.#toggle(head)
    head.querySelector(".card-link").focus()
  }

  #toggle(tile) {
    const run = stackOf(tile)
    if (!this.opened.delete(run)) this.opened.add(run)
    history.replaceState({ ...history.state, stacks: [...this.opened] }, "")
    this.arrange()
  }
}

/** Return the images that a tile stands for: of its closed stack, or itself. */
export function imagesOf(tile) {
  return tile.dataset.stackSize && !isOpened(tile) ? stackTiles(tile) : [tile]
}

/** Whether the tile is behind another one of its stack. */
export function isBehind(tile) {
  return "behind" in tile.dataset
}

/** Return the tile that is visible for this one: itself, or the first of its closed stack. */
export function frontOf(tile) {
  return isBehind(tile) ? stackTiles(tile)[0] : tile
}

function stackTiles(tile) {
  return [...tile.parentElement.querySelectorAll(`[data-stack="${tile.dataset.stack}"]`)]
}

function isOpened(tile) {
  return "opened" in tile.dataset
}

function stackOf(tile) {
  return tile.dataset.stack
}

function set(tile, name, value) {
  if (value) tile.dataset[name] = value
  else delete tile.dataset[name]
}

function label(tile, count, isOpen) {
  const button = tile.querySelector(".stack-toggle")
  const what = "draft" in tile.dataset ? "drafts" : "stack"
  const text = plural(`${isOpen ? "close" : "open"}_${what}`, count)
  const number = button.querySelector(".stack-size")
  if (number.textContent !== String(count)) number.textContent = count
  button.setAttribute("aria-expanded", String(isOpen))
  button.setAttribute("aria-label", text)
  button.title = text
  const link = tile.querySelector(".card-link")
  if (isOpen) link.removeAttribute("aria-expanded")
  else link.setAttribute("aria-expanded", "false")
}
