/**
 * Gallery, trash and Explore: pages, lightbox, favorites, trash with undo, search key. Works
 * without script.
 */

import { part } from "../artgen/js/http.js"
import { isTyping, pressed } from "../artgen/js/shortcuts.js"
import { add, countFavorites, countShown } from "./js/counts.js"
import { wireChipMenus } from "./js/chip_menus.js"
import { wireLoadedMenus } from "./js/loaded_menus.js"
import { wireCardButtons } from "./js/card_buttons.js"
import { offerCarriedUndo } from "./js/carried_undo.js"
import { Endless } from "./js/endless.js"
import { ImageActs } from "./js/image_acts.js"
import { JoinedRuns } from "./js/joined_runs.js"
import { Lightbox } from "./js/lightbox.js"
import { moveTile } from "./js/move_tile.js"
import { wireSelection } from "./js/selection.js"
import { Stacks } from "./js/stacks.js"
import { addControls } from "./js/image_controls.js"
import { requireSharedPart } from "./js/shared_part.js"
import { fadeIn } from "./js/fade_in.js"
import { wireTileKeys } from "./js/tile_keys.js"
import { wireViewOptions } from "./js/view_options.js"

requireSharedPart()
const data = document.getElementById("page-data")?.dataset ?? {}
const list = document.getElementById("months")
const search = document.getElementById("search")
if (list) {
  enhance(list)
  // Its tile has got its id only now. A reload keeps the scroll position.
  if (performance.getEntriesByType("navigation")[0]?.type === "navigate")
    document.getElementById(location.hash.slice(1))?.scrollIntoView()
}
const selection =
  // Explore has nothing to select
  list && document.getElementById("selection-bar") ? wireSelection(list, data) : null
let lightbox = null
let joined = null
let acts = null
const endless = list && new Endless(list, append)

if (list) {
  wireCardButtons(list, data)
  list.addEventListener("click", onClick)
  list.addEventListener("error", hideBroken, { capture: true })
  // In this order: while selecting, a click opens no stack; on a closed stack, it opens no image.
  if (selection) new Stacks(list)
  if (document.getElementById("card-acts")) wireActs()
  wireLightbox()
  wireTileKeys(list, { selection, remove: move, zoom, acts })
  new MutationObserver(countFavorites).observe(list, {
    subtree: true,
    attributeFilter: ["aria-pressed"],
  })
}
// On narrow windows the sidebar is a row that scrolls: show the current link.
const sidebar = document.querySelector(".sidebar")
const current = sidebar?.querySelector("[aria-current]")
if (current)
  sidebar.scrollLeft = Math.max(
    0,
    current.offsetLeft + current.offsetWidth + 12 - sidebar.clientWidth,
  )

if (data.trashed) offerCarriedUndo(data)
wireSearch()
wireChipMenus()
wireLoadedMenus(data)
wireViewOptions()
wireFiltersButton()
wireEmptyDialog()

/** On phones, one button shows and hides the filters. */
function wireFiltersButton() {
  const button = document.querySelector("[data-filters]")
  button?.addEventListener("click", () => {
    const isOpen = document.getElementById("filters").classList.toggle("chips-open")
    button.ariaExpanded = String(isOpen)
  })
}

/** Let images be made of those in the list; what is made stands beside its source. */
function wireActs() {
  joined = new JoinedRuns({ data, show, changed: () => lightbox?.refresh() })
  acts = new ImageActs(data, {
    placed(runs, tile) {
      joined.add(runs, tile)
      joined.connect()
    },
  })
  acts.watch(list)
  if (selection) selection.bar.acts = acts
}

/** Insert the new images of a run after its source. */
async function show({ id, source }) {
  try {
    const { fragment } = await part(`${data.runs}${id}/tiles/`)
    const shown = `[data-image="${source}"], [data-joined="${id}"]`
    const last = [...list.querySelectorAll(shown)].at(-1)
    if (!last) return
    for (const tile of fragment.querySelectorAll("li")) {
      tile.dataset.joined = id
      if (list.querySelector(`[data-image="${tile.dataset.image}"]`)) tile.remove()
    }
    const { childElementCount: count } = fragment
    enhance(fragment)
    last.after(fragment)
    endless.watch(list)
    add("kept", count)
    countShown(count, last.closest(".month"))
    selection?.refresh()
  } catch {
    // The next visit of the gallery shows them.
  }
}

/** Show images over the page; those of Explore are links to their own pages. */
function wireLightbox() {
  const viewer = document.getElementById("lightbox")
  if (!viewer) return
  lightbox = new Lightbox(viewer, {
    list,
    acts,
    joined,
    remove: move,
    loadMore: () => endless.load(),
  })
}

function zoom(tile) {
  lightbox.open(tile, { isZoomed: true })
}

/** Move the image of this button to the trash or out of it. */
function move(button) {
  moveTile(button, data, { selection, onBack: (tile) => lightbox?.shownAgain(tile) })
}

function enhance(root) {
  addControls(root)
  fadeIn(root)
}

function hideBroken({ target }) {
  if (!target.matches(".card-image")) return
  target.hidden = true
  target.parentElement.title = data.broken ?? ""
}

function onClick(event) {
  const button = event.target.closest("[data-trash], [data-restore]")
  if (!button) return
  event.preventDefault()
  move(button)
}

/** Append a page: months, the rest of the last one, or rows without months. */
function append(page) {
  enhance(page)
  for (const element of [...page.children]) {
    const last = element.matches(".month")
      ? list.querySelector(`[data-month="${element.dataset.month}"] .rows`)
      : element.matches(".rows") && list.querySelector(".rows")
    if (last) {
      last.querySelector(".rows-end")?.remove()
      last.append(...(element.matches(".rows") ? element : element.querySelector(".rows")).children)
    } else list.append(element)
  }
  selection?.refresh()
}

function wireSearch() {
  const key = document.getElementById("search-key")
  if (!search) return
  if (key && matchMedia("(hover: hover)").matches) key.hidden = false
  document.addEventListener("keydown", (event) => {
    if (isTyping(event) || !pressed(event, "search")) return
    event.preventDefault()
    search.select()
  })
}

function wireEmptyDialog() {
  const dialog = document.getElementById("empty-dialog")
  const opener = document.getElementById("empty-trash")
  if (!dialog || !opener) return
  opener.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey) return
    event.preventDefault()
    dialog.showModal()
  })
  dialog.querySelector("[data-keep]").addEventListener("click", (event) => {
    event.preventDefault()
    dialog.close()
  })
}
