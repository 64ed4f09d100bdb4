/** The bar of actions on the selected pictures: how many, how large, favorite, ZIP, trash with one undo for all. */

import { api, csrfToken, part } from "../../artgen/js/http.js"
import { say } from "../../artgen/js/status.js"
import { toast } from "../../artgen/js/toasts.js"
import { add, countMoved, countShown, isFavorite } from "./counts.js"
import { offerUndo, sent } from "./trash.js"

const language = document.documentElement.lang

export function wireBar({ list, data, chosen, tiles, clear, changed }) {
  const bar = document.getElementById("selection-bar")
  const count = document.getElementById("selection-count")
  const size = document.getElementById("selection-size")
  const dialog = document.getElementById("delete-dialog")
  const collections = document.getElementById("selection-collections")
  const formats = document.getElementById("selection-formats")
  const rest = bar.querySelector("[data-act=all]")
  const most = Number(bar.dataset.most)
  let opener = null
  const heart = bar.querySelector("[data-act=favorite]")
  const acts = {
    favorite,
    restore: (button) => move(button),
    trash: (button) => move(button),
    choose,
    collect: (button) => collect({ collection: button.value }),
    uncollect: (button) => move(button, { collection: button.value }),
    all,
    delete: () => dialog.showModal(),
    download,
    clear: () => clear(),
  }

  const chosenTiles = () => tiles().filter((tile) => chosen.has(tile.dataset.image))

  function show() {
    const wasOpen = "open" in bar.dataset
    bar.toggleAttribute("data-open", chosen.size > 0)
    const told = chosen.size
      ? bar.dataset.selected.replace("{count}", chosen.size.toLocaleString(language))
      : ""
    if (told && !wasOpen) say(told) // a region that was hidden is not read
    if (count.textContent !== told) count.textContent = told
    const shown = tiles()
    rest.hidden = !(
      list.querySelector("[data-load-more]") &&
      chosen.size < most &&
      chosen.size === shown.length &&
      shown.every((tile) => chosen.has(tile.dataset.image))
    )
    settle()
    if (size)
      size.textContent = chosen.size
        ? `, ${fileSize([...chosen.values()].reduce((sum, bytes) => sum + bytes, 0))}`
        : ""
    if (heart) {
      const marked = chosenTiles()
      const off = marked.length > 0 && marked.length === chosen.size && marked.every(isFavorite)
      heart.value = off ? "0" : "1"
      heart.toggleAttribute("data-on", off)
      const label = off ? heart.dataset.labelOff : heart.dataset.labelOn
      heart.setAttribute("aria-label", label)
      heart.title = label
      heart.querySelector(".selection-word").textContent = label
    }
  }

  /** Post the ids to one of the bar's addresses; returns {told, changed}, throws Problem. */
  async function post(address, ids, more = {}) {
    const form = new FormData()
    form.set("ids", ids.join(","))
    for (const [name, value] of Object.entries(more)) form.set(name, value)
    const answer = await api(address, { method: "POST", form, headers: { "X-Part": "1" } })
    if (answer === null && !("as" in more))
      throw Object.assign(new Error("signed out"), { status: 401 })
    return answer
  }

  function complain(problem) {
    const text =
      problem.status === 401
        ? data.signedOut
        : (problem.status < 500 && problem.message) || data.failed
    toast(text, { kind: "error", key: "failed" })
  }

  async function favorite(button) {
    const wanted = button.value
    const marked = chosenTiles()
    const before = marked.map(isFavorite)
    const address = button.form.action
    try {
      const answer = await post(address, [...chosen.keys()], { favorite: wanted })
      press(marked, () => wanted === "1")
      changed()
      offerUndo(answer.told, data, async () => {
        await post(address, answer.changed, { favorite: wanted === "1" ? "0" : "1" })
        press(marked, (index) => before[index])
        changed()
      })
    } catch (problem) {
      complain(problem)
    }
  }

  function press(marked, state) {
    for (const [index, tile] of marked.entries()) {
      const button = tile.querySelector("[data-favorite]")
      if (isFavorite(tile) === state(index)) continue
      button.setAttribute("aria-pressed", String(state(index)))
      button.value = state(index) ? "0" : "1"
    }
  }

  /** Take also what the page does not show yet: all that "Load more" would bring, up to the most that an action takes. */
  async function all(button) {
    if (button.getAttribute("aria-disabled") === "true") return
    button.setAttribute("aria-disabled", "true")
    let next = list.querySelector("[data-load-more]")
    try {
      while (next && chosen.size < most) {
        const answer = await part(new URL(next.getAttribute("href"), location.href).href)
        if (!answer.ok) throw new Error(`answered ${answer.status}`)
        for (const tick of answer.fragment.querySelectorAll(".tick")) {
          if (chosen.size < most) chosen.set(tick.value, Number(tick.dataset.bytes))
        }
        next = answer.fragment.querySelector("[data-load-more]")
        changed()
      }
      if (next) toast(bar.dataset.full)
    } catch (problem) {
      complain(problem)
    }
    button.removeAttribute("aria-disabled")
    changed()
  }

  /** Open the list of collections, which is asked for when it is wanted. */
  async function choose(button) {
    const form = new FormData()
    form.set("ids", [...chosen.keys()].join(","))
    try {
      const answer = await part(bar.dataset.collect, { method: "POST", form })
      if (!answer.ok) throw new Error(`answered ${answer.status}`)
      collections.replaceChildren(answer.fragment)
    } catch (problem) {
      return complain(problem)
    }
    opener = button
    openAbove(collections, button)
    collections.querySelector("button, input:not([type=hidden])")?.focus()
  }

  async function collect(fields) {
    try {
      const answer = await post(bar.dataset.collect, [...chosen.keys()], fields)
      collections.hidePopover()
      opener?.focus()
      offerUndo(answer.told, data, () =>
        post(bar.dataset.uncollect, answer.changed, { collection: answer.collection }),
      )
    } catch (problem) {
      complain(problem)
    }
  }

  /** Take the selected tiles away, to the trash or out of it, or out of the collection that the page shows; one undo puts them all back where they were. */
  async function move(button, more = {}) {
    const isTrash = button.dataset.act === "trash"
    const isMoved = button.dataset.act !== "uncollect"
    const address = button.getAttribute("formaction") ?? button.form.action
    const ids = [...chosen.keys()]
    const gone = takeAway(chosenTiles())
    clear({ focus: false })
    gone.next?.querySelector(".card-link")?.focus({ preventScroll: true })
    let answer
    try {
      const asked = post(address, ids, more)
      answer = await ("sure" in more ? asked : sent(asked))
    } catch (problem) {
      gone.putBack()
      for (const tile of gone.tiles) tile.querySelector(".tick").checked = true
      changed()
      return complain(problem)
    }
    const change = isTrash ? -1 : 1
    const recount = (moved, by, others) => {
      if (!isMoved) return
      for (const tile of moved) countMoved(by, tile)
      add("kept", by * others)
      add("trashed", -by * others)
    }
    const elsewhere = Math.max(0, answer.changed.length - gone.tiles.length)
    if ("sure" in more) {
      add("trashed", -answer.changed.length)
    } else {
      recount(gone.tiles, change, elsewhere)
    }
    gone.count(-1)
    countShown(-elsewhere, null) // found, too, but of months that are not on the page
    if (!tiles().length) list.querySelector("[data-load-more]")?.click()
    if ("sure" in more) {
      toast(answer.told)
      return say(answer.told)
    }
    const back = isMoved ? bar.dataset[isTrash ? "restore" : "trash"] : bar.dataset.collect
    offerUndo(answer.told, data, async () => {
      await post(back, answer.changed, more)
      if (elsewhere) return location.reload() // what was not on the page has no place that it could go back to
      gone.putBack()
      gone.count(1)
      recount(gone.tiles, -change, elsewhere)
      gone.tiles[0]?.querySelector(".card-link").focus({ preventScroll: true })
    })
  }

  function download(button) {
    button.closest("[popover]")?.hidePopover()
    const form = document.createElement("form")
    const fields = {
      ids: [...chosen.keys()].join(","),
      as: button.value,
      csrfmiddlewaretoken: csrfToken(),
    }
    form.method = "post"
    form.action = bar.dataset.download
    form.hidden = true
    for (const [name, value] of Object.entries(fields)) {
      const input = document.createElement("input")
      Object.assign(input, { type: "hidden", name, value })
      form.append(input)
    }
    // Asked first, so that a refusal is told here; what is posted then is saved by the browser without leaving the page.
    post(form.action, [...chosen.keys()], { as: button.value }).then(() => {
      document.body.append(form)
      form.submit()
      form.remove()
      toast(bar.dataset.packing)
    }, complain)
  }

  function clicked(event) {
    const button = event.target.closest("[data-act]")
    if (!button) return
    event.preventDefault()
    acts[button.dataset.act](button)
  }

  bar.addEventListener("click", clicked)
  for (const menu of [formats, collections]) menu?.addEventListener("click", clicked)
  formats?.addEventListener("beforetoggle", () =>
    placeAbove(formats, bar.querySelector("[popovertarget]")),
  )
  collections?.addEventListener("submit", (event) => {
    event.preventDefault()
    collect({ name: event.target.elements.name.value })
  })
  dialog?.querySelector("[data-keep]").addEventListener("click", () => dialog.close())
  dialog?.querySelector("[data-sure]").addEventListener("click", () => {
    dialog.close()
    move(bar.querySelector("[data-act=delete]"), { sure: "1" })
  })
  bar.querySelector("[data-act=clear]").hidden = false
  const settle = wireToolbar(bar)

  return {
    show,
    remove: () => bar.querySelector("[data-act=trash], [data-act=delete]").click(),
    keys: bar.dataset.keys,
    cleared: bar.dataset.cleared,
  }
}

/** Put a mark in the place of each tile; `next` is the picture after the last one, or before the first. */
function takeAway(tiles) {
  const marks = tiles.map(() => document.createComment(""))
  const months = tiles.map((tile) => tile.closest(".month"))
  for (const [index, tile] of tiles.entries()) tile.replaceWith(marks[index])
  const all = [...document.querySelectorAll("#months [data-image]")]
  const last = marks.at(-1)
  const next =
    all.find(
      (tile) => last && last.compareDocumentPosition(tile) & Node.DOCUMENT_POSITION_FOLLOWING,
    ) ?? all.at(-1)
  return {
    tiles,
    next,
    count(change) {
      for (const month of months) countShown(change, month)
    },
    putBack() {
      for (const [index, tile] of tiles.entries()) {
        tile.querySelector(".tick").checked = false
        marks[index].replaceWith(tile)
      }
    },
  }
}

/** A menu of the bar stands above its button, as far as the window lets it. */
function placeAbove(menu, button) {
  const box = button.getBoundingClientRect()
  menu.style.setProperty("--at", `${Math.round(box.left + box.width / 2)}px`)
}

function openAbove(menu, button) {
  placeAbove(menu, button)
  menu.showPopover()
}

function fileSize(bytes) {
  const isLarge = bytes >= 1e6
  const value = isLarge ? bytes / 1e6 : Math.max(1, Math.round(bytes / 1e3))
  const unit = isLarge ? "megabyte" : "kilobyte"
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit,
    maximumFractionDigits: value < 10 ? 1 : 0,
  }).format(value)
}

/** A toolbar is one stop of the Tab key; arrows move inside it. Returns what settles that stop after buttons came or went. */
function wireToolbar(bar) {
  const all = [...bar.querySelectorAll("button")]
  const stopAt = (stop) => {
    for (const button of all) button.tabIndex = button === stop ? 0 : -1
  }
  const settle = () => {
    if (!all.some((button) => button.tabIndex === 0 && !button.hidden))
      stopAt(all.find((button) => !button.hidden))
  }
  stopAt(null)
  settle()
  bar.addEventListener("focusin", (event) => stopAt(event.target.closest("button")))
  bar.addEventListener("keydown", (event) => {
    const shown = all.filter((button) => button.offsetParent !== null)
    const at = shown.indexOf(document.activeElement)
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: shown.length - 1 }[
      event.key
    ]
    if (next === undefined) return
    event.preventDefault()
    shown[(next + shown.length) % shown.length].focus()
  })
  return settle
}
