/**
 * Selecting images: ticks, ranges, arrow keys, long press. The bar shows what is selected.
 * The ticks are checkboxes of a form, so selecting works without script too; with it, every image
 * is a target.
 */

import { say } from "../../artgen/js/status.js"
import { pressed } from "../../artgen/js/shortcuts.js"
import { LongPress } from "./long_press.js"
import { SelectionBar } from "./selection_bar.js"
import { imagesOf, isBehind } from "./stacks.js"
import { bytesOf, choose } from "./image_controls.js"
import { neighbor } from "./tile_grid.js"

const VIBRATION = 10 // ms, after a long press
const NOT_FOR_SHORTCUTS = "input:not(.tick), textarea, select, dialog"

/**
 * Let the images of `list` be selected; `data` has the texts of the page. `stops` arranges where the
 * Tab key stops unless images are being selected; without it, at each image.
 */
export function wireSelection(list, data, { stops = null } = {}) {
  return new Selection(list, data, stops)
}

class Selection {
  constructor(list, data, stops) {
    this.list = list
    this.stops = stops
    this.content = list.closest("[data-selectable]")
    this.button = document.getElementById("select")
    this.chosen = new Map() // image id → bytes; also of images that are not on the page yet
    this.isSelecting = false
    this.isByButton = false // begun by the button: goes on without a selected image
    this.anchor = null // the tile where a range begins
    this.active = null // the tile that was used last
    this.edge = null // the end of a range that Shift and arrow keys extend
    this.bar = new SelectionBar(this, data)
    this.#listen()
    this.refresh() // a browser may restore ticks that were set before
  }

  get size() {
    return this.chosen.size
  }

  get tiles() {
    return [...this.list.querySelectorAll("[data-image]")]
  }

  /** Without those behind the first image of a stack. */
  get visibleTiles() {
    return this.tiles.filter((tile) => !isBehind(tile))
  }

  get chosenTiles() {
    return this.tiles.filter((tile) => this.chosen.has(tile.dataset.image))
  }

  /** Continue after tiles were added or removed. */
  refresh() {
    for (const tile of this.tiles) {
      if (this.chosen.has(tile.dataset.image)) choose(tile, true)
      else if (tickOf(tile).checked) this.#set(tile, true)
    }
    this.changed()
  }

  /** Show what is selected now. */
  changed() {
    this.#showStacks()
    this.#setSelecting(this.size > 0 || (this.isSelecting && this.isByButton))
    this.bar.show()
  }

  /** Select these tiles as well; the focus moves to the first. */
  select(tiles) {
    for (const tile of tiles) this.#set(tile, true)
    this.active = tiles[0] ?? this.active
    this.changed()
    tickOf(tiles[0])?.focus({ preventScroll: true })
  }

  /** Deselect a tile that leaves the page; return whether it was selected. */
  drop(tile) {
    const wasSelected = this.chosen.has(tile.dataset.image)
    this.#set(tile, false)
    if (wasSelected) this.changed()
    return wasSelected
  }

  /** End selecting; the focus returns to the last image. */
  clear({ focus = true } = {}) {
    const hadSome = this.size > 0
    for (const tile of this.tiles) choose(tile, false)
    this.chosen.clear()
    this.anchor = this.edge = null
    this.isSelecting = this.isByButton = false
    this.changed()
    if (hadSome) say(this.bar.clearedMessage)
    if (focus) linkOf(this.active)?.focus({ preventScroll: true })
  }

  // --- state ----------------------------------------------------------------------------------

  #set(tile, on) {
    choose(tile, on)
    if (on) this.chosen.set(tile.dataset.image, bytesOf(tile))
    else this.chosen.delete(tile.dataset.image)
  }

  #toggle(tile, on = !tickOf(tile).checked) {
    for (const one of imagesOf(tile)) this.#set(one, on)
    this.anchor = this.active = tile
    this.edge = null
    this.changed()
  }

  /** A closed stack of which some images are selected is neither on nor off. */
  #showStacks() {
    for (const tile of this.list.querySelectorAll("[data-stack-size]")) {
      const images = imagesOf(tile)
      const chosen = images.filter((one) => this.chosen.has(one.dataset.image))
      tickOf(tile).indeterminate = chosen.length > 0 && chosen.length < images.length
    }
  }

  #selectAll() {
    for (const tile of this.tiles) this.#set(tile, true)
    this.active ??= this.tiles[0]
    this.changed()
  }

  /** Set all tiles from the anchor to this one. */
  #setRange(to, on = true) {
    const tiles = this.visibleTiles
    const from = tiles.indexOf(this.anchor)
    const end = tiles.indexOf(to)
    const range = from < 0 ? [to] : tiles.slice(Math.min(from, end), Math.max(from, end) + 1)
    for (const tile of range.flatMap(imagesOf)) this.#set(tile, on)
  }

  /** Extend or shorten the range that begins at the anchor. */
  #extendRange(to) {
    if (this.edge && this.anchor) this.#setRange(this.edge, false)
    else this.anchor = this.active ?? to
    this.#setRange(to)
    this.edge = to
  }

  #setSelecting(on) {
    if (on && !this.isSelecting && !this.size) say(this.bar.keysMessage)
    this.isSelecting = on
    this.content.toggleAttribute("data-selecting", on)
    if (this.button) this.#showButton(on)
    this.#updateTabStops()
  }

  #showButton(on) {
    this.button.setAttribute("aria-pressed", String(on))
    const label = this.button.querySelector(".select-word")
    this.button.dataset.begin ??= label.textContent
    label.textContent = on ? this.button.dataset.done : this.button.dataset.begin
  }

  /** While selecting, the grid is one stop of the Tab key, so that the next stop is the bar. */
  #updateTabStops() {
    this.stops?.arrange()
    if (this.stops && !this.isSelecting) return
    const tiles = this.visibleTiles
    const current = tiles.includes(this.active) ? this.active : tiles[0]
    for (const tile of tiles) {
      tickOf(tile).tabIndex = !this.isSelecting || tile === current ? 0 : -1
      linkOf(tile).tabIndex = this.isSelecting ? -1 : 0
    }
  }

  // --- what the user does ---------------------------------------------------------------------

  #listen() {
    this.list.addEventListener("click", (event) => this.#clicked(event))
    this.list.addEventListener("focusin", (event) => this.#focused(event))
    this.list.addEventListener("keydown", (event) => this.#tileKey(event))
    document.addEventListener("keydown", (event) => this.#pageKey(event))
    new LongPress(this.list, {
      tileOf,
      pressed: (tile) => {
        this.#toggle(tile, true)
        navigator.vibrate?.(VIBRATION)
      },
    })
    if (!this.button) return
    this.button.hidden = false
    this.button.addEventListener("click", () => {
      if (this.isSelecting) this.clear({ focus: false })
      else {
        this.isByButton = true
        this.#setSelecting(true)
      }
    })
  }

  #clicked(event) {
    const tile = tileOf(event.target)
    if (!tile) return
    if (event.target.matches(".tick")) this.#tickClicked(event, tile)
    else if (event.target.matches(".card-link")) this.#linkClicked(event, tile)
  }

  #tickClicked(event, tile) {
    const { checked } = event.target
    if (event.shiftKey && this.anchor) this.#setRange(tile, checked)
    else this.anchor = tile
    for (const one of imagesOf(tile)) this.#set(one, checked)
    this.active = tile
    this.edge = null
    this.changed()
  }

  #linkClicked(event, tile) {
    if (event.shiftKey) {
      event.preventDefault()
      this.anchor ??= this.active ?? tile
      this.#setRange(tile)
      this.active = this.edge = tile
      this.changed()
    } else if (this.isSelecting && event.detail && !event.ctrlKey && !event.metaKey) {
      // `detail` is 0 for Enter, which opens the image also while selecting.
      event.preventDefault()
      this.#toggle(tile)
    }
  }

  #focused(event) {
    const tile = tileOf(event.target)
    if (!tile || tile === this.active) return
    this.active = tile
    if (this.isSelecting) this.#updateTabStops()
  }

  #tileKey(event) {
    const tile = tileOf(event.target)
    if (!tile || !event.target.matches(".tick, .card-link") || event.altKey) return
    if (event.key === "Enter" && event.target.matches(".tick")) {
      event.preventDefault() // would submit the form
      linkOf(tile).click()
    } else if (pressed(event, "select") && event.target.matches(".card-link")) {
      event.preventDefault()
      this.#toggle(tile)
      tickOf(tile).focus({ preventScroll: true })
    } else if (pressed(event, "trash") && this.size) {
      event.preventDefault()
      this.bar.remove()
    } else if (!event.ctrlKey && !event.metaKey) {
      this.#moveTo(neighbor(this.visibleTiles, tile, event.key), tile, event)
    }
  }

  /** Move the focus to the tile of an arrow key; with Shift, the range follows. */
  #moveTo(next, from, event) {
    if (next === undefined) return
    event.preventDefault()
    if (!next) return
    if (event.shiftKey) {
      this.active ??= from
      this.#extendRange(next)
      this.changed()
    } else {
      this.edge = null
    }
    this.active = next
    if (this.isSelecting) this.#updateTabStops()
    const target = this.isSelecting ? tickOf(next) : linkOf(next)
    target.focus({ preventScroll: true })
    next.scrollIntoView({ block: "nearest" })
  }

  #pageKey(event) {
    const isElsewhere =
      event.target.closest?.(NOT_FOR_SHORTCUTS) ||
      document.querySelector(":popover-open:not(#toasts), dialog[open]")
    if (event.defaultPrevented || isElsewhere) return
    if (event.key === "Escape" && this.isSelecting) this.clear()
    else if (pressed(event, "trash") && this.size) {
      event.preventDefault()
      this.bar.remove()
    } else if (pressed(event, "select_all") && this.tiles.length) {
      event.preventDefault()
      this.#selectAll()
      const isInside = this.list.contains(document.activeElement)
      if (!isInside) tickOf(this.active).focus({ preventScroll: true })
    }
  }
}

function tileOf(element) {
  return element.closest?.("[data-image]")
}

function tickOf(tile) {
  return tile?.querySelector(".tick")
}

function linkOf(tile) {
  return tile?.querySelector(".card-link")
}
