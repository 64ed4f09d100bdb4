/**
 * A lightbox over the feed or the gallery: the image of a tile, with arrows to the others of the
 * page, also to those behind the first image of a stack.
 *
 * It has the address of the image's page, so a reload or a copied link opens that page. Back, Esc
 * and a swipe down close it and return to the tile on the page.
 */

import { pressedOf } from "../../artgen/js/shortcuts.js"
import { word } from "../../artgen/js/words.js"
import { SIDES, srcsetOf } from "./copies.js"
import { ACTS, isDraft } from "./image_acts.js"
import { LightboxZoom } from "./lightbox_zoom.js"
import { frontOf } from "./stacks.js"
import { Swipes } from "./swipes.js"

const MOVED_REGIONS = ["status", "toasts"] // live regions: a modal dialog makes the others inert
const STEPS = ["previous", "next"]
const KEYS = [...STEPS, "favorite", "share", "select", "trash"] // shortcuts, and names of the buttons
const LABEL_AFTER = 300 // ms: images that are only passed need no prices
const TILES = "[data-image]"

export class Lightbox {
  /**
   * `list` has the tiles; `remove(button)` moves an image to the trash or out of it; `loadMore()`
   * appends further tiles and resolves to whether there were any. `acts` and `joined` are of pages
   * whose images can be used.
   */
  constructor(viewer, { list, remove, loadMore, acts = null, joined = null }) {
    Object.assign(this, { viewer, list, remove, loadMore, acts, joined })
    this.actions = viewer.querySelector(".lightbox-actions")
    this.zoom = new LightboxZoom(viewer)
    this.picture = viewer.querySelector(".lightbox-image")
    this.prompt = viewer.querySelector(".lightbox-prompt")
    this.position = viewer.querySelector("[data-position]")
    this.download = viewer.querySelector("[data-download]")
    this.details = viewer.querySelector("[data-lightbox=details]")
    this.tile = null
    this.source = null // the tile below which this one was opened
    this.opened = null // the tile that it was opened from
    this.isLeaving = false // history.back() was called and has not arrived
    this.destination = null // the page to open after that
    this.pageTitle = document.title
    this.#listen()
  }

  #listen() {
    const { list, viewer } = this
    list.addEventListener("click", (event) => this.#cardClicked(event))
    viewer.addEventListener("click", (event) => this.#clicked(event))
    viewer.addEventListener("keydown", (event) => this.#key(event))
    viewer.addEventListener("close", () => this.#closed())
    window.addEventListener("popstate", (event) => this.#traversed(event.state))
    document.addEventListener("balance", () => this.#showOffers())
    new Swipes(this.picture, {
      isOff: () => this.zoom.isZoomed,
      left: () => this.step(1),
      right: () => this.step(-1),
      down: () => viewer.close(),
    })
  }

  get tiles() {
    const tiles = [...this.list.querySelectorAll(TILES)]
    return this.joined ? this.joined.inOrder(tiles) : tiles
  }

  /** Show the tile's image; `push`: as a new entry of the history. */
  open(tile, { push = true, isZoomed = false } = {}) {
    if (this.viewer.open || this.isLeaving) return
    if (push) history.pushState({ lightbox: idOf(tile) }, "", linkOf(tile).href)
    this.#takeRegions()
    document.documentElement.dataset.viewing = ""
    if (this.joined) this.viewer.querySelector(".lightbox-bar").prepend(this.joined.strip)
    this.viewer.showModal()
    this.opened = tile
    this.show(tile)
    this.#focusStage()
    if (isZoomed)
      this.picture.decode().then(
        () => this.zoom.toggle(),
        () => {},
      )
  }

  /** Show another tile's image in the open lightbox. */
  show(tile) {
    Object.assign(this, { tile, source: null })
    this.zoom.reset()
    const small = tile.querySelector(".card-image")
    const { picture } = this
    picture.src = small.currentSrc || small.src
    picture.srcset = srcsetOf(small)
    for (const side of ["width", "height"]) picture.setAttribute(side, small.getAttribute(side))
    picture.style.setProperty(
      "--shape",
      `${small.getAttribute("width")} / ${small.getAttribute("height")}`,
    )
    const original = new URL("download/", linkOf(tile).href).href
    this.zoom.original = needsOriginal(small) ? original : ""
    this.prompt.textContent = promptOf(tile)
    picture.alt = small.alt || this.prompt.textContent
    document.title = this.prompt.textContent.slice(0, 60)
    history.replaceState({ lightbox: idOf(tile) }, "", linkOf(tile).href)
    this.details.href = linkOf(tile).href
    this.download.href = original
    this.refresh()
    this.#showButtons()
    this.#showOffers()
  }

  /** Show the place of the image, and what is made from it. */
  refresh() {
    if (!this.viewer.open || !this.tile) return
    this.#showPosition()
    this.joined?.showOf(idOf(this.tile))
    if (!document.activeElement.checkVisibility()) this.#focusStage()
  }

  /** Show an image of the strip; Esc returns to the one above it. */
  #showMade(link) {
    const id = idOf(link.closest(TILES))
    const tile = this.tiles.find((one) => idOf(one) === id)
    const source = this.source ?? this.tile
    if (!tile) return this.#openPage(link.href)
    this.show(tile)
    this.source = source
  }

  #focusStage() {
    this.viewer.querySelector(".lightbox-stage").focus({ preventScroll: true })
  }

  #showOffers() {
    const { acts, tile, actions } = this
    if (!acts || !this.viewer.open) return
    if (actions.dataset.pricesOf !== idOf(tile)) acts.unlabel(actions)
    clearTimeout(this.labeling)
    if (acts.knows(tile)) acts.label(actions, tile)
    else this.labeling = setTimeout(() => acts.label(actions, tile), LABEL_AFTER)
  }

  /** Go to the next (1) or previous (-1) image; further ones are loaded at the end. */
  async step(change) {
    let next = this.#neighbor(change)
    if (!next && change > 0 && (await this.loadMore())) next = this.#neighbor(change)
    if (next && this.viewer.open) this.show(next)
  }

  #neighbor(change) {
    return this.tiles[this.#index() + change]
  }

  /** Return the place of the image on the page, also if its card was replaced by a fresh one. */
  #index() {
    return this.tiles.findIndex((tile) => idOf(tile) === idOf(this.tile))
  }

  #showPosition() {
    const { tiles } = this
    const number = this.#index() + 1
    const more = this.list.querySelector("[data-load-more]") ? "+" : ""
    this.position.textContent = word("position", { number, total: `${tiles.length}${more}` })
    this.#disable("previous", number === 1)
    this.#disable("next", number === tiles.length && !more)
  }

  #showButtons() {
    const heart = this.tile.querySelector("[data-favorite]")
    const tick = this.tile.querySelector(".tick")
    this.#button("favorite")?.setAttribute("aria-pressed", heart.getAttribute("aria-pressed"))
    this.#button("select")?.setAttribute("aria-pressed", String(tick.checked))
    const finish = this.actions.querySelector("[data-make=finish]")
    if (finish) finish.hidden = !isDraft(this.tile)
    const source = this.#button("source")
    if (source) source.hidden = !this.tile.querySelector("[data-source-of]:not([hidden])")
  }

  #button(name) {
    return this.viewer.querySelector(`[data-lightbox=${name}]`)
  }

  #disable(name, isOff) {
    this.#button(name).setAttribute("aria-disabled", String(isOff))
  }

  #cardClicked(event) {
    const link = event.target.closest(".card-link")
    const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
    if (!link || !isPlain || event.defaultPrevented) return
    event.preventDefault()
    this.open(link.closest("li"))
  }

  #clicked(event) {
    const name = event.target.closest("[data-lightbox]")?.dataset.lightbox
    const act = event.target.closest("[data-make]")
    const made = event.target.closest(".made .card-link")
    event.target.closest(".menu-item")?.closest("[popover]").hidePopover()
    if (act) this.#press(act, event)
    if (event.target === this.viewer || event.target.matches(".lightbox-stage")) this.viewer.close()
    if (event.ctrlKey || event.metaKey) return
    if (made) {
      event.preventDefault()
      this.#showMade(made)
    }
    if (!name) return
    if (name === "details") {
      event.preventDefault()
      this.#openPage(this.details.href)
    } else this.#act(name)
  }

  /**
   * Open a page in an entry of the history of its own: one that shares the document of the list
   * would lose its scroll position.
   */
  #openPage(address) {
    if (!this.viewer.open) return location.assign(address)
    this.destination = address
    history.back()
  }

  /** Close; resolve when the history has left this entry, which restores the scroll position. */
  #leave() {
    const left =
      history.state?.lightbox &&
      new Promise((resolve) =>
        addEventListener("popstate", () => requestAnimationFrame(resolve), { once: true }),
      )
    this.viewer.close()
    return left
  }

  async #press(button, event) {
    if (button.getAttribute("aria-disabled") === "true") return
    const { tile } = this
    if (button.dataset.make === "describe") {
      this.acts.describe(tile, {
        close: () => this.#leave(),
        open: (page) => this.#openPage(page),
      })
      return
    }
    const page = this.acts.pageOf(button.dataset.make, tile)
    if (page) return this.#openPage(page)
    // The form that takes the prompt is below.
    if (button.dataset.make === "reuse") await this.#leave()
    this.acts.press(button, tile, event)
  }

  #act(name) {
    this.tile = this.tiles[this.#index()] ?? this.tile
    const inTile = (selector) => this.tile.querySelector(selector)
    const actions = {
      previous: () => this.step(-1),
      next: () => this.step(1),
      close: () => this.viewer.close(),
      trash: () => this.#remove(),
      restore: () => this.#remove(),
      favorite: () => inTile("[data-favorite]").click(),
      select: () => inTile(".tick").click(),
      zoom: () => this.zoom.toggle(),
      share: () => this.acts.share(this.tile, (page) => this.#openPage(page)),
      source: async () => {
        const button = inTile("[data-source-of]")
        await this.#leave()
        button.click()
      },
    }
    actions[name]()
    if (this.viewer.open && ["favorite", "select"].includes(name)) this.#showButtons()
  }

  /** Move the image to the trash or out of it and show the next one, or the one before. */
  #remove() {
    const { tile } = this
    const next = this.#neighbor(1) ?? this.#neighbor(-1)
    this.remove(tile.querySelector("[data-trash], [data-restore]"))
    if (next) this.show(next)
    else this.viewer.close()
  }

  /** Show a tile that an undo has put back. */
  shownAgain(tile) {
    if (this.viewer.open) this.show(tile)
  }

  #key(event) {
    if (event.key === "Escape" && this.source && !this.viewer.querySelector(".menu:popover-open")) {
      event.preventDefault()
      return this.show(this.source)
    }
    const isOfButton = event.key === " " // presses the focused button
    // Enter that is held down presses it again and again.
    if (event.repeat && event.target.closest("[data-make]")) event.preventDefault()
    if (isOfButton || this.zoom.pressed(event)) return
    if (this.acts && this.#actPressed(event)) return
    const name = pressedOf(event, KEYS)
    if (!name || !this.#button(name)) return // the trash has no favorites
    event.preventDefault()
    event.stopPropagation()
    if (!event.repeat || STEPS.includes(name)) this.#act(name)
  }

  /** Return whether the key is that of an action. */
  #actPressed(event) {
    const act = pressedOf(event, ACTS)
    if (!act) return false
    event.preventDefault()
    event.stopPropagation()
    const button = this.actions.querySelector(`[data-make=${act}]`)
    if (!event.repeat && button) this.#press(button)
    return true
  }

  #closed() {
    this.zoom.reset()
    document.title = this.pageTitle
    this.#returnRegions()
    delete document.documentElement.dataset.viewing
    this.joined?.strip.remove()
    this.picture.removeAttribute("src")
    this.picture.removeAttribute("srcset")
    if (history.state?.lightbox) {
      this.isLeaving = true
      history.back()
    }
    // What was made of an image of a comparison is only here: back to that image.
    const shown = [this.tile, this.opened]
      .filter((tile) => tile?.isConnected)
      .map(frontOf)
      .find((tile) => tile.checkVisibility())
    linkOf(shown)?.focus({ preventScroll: true })
    shown?.scrollIntoView({ block: "nearest" })
  }

  /** Back and Forward of the browser. */
  #traversed(state) {
    this.isLeaving = false
    if (this.destination) location.assign(this.destination)
    this.destination = null
    if (!state?.lightbox) {
      if (this.viewer.open) this.viewer.close()
      return
    }
    const tile = this.tiles.find((one) => idOf(one) === state.lightbox)
    if (!tile)
      location.reload() // the address is that of the image's page
    else if (this.viewer.open) this.show(tile)
    else this.open(tile, { push: false })
  }

  #takeRegions() {
    this.places = MOVED_REGIONS.map((id) => {
      const region = document.getElementById(id)
      const place = document.createComment(id)
      region.replaceWith(place)
      this.viewer.append(region)
      return [place, region]
    })
  }

  #returnRegions() {
    for (const [place, region] of this.places ?? []) place.replaceWith(region)
    this.places = null
  }
}

function linkOf(tile) {
  return tile?.querySelector(".card-link")
}

function idOf(tile) {
  return tile.dataset.image
}

/** Whether the image of a list is larger than its larger copy. */
function needsOriginal(picture) {
  return Math.max(picture.getAttribute("width"), picture.getAttribute("height")) > SIDES.at(-1)
}

/** Return the prompt: of its run in the feed, else as the tile has it. */
function promptOf(tile) {
  const ofRun = tile.closest("[data-run]")?.querySelector(".run-prompt")
  const { alt } = tile.querySelector(".card-image")
  return ofRun?.textContent ?? (alt || linkOf(tile).getAttribute("aria-label"))
}
